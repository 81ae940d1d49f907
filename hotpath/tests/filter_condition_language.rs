//! The condition language as `docs/filters.md` states it: what is read, what is refused, and where.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking, in its helpers too")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, DictionaryArray, Float64Array, Int32Array, Int64Array, NullArray, RecordBatch,
    StringViewArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::datatypes::Int32Type;
use hotpath::filter::{Condition, limits};
use proptest::prelude::*;

fn rows_where(text: &str, columns: Vec<(&str, ArrayRef)>) -> Vec<usize> {
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mask = Condition::parse(text).unwrap_or_else(|error| panic!("{text}\n{error}")).evaluate(&batch);
    (0..batch.num_rows()).filter(|row| mask.contains(*row)).collect()
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringViewArray::from(values.to_vec()))
}

fn refusal(text: &str) -> (usize, String) {
    let error = Condition::parse(text).expect_err(text);
    (error.column, error.message)
}

#[test]
fn not_binds_tighter_than_and_and_and_tighter_than_or() {
    let parse = |text| Condition::parse(text).expect(text);
    assert_eq!(parse("a == 1 or b == 2 and not c == 3"), parse("a == 1 or (b == 2 and (not (c == 3)))"));
    assert_ne!(parse("a == 1 or b == 2 and c == 3"), parse("(a == 1 or b == 2) and c == 3"));
    assert_eq!(parse("a NOT IN ('x') AND b EXISTS"), parse("not a in ('x') and exists(b)"));
}

#[test]
fn comparing_with_nothing_does_not_hold_but_for_the_null_tests() {
    let action = || vec![("action", texts(&[Some("deny"), None, Some("allow")]))];
    assert_eq!(rows_where("action == 'deny'", action()), [0]);
    assert_eq!(rows_where("action != 'deny'", action()), [2]);
    assert_eq!(rows_where("not action == 'deny'", action()), [1, 2]);
    assert_eq!(rows_where("action == null", action()), [1]);
    assert_eq!(rows_where("action != null", action()), [0, 2]);
    assert_eq!(rows_where("action exists", action()), [0, 2]);
    assert_eq!(rows_where("absent == null", action()), [0, 1, 2]);
    assert_eq!(rows_where("absent != 'x' or absent exists or absent contains 'x'", action()), [0_usize; 0]);
}

#[test]
fn a_dotted_name_falls_back_to_the_flat_column() {
    assert_eq!(rows_where("user.name == 'eve'", vec![("user_name", texts(&[Some("eve")]))]), [0]);
    let both = vec![("user_name", texts(&[Some("eve")])), ("user.name", texts(&[Some("bob")]))];
    assert_eq!(rows_where("user.name == 'bob'", both), [0]);
    assert_eq!(rows_where("`odd ``name` == 'x'", vec![("odd `name", texts(&[Some("x")]))]), [0]);
}

#[test]
fn escapes_are_resolved_and_other_backslashes_stay() {
    let path = || vec![("path", texts(&[Some(r"C:\Windows"), Some("a'b"), Some("tab\there"), Some("é")]))];
    assert_eq!(rows_where(r"path == 'C:\Windows'", path()), [0]);
    assert_eq!(rows_where(r"path == 'C:\\Windows'", path()), [0]);
    assert_eq!(rows_where(r#"path == 'a\'b' or path == "a'b""#, path()), [1]);
    assert_eq!(rows_where(r"path contains '\t'", path()), [2]);
    assert_eq!(rows_where(r"path == '\u00e9'", path()), [3]);
    assert_eq!(rows_where(r"path matches '^\w:'", path()), [0]);
}

#[test]
fn addresses_are_found_in_networks_of_both_families() {
    let addresses = || {
        let values = [Some("10.1.2.3"), Some("::ffff:10.9.9.9"), Some("2001:db8::1"), Some("host"), None];
        vec![("source_ip", texts(&values))]
    };
    assert_eq!(rows_where("source_ip in '10.0.0.0/8'", addresses()), [0, 1]);
    assert_eq!(rows_where("source_ip in ('2001:db8::/32', 'host')", addresses()), [2, 3]);
    assert_eq!(rows_where("source_ip not in ('10.0.0.0/8')", addresses()), [2, 3, 4]);
    assert_eq!(rows_where("source_ip in '2001:0db8:0::1'", addresses()), [2]);
}

#[test]
fn numbers_compare_exactly_whatever_they_are_stored_as() {
    let big = 9_007_199_254_740_993_i64; // 2^53 + 1, which no double can hold
    let integers = || vec![("n", Arc::new(Int64Array::from(vec![big, big - 1])) as ArrayRef)];
    assert_eq!(rows_where("n == 9007199254740993", integers()), [0]);
    assert_eq!(rows_where("n > 9007199254740992.0", integers()), [0]);
    let doubles =
        || vec![("n", Arc::new(Float64Array::from(vec![9_007_199_254_740_992.0, f64::NAN])) as ArrayRef)];
    assert_eq!(rows_where("n < 9007199254740993", doubles()), [0]);
    assert_eq!(rows_where("n == 9007199254740993", doubles()), [0_usize; 0]);
    let status = || vec![("status", texts(&[Some("404"), Some("4040"), Some("404.0"), Some("none")]))];
    assert_eq!(rows_where("status == 404", status()), [0, 2]);
    assert_eq!(rows_where("status > 404", status()), [1]);
    assert_eq!(rows_where("status != 404", status()), [1, 3]);
    assert_eq!(rows_where("status in [404, 'none']", status()), [0, 2, 3]);
}

type Holds = fn(&str, &str) -> bool;

#[test]
fn texts_are_told_apart_to_their_last_byte_around_the_length_that_fits_a_view() {
    let mut values = Vec::new();
    for length in [0, 1, 3, 4, 5, 11, 12, 13, 14, 40] {
        let same = "x".repeat(length);
        values.push(format!("{same}a"));
        values.push(format!("{same}b"));
        values.push(same);
    }
    let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(&values));
    for wanted in &values {
        let order: [(&str, Holds); 4] =
            [("==", |l, r| l == r), ("!=", |l, r| l != r), ("<", |l, r| l < r), (">=", |l, r| l >= r)];
        for (operator, holds) in order {
            let expected: Vec<usize> = (0..values.len()).filter(|row| holds(&values[*row], wanted)).collect();
            let found = rows_where(&format!("t {operator} '{wanted}'"), vec![("t", Arc::clone(&column))]);
            assert_eq!(found, expected, "{operator} {wanted}");
        }
        let found = rows_where(&format!("t in ('{wanted}', 'other')"), vec![("t", Arc::clone(&column))]);
        let expected: Vec<usize> = (0..values.len()).filter(|row| values[*row] == *wanted).collect();
        assert_eq!(found, expected, "in {wanted}");
    }
}

#[test]
fn other_layouts_of_the_same_kinds_are_understood_and_foreign_types_hold_nothing() {
    let dictionary: DictionaryArray<Int32Type> =
        vec![Some("deny"), None, Some("allow")].into_iter().collect();
    assert_eq!(rows_where("a == 'deny'", vec![("a", Arc::new(dictionary))]), [0]);
    assert_eq!(rows_where("a >= 2", vec![("a", Arc::new(Int32Array::from(vec![1, 2])))]), [1]);
    let seconds = TimestampSecondArray::from(vec![0, 1]).with_timezone("UTC");
    assert_eq!(rows_where("a > '1970-01-01T00:00:00.5Z'", vec![("a", Arc::new(seconds))]), [1]);
    let nanoseconds = TimestampNanosecondArray::from(vec![0, 1]);
    assert_eq!(rows_where("a == '1970-01-01T00:00:00.000000001Z'", vec![("a", Arc::new(nanoseconds))]), [1]);
    let binary = || vec![("a", Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), None])) as ArrayRef)];
    assert_eq!(
        rows_where("a == 'x' or a != 'x' or a contains 'x' or a in ('x') or a matches 'x'", binary()),
        [0_usize; 0]
    );
    assert_eq!(rows_where("a exists", binary()), [0]);
    assert_eq!(rows_where("a == null", vec![("a", Arc::new(NullArray::new(2)))]), [0, 1]);
}

#[test]
fn an_error_points_at_the_character() {
    for (text, column, part) in [
        ("action = 'deny'", 8, "write `==`"),
        ("action == deny", 11, "'deny'"),
        ("action == 'deny", 11, "not closed"),
        ("a == 1 && b == 2", 8, "write `and`"),
        ("a == 1 b == 2", 8, "`and`, `or`"),
        ("é == 1", 1, "unexpected character"),
        ("a == 'é' oder b == 2", 10, "found `oder`"),
        ("(a == 1", 8, "expected `)`"),
        ("", 1, "expected a field name"),
        ("a", 2, "after the field name"),
        ("a == ", 6, "expected a text in quotes"),
        ("a in ()", 6, "the list is empty"),
        ("a in ('x' 'y')", 11, "expected `,` or `)`"),
        ("a in ('10.0.0.0/8', '10.0.0.0/33')", 21, "prefix length"),
        ("a in (1, null)", 10, "null is in no list"),
        ("a matches '(x'", 11, "not a regular expression"),
        ("a matches 5", 11, "in quotes"),
        ("a < null", 5, "has no order"),
        ("a < true", 5, "has no order"),
        ("a == 10.0.0.1", 6, "in quotes"),
        ("'deny' == action", 1, "stands on the left"),
        ("in == 1", 1, "back quotes"),
        ("a == '\\u12'", 7, "hexadecimal"),
        ("a ! b", 3, "write `not`"),
        ("``  == 1", 1, "empty"),
        ("a <> 1", 3, "write `!=`"),
        ("a =~ 'x'", 3, "write `matches`"),
    ] {
        let (found_column, message) = refusal(text);
        assert_eq!(found_column, column, "{text}: {message}");
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn the_message_draws_a_caret_below_the_character() {
    let shown = Condition::parse("é == 1 or action = 'deny'").expect_err("`=`").to_string();
    // The `é` is refused first: a bare name is ASCII.
    assert!(shown.starts_with("column 1: "), "{shown}");
    let shown = Condition::parse("`é` == 1 or action = 'deny'").expect_err("`=`").to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1], "    `é` == 1 or action = 'deny'");
    assert_eq!(lines[2], "                       ^");
    let long = format!("{} x = 1", "a == 1 or ".repeat(40));
    let shown = Condition::parse(&long).expect_err("`=`").to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let caret = lines[2].find('^').expect("a caret");
    assert_eq!(lines[1].as_bytes()[caret], b'=');
    assert!(lines[1].len() < 120);
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = format!(
        "{}a == 1{}",
        "(".repeat(limits::MAX_CONDITION_DEPTH),
        ")".repeat(limits::MAX_CONDITION_DEPTH)
    );
    assert!(Condition::parse(&deep).is_ok());
    assert!(refusal(&format!("({deep})")).1.contains("deeper"));
    assert!(refusal(&format!("{}a == 1", "not ".repeat(10_000))).1.contains("deeper"));
    assert!(refusal(&" ".repeat(limits::MAX_CONDITION_BYTES + 1)).1.contains("bytes"));
    assert!(refusal("a matches '(((x{500}){500}){500})'").1.contains("repetitions"));
    assert!(
        refusal(&format!("{} == 1", "a".repeat(limits::MAX_FIELD_NAME_BYTES + 1))).1.contains("field name")
    );
    let items = vec!["1"; limits::MAX_LIST_ITEMS + 1].join(",");
    assert!(refusal(&format!("a in ({items})")).1.contains("items"));
    let many = vec!["a == 1"; 5000].join(" and ");
    assert!(Condition::parse(&many).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        let _ = Condition::parse(&text);
    }

    #[test]
    fn no_jumble_of_tokens_makes_the_parser_panic_and_errors_stay_inside(
        parts in prop::collection::vec(prop::sample::select(&[
            "a", "b.c", "`x y`", "==", "!=", "<", ">=", "in", "contains", "matches", "exists", "and", "or", "not", "(", ")",
            "[", "]", ",", "'é'", "\"x\"", "1", "-2.5", "1e9", "true", "null", "'10.0.0.0/8'", "'", "\\", "=", "é",
        ][..]), 0..12),
    ) {
        let text = parts.join(" ");
        match Condition::parse(&text) {
            Ok(condition) => prop_assert_eq!(Condition::parse(&condition.to_string()), Ok(condition)),
            Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.column)),
        }
    }
}

/// The seeds of the fuzz target, so that what the fuzzer starts from stays readable.
#[test]
fn the_seeds_of_the_fuzz_target_are_conditions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/condition");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("the seeds") {
        let path = entry.expect("a seed").path();
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(Condition::parse(&text).is_ok(), "{}", path.display());
        read += 1;
    }
    assert!(read > 0);
}
