//! What a format knows of its events: which of their fields have a name that other formats have too.

/// A format whose events are JSON.
#[derive(Debug)]
pub(super) struct Profile {
    /// Columns that may hold the event's time, before those of every format.
    pub(super) times: &'static [&'static str],
    /// Lists of objects under one of these names at the top are a row for each object.
    pub(super) records: &'static [&'static str],
    /// Objects whose members stand for themselves: by the names on the way to them, without those of such objects, or with a
    /// point before it by the last name alone.
    pub(super) transparent: &'static [&'static str],
    /// Objects of this kind that are the event, and named for its type.
    pub(super) event_objects: &'static [&'static str],
    /// Lists of objects with a name and a value, which are members of the object around the list.
    pub(super) named_lists: &'static [&'static str],
    /// Lists of objects that stay one column, but have common columns in them.
    pub(super) searched_lists: &'static [&'static str],
    /// Names that are written in other words.
    pub(super) renamed: &'static [(&'static str, &'static str)],
    /// A `_` before a name at the top says only that the sender made it up.
    pub(super) strips_underscore: bool,
    /// Columns that other formats have too, and which of the event's columns they are filled from: of several that an event
    /// has, by the first it comes to.
    pub(super) common: &'static [Common],
}

impl Profile {
    /// Any JSON.
    pub(super) const JSON: Self = Self {
        times: &[],
        records: &[],
        transparent: &[],
        event_objects: &[],
        named_lists: &[],
        searched_lists: &[],
        renamed: &[],
        strips_underscore: false,
        common: &[],
    };
}

/// One column that is filled from another one, which keeps its value.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) meaning: Meaning,
}

/// What the value of a field means for the common column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Text as it is, or the digits of a number.
    Text,
    /// An IP address, and nothing else.
    Address,
    /// A whole number, or a text of one, in decimal or as `0x` and hexadecimal digits.
    Integer,
    /// The name or number of an IP protocol; the column is its number, and `protocol_name` its name.
    Protocol,
    /// The path of a program: the column is it, and `process_name` what is behind its last slash. A name without a path is
    /// nothing.
    Program,
    /// What a program was called with: the column is the program and these.
    Arguments,
    /// An identifier behind the name of its runtime and `://`, if there is one.
    ContainerId,
    /// That the field is there says this.
    Says(&'static str),
}

/// Text as it is.
pub(super) const fn text(from: &'static str, to: &'static str) -> Common {
    Common { from, to, meaning: Meaning::Text }
}

/// An address.
pub(super) const fn address(from: &'static str, to: &'static str) -> Common {
    Common { from, to, meaning: Meaning::Address }
}

/// A whole number.
pub(super) const fn integer(from: &'static str, to: &'static str) -> Common {
    Common { from, to, meaning: Meaning::Integer }
}

/// A protocol.
pub(super) const fn protocol(from: &'static str) -> Common {
    Common { from, to: "protocol", meaning: Meaning::Protocol }
}

/// The path of a program.
pub(super) const fn program(from: &'static str) -> Common {
    Common { from, to: "process_executable", meaning: Meaning::Program }
}

/// The sensor that alone has this field.
pub(super) const fn sensor(from: &'static str, name: &'static str) -> Common {
    Common { from, to: "sensor", meaning: Meaning::Says(name) }
}
