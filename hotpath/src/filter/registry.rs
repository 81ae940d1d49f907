//! The filters there are. To add one: its file in `kinds/`, and its line in [`FILTERS`].

use std::any::Any;
use std::fmt::Debug;
use std::future::ready;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde::Serialize;
use thiserror::Error;

use super::config::FilterConfig;
use super::error::FilterError;
use super::events::Events;
use super::kinds;
use super::mask::Mask;

/// A compiled filter. It holds what its configuration says and nothing that changes; that is in its state.
pub trait Filter: Debug + Send + Sync {
    /// Carries the filter out on `rows` of `events`, all of which are live.
    ///
    /// # Errors
    /// When it cannot be carried out at all; it has changed nothing then, and all of `rows` say so in `_errors`. What
    /// goes wrong with single events is told with [`Events::fault`].
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let _ = (events, rows, state);
        Err(FilterFailure::MustWait)
    }

    /// The same for a filter that waits for the answers of others, or has filters in it: it implements this in place of
    /// [`Filter::apply`]. The shard goes on with other work meanwhile, so a filter never blocks.
    ///
    /// # Errors
    /// As [`Filter::apply`].
    fn apply_waiting<'a>(
        &'a self,
        events: &'a mut Events,
        rows: &'a Mask,
        state: &'a mut (dyn Any + Send),
    ) -> BoxFuture<'a, Result<(), FilterFailure>> {
        ready(self.apply(events, rows, state)).boxed()
    }

    /// Whether [`Filter::apply_waiting`] may not be ready at once.
    fn waits(&self) -> bool {
        false
    }

    /// What the filter keeps from batch to batch on one shard.
    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(())
    }
}

/// Why a filter could not be carried out on a batch. The events go on without it, and are counted.
#[derive(Debug, Error)]
pub enum FilterFailure {
    /// The columns could not be put together.
    #[error("columns could not be put together: {0}")]
    Columns(#[from] arrow::error::ArrowError),
    /// The state was made by other filters than these.
    #[error("the filter state belongs to another configuration")]
    ForeignState,
    /// The filter waits, and was carried out as one that does not.
    #[error("the filter waits for answers and cannot be carried out at once")]
    MustWait,
}

/// A filter's place in the catalogue, and how it is made.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct FilterKind {
    /// The `type` of a definition.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// The keys of its `config`.
    pub keys: &'static [FilterKey],
    #[serde(skip)]
    pub(super) compile: fn(&FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError>,
}

/// One key of a filter's config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FilterKey {
    /// The key.
    pub name: &'static str,
    /// `string`, `integer`, `number`, `boolean`, `condition`, `any` (a string, number or boolean), `secret` (a string that is
    /// never shown), `object`, `string[]`, `object[]`, `filter[]`.
    #[serde(rename = "type")]
    pub value_type: &'static str,
    /// What holds when the key is absent; empty when nothing does.
    pub default: &'static str,
    /// A value as JSON.
    pub example: &'static str,
    /// What it says, in one sentence.
    pub description: &'static str,
}

/// The type of a key whose value is not shown to anybody.
pub(super) const SECRET_TYPE: &str = "secret";

/// Every filter, in the order in which people are shown them.
static FILTERS: &[&FilterKind] = &[
    &kinds::rename_field::KIND,
    &kinds::add_field::KIND,
    &kinds::remove_field::KIND,
    &kinds::drop::KIND,
    &kinds::include::KIND,
    &kinds::exclude::KIND,
    &kinds::conditional::KIND,
    &kinds::sample::KIND,
    &kinds::regex_replace::KIND,
    &kinds::mutate::KIND,
    &kinds::kv::KIND,
    &kinds::json_parse::KIND,
    &kinds::json_validate::KIND,
    &kinds::json_flatten::KIND,
    &kinds::uppercase_keys::KIND,
    &kinds::split::KIND,
    &kinds::conditional_field::KIND,
    &kinds::fingerprint::KIND,
    &kinds::mask::KIND,
    &kinds::passthrough::KIND,
    &kinds::geoip::KIND,
    &kinds::useragent::KIND,
    &kinds::enricher::KIND,
    &kinds::cidr::KIND,
    &kinds::threat_intel::KIND,
    &kinds::dns::KIND,
    &kinds::dedup::KIND,
    &kinds::limit::KIND,
    &kinds::grok::KIND,
    &kinds::date_parse::KIND,
    &kinds::parse::KIND,
];

/// The filters there are, with their keys.
pub fn catalogue() -> &'static [&'static FilterKind] {
    FILTERS
}
