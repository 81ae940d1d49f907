//! The DataFusion session of one query: only the tables it names, only reading functions, its own memory.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider,
};
use datafusion::common::TableReference;
use datafusion::datasource::TableProvider;
use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionState;
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;

use crate::catalog::DatasetName;
use crate::functions::{scalar_functions, table_functions};
use crate::limits::{self, QueryLimits};
use crate::pruning::PruningLog;
use crate::resolve::ResolvedTables;
use crate::table::LakeTable;

const CATALOG: &str = "lake";

/// Where bare names are looked up. No tenant can have this name: it has a space.
const BARE_NAMES_SCHEMA: &str = "bare names";

/// Consumers of memory that an error about memory names (in the log).
const MEMORY_CONSUMERS_NAMED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);

/// What all queries of an engine share, and how a session is made of it.
#[derive(Debug)]
pub(crate) struct SessionMaker {
    template: SessionState,
    runtime: Arc<RuntimeEnv>,
    store_url: ObjectStoreUrl,
    memory_bytes: usize,
}

impl SessionMaker {
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        limits: &QueryLimits,
        target_partitions: usize,
    ) -> Result<Self> {
        let store_url = ObjectStoreUrl::parse("lake://store")?;
        let spill_mode = match &limits.spill_dir {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::Disabled,
        };
        let disk = DiskManagerBuilder::default()
            .with_mode(spill_mode)
            .with_max_temp_directory_size(limits.spill_bytes);
        let runtime = RuntimeEnvBuilder::new()
            .with_disk_manager_builder(disk)
            .with_metadata_cache_limit(limits::METADATA_CACHE_BYTES)
            .build_arc()?;
        runtime.register_object_store(store_url.as_ref(), store);

        let template = SessionStateBuilder::new()
            .with_config(config(target_partitions))
            .with_runtime_env(Arc::clone(&runtime))
            .with_expr_planners(SessionStateDefaults::default_expr_planners())
            .with_scalar_functions(scalar_functions())
            .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
            .with_window_functions(SessionStateDefaults::default_window_functions())
            .with_table_function_list(table_functions())
            .build();
        Ok(Self { template, runtime, store_url, memory_bytes: limits.memory_bytes })
    }

    /// A session in which exactly these tables exist.
    pub(crate) fn session(
        &self,
        tables: ResolvedTables,
        pruning_log: &Arc<PruningLog>,
    ) -> Result<SessionState> {
        let pool = TrackConsumersPool::new(FairSpillPool::new(self.memory_bytes), MEMORY_CONSUMERS_NAMED);
        let runtime = RuntimeEnvBuilder::from_runtime_env(&self.runtime)
            .with_memory_pool(Arc::new(pool))
            .build_arc()?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(self.catalog(tables, pruning_log)?));
        Ok(SessionStateBuilder::new_from_existing(self.template.clone())
            .with_runtime_env(runtime)
            .with_catalog_list(Arc::new(catalogs))
            .build())
    }

    fn catalog(
        &self,
        tables: ResolvedTables,
        pruning_log: &Arc<PruningLog>,
    ) -> Result<MemoryCatalogProvider> {
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(BARE_NAMES_SCHEMA, Arc::new(MemorySchemaProvider::new()))?;
        let mut providers: HashMap<DatasetName, Arc<dyn TableProvider>> = HashMap::new();
        for (reference, snapshot) in tables {
            let provider = providers.entry(snapshot.name.clone()).or_insert_with(|| {
                Arc::new(LakeTable::new(snapshot, self.store_url.clone(), Arc::clone(pruning_log)))
            });
            let provider = Arc::clone(provider);
            let schema = schema_of(&catalog, &reference)?;
            schema.register_table(reference.table().to_owned(), provider)?;
        }
        Ok(catalog)
    }
}

fn schema_of(catalog: &MemoryCatalogProvider, reference: &TableReference) -> Result<Arc<dyn SchemaProvider>> {
    let name = reference.schema().unwrap_or(BARE_NAMES_SCHEMA);
    if let Some(schema) = catalog.schema(name) {
        return Ok(schema);
    }
    let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
    catalog.register_schema(name, Arc::clone(&schema))?;
    Ok(schema)
}

fn config(target_partitions: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(target_partitions)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, BARE_NAMES_SCHEMA)
        .with_information_schema(false);
    let options = config.options_mut();
    // For the line and column of a name that is wrong.
    options.sql_parser.collect_spans = true;
    options.sql_parser.recursion_limit = limits::MAX_SQL_DEPTH;
    config
}
