//! Which rows of a batch are meant: one bit a row, with its count, so that "none" and "all" cost nothing.

use arrow::array::{Array, BooleanArray, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;

/// A set of rows of one batch.
#[derive(Debug, Clone)]
pub struct Mask {
    row_count: usize,
    selected: usize,
    /// Absent when no row or every row is selected.
    bits: Option<BooleanBuffer>,
}

impl Mask {
    /// Every row of a batch of `row_count` rows.
    pub fn all(row_count: usize) -> Self {
        Self { row_count, selected: row_count, bits: None }
    }

    /// No row of a batch of `row_count` rows.
    pub fn none(row_count: usize) -> Self {
        Self { row_count, selected: 0, bits: None }
    }

    /// The rows whose bit is set.
    pub fn from_bits(bits: BooleanBuffer) -> Self {
        let row_count = bits.len();
        let selected = bits.count_set_bits();
        let bits = (selected != 0 && selected != row_count).then_some(bits);
        Self { row_count, selected, bits }
    }

    /// The rows of the batch, selected or not.
    pub fn row_count(&self) -> usize {
        self.row_count
    }

    /// The rows selected.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Whether no row is selected.
    pub fn is_none(&self) -> bool {
        self.selected == 0
    }

    /// Whether every row is selected.
    pub fn is_all(&self) -> bool {
        self.selected == self.row_count
    }

    /// Whether `row` is selected; a row that the batch does not have is not.
    pub fn contains(&self, row: usize) -> bool {
        if row >= self.row_count {
            return false;
        }
        self.bits.as_ref().map_or(self.selected != 0, |bits| bits.value(row))
    }

    /// The rows of `rows`, which are of a batch of `row_count` rows.
    pub fn of_rows(row_count: usize, rows: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = BooleanBufferBuilder::new(row_count);
        bits.append_n(row_count, false);
        for row in rows {
            bits.set_bit(row, true);
        }
        Self::from_bits(bits.finish())
    }

    /// The selected rows, in their order.
    pub fn rows(&self) -> Vec<usize> {
        match &self.bits {
            Some(bits) => bits.set_indices().collect(),
            None => (0..self.selected).collect(),
        }
    }

    /// For each of `rows`, whether it is selected: the mask of a batch that consists of these rows.
    pub fn take(&self, rows: &[u32]) -> Self {
        match &self.bits {
            None if self.is_none() => Self::none(rows.len()),
            None => Self::all(rows.len()),
            Some(bits) => Self::from_bits(BooleanBuffer::collect_bool(rows.len(), |place| {
                bits.value(rows[place] as usize)
            })),
        }
    }

    /// The rows selected in one or both.
    pub fn or(&self, other: &Self) -> Self {
        if self.is_none() || other.is_all() {
            return other.clone();
        }
        match (&self.bits, &other.bits) {
            (Some(left), Some(right)) => Self::from_bits(left | right),
            _ => self.clone(),
        }
    }

    /// The selected rows for which `test` holds. `test` is asked about selected rows only.
    pub fn keep_where(&self, mut test: impl FnMut(usize) -> bool) -> Self {
        if self.is_none() {
            return self.clone();
        }
        let kept = match &self.bits {
            None => BooleanBuffer::collect_bool(self.row_count, test),
            Some(bits) => BooleanBuffer::collect_bool(self.row_count, |row| bits.value(row) && test(row)),
        };
        Self::from_bits(kept)
    }

    /// The rows selected in both.
    pub fn and(&self, other: &Self) -> Self {
        debug_assert_eq!(self.row_count, other.row_count, "masks of two batches");
        if self.is_none() || other.is_all() {
            return self.clone();
        }
        if other.is_none() || self.is_all() {
            return other.clone();
        }
        match (&self.bits, &other.bits) {
            (Some(left), Some(right)) => Self::from_bits(left & right),
            _ => self.clone(),
        }
    }

    /// The selected rows whose bit is set in `bits` too.
    pub fn and_bits(&self, bits: BooleanBuffer) -> Self {
        self.and(&Self::from_bits(bits))
    }

    /// The rows selected here and not in `other`.
    pub fn minus(&self, other: &Self) -> Self {
        if self.is_none() || other.is_none() {
            return self.clone();
        }
        if other.is_all() {
            return Self::none(self.row_count);
        }
        self.and_bits(!&other.to_bits())
    }

    /// The selected rows in which `column` has a value.
    pub fn with_value(&self, column: &dyn Array) -> Self {
        if self.is_none() {
            return self.clone();
        }
        match column.logical_nulls() {
            None => self.clone(),
            Some(nulls) => self.and_bits(nulls.into_inner()),
        }
    }

    /// One bit a row.
    pub fn to_bits(&self) -> BooleanBuffer {
        match &self.bits {
            Some(bits) => bits.clone(),
            None if self.is_none() => BooleanBuffer::new_unset(self.row_count),
            None => BooleanBuffer::new_set(self.row_count),
        }
    }

    /// The mask as Arrow's kernels take it.
    pub fn to_array(&self) -> BooleanArray {
        BooleanArray::new(self.to_bits(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    fn mask_of(rows: &[bool]) -> Mask {
        Mask::from_bits(rows.to_vec().into())
    }

    fn rows_of(mask: &Mask) -> Vec<bool> {
        (0..mask.row_count()).map(|row| mask.contains(row)).collect()
    }

    #[test]
    fn set_operations_agree_with_booleans_for_every_pair_of_three_row_masks() {
        let masks: Vec<Vec<bool>> =
            (0..8_u8).map(|bits| (0..3).map(|row| bits >> row & 1 == 1).collect()).collect();
        for left in &masks {
            for right in &masks {
                let both: Vec<bool> = left.iter().zip(right).map(|(l, r)| *l && *r).collect();
                let only_left: Vec<bool> = left.iter().zip(right).map(|(l, r)| *l && !*r).collect();
                assert_eq!(rows_of(&mask_of(left).and(&mask_of(right))), both);
                assert_eq!(rows_of(&mask_of(left).minus(&mask_of(right))), only_left);
                assert_eq!(rows_of(&mask_of(left).keep_where(|row| right[row])), both);
                let either: Vec<bool> = left.iter().zip(right).map(|(l, r)| *l || *r).collect();
                assert_eq!(rows_of(&mask_of(left).or(&mask_of(right))), either);
                let of_rows = Mask::of_rows(3, mask_of(left).rows());
                assert_eq!(rows_of(&of_rows), *left);
                assert_eq!(rows_of(&of_rows.take(&[2, 2, 0])), [left[2], left[2], left[0]]);
            }
        }
    }

    #[test]
    fn counts_and_extremes_are_known() {
        assert!(mask_of(&[true, true]).is_all());
        assert!(mask_of(&[false, false]).is_none());
        assert_eq!(mask_of(&[true, false, true]).selected(), 2);
        assert!(Mask::all(0).is_all() && Mask::all(0).is_none());
        assert!(!Mask::all(2).contains(2));
    }
}
