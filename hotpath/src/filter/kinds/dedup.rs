//! `dedup`: lets each event through once in a while.

use std::any::Any;
use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::marking::Marking;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::ingest_times::ingest_times;
use crate::filter::limits::{MAX_DEDUP_ENTRIES, MAX_WINDOW_SECONDS};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::row_keys::RowKeys;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "dedup",
    description: "Drops or marks an event whose fields have the values of another that came shortly before.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"message\"",
            description: "The field that makes an event the same as another.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "",
            example: "[\"source_ip\", \"message\"]",
            description: "Several fields, which must all agree.",
        },
        FilterKey {
            name: "window_seconds",
            value_type: "integer",
            default: "60",
            example: "300",
            description: "How long an event is remembered, by ingest_time.",
        },
        FilterKey {
            name: "max_entries",
            value_type: "integer",
            default: "100000",
            example: "1000000",
            description: "How many events are remembered on each shard; beyond it the oldest is forgotten.",
        },
        FilterKey {
            name: "mark",
            value_type: "string",
            default: "",
            example: "\"is_repeat\"",
            description: "A field that is true in repeats, which then stay.",
        },
    ],
    compile,
};

const DEFAULT_WINDOW_SECONDS: u64 = 60;
const DEFAULT_MAX_ENTRIES: u64 = 100_000;

#[derive(Debug)]
struct Dedup {
    fields: Vec<FieldName>,
    window_us: u64,
    entries_max: usize,
    marking: Marking,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let fields = config.one_or_more_fields()?.into_iter().map(FieldName::new).collect();
    let window_seconds =
        config.bounded_number("window_seconds", MAX_WINDOW_SECONDS)?.unwrap_or(DEFAULT_WINDOW_SECONDS);
    let entries_max = config.bounded_number("max_entries", MAX_DEDUP_ENTRIES)?.unwrap_or(DEFAULT_MAX_ENTRIES);
    Ok(Box::new(Dedup {
        fields,
        window_us: window_seconds * 1_000_000,
        entries_max: entries_max as usize,
        marking: Marking::of(config)?,
    }))
}

impl Filter for Dedup {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let window = state.downcast_mut::<Window>().ok_or(FilterFailure::ForeignState)?;
        let Some(times) = ingest_times(events.batch()) else {
            events.fault(rows, "the events have no ingest_time");
            return Ok(());
        };
        let keys = window.keys.of(events.batch(), &self.fields, rows);
        let mut repeats = Vec::new();
        for (row, key) in keys {
            if window.is_repeat(key, times.value(row), self) {
                repeats.push(row);
            }
        }
        self.marking.carry_out(events, &Mask::of_rows(rows.row_count(), repeats))
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(Window { keys: RowKeys::new(), passed_us: HashMap::default(), by_age: VecDeque::new() })
    }
}

/// The events that a shard let through lately.
struct Window {
    keys: RowKeys,
    /// When each was let through.
    passed_us: HashMap<u128, i64, RandomState>,
    /// The same, the oldest first.
    by_age: VecDeque<(u128, i64)>,
}

impl Window {
    /// Whether an event of this key was let through less than a window before; if not, this one is.
    ///
    /// A repeat does not make the window longer: of an event that comes all the time, one in each window stays.
    fn is_repeat(&mut self, key: u128, time_us: i64, filter: &Dedup) -> bool {
        // Either side of the time: the clock may have been set back.
        let is_past = |passed_us: i64| time_us.abs_diff(passed_us) >= filter.window_us;
        while self.by_age.front().is_some_and(|(_, passed_us)| is_past(*passed_us)) {
            self.forget_oldest();
        }
        if self.passed_us.get(&key).is_some_and(|passed_us| !is_past(*passed_us)) {
            return true;
        }
        if self.by_age.len() >= filter.entries_max {
            self.forget_oldest();
        }
        self.passed_us.insert(key, time_us);
        self.by_age.push_back((key, time_us));
        false
    }

    fn forget_oldest(&mut self) {
        let Some((key, passed_us)) = self.by_age.pop_front() else {
            return;
        };
        // Another event of this key may have been let through since.
        if self.passed_us.get(&key) == Some(&passed_us) {
            self.passed_us.remove(&key);
        }
    }
}
