//! The condition language: any text is read or refused, never a panic; what is read can be asked about a batch,
//! reads back from its own text form, and agrees with its negation.
#![no_main]

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListBuilder, NullArray, RecordBatch, StringArray,
    StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
};
use hotpath::filter::Condition;
use libfuzzer_sys::fuzz_target;

static BATCH: LazyLock<RecordBatch> = LazyLock::new(|| {
    let mut tags = ListBuilder::new(StringViewBuilder::new());
    tags.append_value([Some("vpn"), None]);
    tags.append_null();
    tags.append_value([Some("dmz"), Some("a longer member of a list")]);
    tags.append_value([Some(""); 0]);
    let times = vec![Some(0), None, Some(1_700_000_000_000_000), Some(i64::MAX)];
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "a",
            Arc::new(StringViewArray::from(vec![
                Some("10.0.0.1"),
                None,
                Some("12"),
                Some("a text beyond the view"),
            ])),
        ),
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

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let condition = match Condition::parse(text) {
        Ok(condition) => condition,
        Err(error) => {
            assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
            assert!(error.to_string().ends_with('^'));
            return;
        }
    };
    let holding = condition.evaluate(&BATCH);
    assert_eq!(holding.row_count(), BATCH.num_rows());
    // The text form may be longer than the text read, beyond the limit; any other refusal is a bug.
    let shown = condition.to_string();
    if shown.len() <= hotpath::filter::limits::MAX_CONDITION_BYTES {
        assert_eq!(Condition::parse(&shown).as_ref(), Ok(&condition), "{shown}");
    }
    if let Ok(negated) = Condition::parse(&format!("not ({shown})")) {
        let refuted = negated.evaluate(&BATCH);
        assert_eq!(holding.selected() + refuted.selected(), BATCH.num_rows(), "{shown}");
    }
});
