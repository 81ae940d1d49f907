//! The short forms (`field` + `equals`) that several filters take instead of a condition. They become conditions.

use serde_json::Value;

use crate::filter::columns::FieldName;
use crate::filter::condition::{Comparison, Condition, Expression, Pattern, Substring};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;

/// The test that `key` (`equals`, `not_equals`, `contains`, `matches`, with or without `any_` or `unless_`) asks of `field`.
pub(super) fn field_test(
    config: &FilterConfig<'_>,
    field: &str,
    key: &str,
) -> Result<Expression, FilterError> {
    let value = config.value(key).unwrap_or(&Value::Null);
    let field = FieldName::new(field);
    match key.trim_start_matches("any_").trim_start_matches("unless_") {
        "contains" => contains(config, field, key, value),
        "matches" => matches(config, field, key),
        "not_equals" => not_equals(config, field, key, value),
        _ => equals(config, &field, key, value),
    }
}

/// The field has a value, and another than this or these.
pub(super) fn not_equals(
    config: &FilterConfig<'_>,
    field: FieldName,
    key: &str,
    value: &Value,
) -> Result<Expression, FilterError> {
    let unequal = Expression::Not(Box::new(equals(config, &field, key, value)?));
    Ok(Expression::And(vec![Expression::Exists { field }, unequal]))
}

/// Equal to the value, or to one of a list of values.
pub(super) fn equals(
    config: &FilterConfig<'_>,
    field: &FieldName,
    key: &str,
    value: &Value,
) -> Result<Expression, FilterError> {
    let single = std::slice::from_ref(value);
    let values = if value.is_array() { config.items(key, value)? } else { single };
    let mut tests = Vec::with_capacity(values.len());
    for value in values {
        let value = config.literal(key, value)?;
        tests.push(Expression::Compare { field: field.clone(), comparison: Comparison::Equal, value });
    }
    Ok(Expression::any_of(tests))
}

pub(super) fn contains(
    config: &FilterConfig<'_>,
    field: FieldName,
    key: &str,
    value: &Value,
) -> Result<Expression, FilterError> {
    let part = Substring::new(config.literal(key, value)?).map_err(|reason| config.key_error(key, reason))?;
    Ok(Expression::Contains { field, part })
}

pub(super) fn matches(
    config: &FilterConfig<'_>,
    field: FieldName,
    key: &str,
) -> Result<Expression, FilterError> {
    let text = config.text(key)?.unwrap_or("");
    let pattern = Pattern::new(text).map_err(|reason| config.key_error(key, reason))?;
    Ok(Expression::Matches { field, pattern })
}

/// The condition of `include` and `exclude`: `condition`, or `field` with one test, or `any_field` with one test.
pub(super) fn matched_events(config: &FilterConfig<'_>) -> Result<Condition, FilterError> {
    let form = config.one_of(&["condition", "field", "any_field"])?;
    let of_other_forms: &[&str] = match form {
        "condition" => &["equals", "contains", "matches", "any_equals", "any_matches"],
        "field" => &["any_equals", "any_matches"],
        _ => &["equals", "contains", "matches"],
    };
    if let Some(stray) = of_other_forms.iter().find(|key| config.value(key).is_some()) {
        return Err(config.key_error(stray, format!("does not go with `{form}`")));
    }
    let fields = match form {
        "condition" => {
            let condition = config.condition("condition")?;
            return condition.ok_or_else(|| config.key_error("condition", "is needed"));
        }
        "field" => vec![config.field("field")?],
        _ => config.fields("any_field")?.unwrap_or_default(),
    };
    let test_keys: &[&str] =
        if form == "field" { &["equals", "contains", "matches"] } else { &["any_equals", "any_matches"] };
    let key = config.one_of(test_keys)?;
    let mut tests = Vec::with_capacity(fields.len());
    for field in fields {
        tests.push(field_test(config, field, key)?);
    }
    Ok(Condition::from_expression(Expression::any_of(tests)))
}
