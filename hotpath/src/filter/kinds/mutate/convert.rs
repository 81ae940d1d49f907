//! `convert`: the value of a field as another type.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringViewArray};
use arrow::datatypes::DataType;

use crate::batch::DOUBLE_EXACT_MAX;
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::condition::Number;
use crate::filter::distinct::Distinct;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};

const TRUE_WORDS: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
const FALSE_WORDS: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

/// What a value is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetType {
    String,
    Integer,
    Float,
    Boolean,
}

impl TargetType {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "string" => Some(Self::String),
            "integer" => Some(Self::Integer),
            "float" => Some(Self::Float),
            "boolean" => Some(Self::Boolean),
            _ => None,
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::String => DataType::Utf8View,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Boolean => DataType::Boolean,
        }
    }

    fn fault(self) -> &'static str {
        match self {
            Self::String => "the value cannot be converted to a string",
            Self::Integer => "the value cannot be converted to an integer",
            Self::Float => "the value cannot be converted to a float",
            Self::Boolean => "the value cannot be converted to a boolean",
        }
    }
}

#[derive(Debug)]
pub(super) struct Convert {
    pub(super) field: FieldName,
    pub(super) to: TargetType,
}

impl Filter for Convert {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let Some(index) = self.field.index_in(events.batch()) else {
            return Ok(());
        };
        let name = events.batch().schema_ref().field(index).name().clone();
        let column = Arc::clone(events.batch().column(index));
        let present = rows.with_value(&column);
        if present.is_none() || *column.data_type() == self.to.data_type() {
            return Ok(());
        }
        let Some(texts) = as_texts(&column) else {
            events.fault(&present, self.to.fault());
            return Ok(());
        };
        let values = converted(&texts, &present, self.to)?;
        let done = present.with_value(&values);
        let left = present.minus(&done);
        events.fault(&left, self.to.fault());
        if done.is_none() {
            return Ok(());
        }
        events.put_retyped(&name, &values, &done, &left)?;
        Ok(())
    }
}

/// The texts of `rows` as values of a type; no value where one cannot be.
fn converted(texts: &StringViewArray, rows: &Mask, to: TargetType) -> Result<ArrayRef, FilterFailure> {
    let distinct = Distinct::of(texts, rows);
    let of_texts: ArrayRef = match to {
        TargetType::String => return Ok(Arc::new(texts.clone())),
        TargetType::Integer => {
            let mut integers = Int64Builder::with_capacity(distinct.first_rows.len());
            distinct.texts(texts).for_each(|text| integers.append_option(integer(text)));
            Arc::new(integers.finish())
        }
        TargetType::Float => {
            let mut floats = Float64Builder::with_capacity(distinct.first_rows.len());
            distinct.texts(texts).for_each(|text| floats.append_option(float(text)));
            Arc::new(floats.finish())
        }
        TargetType::Boolean => {
            let mut booleans = BooleanBuilder::with_capacity(distinct.first_rows.len());
            distinct.texts(texts).for_each(|text| booleans.append_option(boolean(text)));
            Arc::new(booleans.finish())
        }
    };
    Ok(distinct.spread(&of_texts, texts.len())?)
}

/// A whole number of 64 bits; nothing where digits would be lost.
fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    // `12.0` is a whole number as it is written, without going by a double.
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    };
    match Number::from_text(whole) {
        Some(Number::Integer(integer)) => Some(integer),
        Some(Number::Double(double)) => {
            let digits = whole.bytes().filter(u8::is_ascii_digit).count();
            // Of so few digits a double has lost none.
            let is_exact = digits <= f64::DIGITS as usize && double.abs() <= DOUBLE_EXACT_MAX as f64;
            (is_exact && double.fract() == 0.0).then_some(double as i64)
        }
        None => boolean_word(text).map(i64::from),
    }
}

/// A double; nothing for a whole number that no double is.
fn float(text: &str) -> Option<f64> {
    let text = text.trim();
    match Number::from_text(text) {
        Some(Number::Integer(integer)) => {
            let double = integer as f64;
            let is_exact =
                Number::Double(double).compare(Number::Integer(integer)) == Some(std::cmp::Ordering::Equal);
            is_exact.then_some(double)
        }
        Some(Number::Double(double)) => Some(double),
        None => boolean_word(text).map(f64::from),
    }
}

fn boolean_word(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_among(&TRUE_WORDS) {
        return Some(true);
    }
    is_among(&FALSE_WORDS).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_all_of_their_digits_or_are_none() {
        assert_eq!(integer("9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer(" 007 "), Some(7));
        assert_eq!(integer("12.0"), Some(12));
        assert_eq!(integer("9007199254740993.00"), Some(9_007_199_254_740_993));
        assert_eq!(integer("1.5e3"), Some(1500));
        assert_eq!(integer("true"), Some(1));
        for text in [
            "",
            "12.5",
            "9223372036854775808",
            "9007199254740992.5",
            "9007199254740990.4",
            "0x1f",
            "1,000",
            "twelve",
            "1e30",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn floats_and_booleans() {
        assert_eq!(float("1.5e3"), Some(1500.0));
        assert_eq!(float("9007199254740992"), Some(9_007_199_254_740_992.0));
        assert_eq!(float("9007199254740993"), None);
        assert_eq!(float("nan"), None);
        assert_eq!(
            [boolean("Yes"), boolean("0"), boolean("2"), boolean("")],
            [Some(true), Some(false), None, None]
        );
    }
}
