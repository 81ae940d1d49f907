//! An event's fields on their way into its row: the time among them, and those that have a common column too.

use hashbrown::HashMap;

use super::common::{CommonColumns, Run};
use super::document::{Document, FieldSink, Items, Kind};
use super::profile::Profile;
use super::times::{FoundTime, OWN_TIME_COLUMN, Rank, instant_us, is_said_by_micros, ranked};
use crate::batch::{BatchBuilder, ColumnIndex, Value, column_name};
use crate::cut::ColumnType;
use crate::decode::syslog::Times;

/// What a column means for its row.
#[derive(Debug, Clone, Copy, Default)]
struct Role {
    time: Option<Rank>,
    /// Its own name is that of the row's time: what that holds it need not.
    is_own_time: bool,
    common: Option<Run>,
}

/// The roles of columns: looked up by name once for each column, not for each field.
#[derive(Debug)]
pub(super) struct Roles {
    profile: &'static Profile,
    common: CommonColumns,
    by_name: HashMap<String, Role, foldhash::fast::RandomState>,
    by_column: Vec<Option<Role>>,
}

impl Roles {
    /// The roles that a profile gives; `time_field` is the one field that holds the time, where a dataset names it.
    pub(super) fn new(profile: &'static Profile, time_field: Option<&str>, rows: &mut BatchBuilder) -> Self {
        let common = CommonColumns::new(profile, rows);
        let mut by_name: HashMap<String, Role, foldhash::fast::RandomState> = HashMap::default();
        let named = time_field.map(|spelling| rows.event_column_name(spelling).unwrap_or_default());
        for (column, rank) in ranked(profile, named.as_deref()) {
            // Only what no other time is better than may be left out of its own column.
            let is_own_time = column == OWN_TIME_COLUMN && rank == 0;
            by_name.entry(column).or_insert(Role { time: Some(rank), is_own_time, common: None });
        }
        for (column, run) in common.names() {
            by_name.entry_ref(column).or_default().common = Some(run);
        }
        Self { profile, common, by_name, by_column: Vec::new() }
    }

    /// Forgets what belongs to the event before.
    pub(super) fn begin_event(&mut self) {
        self.common.begin_event();
    }

    /// A name as the format means it.
    #[inline]
    fn meant<'n>(&self, name: &'n str) -> &'n str {
        if self.profile.renamed.is_empty() {
            return name;
        }
        let found = self.profile.renamed.iter().find(|(sent, _)| *sent == name);
        match found {
            Some((_, meant)) => meant,
            None if self.profile.strips_underscore => name.strip_prefix('_').unwrap_or(name),
            None => name,
        }
    }

    #[inline]
    fn of(&mut self, column: Option<ColumnIndex>, name: &str, rows: &BatchBuilder) -> Option<Role> {
        let known = column.and_then(|column| self.by_column.get(column.number()));
        match known {
            Some(role) => *role,
            None => self.look_up(column, name, rows),
        }
    }

    #[cold]
    fn look_up(&mut self, column: Option<ColumnIndex>, name: &str, rows: &BatchBuilder) -> Option<Role> {
        let Some(column) = column else {
            return self.by_name.get(rows.event_column_name(name)?.as_str()).copied();
        };
        // Columns are never removed, so that what is behind the last known one is new.
        for number in self.by_column.len()..=column.number() {
            self.by_column.push(self.by_name.get(rows.name_of_number(number)).copied());
        }
        self.by_column.last().copied().flatten()
    }
}

/// Puts the fields of one event into the current row.
pub(super) struct EventFields<'r> {
    pub(super) rows: &'r mut BatchBuilder,
    pub(super) roles: &'r mut Roles,
    pub(super) times: &'r mut Times,
    pub(super) received_us: i64,
    pub(super) time: FoundTime,
}

impl FieldSink for EventFields<'_> {
    #[inline]
    fn field(&mut self, name: &str, value: &Value<'_>) {
        let name = self.roles.meant(name);
        let column = self.rows.event_column(name, value);
        if let Some(role) = self.roles.of(column, name, self.rows)
            && self.is_put_by_role(role, column, value)
        {
            return;
        }
        self.rows.put_event_value(column, name, value);
    }

    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType) {
        let name = self.roles.meant(name);
        self.rows.expect_event_field(name, column_type);
        self.rows.event_field(name, &Value::Text(digits));
    }

    fn is_transparent(&mut self, path: &str) -> bool {
        let profile = self.roles.profile;
        if profile.event_objects.contains(&path) {
            self.roles.common.put_event_type(path, self.rows);
            return true;
        }
        profile.transparent.iter().any(|name| match name.strip_prefix('.') {
            Some(_) => path.ends_with(name),
            None => path == *name,
        })
    }

    fn is_named_list(&self, path: &str) -> bool {
        self.roles.profile.named_lists.contains(&path)
    }

    fn search(&mut self, path: &str, items: Items<'_>) {
        if !self.roles.profile.searched_lists.contains(&path) {
            return;
        }
        for item in items {
            match item.name_and_value() {
                Some((name, value)) => self.put_found(&[path, name], value),
                None => self.search_members(path, item),
            }
        }
    }
}

impl EventFields<'_> {
    /// Takes what the field means for the row; `true` where its own column need not have it.
    fn is_put_by_role(&mut self, role: Role, column: Option<ColumnIndex>, value: &Value<'_>) -> bool {
        let mut is_put = false;
        if let Some(run) = role.common {
            is_put = self.roles.common.put(run, column, value, self.rows);
        }
        if let Some(rank) = role.time
            && let Some(time_us) = instant_us(value, self.times, self.received_us)
            && self.time.add(rank, time_us)
        {
            is_put |= role.is_own_time && is_said_by_micros(value);
        }
        is_put
    }

    /// Common columns among the members of an item, and of the objects that these are.
    fn search_members(&mut self, path: &str, item: Document<'_>) {
        for (outer, member) in item.members() {
            if !matches!(member.kind(), Kind::Object) {
                self.put_found(&[path, outer], member);
                continue;
            }
            for (name, value) in member.members() {
                self.put_found(&[path, outer, name], value);
            }
        }
    }

    /// Puts a value that has no column of its own to the common ones.
    fn put_found(&mut self, names: &[&str], value: Document<'_>) {
        let Some(value) = value.scalar() else { return };
        let Some(name) = column_name(&names.join(".")) else { return };
        if let Some(run) = self.roles.common.run_of(&name) {
            self.roles.common.put(run, None, &value, self.rows);
        }
    }
}
