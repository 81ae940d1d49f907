//! The one filter engine: it works on whole Arrow batches, for the hot path, the piper and `convert` alike.
//!
//! [`Filters::compile`] reads a configuration once: regular expressions, conditions and lists are built there.
//! [`Filters::apply`] takes a batch through the filters in their order. A filter marks the rows it drops or puts other
//! columns in their place; what is dropped is never copied, and a batch that loses no row keeps its arrays.
//! What must live from batch to batch (sampling) is in a [`FilterState`], one for each shard. Databases, tables and
//! lists that change while filters live are [`Resources`]. What a filter has to ask others for, and wait, goes through a
//! [`NameResolver`]; [`Filters::apply_async`] is for those who have other work meanwhile.
//!
//! `docs/filters.md` says what filters and conditions mean.

mod change_texts;
mod columns;
mod condition;
mod config;
mod config_forms;
mod definition;
mod distinct;
mod engine;
mod error;
mod event_time;
mod events;
mod faults;
mod field_rows;
mod ingest_times;
mod kinds;
pub mod limits;
mod mask;
mod prefixes;
mod recent;
mod registry;
mod replacing;
mod resolver;
mod resources;
mod row_keys;
mod surroundings;
mod walk;

pub use columns::FieldName;
pub use condition::{Condition, ConditionError, Literal, Number};
pub use config::FilterConfig;
pub use definition::{FilterDefinition, FilterPipelineDefinition};
pub use engine::{FilterOutcome, FilterState, Filters};
pub use error::{FilterError, FilterProblem};
pub use events::Events;
pub use mask::Mask;
pub use registry::{Filter, FilterFailure, FilterKey, FilterKind, catalogue};
pub use resolver::{NameAnswer, NameLookup, NameQuestion, NameResolver, ResolverSettings};
pub use resources::{ResourceChange, ResourceSource, Resources};
pub use surroundings::FilterSurroundings;
pub use walk::{FilterStep, FilterWalk};
