//! The vectorised evaluator against an interpreter that takes one row after the other and knows nothing of Arrow's kernels.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, Int64Builder, ListBuilder, RecordBatch, StringArray,
    StringViewArray, StringViewBuilder, TimestampMicrosecondArray,
};
use chrono::DateTime;
use hotpath::filter::Condition;
use proptest::prelude::*;
use proptest::sample::select;
use regex::Regex;

/// One row, a value or none for each column.
#[derive(Debug, Clone)]
struct Row {
    view: Option<&'static str>,
    text: Option<&'static str>,
    integer: Option<i64>,
    double: Option<f64>,
    boolean: Option<bool>,
    time: Option<i64>,
    texts: Option<Vec<&'static str>>,
    integers: Option<Vec<i64>>,
}

const PATTERN_TEXTS: [&str; 4] = ["^1", "e", "byte[sf]$", "^$"];

static PATTERNS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERN_TEXTS.iter().map(|text| Regex::new(text).expect("a pattern")).collect());

#[derive(Debug, Clone)]
enum Value {
    Text(&'static str),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Time(i64),
    List(Vec<Value>),
}

impl Row {
    fn value(&self, field: &str) -> Option<Value> {
        match field {
            "view" => self.view.map(Value::Text),
            "text" => self.text.map(Value::Text),
            "integer" => self.integer.map(Value::Integer),
            "double" => self.double.map(Value::Double),
            "boolean" => self.boolean.map(Value::Boolean),
            "time" => self.time.map(Value::Time),
            "texts" => {
                self.texts.clone().map(|members| Value::List(members.into_iter().map(Value::Text).collect()))
            }
            "integers" => self
                .integers
                .clone()
                .map(|members| Value::List(members.into_iter().map(Value::Integer).collect())),
            _ => None,
        }
    }
}

/// A condition as the test builds it: it is written out as text for the real parser.
#[derive(Debug, Clone)]
enum Test {
    Compare(&'static str, &'static str, Lit),
    In(&'static str, Vec<Lit>),
    Contains(&'static str, Lit),
    Matches(&'static str, &'static str),
    Exists(&'static str),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
}

#[derive(Debug, Clone, PartialEq)]
enum Lit {
    Text(&'static str),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Null,
}

impl Lit {
    fn written(&self) -> String {
        match self {
            Lit::Text(text) => format!("\"{text}\""),
            Lit::Integer(integer) => integer.to_string(),
            Lit::Double(double) => format!("{double:?}"),
            Lit::Boolean(boolean) => boolean.to_string(),
            Lit::Null => "null".to_owned(),
        }
    }
}

impl Test {
    fn written(&self) -> String {
        match self {
            Test::Compare(field, operator, lit) => format!("{field} {operator} {}", lit.written()),
            Test::In(field, lits) => {
                let items: Vec<String> = lits.iter().map(Lit::written).collect();
                format!("{field} in [{}]", items.join(", "))
            }
            Test::Contains(field, lit) => format!("{field} contains {}", lit.written()),
            Test::Matches(field, pattern) => format!("{field} matches '{pattern}'"),
            Test::Exists(field) => format!("exists({field})"),
            Test::And(left, right) => format!("({}) and ({})", left.written(), right.written()),
            Test::Or(left, right) => format!("({}) or ({})", left.written(), right.written()),
            Test::Not(inner) => format!("not ({})", inner.written()),
        }
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Test::Compare(field, operator, lit) => compares(row.value(field).as_ref(), operator, lit),
            Test::In(field, lits) => lits.iter().any(|lit| is_item(row.value(field).as_ref(), lit)),
            Test::Contains(field, lit) => match (row.value(field), lit) {
                (Some(Value::Text(text)), Lit::Text(part)) => text.contains(part),
                (Some(Value::Text(text)), lit) => text.contains(&lit.written()),
                (Some(Value::List(members)), lit) => {
                    members.into_iter().any(|member| compares(Some(&member), "==", lit))
                }
                _ => false,
            },
            Test::Matches(field, pattern) => match row.value(field) {
                Some(Value::Text(text)) => {
                    PATTERNS.iter().any(|known| known.as_str() == *pattern && known.is_match(text))
                }
                _ => false,
            },
            Test::Exists(field) => row.value(field).is_some(),
            Test::And(left, right) => left.holds(row) && right.holds(row),
            Test::Or(left, right) => left.holds(row) || right.holds(row),
            Test::Not(inner) => !inner.holds(row),
        }
    }
}

/// Twice the number, as an integer: every number of the test is a multiple of one half, so this is exact.
fn halves(text_or_number: &Value) -> Option<i128> {
    match text_or_number {
        Value::Integer(integer) => Some(i128::from(*integer) * 2),
        Value::Double(double) => Some((double * 2.0) as i128),
        Value::Text(text) => match text.parse::<i64>() {
            Ok(integer) => Some(i128::from(integer) * 2),
            Err(_) if text.starts_with(|first: char| first.is_ascii_digit()) => {
                text.parse::<f64>().ok().map(|double| (double * 2.0) as i128)
            }
            Err(_) => None,
        },
        _ => None,
    }
}

fn as_value(lit: &Lit) -> Option<Value> {
    match lit {
        Lit::Text(text) => Some(Value::Text(text)),
        Lit::Integer(integer) => Some(Value::Integer(*integer)),
        Lit::Double(double) => Some(Value::Double(*double)),
        Lit::Boolean(boolean) => Some(Value::Boolean(*boolean)),
        Lit::Null => None,
    }
}

fn compares(value: Option<&Value>, operator: &str, lit: &Lit) -> bool {
    let (Some(value), Some(wanted)) = (value, as_value(lit)) else {
        let is_null_test = *lit == Lit::Null;
        return is_null_test && value.is_some() == (operator == "!=");
    };
    let both_texts = matches!((&value, &wanted), (Value::Text(_), Value::Text(_)));
    let order = match (&value, &wanted) {
        (Value::List(_), _) => return false,
        (Value::Text(left), Value::Text(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Text(left), Value::Boolean(right)) => Some(left.cmp(&right.to_string().as_str())),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Text(right)) => match *right {
            "true" | "false" if !matches!(operator, "==" | "!=") => return false,
            "true" => Some(left.cmp(&true)),
            "false" => Some(left.cmp(&false)),
            _ => None,
        },
        (Value::Time(left), Value::Text(right)) => DateTime::parse_from_rfc3339(right).ok().map(|right| {
            (i128::from(*left) * 1000).cmp(&i128::from(right.timestamp_nanos_opt().expect("in range")))
        }),
        _ => match (halves(value), halves(&wanted)) {
            (Some(left), Some(right)) if !both_texts => Some(left.cmp(&right)),
            _ => None,
        },
    };
    match (operator, order) {
        ("!=", None) => true,
        (_, None) => false,
        ("==", Some(order)) => order.is_eq(),
        ("!=", Some(order)) => order.is_ne(),
        ("<", Some(order)) => order.is_lt(),
        ("<=", Some(order)) => order.is_le(),
        (">", Some(order)) => order.is_gt(),
        (_, Some(order)) => order.is_ge(),
    }
}

fn is_item(value: Option<&Value>, lit: &Lit) -> bool {
    if let (Some(Value::Text(text)), Lit::Text(item)) = (&value, lit) {
        let address = text.parse::<IpAddr>().map(|address| address.to_canonical());
        match (*item, address) {
            ("10.0.0.0/8", Ok(IpAddr::V4(address))) => return address.octets()[0] == 10,
            ("::ffff:10.1.0.0/112", Ok(IpAddr::V4(address))) => return address.octets()[..2] == [10, 1],
            ("2001:db8::/32", Ok(IpAddr::V6(address))) => return address.segments()[..2] == [0x2001, 0xdb8],
            ("10.0.0.0/8" | "::ffff:10.1.0.0/112" | "2001:db8::/32", _) => return false,
            ("10.1.2.3", Ok(address)) => return address.to_string() == "10.1.2.3",
            _ => {}
        }
    }
    compares(value, "==", lit)
}

const FIELDS: [&str; 9] =
    ["view", "text", "integer", "double", "boolean", "time", "texts", "integers", "missing"];

const TEXTS: [&str; 22] = [
    "",
    "a",
    "deny",
    "denied",
    "Deny",
    "12",
    "12.0",
    "12.5",
    "007",
    "-5",
    "true",
    "false",
    "twelve bytes",
    "thirteen byte",
    "thirteen bytf",
    "thirteen bytes and more",
    "10.1.2.3",
    "::ffff:10.1.2.3",
    "2001:db8:1::1",
    "9007199254740993",
    "é",
    "11.0.0.1",
];

const NETWORKS: [&str; 4] = ["10.0.0.0/8", "::ffff:10.1.0.0/112", "2001:db8::/32", "10.1.2.3"];

const TIMES: [&str; 4] = [
    "2023-11-14T22:13:20Z",
    "2023-11-14T23:13:20.000001+01:00",
    "2023-11-14T22:13:20.0000005Z",
    "1969-12-31T23:59:59.9999995Z",
];

const INTEGERS: [i64; 12] = [
    0,
    1,
    -1,
    -5,
    7,
    12,
    13,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    -9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];

const DOUBLES: [f64; 12] = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    12.0,
    12.5,
    -5.0,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    9.223_372_036_854_776e18,
    -9.223_372_036_854_776e18,
    1.8e19,
];

const MICROSECONDS: [i64; 5] = [0, -1, 1_700_000_000_000_000, 1_700_000_000_000_001, 1_699_999_999_999_999];

fn row() -> impl Strategy<Value = Row> {
    let scalars = (
        prop::option::of(select(&TEXTS[..])),
        prop::option::of(select(&TEXTS[..])),
        prop::option::of(select(&INTEGERS[..])),
        prop::option::of(select(&DOUBLES[..])),
        prop::option::of(any::<bool>()),
        prop::option::of(select(&MICROSECONDS[..])),
    );
    let lists = (
        prop::option::of(prop::collection::vec(select(&TEXTS[..]), 0..4)),
        prop::option::of(prop::collection::vec(select(&INTEGERS[..]), 0..4)),
    );
    (scalars, lists).prop_map(|((view, text, integer, double, boolean, time), (texts, integers))| Row {
        view,
        text,
        integer,
        double,
        boolean,
        time,
        texts,
        integers,
    })
}

fn value_literal() -> impl Strategy<Value = Lit> {
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(Lit::Text),
        1 => select(&TIMES[..]).prop_map(Lit::Text),
        3 => select(&INTEGERS[..]).prop_map(Lit::Integer),
        2 => select(&DOUBLES[..]).prop_map(Lit::Double),
    ]
}

fn item() -> impl Strategy<Value = Lit> {
    // A text that is an address stands for the address in a list; the pool's other address is left to `NETWORKS`.
    let texts: Vec<&'static str> = TEXTS.into_iter().filter(|text| text.parse::<IpAddr>().is_err()).collect();
    prop_oneof![
        select(texts).prop_map(Lit::Text),
        select(&NETWORKS[..]).prop_map(Lit::Text),
        select(&TIMES[..]).prop_map(Lit::Text),
        select(&INTEGERS[..]).prop_map(Lit::Integer),
        select(&DOUBLES[..]).prop_map(Lit::Double),
        any::<bool>().prop_map(Lit::Boolean),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let orderings = select(&["==", "!=", "<", "<=", ">", ">="][..]);
    let equalities = select(&["==", "!="][..]);
    let unordered = prop_oneof![Just(Lit::Null), any::<bool>().prop_map(Lit::Boolean)];
    let field = || select(&FIELDS[..]);
    let leaf = prop_oneof![
        6 => (field(), orderings, value_literal()).prop_map(|(field, operator, lit)| Test::Compare(field, operator, lit)),
        2 => (field(), equalities, unordered).prop_map(|(field, operator, lit)| Test::Compare(field, operator, lit)),
        3 => (field(), prop::collection::vec(item(), 1..6)).prop_map(|(field, items)| Test::In(field, items)),
        2 => (field(), value_literal()).prop_map(|(field, lit)| Test::Contains(field, lit)),
        1 => (field(), select(&PATTERN_TEXTS[..])).prop_map(|(field, pattern)| Test::Matches(field, pattern)),
        1 => field().prop_map(Test::Exists),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| Test::And(Box::new(left), Box::new(right))),
            (inner.clone(), inner.clone())
                .prop_map(|(left, right)| Test::Or(Box::new(left), Box::new(right))),
            inner.prop_map(|inner| Test::Not(Box::new(inner))),
        ]
    })
}

fn batch_of(rows: &[Row]) -> RecordBatch {
    let mut texts = ListBuilder::new(StringViewBuilder::new());
    let mut integers = ListBuilder::new(Int64Builder::new());
    for row in rows {
        texts.append_option(row.texts.clone().map(|members| members.into_iter().map(Some)));
        integers.append_option(row.integers.clone().map(|members| members.into_iter().map(Some)));
    }
    let times: TimestampMicrosecondArray = rows.iter().map(|row| row.time).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("view", Arc::new(rows.iter().map(|row| row.view).collect::<StringViewArray>())),
        ("text", Arc::new(rows.iter().map(|row| row.text).collect::<StringArray>())),
        ("integer", Arc::new(rows.iter().map(|row| row.integer).collect::<Int64Array>())),
        ("double", Arc::new(rows.iter().map(|row| row.double).collect::<Float64Array>())),
        ("boolean", Arc::new(rows.iter().map(|row| row.boolean).collect::<BooleanArray>())),
        ("time", Arc::new(times.with_timezone("UTC"))),
        ("texts", Arc::new(texts.finish())),
        ("integers", Arc::new(integers.finish())),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_row_is_judged_as_the_interpreter_judges_it(
        rows in prop::collection::vec(row(), 1..80),
        test in test(),
        offset in 0_usize..80,
    ) {
        let text = test.written();
        let condition = Condition::parse(&text).expect(&text);
        // A slice, so that offsets into bitmaps and lists are not zero.
        let offset = offset.min(rows.len() - 1);
        let rows_left = &rows[offset..];
        let batch = batch_of(&rows).slice(offset, rows_left.len());
        let holding = condition.evaluate(&batch);
        for (number, row) in rows_left.iter().enumerate() {
            prop_assert_eq!(holding.contains(number), test.holds(row), "{} on {:?}", text, row);
        }
    }

    #[test]
    fn the_text_form_reads_back_as_the_same_condition(test in test()) {
        let condition = Condition::parse(&test.written()).expect("a condition of the test");
        let shown = condition.to_string();
        prop_assert_eq!(Condition::parse(&shown), Ok(condition), "{}", shown);
    }
}
