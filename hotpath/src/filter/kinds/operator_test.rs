//! The test of one field that `field`, `operator` and `value` make. It becomes a condition.

use super::field_test::{contains, equals, matches, not_equals};
use crate::filter::columns::FieldName;
use crate::filter::condition::{Comparison, Expression, Pattern};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;

/// The test of a config, whose `operator` is one of `known`, the first where it is absent.
pub(super) fn operator_test(
    config: &FilterConfig<'_>,
    known: &[&'static str],
) -> Result<Expression, FilterError> {
    let field = FieldName::new(config.field("field")?);
    let written = config.text("operator")?;
    let operator = match written {
        None => known.first().copied().unwrap_or_default(),
        Some(written) => known.iter().find(|word| **word == written).copied().ok_or_else(|| {
            config.key_error("operator", format!("unknown operator `{written}`; known: {}", known.join(", ")))
        })?,
    };
    let not = |test: Expression| Expression::Not(Box::new(test));
    let value = match (operator, config.value("value")) {
        ("exists", None) => return Ok(Expression::Exists { field }),
        ("not_exists", None) => return Ok(not(Expression::Exists { field })),
        ("exists" | "not_exists", Some(_)) => {
            return Err(config.key_error("value", format!("does not go with the operator {operator}")));
        }
        (_, None) => return Err(config.key_error("value", format!("is needed by the operator {operator}"))),
        (_, Some(value)) => value,
    };
    match operator {
        "eq" | "equals" => equals(config, &field, "value", value),
        "ne" | "not_equals" => not_equals(config, field, "value", value),
        "contains" => contains(config, field, "value", value),
        "not_contains" => contains(config, field, "value", value).map(not),
        "matches" => matches(config, field, "value"),
        "starts_with" => beginning_or_end(config, field, |text| format!(r"\A{text}")),
        "ends_with" => beginning_or_end(config, field, |text| format!(r"{text}\z")),
        "gt" => ordering(config, field, Comparison::Greater, value),
        "gte" => ordering(config, field, Comparison::GreaterOrEqual, value),
        "lt" => ordering(config, field, Comparison::Less, value),
        _ => ordering(config, field, Comparison::LessOrEqual, value),
    }
}

/// A text at the beginning or the end of the field's.
fn beginning_or_end(
    config: &FilterConfig<'_>,
    field: FieldName,
    anchored: impl Fn(&str) -> String,
) -> Result<Expression, FilterError> {
    let text = regex::escape(config.text("value")?.unwrap_or(""));
    let pattern = Pattern::new(&anchored(&text)).map_err(|reason| config.key_error("value", reason))?;
    Ok(Expression::Matches { field, pattern })
}

fn ordering(
    config: &FilterConfig<'_>,
    field: FieldName,
    comparison: Comparison,
    value: &serde_json::Value,
) -> Result<Expression, FilterError> {
    if value.is_null() || value.is_boolean() {
        return Err(config.key_error("value", format!("{value} has no order: test whether it is equal")));
    }
    Ok(Expression::Compare { field, comparison, value: config.literal("value", value)? })
}
