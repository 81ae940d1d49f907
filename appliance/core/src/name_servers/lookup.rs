//! The questions of a batch: out of the cache, from a query that is under way already, or by a new one.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant as SystemInstant};

use futures::StreamExt;
use futures::stream;
use hotpath::filter::{NameAnswer, NameQuestion, ResolverSettings};
use moka::Expiry;
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::client::{Client, Outcome};
use super::silence::Silence;
use crate::limits::{NAME_FAILURE_SECONDS, NAME_QUERIES_MAX};

/// One way of asking, for all filters with its settings.
pub(super) struct Lookup {
    settings: ResolverSettings,
    client: Client,
    queries: Arc<Semaphore>,
    silence: Silence,
    cache: Cache<NameQuestion, Remembered>,
}

/// An answer in the cache.
#[derive(Debug, Clone)]
struct Remembered {
    answer: NameAnswer,
    lasts: Duration,
}

/// Each answer is forgotten when its own time is over.
struct OwnTime;

impl Expiry<NameQuestion, Remembered> for OwnTime {
    fn expire_after_create(
        &self,
        _question: &NameQuestion,
        remembered: &Remembered,
        _now: SystemInstant,
    ) -> Option<Duration> {
        Some(remembered.lasts)
    }
}

impl Lookup {
    pub(super) fn new(settings: ResolverSettings, queries: Arc<Semaphore>) -> Self {
        Self {
            client: Client::new(&settings),
            cache: Cache::builder().max_capacity(settings.cache_entries).expire_after(OwnTime).build(),
            silence: Silence::default(),
            settings,
            queries,
        }
    }

    /// Answers each question by the time that the settings leave, all at the same time.
    pub(super) async fn answer_all(self: Arc<Self>, questions: Vec<NameQuestion>) -> Vec<NameAnswer> {
        let deadline = Instant::now() + self.settings.timeout;
        let mut answers = vec![self.too_late(); questions.len()];
        let asking = questions.into_iter().enumerate().map(|(place, question)| {
            let lookup = Arc::clone(&self);
            async move { (place, lookup.answer(question, deadline).await) }
        });
        let mut asking = stream::iter(asking).buffer_unordered(NAME_QUERIES_MAX);
        while let Some((place, answer)) = asking.next().await {
            answers[place] = answer;
        }
        answers
    }

    async fn answer(&self, question: NameQuestion, deadline: Instant) -> NameAnswer {
        // Those who ask the same meanwhile wait for this query.
        let query = self.query(question.clone(), deadline);
        match self.cache.try_get_with(question, query).await {
            Ok(remembered) => remembered.answer,
            Err(answer) => (*answer).clone(),
        }
    }

    /// What is to be remembered of a question, or the answer when that is nothing.
    async fn query(&self, question: NameQuestion, deadline: Instant) -> Result<Remembered, NameAnswer> {
        if self.silence.lasts() {
            return Err(NameAnswer::Failed("not asked, the name servers have been silent".into()));
        }
        let permit = timeout_at(deadline, self.queries.acquire()).await;
        let (Ok(Ok(_permit)), true) = (permit, Instant::now() < deadline) else {
            return Err(self.too_late());
        };
        let outcome = timeout_at(deadline, self.client.ask(&question)).await.unwrap_or(Outcome::Late);
        match &outcome {
            Outcome::Late | Outcome::Unreachable => self.silence.note(),
            Outcome::Known(..) | Outcome::Useless(_) => self.silence.end(),
        }
        let failed = |reason: &'static str| (NameAnswer::Failed(reason.into()), FAILURE_LASTS);
        let (answer, lasts) = match outcome {
            Outcome::Known(answer, lasts) => (answer, lasts),
            Outcome::Useless(reason) => failed(reason),
            Outcome::Unreachable => failed("the name servers cannot be reached"),
            Outcome::Late => (self.too_late(), FAILURE_LASTS),
        };
        Ok(Remembered { answer, lasts: lasts.min(self.settings.cache_ttl) })
    }

    fn too_late(&self) -> NameAnswer {
        NameAnswer::Failed(format!("no answer in {} ms", self.settings.timeout.as_millis()).into())
    }
}

const FAILURE_LASTS: Duration = Duration::from_secs(NAME_FAILURE_SECONDS);

impl fmt::Debug for Lookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lookup").field("settings", &self.settings).finish_non_exhaustive()
    }
}
