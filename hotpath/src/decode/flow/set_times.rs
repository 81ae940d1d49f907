//! When the flows of a set began and ended, and which time stands for the event.

use crate::batch::{BatchBuilder, ColumnIndex, NO_TIME, RowRun, Value};
use crate::cut::ColumnType;

use super::columns::Columns;
use super::plan::{Kind, Plan};
use super::rates::number;
use super::records::Records;
use super::roles::TimeRole;
use super::rows::SetOf;
use super::{rows, times};

/// Times of all records of a set, in microseconds since 1970 or [`NO_TIME`]; empty where no record has one.
#[derive(Debug, Default)]
pub(super) struct SetTimes {
    start: Times,
    end: Times,
    observed: Times,
    of_events: Vec<i64>,
    durations: Vec<u64>,
}

#[derive(Debug, Default)]
struct Times {
    us: Vec<i64>,
    numbers: Vec<u64>,
    /// Where the numbers go that are no time without knowing when the exporter started.
    uptime_column: Option<ColumnIndex>,
    /// Some numbers are no time that the column holds.
    has_beyond: bool,
}

impl SetTimes {
    /// Reads the times of records.
    pub(super) fn read(
        &mut self,
        set: &SetOf<'_>,
        plan: &Plan,
        records: &Records<'_>,
        rows: &mut BatchBuilder,
    ) {
        let roles = &plan.roles;
        for (times, role, name) in [
            (&mut self.start, roles.start, "flow_start_sys_up_time"),
            (&mut self.end, roles.end, "flow_end_sys_up_time"),
            (&mut self.observed, roles.observed, ""),
        ] {
            times.read(set, plan, role, records);
            times.uptime_column = None;
            if matches!(role, Some((_, TimeRole::Uptime))) && times.us.contains(&NO_TIME) {
                times.uptime_column = rows.field_column(name, &ColumnType::Int64);
            }
        }
        self.add_duration(plan, records);
        let (start, end, observed) = (&self.start.us, &self.end.us, &self.observed.us);
        let export_us = set.header.export_us;
        self.of_events.clear();
        let some_time =
            |times: &[i64], record: usize| times.get(record).copied().filter(|time_us| *time_us > 0);
        self.of_events.extend((0..records.count()).map(|record| {
            some_time(end, record)
                .or_else(|| some_time(observed, record))
                .or_else(|| some_time(start, record))
                .unwrap_or(export_us)
        }));
    }

    /// The one of start and end that is missing, where the duration is known.
    fn add_duration(&mut self, plan: &Plan, records: &Records<'_>) {
        let Some((position, unit_us)) = plan.roles.duration else { return };
        let (from, to, sign) = match (self.start.us.is_empty(), self.end.us.is_empty()) {
            (false, true) => (&self.start.us, &mut self.end.us, 1),
            (true, false) => (&self.end.us, &mut self.start.us, -1),
            _ => return,
        };
        rows::numbers_of(plan, position, records, &mut self.durations);
        to.extend(from.iter().zip(&self.durations).map(|(time_us, duration)| {
            let length_us =
                i64::try_from(*duration).ok().and_then(|duration| duration.checked_mul(unit_us * sign));
            let other = length_us.and_then(|length_us| time_us.checked_add(length_us));
            other.filter(|_| *time_us != NO_TIME).unwrap_or(NO_TIME)
        }));
    }

    /// Puts start and end into their columns.
    pub(super) fn put(&self, columns: &Columns, run: &mut RowRun<'_>) {
        self.start.put(columns.start_time, run);
        self.end.put(columns.end_time, run);
    }

    /// The time that stands for each event.
    pub(super) fn of_events(&self) -> &[i64] {
        &self.of_events
    }
}

impl Times {
    fn read(&mut self, set: &SetOf<'_>, plan: &Plan, role: Option<(usize, TimeRole)>, records: &Records<'_>) {
        self.us.clear();
        self.numbers.clear();
        self.has_beyond = false;
        let Some((position, role)) = role else { return };
        if plan.fields.get(position).is_none_or(|field| field.kind == Kind::Octets) {
            return;
        }
        rows::numbers_of(plan, position, records, &mut self.numbers);
        let export_us = set.header.export_us;
        if let (TimeRole::Uptime, Some(uptime_ms)) = (role, set.header.uptime_ms) {
            let of = |number: &u64| times::of_uptime(*number as u32, uptime_ms, export_us);
            self.us.extend(self.numbers.iter().map(of));
            return;
        }
        let started_us = |record| {
            let of_record =
                number(plan, records, plan.roles.started, record).and_then(times::of_milliseconds);
            of_record.or(set.domain.and_then(|domain| domain.started_us))
        };
        for (record, number) in self.numbers.iter().enumerate() {
            let time_us = match role {
                TimeRole::Uptime => {
                    started_us(record).map(|started_us| since(started_us, *number, export_us))
                }
                TimeRole::Seconds => times::of_seconds(*number),
                TimeRole::Milliseconds => times::of_milliseconds(*number),
                TimeRole::Ntp => times::of_ntp(*number),
                TimeRole::Delta => {
                    i64::try_from(*number).ok().map(|delta_us| export_us.saturating_sub(delta_us))
                }
            };
            self.has_beyond |= time_us.is_none() && *number != 0;
            self.us.push(time_us.unwrap_or(NO_TIME));
        }
    }

    fn put(&self, column: ColumnIndex, run: &mut RowRun<'_>) {
        if self.us.is_empty() {
            return;
        }
        if !self.us.contains(&NO_TIME) {
            run.numbers(column, self.us.iter().copied());
            return;
        }
        run.optional_numbers(column, self.us.iter().map(|time_us| (*time_us != NO_TIME).then_some(*time_us)));
        if !self.has_beyond {
            return;
        }
        for (record, (time_us, number)) in self.us.iter().zip(&self.numbers).enumerate() {
            if *time_us != NO_TIME || *number == 0 {
                continue;
            }
            match (self.uptime_column, i64::try_from(*number)) {
                (Some(uptime), Ok(number)) => run.number(record, uptime, number),
                _ => run.put(record, column, &Value::Text(&number.to_string())),
            }
        }
    }
}

/// The time of an uptime of an exporter that started at a time (systemInitTimeMilliseconds, RFC 7011 section 8).
fn since(started_us: i64, uptime_ms: u64, export_us: i64) -> i64 {
    // The uptime of the export, as its counter of 32 bits shows it.
    let export_uptime_ms = export_us.saturating_sub(started_us) / 1_000;
    times::of_uptime(uptime_ms as u32, export_uptime_ms as u32, export_us)
}
