//! What is asked for a batch: each name and address once, whatever fields and rows it stands in.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewBuilder};
use arrow::error::ArrowError;
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::question::question;
use super::{Resolved, Target};
use crate::filter::columns::{Columns, as_texts};
use crate::filter::distinct::Distinct;
use crate::filter::events::Events;
use crate::filter::limits::MAX_NAMES_OF_BATCH;
use crate::filter::mask::Mask;
use crate::filter::resolver::{NameAnswer, NameQuestion};

const NO_NAME: &str = "neither an address nor a name";
const TOO_MANY: &str = "more than 65536 names in one batch";
const UNANSWERED: &str = "no answer";

/// The questions of a batch, and where the answers go.
#[derive(Default)]
pub(super) struct Asked {
    numbers: HashMap<NameQuestion, u32, RandomState>,
    questions: Vec<NameQuestion>,
    fields: Vec<AskedField>,
}

/// One field of the batch.
struct AskedField {
    /// The column that the answers go to.
    target: String,
    texts: Distinct,
    /// For each distinct text, the number of its question.
    questions: Vec<Option<u32>>,
}

impl Asked {
    /// What is asked for `rows`. Texts that nobody can be asked for are faults.
    pub(super) fn of(fields: &[Resolved], events: &mut Events, rows: &Mask) -> Self {
        let batch = events.batch().clone();
        let mut asked = Self::default();
        for field in fields {
            asked.add(field, &batch, events, rows);
        }
        asked
    }

    fn add(&mut self, field: &Resolved, batch: &RecordBatch, events: &mut Events, rows: &Mask) {
        let Some(place) = field.source.index_in(batch) else {
            return;
        };
        let column = batch.column(place);
        let rows = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&rows, "a list is neither an address nor a name");
            return;
        };
        let distinct = Distinct::of(&texts, &rows);
        let mut numbers = Vec::with_capacity(distinct.first_rows.len());
        let (mut no_names, mut too_many) = (Vec::new(), Vec::new());
        for (number, text) in distinct.texts(&texts).enumerate() {
            let Some(question) = question(text) else {
                no_names.push(number);
                numbers.push(None);
                continue;
            };
            let of_question = self.number(question);
            if of_question.is_none() {
                too_many.push(number);
            }
            numbers.push(of_question);
        }
        let row_count = batch.num_rows();
        let rows_of =
            |texts: &[usize]| distinct.rows_where(row_count, |number| texts.binary_search(&number).is_ok());
        events.fault(&rows_of(&no_names), NO_NAME);
        events.fault(&rows_of(&too_many), TOO_MANY);
        let target = match &field.target {
            Target::Column(name) => name.clone(),
            Target::Itself => batch.schema_ref().field(place).name().clone(),
        };
        self.fields.push(AskedField { target, texts: distinct, questions: numbers });
    }

    /// The number of a question; none when there are too many.
    fn number(&mut self, question: NameQuestion) -> Option<u32> {
        if let Some(number) = self.numbers.get(&question) {
            return Some(*number);
        }
        if self.questions.len() >= MAX_NAMES_OF_BATCH {
            return None;
        }
        let number = self.questions.len() as u32;
        self.questions.push(question.clone());
        self.numbers.insert(question, number);
        Some(number)
    }

    /// The questions; they are taken once.
    pub(super) fn take_questions(&mut self) -> Vec<NameQuestion> {
        std::mem::take(&mut self.questions)
    }

    /// Puts the answers into their columns; questions that failed are faults.
    pub(super) fn put(&self, answers: &[NameAnswer], events: &mut Events) -> Result<(), ArrowError> {
        for field in &self.fields {
            field.note_failures(answers, events);
        }
        let batch = events.batch();
        let mut columns = Columns::of(batch);
        for field in &self.fields {
            let found = field.questions.iter().map(|question| match field.answer(answers, *question) {
                Some(NameAnswer::Found(text)) => Some(text.as_str()),
                _ => None,
            });
            let mut values = StringViewBuilder::with_capacity(field.questions.len());
            found.for_each(|text| values.append_option(text));
            let values: ArrayRef = Arc::new(values.finish());
            columns.set_where_present(&field.target, &field.texts.spread(&values, batch.num_rows())?)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }

    /// Says of all that was asked that it failed, and why.
    pub(super) fn fail(&self, reason: &'static str, events: &mut Events) {
        let failed = vec![NameAnswer::Failed(Cow::Borrowed(reason)); self.numbers.len()];
        for field in &self.fields {
            field.note_failures(&failed, events);
        }
    }
}

impl AskedField {
    fn answer<'a>(&self, answers: &'a [NameAnswer], question: Option<u32>) -> Option<&'a NameAnswer> {
        answers.get(question? as usize)
    }

    /// Why there is no answer; none where there is one, or nothing was asked.
    fn failure<'a>(&self, answers: &'a [NameAnswer], question: Option<u32>) -> Option<&'a str> {
        question?;
        match self.answer(answers, question) {
            Some(NameAnswer::Found(_) | NameAnswer::NotThere) => None,
            Some(NameAnswer::Failed(reason)) => Some(reason),
            None => Some(UNANSWERED),
        }
    }

    fn note_failures(&self, answers: &[NameAnswer], events: &mut Events) {
        let of_texts: Vec<Option<&str>> =
            self.questions.iter().map(|question| self.failure(answers, *question)).collect();
        let mut reasons: Vec<&str> = of_texts.iter().copied().flatten().collect();
        reasons.sort_unstable();
        reasons.dedup();
        let row_count = events.batch().num_rows();
        for reason in reasons {
            let rows = self.texts.rows_where(row_count, |number| of_texts[number] == Some(reason));
            events.failure(&rows, reason);
        }
    }
}
