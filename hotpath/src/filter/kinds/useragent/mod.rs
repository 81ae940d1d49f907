//! `useragent`: what browser, system and device a user agent names.

mod agents;

use std::any::Any;
use std::sync::Arc;

use agents::{Agent, AgentRules, BUILT_IN};
use arrow::array::{ArrayRef, StringViewBuilder};

use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{MAX_KNOWN_USER_AGENTS, MAX_USER_AGENT_BYTES};
use crate::filter::mask::Mask;
use crate::filter::recent::Recent;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::resources::Held;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "useragent",
    description: "Says which browser, system and device a user agent names.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "user_agent",
            example: "\"user_agent\"",
            description: "The field with the user agent.",
        },
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"user_agent\"",
            description: "The same for short.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "ua",
            example: "\"ua\"",
            description: "What the names of the new columns begin with.",
        },
        FilterKey {
            name: "regexes",
            value_type: "string",
            default: "",
            example: "\"uap-core.json\"",
            description: "Newer rules of uap-core, as JSON, in place of those that are built in.",
        },
    ],
    compile,
};

/// What the columns are called behind the prefix, in the order of an [`Agent`]'s values.
const COLUMNS: [&str; Agent::VALUES] = [
    "name",
    "version",
    "major",
    "minor",
    "patch",
    "os",
    "os_version",
    "os_major",
    "os_minor",
    "device",
    "device_brand",
    "device_model",
];

#[derive(Debug)]
struct UserAgent {
    source: FieldName,
    columns: Vec<String>,
    rules: Rules,
}

/// Where the rules are.
#[derive(Debug)]
enum Rules {
    BuiltIn,
    Resource(Arc<Held<AgentRules>>),
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let is_given = config.value("source_field").is_some() || config.value("field").is_some();
    let field = if is_given { config.source_field()? } else { "user_agent" };
    let prefix = config.column_prefix("ua")?;
    let columns = COLUMNS.iter().map(|name| format!("{prefix}_{name}")).collect();
    let rules = match config.text("regexes")? {
        Some(name) => Rules::Resource(config.resource("regexes", name, &())?),
        None => {
            // Now, and not when the first event comes: it takes its time.
            BUILT_IN.as_ref().map_err(|reason| config.keys_error(reason.as_str()))?;
            Rules::BuiltIn
        }
    };
    Ok(Box::new(UserAgent { source: FieldName::new(field), columns, rules }))
}

/// The user agents met so far on a shard.
struct KnownAgents {
    agents: Recent<String, Arc<Agent>>,
    /// When the rules were written that they were parsed with.
    rules_written_us: Option<i64>,
}

impl Filter for UserAgent {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let known = state.downcast_mut::<KnownAgents>().ok_or(FilterFailure::ForeignState)?;
        let batch = events.batch().clone();
        let Some(column) = self.source.column_in(&batch) else {
            return Ok(());
        };
        let rows = rows.with_value(column);
        let Some(texts) = as_texts(column) else {
            events.fault(&rows, "a list is no user agent");
            return Ok(());
        };
        let version;
        let (rules, written_us) = match &self.rules {
            Rules::BuiltIn => (BUILT_IN.as_ref().ok(), None),
            Rules::Resource(held) => {
                version = held.now();
                if version.is_none() {
                    events.failure(&rows, &held.missing().unwrap_or_default());
                }
                (
                    version.as_ref().map(|version| &version.value),
                    version.as_ref().map(|version| version.written_us),
                )
            }
        };
        let Some(rules) = rules else {
            return Ok(());
        };
        if known.rules_written_us != written_us {
            *known = KnownAgents::new(written_us);
        }
        let is_too_long = |row: usize| texts.value(row).len() > MAX_USER_AGENT_BYTES;
        let too_long = rows.keep_where(is_too_long);
        events.fault(&too_long, "a user agent of more than 4096 bytes");
        let distinct = Distinct::of(&texts, &rows.minus(&too_long));
        let agents = distinct.texts(&texts).map(|text| known.agent(text, rules)).collect::<Vec<_>>();
        let mut columns = Columns::of(&batch);
        for (place, name) in self.columns.iter().enumerate() {
            let mut values = StringViewBuilder::with_capacity(agents.len());
            agents.iter().for_each(|agent| values.append_option(agent.values[place].as_deref()));
            let values: ArrayRef = Arc::new(values.finish());
            columns.set_where_present(name, &distinct.spread(&values, batch.num_rows())?)?;
        }
        events.replace(columns.into_batch()?);
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(KnownAgents::new(None))
    }
}

impl KnownAgents {
    fn new(rules_written_us: Option<i64>) -> Self {
        Self { agents: Recent::new(MAX_KNOWN_USER_AGENTS), rules_written_us }
    }

    fn agent(&mut self, text: &str, rules: &AgentRules) -> Arc<Agent> {
        Arc::clone(self.agents.get_or_insert_with(text.to_owned(), || Arc::new(rules.parse_agent(text))))
    }
}
