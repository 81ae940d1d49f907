//! `dns`: the name of an address, and the address of a name, as name servers have them.

mod asked;
mod question;

use std::any::Any;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use asked::Asked;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::batch::column_name;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{
    MAX_NAME_CACHE_ENTRIES, MAX_NAME_CACHE_SECONDS, MAX_NAME_SERVERS, MAX_NAME_WAIT_MS,
};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::resolver::{NameLookup, ResolverSettings};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "dns",
    description: "Asks name servers for the name of an address, or the address of a name.",
    keys: &[
        FilterKey {
            name: "resolve",
            value_type: "string[]",
            default: "",
            example: "[\"source_ip\", \"dest_ip\"]",
            description: "The fields with addresses or names.",
        },
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "One field, for short.",
        },
        FilterKey {
            name: "action",
            value_type: "string",
            default: "append",
            example: "\"append\"",
            description: "append: the answer goes to a field of its own. replace: it takes the place of what was asked for.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "<field>_resolved",
            example: "\"source_name\"",
            description: "The field that takes the answer, where one field is asked for.",
        },
        FilterKey {
            name: "nameserver",
            value_type: "string[]",
            default: "those of the system",
            example: "[\"192.0.2.53\", \"[2001:db8::53]:5353\"]",
            description: "The name servers; those are asked that answer quickest.",
        },
        FilterKey {
            name: "timeout",
            value_type: "number",
            default: "2",
            example: "0.5",
            description: "Seconds that a batch of events waits for answers; what is unknown by then is an error of its events.",
        },
        FilterKey {
            name: "cache_size",
            value_type: "integer",
            default: "1000",
            example: "100000",
            description: "How many answers are remembered, for all shards together.",
        },
        FilterKey {
            name: "cache_ttl",
            value_type: "integer",
            default: "3600",
            example: "600",
            description: "Seconds that an answer is remembered at most; what the server says, where that is less.",
        },
    ],
    compile,
};

const DEFAULT_WAIT: Duration = Duration::from_secs(2);
const DEFAULT_CACHE_ENTRIES: u64 = 1000;
const DEFAULT_CACHE_SECONDS: u64 = 3600;
const NAME_SERVER_PORT: u16 = 53;

#[derive(Debug)]
struct Dns {
    fields: Vec<Resolved>,
    /// None where name servers cannot be asked.
    lookup: Option<Arc<dyn NameLookup>>,
}

/// A field that is asked for.
#[derive(Debug)]
struct Resolved {
    source: FieldName,
    target: Target,
}

/// Where the answers go.
#[derive(Debug)]
enum Target {
    Column(String),
    Itself,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let fields = resolved_fields(config)?;
    let settings = ResolverSettings {
        servers: name_servers(config)?,
        timeout: timeout(config)?,
        cache_entries: config
            .bounded_number("cache_size", MAX_NAME_CACHE_ENTRIES)?
            .unwrap_or(DEFAULT_CACHE_ENTRIES),
        cache_ttl: Duration::from_secs(
            config.bounded_number("cache_ttl", MAX_NAME_CACHE_SECONDS)?.unwrap_or(DEFAULT_CACHE_SECONDS),
        ),
    };
    let lookup = match config.surroundings().resources.names() {
        Some(names) => Some(names.open(&settings).map_err(|reason| config.keys_error(reason))?),
        None => None,
    };
    Ok(Box::new(Dns { fields, lookup }))
}

fn resolved_fields(config: &FilterConfig<'_>) -> Result<Vec<Resolved>, FilterError> {
    let key = config.one_of(&["resolve", "field"])?;
    let names = match config.value(key) {
        Some(value) if value.is_array() => config.fields(key)?.unwrap_or_default(),
        _ => vec![config.field(key)?],
    };
    let replaces = config.word("action", &["append", "replace"])? == Some("replace");
    let target = config.optional_column("target_field")?;
    if target.is_some() && replaces {
        let reason = "`replace` puts the answer into the field itself: leave `target_field` out, or `action`";
        return Err(config.key_error("target_field", reason));
    }
    if target.is_some() && names.len() > 1 {
        let reason = format!(
            "{} fields cannot have one `target_field`: leave it out, or write a filter for each",
            names.len()
        );
        return Err(config.key_error("target_field", reason));
    }
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        let column = match &target {
            _ if replaces => {
                config.check_changeable(key, name)?;
                Target::Itself
            }
            Some(target) => Target::Column(target.clone()),
            None => Target::Column(resolved_name(config, key, name)?),
        };
        fields.push(Resolved { source: FieldName::new(name), target: column });
    }
    Ok(fields)
}

/// The column beside that of a field.
fn resolved_name(config: &FilterConfig<'_>, key: &str, field: &str) -> Result<String, FilterError> {
    let reason = || format!("`{field}` gives no name of a column: write `target_field`");
    column_name(&format!("{field}_resolved")).ok_or_else(|| config.key_error(key, reason()))
}

fn name_servers(config: &FilterConfig<'_>) -> Result<Vec<SocketAddr>, FilterError> {
    let mut servers = Vec::new();
    for text in config.texts("nameserver", MAX_NAME_SERVERS)?.unwrap_or_default() {
        let address = text.parse::<IpAddr>().map(|address| SocketAddr::new(address, NAME_SERVER_PORT));
        let Ok(server) = address.or_else(|_| text.parse::<SocketAddr>()) else {
            let reason = format!(
                "`{text}` is no address of a name server: write as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53"
            );
            return Err(config.key_error("nameserver", reason));
        };
        servers.push(server);
    }
    Ok(servers)
}

fn timeout(config: &FilterConfig<'_>) -> Result<Duration, FilterError> {
    let Some(value) = config.value("timeout") else {
        return Ok(DEFAULT_WAIT);
    };
    let most = Duration::from_millis(MAX_NAME_WAIT_MS);
    let waits = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match waits.filter(|waits| (Duration::from_millis(1)..=most).contains(waits)) {
        Some(waits) => Ok(waits),
        None => {
            let reason = format!("expected seconds, from 0.001 to {}, found {value}", most.as_secs());
            Err(config.key_error("timeout", reason))
        }
    }
}

impl Filter for Dns {
    fn apply_waiting<'a>(
        &'a self,
        events: &'a mut Events,
        rows: &'a Mask,
        _state: &'a mut (dyn Any + Send),
    ) -> BoxFuture<'a, Result<(), FilterFailure>> {
        let asking = async move {
            let mut asked = Asked::of(&self.fields, events, rows);
            let Some(lookup) = &self.lookup else {
                asked.fail("name servers cannot be asked here", events);
                return Ok(());
            };
            let questions = asked.take_questions();
            if questions.is_empty() {
                return Ok(());
            }
            let answers = lookup.ask(questions).await;
            Ok(asked.put(&answers, events)?)
        };
        asking.boxed()
    }

    fn waits(&self) -> bool {
        self.lookup.is_some()
    }
}
