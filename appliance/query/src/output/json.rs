//! Rows as JSON. Times are RFC 3339, what is not a number in JSON (NaN, infinity) is null, bytes are hex.

use std::io;

use arrow::array::RecordBatch;
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};

use super::OutputError;
use super::cells::unwritable;
use crate::error::QueryError;
use crate::result::QueryResult;

/// How values inside values are written.
pub(super) fn options() -> EncoderOptions {
    EncoderOptions::default().with_explicit_nulls(true)
}

/// Writes the rows of one batch value by value.
pub(crate) struct RowEncoder<'a> {
    columns: Vec<NullableEncoder<'a>>,
}

impl<'a> RowEncoder<'a> {
    /// An encoder for a batch. Fails for a type that has no JSON form.
    pub(crate) fn new(batch: &'a RecordBatch, options: &'a EncoderOptions) -> Result<Self, QueryError> {
        let columns = batch.schema_ref().fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| {
            make_encoder(field, column.as_ref(), options).map_err(|error| unwritable(&error))
        });
        Ok(Self { columns: columns.collect::<Result<_, _>>()? })
    }

    /// Appends `[value, value, ...]`.
    pub(crate) fn write_array(&mut self, row: usize, out: &mut Vec<u8>) {
        out.push(b'[');
        for column in 0..self.columns.len() {
            if column > 0 {
                out.push(b',');
            }
            self.write_value(column, row, out);
        }
        out.push(b']');
    }

    /// Appends `{name: value, ...}`; the names are JSON texts already.
    fn write_object(&mut self, row: usize, names: &[String], out: &mut Vec<u8>) {
        out.push(b'{');
        for (column, name) in names.iter().enumerate() {
            if column > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            self.write_value(column, row, out);
        }
        out.push(b'}');
    }

    fn write_value(&mut self, column: usize, row: usize, out: &mut Vec<u8>) {
        let encoder = &mut self.columns[column];
        if encoder.is_null(row) {
            out.extend_from_slice(b"null");
        } else {
            encoder.encode(row, out);
        }
    }
}

/// The options that [`RowEncoder`] takes.
pub(crate) fn encoder_options() -> EncoderOptions {
    options()
}

/// One array, an object a row, a row a line. An empty result is `[]`.
pub(super) async fn write(
    result: &mut QueryResult,
    out: &mut (dyn io::Write + Send),
) -> Result<u64, OutputError> {
    let fields = result.schema().fields();
    let names: Vec<String> =
        fields.iter().map(|field| serde_json::Value::from(field.name().as_str()).to_string()).collect();
    let options = options();
    let mut rows = 0_u64;
    let mut buffer = Vec::new();
    out.write_all(b"[")?;
    while let Some(batch) = result.next_batch().await {
        let batch = batch?;
        let mut encoder = RowEncoder::new(&batch, &options)?;
        for row in 0..batch.num_rows() {
            buffer.clear();
            buffer.extend_from_slice(if rows == 0 { b"\n" } else { b",\n" });
            encoder.write_object(row, &names, &mut buffer);
            out.write_all(&buffer)?;
            rows += 1;
        }
    }
    out.write_all(if rows == 0 { b"]\n" } else { b"\n]\n" })?;
    Ok(rows)
}
