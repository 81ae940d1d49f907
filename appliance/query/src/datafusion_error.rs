//! Turns DataFusion's errors into ours: kind, position, suggestion, and no word of paths or addresses.

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, Diagnostic, SchemaError};
use datafusion::error::DataFusionError;
use tracing::{error, warn};

use crate::error::{Position, QueryError, QueryErrorKind};
use crate::suggest::closest;

/// What DataFusion's error means for the one who wrote the SQL.
pub(crate) fn from_datafusion(error: &DataFusionError) -> QueryError {
    let mut position = None;
    let converted = convert(error, &mut position);
    let position = converted.position.or(position);
    converted.with_position(position)
}

fn convert(error: &DataFusionError, position: &mut Option<Position>) -> QueryError {
    match error {
        DataFusionError::Context(_, inner) => convert(inner, position),
        DataFusionError::Shared(inner) => convert(inner, position),
        DataFusionError::Diagnostic(diagnostic, inner) => {
            *position = position_of(diagnostic).or(*position);
            convert(inner, position)
        }
        DataFusionError::Collection(all) => match all.first() {
            Some(first) => convert(first, position),
            None => internal(error),
        },
        DataFusionError::SQL(parser_error, _) => from_parser_text(&parser_error.to_string()),
        DataFusionError::SchemaError(schema_error, _) => from_schema_error(schema_error),
        DataFusionError::Plan(message) => from_plan_message(message),
        DataFusionError::NotImplemented(message) => {
            QueryError::new(QueryErrorKind::Invalid, format!("not supported: {}", sentence(message)))
        }
        DataFusionError::Configuration(message) | DataFusionError::Execution(message) => {
            QueryError::new(QueryErrorKind::Invalid, sentence(message))
        }
        DataFusionError::ResourcesExhausted(message) => memory_limit(message),
        DataFusionError::ArrowError(arrow_error, _) => from_arrow(arrow_error, error, position),
        DataFusionError::ObjectStore(store_error) => from_store(store_error),
        DataFusionError::ParquetError(parquet_error) => {
            warn!(error = %parquet_error, "a parquet file cannot be read");
            QueryError::new(QueryErrorKind::Storage, "a parquet file of the lake cannot be read")
                .with_operator_detail(parquet_error.to_string())
        }
        DataFusionError::IoError(io_error) => storage_trouble(&io_error.to_string()),
        DataFusionError::External(inner) => from_external(inner.as_ref(), error, position),
        _ => internal(error),
    }
}

fn from_external(
    inner: &(dyn std::error::Error + Send + Sync + 'static),
    whole: &DataFusionError,
    position: &mut Option<Position>,
) -> QueryError {
    if let Some(ours) = inner.downcast_ref::<QueryError>() {
        return ours.clone();
    }
    if let Some(nested) = inner.downcast_ref::<DataFusionError>() {
        return convert(nested, position);
    }
    if let Some(nested) = inner.downcast_ref::<ArrowError>() {
        return from_arrow(nested, whole, position);
    }
    if let Some(nested) = inner.downcast_ref::<object_store::Error>() {
        return from_store(nested);
    }
    internal(whole)
}

fn from_arrow(
    arrow_error: &ArrowError,
    whole: &DataFusionError,
    position: &mut Option<Position>,
) -> QueryError {
    match arrow_error {
        ArrowError::ExternalError(inner) => from_external(inner.as_ref(), whole, position),
        ArrowError::ParquetError(message) => {
            warn!(error = message, "a parquet file cannot be read");
            QueryError::new(QueryErrorKind::Storage, "a parquet file of the lake cannot be read")
                .with_operator_detail(message)
        }
        ArrowError::IoError(message, _) => storage_trouble(message),
        other => QueryError::new(QueryErrorKind::Invalid, sentence(&other.to_string())),
    }
}

fn from_store(store_error: &object_store::Error) -> QueryError {
    if let object_store::Error::NotFound { .. } = store_error {
        return QueryError::new(
            QueryErrorKind::Storage,
            "a file of the lake was replaced while the query ran",
        )
        .with_suggestion("run it again")
        .with_operator_detail(store_error.to_string());
    }
    storage_trouble(&store_error.to_string())
}

fn storage_trouble(detail: &str) -> QueryError {
    warn!(error = detail, "the lake's store cannot be read");
    QueryError::new(QueryErrorKind::Storage, "the lake's store cannot be read").with_operator_detail(detail)
}

fn memory_limit(message: &str) -> QueryError {
    QueryError::new(QueryErrorKind::MemoryLimit, "the query needs more memory than it may have")
        .with_suggestion("read a shorter time, fewer columns, or group by fewer values")
        .with_operator_detail(message)
}

fn internal(error: &DataFusionError) -> QueryError {
    error!(%error, "query engine failed");
    QueryError::new(QueryErrorKind::Internal, "the query engine failed on this statement; the log says more")
        .with_operator_detail(error.to_string())
}

/// A syntax error, with the position that the parser appends to its text as `at Line: 1, Column: 8`.
fn from_parser_text(text: &str) -> QueryError {
    let text = text.strip_prefix("sql parser error: ").unwrap_or(text);
    let (message, position) = match text.rsplit_once(" at Line: ") {
        Some((message, place)) => (message, position_from_text(place)),
        None => (text, None),
    };
    QueryError::new(QueryErrorKind::Syntax, format!("this is not SQL: {}", sentence(message)))
        .with_position(position)
}

fn position_from_text(place: &str) -> Option<Position> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
}

fn position_of(diagnostic: &Diagnostic) -> Option<Position> {
    let start = diagnostic.span?.start;
    (start.line > 0).then_some(Position { line: start.line, column: start.column })
}

fn from_schema_error(schema_error: &SchemaError) -> QueryError {
    match schema_error {
        SchemaError::FieldNotFound { field, valid_fields } => unknown_column(field, valid_fields),
        SchemaError::AmbiguousReference { field } => QueryError::new(
            QueryErrorKind::UnknownName,
            format!("column '{}' is in several tables", field.name),
        )
        .with_suggestion("put the table's name or alias and a dot before it"),
        other => QueryError::new(QueryErrorKind::Invalid, sentence(&other.to_string())),
    }
}

fn unknown_column(field: &Column, valid_fields: &[Column]) -> QueryError {
    let error = QueryError::new(QueryErrorKind::UnknownName, format!("there is no column '{}'", field.name));
    let names = valid_fields.iter().map(|column| column.name.as_str());
    match closest(&field.name, names) {
        Some(name) if name.eq_ignore_ascii_case(&field.name) => {
            error.with_suggestion(format!("capital letters need double quotes: \"{name}\""))
        }
        Some(name) => error.with_suggestion(format!("did you mean '{name}'?")),
        None => error.with_suggestion("DESCRIBE of the table lists its columns"),
    }
}

fn from_plan_message(message: &str) -> QueryError {
    let is_name = message.starts_with("table '") || message.starts_with("Invalid function");
    let kind = if is_name { QueryErrorKind::UnknownName } else { QueryErrorKind::Invalid };
    QueryError::new(kind, sentence(message))
}

/// DataFusion's sentence in our form: first letter small (unless it starts an abbreviation), no full stop, first line.
fn sentence(message: &str) -> String {
    let first_line = message.lines().next().unwrap_or_default().trim_end_matches('.');
    let mut chars = first_line.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else { return String::new() };
    if second.is_some_and(char::is_uppercase) {
        return first_line.to_owned();
    }
    first.to_lowercase().chain(first_line.chars().skip(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_s_position_is_taken_from_its_text() {
        let error =
            from_parser_text("sql parser error: Expected: an expression, found: FROM at Line: 2, Column: 8");
        assert_eq!(error.position, Some(Position { line: 2, column: 8 }));
        assert_eq!(
            error.to_string(),
            "this is not SQL: expected: an expression, found: FROM (line 2, column 8)"
        );
    }

    #[test]
    fn errors_of_the_store_do_not_tell_addresses_to_the_caller() {
        let source = std::io::Error::other("http://10.0.0.1:9000/secret-bucket");
        let error = from_datafusion(&DataFusionError::IoError(source));
        assert_eq!(error.kind, QueryErrorKind::Storage);
        assert!(!error.to_string().contains("10.0.0.1"), "{error}");
    }
}
