//! A dataset as a table of DataFusion.
//!
//! Every file is read as if it had all columns of the table: one it lacks is null, one of a narrower type is cast
//! (DataFusion's physical expression adapter does both). Files are pruned by the catalog before any is opened; row
//! groups and pages are pruned in them by DataFusion's Parquet source, with statistics and bloom filters.

use std::any::Any;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics, project_schema};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::ObjectMeta;

use crate::catalog::{DataFile, DatasetSnapshot, EVENT_TIME};
use crate::error::{QueryError, QueryErrorKind};
use crate::limits;
use crate::pruning::{PARTITION_COLUMNS, PruningLog, ScanPruning, files_that_may_match, partition_value};

/// A dataset at one moment, as one query sees it.
#[derive(Debug)]
pub struct LakeTable {
    snapshot: Arc<DatasetSnapshot>,
    schema: TableSchema,
    store_url: ObjectStoreUrl,
    pruning_log: Arc<PruningLog>,
}

impl LakeTable {
    pub(crate) fn new(
        snapshot: Arc<DatasetSnapshot>,
        store_url: ObjectStoreUrl,
        pruning_log: Arc<PruningLog>,
    ) -> Self {
        let schema = TableSchema::new(Arc::clone(&snapshot.columns), partition_fields(&snapshot.columns));
        Self { snapshot, schema, store_url, pruning_log }
    }

    fn partition_columns(&self) -> Vec<&str> {
        self.schema.table_partition_cols().iter().map(|field| field.name().as_str()).collect()
    }

    fn partitioned_file(&self, file: &DataFile, partition_columns: &[&str]) -> PartitionedFile {
        let values = partition_columns.iter().map(|column| {
            let value = file.hour.as_ref().and_then(|hour| partition_value(hour, column));
            ScalarValue::Int64(value)
        });
        PartitionedFile::new_from_meta(ObjectMeta {
            location: file.key.clone(),
            last_modified: version_as_time(file.content_version),
            size: file.bytes,
            e_tag: None,
            version: None,
        })
        .with_partition_values(values.collect())
    }

    /// Exact figures about a set of files, for the optimizer: rows, and the bounds of `event_time`.
    fn statistics_of<'a>(&self, schema: &Schema, files: impl Iterator<Item = &'a DataFile>) -> Statistics {
        let mut rows = Some(0_usize);
        let mut bytes = 0_usize;
        let mut min = None;
        let mut max = None;
        let mut bounds_known = true;
        for file in files {
            rows = rows.zip(file.rows).map(|(sum, rows)| sum.saturating_add(rows as usize));
            bytes = bytes.saturating_add(file.bytes as usize);
            match (file.min_event_time_us, file.max_event_time_us) {
                (Some(file_min), Some(file_max)) => {
                    min = Some(min.map_or(file_min, |so_far: i64| so_far.min(file_min)));
                    max = Some(max.map_or(file_max, |so_far: i64| so_far.max(file_max)));
                }
                _ => bounds_known = false,
            }
        }
        let exact = |time: Option<i64>| match time {
            Some(time) if bounds_known => {
                Precision::Exact(ScalarValue::TimestampMicrosecond(Some(time), Some("UTC".into())))
            }
            _ => Precision::Absent,
        };
        let column_statistics = schema.fields().iter().map(|field| {
            if field.name() != EVENT_TIME || !is_utc_microseconds(field.data_type()) {
                return ColumnStatistics::new_unknown();
            }
            ColumnStatistics::new_unknown().with_min_value(exact(min)).with_max_value(exact(max))
        });
        Statistics {
            num_rows: rows.map_or(Precision::Absent, Precision::Exact),
            total_byte_size: Precision::Inexact(bytes),
            column_statistics: column_statistics.collect(),
        }
    }
}

fn is_utc_microseconds(data_type: &DataType) -> bool {
    let DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some(zone)) = data_type else {
        return false;
    };
    zone.as_ref() == "UTC"
}

/// `year`, `month`, `day` and `hour`, except where the data has a column of that name: the data goes first.
fn partition_fields(columns: &SchemaRef) -> Vec<FieldRef> {
    let free = PARTITION_COLUMNS.iter().filter(|name| columns.field_with_name(name).is_err());
    free.map(|name| Arc::new(Field::new(*name, DataType::Int64, true)) as FieldRef).collect()
}

/// DataFusion's footer cache tells contents apart by size and modification time; the catalog gives a version instead.
fn version_as_time(content_version: u64) -> DateTime<Utc> {
    let microseconds = i64::try_from(content_version >> 12).unwrap_or(0);
    DateTime::from_timestamp_micros(microseconds).unwrap_or(DateTime::UNIX_EPOCH)
}

#[async_trait]
impl TableProvider for LakeTable {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Pruning only leaves out what cannot match: every row that is read is still looked at.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partition_columns = self.partition_columns();
        let all_files = &self.snapshot.files;
        let (kept, by_columns) =
            files_that_may_match(state, &self.schema(), &partition_columns, all_files, filters)?;
        let files: Vec<&DataFile> =
            all_files.iter().zip(&kept).filter_map(|(file, kept)| kept.then_some(file)).collect();
        self.pruning_log.record(ScanPruning {
            dataset: self.snapshot.name.clone(),
            files_read: files.len(),
            files_total: all_files.len(),
            by_columns,
        });
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema(), projection)?)));
        }
        if files.len() > limits::MAX_FILES_PER_SCAN {
            return Err(too_many_files(files.len()));
        }

        let file_columns = self.schema.file_schema();
        let with_file_statistics = files.len() * file_columns.fields().len() <= limits::MAX_FILE_STATISTICS;
        let statistics = self.statistics_of(self.schema.table_schema(), files.iter().copied());
        let group_count = state.config().target_partitions().clamp(1, files.len());
        let mut groups = vec![Vec::new(); group_count];
        for (index, file) in files.iter().enumerate() {
            let mut partitioned = self.partitioned_file(file, &partition_columns);
            if with_file_statistics {
                let statistics = self.statistics_of(file_columns, std::iter::once(*file));
                partitioned = partitioned.with_statistics(Arc::new(statistics));
            }
            // Dealt out in turn, so that every group begins with the newest files.
            groups[index % group_count].push(partitioned);
        }

        let format = ParquetFormat::new().with_options(state.default_table_options().parquet);
        let config =
            FileScanConfigBuilder::new(self.store_url.clone(), format.file_source(self.schema.clone()))
                .with_file_groups(groups.into_iter().map(FileGroup::new).collect())
                .with_statistics(statistics)
                .with_projection_indices(projection.cloned())?
                .with_limit(limit)
                .build();
        format.create_physical_plan(state, config).await
    }
}

fn too_many_files(count: usize) -> DataFusionError {
    let message =
        format!("the query would open {count} files, more than the {} allowed", limits::MAX_FILES_PER_SCAN);
    let error = QueryError::new(QueryErrorKind::TooLarge, message)
        .with_suggestion("add a condition on event_time that names a shorter time");
    DataFusionError::External(Box::new(error))
}
