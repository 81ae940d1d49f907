//! The JSON body of an answered query, written row by row so that its size is known while it grows.

use serde::Serialize;

use crate::catalog::lake_type_name;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits;
use crate::output::{RowEncoder, encoder_options};
use crate::result::QueryResult;

#[derive(Serialize)]
struct ColumnName<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_name: String,
}

/// `{sql, columns, rows, row_count, truncated, execution_time_ms}` of a result.
pub(super) async fn answer_body(sql: &str, mut result: QueryResult) -> Result<Vec<u8>, QueryError> {
    let schema = result.schema().clone();
    let columns: Vec<ColumnName<'_>> = schema
        .fields()
        .iter()
        .map(|field| ColumnName { name: field.name(), type_name: lake_type_name(field.data_type()) })
        .collect();
    let mut body = Vec::with_capacity(4096);
    body.extend_from_slice(b"{\"sql\":");
    append_json(&mut body, &sql)?;
    body.extend_from_slice(b",\"columns\":");
    append_json(&mut body, &columns)?;
    body.extend_from_slice(b",\"rows\":[");

    let options = encoder_options();
    let mut row_count = 0_u64;
    let mut is_full = false;
    while !is_full && let Some(batch) = result.next_batch().await {
        let batch = batch?;
        let mut encoder = RowEncoder::new(&batch, &options)?;
        for row in 0..batch.num_rows() {
            let before = body.len();
            if row_count > 0 {
                body.push(b',');
            }
            encoder.write_array(row, &mut body);
            if body.len() > limits::MAX_RESPONSE_BYTES {
                body.truncate(before);
                is_full = true;
                break;
            }
            row_count += 1;
        }
    }
    let truncated = is_full || result.truncated();
    let milliseconds = result.elapsed().as_millis();
    let end = format!(
        "],\"row_count\":{row_count},\"truncated\":{truncated},\"execution_time_ms\":{milliseconds}}}"
    );
    body.extend_from_slice(end.as_bytes());
    Ok(body)
}

fn append_json(body: &mut Vec<u8>, value: &impl Serialize) -> Result<(), QueryError> {
    serde_json::to_writer(body, value).map_err(|error| {
        QueryError::new(QueryErrorKind::Internal, format!("the answer is not JSON: {error}"))
    })
}
