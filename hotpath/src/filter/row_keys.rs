//! Which rows have the same values in some fields, told across batches by a hash of the values.

use std::hash::Hasher;

use arrow::array::{Array, RecordBatch};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::columns::{FieldName, as_texts};
use super::mask::Mask;

/// Hashes the values that rows have in some fields. The hash is keyed at random, so that nobody can make up events that
/// are taken for one another, and has 128 bits, so that it does not happen by itself.
#[derive(Debug)]
pub(in crate::filter) struct RowKeys {
    key: [u8; 16],
}

impl RowKeys {
    pub(in crate::filter) fn new() -> Self {
        Self { key: rand::random() }
    }

    /// For each of `rows` that has a value in one of `fields`, the row and the key of its values, in the rows' order.
    ///
    /// A value counts as it is written: 5 and "5" are one. A field without a value and one that the batch does not have
    /// are one too. A list has no value here.
    pub(in crate::filter) fn of(
        &self,
        batch: &RecordBatch,
        fields: &[FieldName],
        rows: &Mask,
    ) -> Vec<(usize, u128)> {
        let columns: Vec<_> = fields.iter().map(|field| field.column_in(batch).and_then(as_texts)).collect();
        let mut keys = Vec::with_capacity(rows.selected());
        for row in rows.rows() {
            let mut hasher = SipHasher13::new_with_key(&self.key);
            let mut has_value = false;
            for (number, column) in columns.iter().enumerate() {
                let Some(column) = column.as_ref().filter(|column| column.is_valid(row)) else {
                    continue;
                };
                has_value = true;
                let text = column.value(row).as_bytes();
                // Number and length keep ("ab", "c") and ("a", "bc") apart.
                hasher.write_usize(number);
                hasher.write_usize(text.len());
                hasher.write(text);
            }
            if has_value {
                keys.push((row, hasher.finish128().as_u128()));
            }
        }
        keys
    }
}
