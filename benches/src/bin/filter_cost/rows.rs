//! A million rows of web access, in batches as a shard makes them of its blocks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray};
use arrow::datatypes::{Field, Schema};
use bytefreezer_benches::blocks::START_US;
use bytefreezer_benches::lines::{LINES, line_blocks};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::decode::{DecoderOptions, Format, decode_block, decoder};
use hotpath::limits::BLOCK_BYTES;
use serde_json::json;

const LOG: &str = "weblog/elastic-examples/apache_logs-a/apache_logs-a.log";
const REAL: &str = "a real access log of the public corpora, repeated";
const INVENTED: &str = "invented access log lines: no corpora here";
/// Between the receipt of two events.
const STEP_US: i64 = 10;

/// At least `rows` rows, and what they are.
///
/// The log has no field of JSON, pairs or a time as text, as other sources do: `payload`, `pairs` and `when` are such fields,
/// made of what each row has.
pub fn access_log(rows: usize) -> anyhow::Result<(Vec<RecordBatch>, &'static str)> {
    let format: Format = "weblog".parse()?;
    let options = RowOptions { keep_raw: true, ..RowOptions::default() };
    let mut builder = BatchBuilder::new(Arc::new(ColumnRegistry::default()), options);
    let mut decoder = decoder(format, &DecoderOptions::default(), &mut builder);
    let (lines, source) = lines()?;
    let mut next = lines.iter().cycle().peekable();
    let mut received_us = START_US;
    let (mut batches, mut done) = (Vec::new(), 0);
    while done < rows {
        let block = next_block(&mut next, &mut received_us);
        let batch = decode_block(&block, decoder.as_mut(), &mut builder);
        anyhow::ensure!(batch.num_rows() > 0, "a block without rows");
        done += batch.num_rows();
        batches.push(with_texts(&batch)?);
    }
    Ok((batches, source))
}

fn lines() -> anyhow::Result<(Vec<Vec<u8>>, &'static str)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let path = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(LOG);
    if path.is_file() {
        let text = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        return Ok((lines.map(<[u8]>::to_vec).collect(), REAL));
    }
    let invented = LINES.iter().find(|lines| lines.format == "weblog").context("lines of web access")?;
    let mut lines = Vec::new();
    for block in line_blocks(invented, 1) {
        lines.extend(block.events().map(|event| event.bytes.to_vec()));
    }
    Ok((lines, INVENTED))
}

fn next_block<'a>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'a Vec<u8>>>,
    received_us: &mut i64,
) -> SealedBlock {
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 40_514)), SourceType::Tcp);
    let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), *received_us);
    while let Some(line) = lines.peek() {
        if block.push(line, &peer, *received_us, false).is_err() {
            break;
        }
        *received_us += STEP_US;
        lines.next();
    }
    block.seal()
}

/// The batch with `payload`, `pairs` and `when`.
fn with_texts(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_view_opt());
    let raws = text("raw").context("rows keep the raw line")?;
    let (methods, paths, agents) = (text("http_method"), text("url_path"), text("user_agent"));
    let of_row = |column: Option<&StringViewArray>, row: usize| -> String {
        column
            .filter(|column| column.is_valid(row))
            .map_or_else(|| "-".to_owned(), |column| column.value(row).to_owned())
    };
    let (mut payloads, mut pairs, mut whens) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..batch.num_rows() {
        let (method, path, agent) = (of_row(methods, row), of_row(paths, row), of_row(agents, row));
        pairs.push(Some(format!(
            "method={method} path={path} agent=\"{}\" row={row}",
            agent.replace('"', "'")
        )));
        payloads.push(Some(
            json!({"request": {"method": method, "path": path}, "agent": agent, "row": row, "tags": ["web", "access"]})
                .to_string(),
        ));
        let raw = of_row(Some(raws), row);
        whens.push(
            raw.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map(|(when, _)| when.to_owned()),
        );
    }
    let mut fields: Vec<_> = batch.schema_ref().fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    for (name, texts) in [("payload", payloads), ("pairs", pairs), ("when", whens)] {
        let column: ArrayRef = Arc::new(texts.into_iter().collect::<StringViewArray>());
        fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).context("put the columns together")
}
