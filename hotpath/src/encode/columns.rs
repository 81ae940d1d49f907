//! How each column is written: what its name promises, and what its first rows show.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef};
use foldhash::HashSet;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::partition::EVENT_TIME;

/// Columns of addresses, hosts and users, which have a bloom filter: people look for one of many.
const BLOOM_NAMES: [&str; 11] = [
    "src",
    "dst",
    "hostname",
    "host",
    "user",
    "user_name",
    "username",
    "login",
    "account",
    "client",
    "next_hop",
];
const BLOOM_SUFFIXES: [&str; 8] =
    ["_ip", "_address", "_addr", "_host", "_hostname", "_user", "_user_name", "_username"];

/// Texts that nobody compares: least and greatest value say nothing of what is between them.
const WITHOUT_STATISTICS: [&str; 7] =
    ["message", "raw", "structured_data", "_extra", "body", "user_agent", "http_referer"];

/// Mean length in bytes from which any other text is treated like those.
const LONG_TEXT_BYTES: usize = 96;

/// Chance that a bloom filter wrongly says that a value may be there.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// Rows that are looked at, from up to [`SAMPLE_BATCHES`] batches spread over the row group.
const SAMPLE_ROWS: usize = 8_192;
const SAMPLE_BATCHES: usize = 8;
/// A smaller sample does not overrule what an earlier file has shown.
const SAMPLE_ROWS_TO_CHANGE: usize = 1_024;
/// A dictionary is used when the sample has fewer different values than one in this many rows.
const ROWS_FOR_EACH_DICTIONARY_VALUE: usize = 8;

/// What the rows of a column have shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    sample_rows: usize,
    distinct: usize,
    mean_text_bytes: usize,
}

impl Seen {
    fn is_for_dictionary(&self) -> bool {
        self.distinct * ROWS_FOR_EACH_DICTIONARY_VALUE <= self.sample_rows.max(ROWS_FOR_EACH_DICTIONARY_VALUE)
    }

    /// Different values among `rows` rows, as far as the sample tells; rather too many than too few.
    fn distinct_among(&self, rows: usize) -> usize {
        if self.distinct * 4 <= self.sample_rows {
            // Nearly all of them are in the sample.
            return (self.distinct * 2).min(rows).max(1);
        }
        (self.distinct.saturating_mul(rows) / self.sample_rows.max(1)).clamp(1, rows.max(1))
    }
}

/// What is known of a dataset's columns, kept from file to file.
#[derive(Debug, Default)]
pub struct ColumnKnowledge {
    by_name: HashMap<Arc<str>, Seen>,
}

impl ColumnKnowledge {
    /// Looks at the first row group of a file.
    pub fn observe(&mut self, batches: &[RecordBatch]) {
        let mut counts: HashMap<&str, Counter<'_>> = HashMap::new();
        let step = batches.len().div_ceil(SAMPLE_BATCHES).max(1);
        for batch in batches.iter().step_by(step) {
            for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
                counts.entry(field.name().as_str()).or_default().count(column.as_ref());
            }
        }
        let counts: Vec<(Arc<str>, Seen)> =
            counts.into_iter().map(|(name, counter)| (name.into(), counter.seen())).collect();
        for (name, seen) in counts {
            match self.by_name.get_mut(&name) {
                Some(known) if seen.sample_rows < SAMPLE_ROWS_TO_CHANGE.min(known.sample_rows) => {}
                Some(known) => *known = seen,
                None => {
                    self.by_name.insert(name, seen);
                }
            }
        }
    }

    /// Forgets columns that `is_kept` does not name.
    pub fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.by_name.retain(|name, _| is_kept(name));
    }

    /// The writer's properties for a file of `schema` whose row groups have about `row_group_rows` rows.
    pub fn writer_properties(
        &self,
        schema: &SchemaRef,
        row_group_rows: usize,
        zstd_level: i32,
    ) -> WriterProperties {
        let level = ZstdLevel::try_new(zstd_level.clamp(1, 22)).unwrap_or_default();
        let mut builder = WriterProperties::builder()
            .set_created_by(concat!("bytefreezer ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(None)
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Page);
        if let Ok(index) = schema.index_of(EVENT_TIME) {
            let order = SortingColumn { column_idx: index as i32, descending: false, nulls_first: false };
            builder = builder.set_sorting_columns(Some(vec![order]));
        }
        for field in schema.fields() {
            let seen = self.by_name.get(field.name().as_str()).copied();
            let leaf = Leaf { name: field.name(), data_type: field.data_type(), seen };
            builder = leaf.configure(builder, row_group_rows);
        }
        builder.build()
    }
}

/// A column as the file has it: of a list, its items.
struct Leaf<'a> {
    name: &'a str,
    data_type: &'a DataType,
    seen: Option<Seen>,
}

impl Leaf<'_> {
    fn configure(&self, mut builder: WriterPropertiesBuilder, rows: usize) -> WriterPropertiesBuilder {
        let (path, item) = leaf_path(self.name, self.data_type);
        let dictionary = item != &DataType::Boolean && self.seen.is_some_and(|seen| seen.is_for_dictionary());
        if dictionary {
            builder = builder.set_column_dictionary_enabled(path.clone(), true);
        }
        if matches!(item, DataType::Timestamp(_, _)) {
            builder = builder.set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED);
        }
        if item != &DataType::Utf8View {
            return builder;
        }
        if self.is_long_text() {
            builder = builder.set_column_statistics_enabled(path.clone(), EnabledStatistics::None);
        }
        if has_bloom_filter(self.name) {
            let distinct = self.seen.map_or(rows, |seen| seen.distinct_among(rows)).max(1) as u64;
            builder = builder
                .set_column_bloom_filter_enabled(path.clone(), true)
                .set_column_bloom_filter_fpp(path.clone(), BLOOM_FALSE_POSITIVES)
                .set_column_bloom_filter_ndv(path, distinct);
        }
        builder
    }

    fn is_long_text(&self) -> bool {
        WITHOUT_STATISTICS.contains(&self.name)
            || self.seen.is_some_and(|seen| seen.mean_text_bytes >= LONG_TEXT_BYTES)
    }
}

/// Whether a column of strings with this name has a bloom filter.
pub fn has_bloom_filter(name: &str) -> bool {
    BLOOM_NAMES.contains(&name) || BLOOM_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// The path of a column's values in the file, and their type.
fn leaf_path<'a>(name: &str, data_type: &'a DataType) -> (ColumnPath, &'a DataType) {
    let mut parts = vec![name.to_owned()];
    let mut item = data_type;
    while let DataType::List(field) = item {
        parts.push("list".to_owned());
        parts.push(field.name().clone());
        item = field.data_type();
    }
    (ColumnPath::new(parts), item)
}

/// Counts the different values of a column in a sample.
#[derive(Default)]
struct Counter<'a> {
    rows: usize,
    texts: HashSet<&'a str>,
    numbers: HashSet<u64>,
    text_bytes: usize,
}

impl<'a> Counter<'a> {
    fn count(&mut self, column: &'a dyn Array) {
        let rows = column.len().min(SAMPLE_ROWS / SAMPLE_BATCHES);
        match column.data_type() {
            DataType::Utf8View => {
                for text in column.as_string_view().iter().take(rows).flatten() {
                    self.rows += 1;
                    self.text_bytes += text.len();
                    self.texts.insert(text);
                }
            }
            DataType::Int64 => {
                for number in column.as_primitive::<Int64Type>().iter().take(rows).flatten() {
                    self.rows += 1;
                    self.numbers.insert(number as u64);
                }
            }
            DataType::Float64 => {
                for number in column.as_primitive::<Float64Type>().iter().take(rows).flatten() {
                    self.rows += 1;
                    self.numbers.insert(number.to_bits());
                }
            }
            DataType::List(_) => self.count(column.as_list::<i32>().values().as_ref()),
            // Times get no dictionary: they are written as differences.
            _ => {}
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            sample_rows: self.rows,
            // A column without values in the sample is not one of few values.
            distinct: if self.rows == 0 { 1 } else { self.texts.len() + self.numbers.len() },
            mean_text_bytes: self.text_bytes / self.rows.max(1),
        }
    }
}
