//! The condition language: any text is read or refused; what is read reads back from its own text form, agrees with
//! its negation, and says the same of a part of the rows as of all.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListBuilder, NullArray, RecordBatch, StringArray,
    StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::BooleanBuffer;
use hotpath::filter::limits::MAX_CONDITION_BYTES;
use hotpath::filter::{Condition, Mask};

/// A column of each type that a batch may have, with values at the edges.
static BATCH: LazyLock<RecordBatch> = LazyLock::new(|| {
    let mut tags = ListBuilder::new(StringViewBuilder::new());
    tags.append_value([Some("vpn"), None]);
    tags.append_null();
    tags.append_value([Some("dmz"), Some("a longer member of a list")]);
    tags.append_value([Some(""); 0]);
    let texts = [Some("10.0.0.1"), None, Some("12"), Some("a text beyond the view")];
    let times = vec![Some(0), None, Some(1_700_000_000_000_000), Some(i64::MAX)];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("a", Arc::new(StringViewArray::from(texts.to_vec()))),
        ("b", Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MAX), Some(i64::MIN)]))),
        ("c", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(f64::NAN), Some(1e300)]))),
        ("d", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]))),
        ("e", Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"))),
        ("f", Arc::new(tags.finish())),
        ("g", Arc::new(StringArray::from(vec![Some("::1"), None, Some(""), Some("true")]))),
        ("h", Arc::new(NullArray::new(4))),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of four rows each")
});

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let condition = match Condition::parse(text) {
        Ok(condition) => condition,
        Err(error) => {
            assert!((1..=text.chars().count() + 1).contains(&error.column));
            assert!(error.to_string().ends_with('^'));
            return;
        }
    };
    let holding = condition.evaluate(&BATCH);
    assert_eq!(holding.row_count(), BATCH.num_rows());
    let odd_rows = Mask::from_bits(BooleanBuffer::collect_bool(BATCH.num_rows(), |row| row % 2 == 1));
    let holding_odd = condition.evaluate_among(&BATCH, &odd_rows);
    assert_eq!(holding_odd.to_bits(), holding.and(&odd_rows).to_bits());

    // The text form may be longer than the text read, beyond the limit; any other refusal is a bug.
    let shown = condition.to_string();
    if shown.len() <= MAX_CONDITION_BYTES {
        assert_eq!(Condition::parse(&shown).as_ref(), Ok(&condition), "{shown}");
    }
    // Nor may it be too deep already.
    if let Ok(negated) = Condition::parse(&format!("not ({shown})")) {
        let refuted = negated.evaluate(&BATCH);
        assert_eq!(refuted.to_bits(), Mask::all(BATCH.num_rows()).minus(&holding).to_bits(), "{shown}");
    }
}
