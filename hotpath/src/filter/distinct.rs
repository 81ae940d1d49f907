//! The distinct texts among some rows, so that what is dear is done once for each.

use arrow::array::{Array, ArrayRef, StringViewArray, UInt32Array};
use arrow::compute::take;
use arrow::error::ArrowError;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

use super::mask::Mask;

/// Which rows have the same text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::filter) struct Distinct {
    /// For each distinct text, the first row that has it.
    pub(in crate::filter) first_rows: Vec<u32>,
    /// The rows that have a text, in their order, each with the number of its text in `first_rows`.
    pub(in crate::filter) rows: Vec<(u32, u32)>,
}

impl Distinct {
    /// Those of `rows` that have a text.
    pub(in crate::filter) fn of(column: &StringViewArray, rows: &Mask) -> Self {
        let present = rows.with_value(column);
        let hasher = RandomState::default();
        let mut known: HashTable<u32> = HashTable::new();
        let mut distinct = Self { first_rows: Vec::new(), rows: Vec::with_capacity(present.selected()) };
        for row in present.rows() {
            let text = column.value(row);
            let entry = known.entry(
                hasher.hash_one(text),
                |number| column.value(distinct.first_rows[*number as usize] as usize) == text,
                |number| hasher.hash_one(column.value(distinct.first_rows[*number as usize] as usize)),
            );
            let number = *entry.or_insert(distinct.first_rows.len() as u32).get();
            if number as usize == distinct.first_rows.len() {
                distinct.first_rows.push(row as u32);
            }
            distinct.rows.push((row as u32, number));
        }
        distinct
    }

    /// The distinct texts.
    pub(in crate::filter) fn texts<'a>(&self, column: &'a StringViewArray) -> impl Iterator<Item = &'a str> {
        self.first_rows.iter().map(|row| column.value(*row as usize))
    }

    /// The rows whose text has a number for which `test` holds, in a batch of `row_count` rows.
    pub(in crate::filter) fn rows_where(&self, row_count: usize, test: impl Fn(usize) -> bool) -> Mask {
        let rows = self.rows.iter().filter(|(_, number)| test(*number as usize));
        Mask::of_rows(row_count, rows.map(|(row, _)| *row as usize))
    }

    /// A column of `row_count` rows that has in each row what `of_texts` has for its text, and nothing in rows without one.
    pub(in crate::filter) fn spread(
        &self,
        of_texts: &dyn Array,
        row_count: usize,
    ) -> Result<ArrayRef, ArrowError> {
        let mut places = vec![None; row_count];
        for (row, number) in &self.rows {
            if let Some(place) = places.get_mut(*row as usize) {
                *place = Some(*number);
            }
        }
        take(of_texts, &UInt32Array::from(places), None)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn each_text_is_there_once() {
        let column = StringViewArray::from(vec![
            Some("b"),
            None,
            Some("a text of more than twelve bytes"),
            Some("b"),
            Some("not asked"),
            Some("a text of more than twelve bytes"),
        ]);
        let rows = Mask::of_rows(6, [0, 1, 2, 3, 5]);
        let distinct = Distinct::of(&column, &rows);
        assert_eq!(distinct.first_rows, [0, 2]);
        assert_eq!(distinct.rows, [(0, 0), (2, 1), (3, 0), (5, 1)]);
        assert_eq!(distinct.texts(&column).next(), Some("b"));
        assert_eq!(distinct.rows_where(6, |number| number == 1).rows(), [2, 5]);
        let spread = distinct.spread(&Int64Array::from(vec![7, 8]), 6).unwrap();
        assert_eq!(
            spread.as_primitive::<Int64Type>(),
            &Int64Array::from(vec![Some(7), None, Some(8), Some(7), None, Some(8)])
        );
    }
}
