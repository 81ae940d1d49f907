//! `limit`: lets so many events through in so much time, for each value of some fields.

use std::any::Any;

use super::marking::Marking;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::ingest_times::ingest_times;
use crate::filter::limits::{MAX_LIMIT_EVENTS, MAX_LIMIT_KEYS, MAX_WINDOW_SECONDS};
use crate::filter::mask::Mask;
use crate::filter::recent::Recent;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::row_keys::RowKeys;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "limit",
    description: "Lets so many events a second through, for each value of some fields; drops or marks the rest.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"source_ip\"",
            description: "The field for each of whose values events are counted.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "",
            example: "[\"source_ip\", \"dest_port\"]",
            description: "Several fields; with neither, all events are counted together.",
        },
        FilterKey {
            name: "events",
            value_type: "integer",
            default: "",
            example: "100",
            description: "How many events pass in a window.",
        },
        FilterKey {
            name: "window_seconds",
            value_type: "integer",
            default: "1",
            example: "60",
            description: "The window, by ingest_time.",
        },
        FilterKey {
            name: "burst",
            value_type: "integer",
            default: "the value of events",
            example: "500",
            description: "How many events pass at once after a time without any.",
        },
        FilterKey {
            name: "max_keys",
            value_type: "integer",
            default: "100000",
            example: "10000",
            description: "How many values are counted on each shard; those not met for longest are forgotten.",
        },
        FilterKey {
            name: "mark",
            value_type: "string",
            default: "",
            example: "\"is_over_limit\"",
            description: "A field that is true in events beyond the limit, which then stay.",
        },
    ],
    compile,
};

const DEFAULT_MAX_KEYS: u64 = 100_000;

#[derive(Debug)]
struct Limit {
    /// Empty: all events have one bucket.
    fields: Vec<FieldName>,
    rate: Rate,
    keys_max: usize,
    marking: Marking,
}

/// How a bucket fills, in shares of an event: an event costs as many as the window has microseconds, and each
/// microsecond brings as many as there are events in the window. So there is nothing to round.
#[derive(Debug, Clone, Copy)]
struct Rate {
    shares_a_microsecond: u128,
    shares_an_event: u128,
    shares_max: u128,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let has_fields = config.value("fields").is_some() || config.value("field").is_some();
    let fields = if has_fields { config.one_or_more_fields()? } else { Vec::new() };
    let Some(events) = config.bounded_number("events", MAX_LIMIT_EVENTS)? else {
        return Err(config.key_error("events", "is needed: how many events pass in `window_seconds`"));
    };
    let window_seconds = config.bounded_number("window_seconds", MAX_WINDOW_SECONDS)?.unwrap_or(1);
    let burst = config.bounded_number("burst", MAX_LIMIT_EVENTS)?.unwrap_or(events);
    let keys_max = config.bounded_number("max_keys", MAX_LIMIT_KEYS)?.unwrap_or(DEFAULT_MAX_KEYS);
    let shares_an_event = u128::from(window_seconds) * 1_000_000;
    let rate = Rate {
        shares_a_microsecond: u128::from(events),
        shares_an_event,
        shares_max: u128::from(burst) * shares_an_event,
    };
    Ok(Box::new(Limit {
        fields: fields.into_iter().map(FieldName::new).collect(),
        rate,
        keys_max: keys_max as usize,
        marking: Marking::of(config)?,
    }))
}

impl Filter for Limit {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let buckets = state.downcast_mut::<Buckets>().ok_or(FilterFailure::ForeignState)?;
        let Some(times) = ingest_times(events.batch()) else {
            events.fault(rows, "the events have no ingest_time");
            return Ok(());
        };
        let keys = if self.fields.is_empty() {
            rows.rows().into_iter().map(|row| (row, 0)).collect()
        } else {
            buckets.keys.of(events.batch(), &self.fields, rows)
        };
        let mut beyond = Vec::new();
        for (row, key) in keys {
            let time_us = times.value(row);
            let bucket = buckets.by_key.get_or_insert_with(key, || Bucket::full(time_us, &self.rate));
            if !bucket.take(time_us, &self.rate) {
                beyond.push(row);
            }
        }
        self.marking.carry_out(events, &Mask::of_rows(rows.row_count(), beyond))
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(Buckets { keys: RowKeys::new(), by_key: Recent::new(self.keys_max) })
    }
}

/// The buckets of a shard.
struct Buckets {
    keys: RowKeys,
    by_key: Recent<u128, Bucket>,
}

struct Bucket {
    shares: u128,
    filled_us: i64,
}

impl Bucket {
    fn full(time_us: i64, rate: &Rate) -> Self {
        Self { shares: rate.shares_max, filled_us: time_us }
    }

    /// Takes an event's share out, if there is one.
    fn take(&mut self, time_us: i64, rate: &Rate) -> bool {
        // A clock that was set back brings nothing, and time goes on from there.
        let elapsed_us = u128::try_from(i128::from(time_us) - i128::from(self.filled_us)).unwrap_or(0);
        self.filled_us = time_us;
        self.shares = (self.shares + elapsed_us * rate.shares_a_microsecond).min(rate.shares_max);
        let is_there = self.shares >= rate.shares_an_event;
        if is_there {
            self.shares -= rate.shares_an_event;
        }
        is_there
    }
}
