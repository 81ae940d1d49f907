//! What the databases say of some addresses. A record is read once, however many addresses have it.

use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringViewBuilder};
use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::database::{Damaged, Database, GeoValue, Record};
use super::fields::{GeoColumn, GeoKind};
use crate::filter::limits::MAX_DATABASES;

/// The values of one record, in the order of the columns; none where the database is damaged.
type Values<'a> = Option<Vec<Option<GeoValue<'a>>>>;

/// What is known of one address.
#[derive(Debug, Clone, Copy, Default)]
struct Answer {
    is_no_address: bool,
    is_damaged: bool,
    /// For each database, the record that it has.
    records: [Option<u32>; MAX_DATABASES],
}

/// What the databases say of each of some texts.
pub(super) struct Answers<'a> {
    records: Vec<Values<'a>>,
    answers: Vec<Answer>,
}

impl<'a> Answers<'a> {
    /// Looks up the addresses of `texts` in each of the databases.
    pub(super) fn of<'t>(
        texts: impl Iterator<Item = &'t str>,
        databases: &[&'a Database],
        columns: &[GeoColumn],
    ) -> Self {
        let mut known: HashMap<(usize, usize), u32, RandomState> = HashMap::default();
        let mut records = Vec::new();
        let mut answers = Vec::new();
        for text in texts {
            let mut answer = Answer::default();
            let Ok(address) = text.parse::<IpAddr>() else {
                answers.push(Answer { is_no_address: true, ..answer });
                continue;
            };
            for (place, database) in databases.iter().take(MAX_DATABASES).enumerate() {
                let record = match database.record(address) {
                    Ok(Some(record)) => record,
                    Ok(None) => continue,
                    Err(Damaged) => {
                        answer.is_damaged = true;
                        continue;
                    }
                };
                let number = *known.entry((place, record.offset)).or_insert_with(|| {
                    records.push(values(&record, columns).ok());
                    records.len() as u32 - 1
                });
                answer.is_damaged |= records[number as usize].is_none();
                answer.records[place] = Some(number);
            }
            answers.push(answer);
        }
        Self { records, answers }
    }

    /// Whether the text of this number is no address.
    pub(super) fn is_no_address(&self, number: usize) -> bool {
        self.answers[number].is_no_address
    }

    /// Whether a database is damaged where the address of this number should be.
    pub(super) fn is_damaged(&self, number: usize) -> bool {
        self.answers[number].is_damaged
    }

    /// The values for `column`, which is the one at `place`: one for each text.
    pub(super) fn column(&self, place: usize, column: &GeoColumn) -> ArrayRef {
        let values = self.answers.iter().map(|answer| self.value(answer, place));
        match column.kind {
            GeoKind::Text => {
                // Few places and many addresses: each text is stored once.
                let mut texts = StringViewBuilder::new().with_deduplicate_strings();
                values.for_each(|value| texts.append_option(value.and_then(GeoValue::as_text)));
                Arc::new(texts.finish())
            }
            GeoKind::Integer => Arc::new(Int64Array::from_iter(values.map(|value| value?.as_integer()))),
            GeoKind::Double => Arc::new(Float64Array::from_iter(values.map(|value| value?.as_double()))),
        }
    }

    /// The first value that a database has.
    fn value(&self, answer: &Answer, place: usize) -> Option<&GeoValue<'a>> {
        let records = answer.records.iter().flatten();
        let mut values = records.filter_map(|number| self.records[*number as usize].as_ref());
        values.find_map(|values| values[place].as_ref())
    }
}

/// The values of a record, in the order of the columns.
fn values<'a>(record: &Record<'a>, columns: &[GeoColumn]) -> Result<Vec<Option<GeoValue<'a>>>, Damaged> {
    columns.iter().map(|column| record.value(column.paths)).collect()
}
