//! Structures as tables: which fields a structure has, in which encoding, and the columns they go to.

use super::fields::put_field;
use super::xdr::Xdr;
use crate::batch::{BatchBuilder, ColumnIndex, Value};
use crate::cut::ColumnType;

/// An enterprise and the number that it gave to a structure, as sFlow version 5 puts them into one number
/// ("Data Format").
pub(super) const fn tag(enterprise: u32, format: u32) -> u32 {
    enterprise << 12 | format
}

/// The two parts of a tag.
pub(super) fn enterprise_and_format(tag: u32) -> (u32, u32) {
    (tag >> 12, tag & 0xFFF)
}

/// A structure of the catalog at sflow.org/developers/structures.php.
#[derive(Debug)]
pub(super) struct Structure {
    pub(super) tag: u32,
    /// As in its definition, in lower case.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    /// Fields that each edition of the structure has; later ones were added behind them.
    pub(super) required: usize,
}

impl Structure {
    /// A structure with all of its fields.
    pub(super) const fn new(tag: u32, name: &'static str, fields: &'static [Field]) -> Self {
        Self { tag, name, fields, required: fields.len() }
    }

    /// A structure that had only the first fields once.
    pub(super) const fn grown(
        tag: u32,
        name: &'static str,
        required: usize,
        fields: &'static [Field],
    ) -> Self {
        Self { tag, name, fields, required }
    }
}

/// A field of a structure.
#[derive(Debug)]
pub(super) struct Field {
    /// The column.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// A line of a table of fields.
pub(super) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}

/// Numbers of an enumeration and their names.
pub(super) type Names = &'static [(u32, &'static str)];

/// How a field is encoded, and what becomes of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// unsigned int.
    Number,
    /// unsigned int that counts; the largest one says that there is no such counter, and is null.
    Counter,
    /// unsigned hyper.
    Hyper,
    /// unsigned hyper that counts, as `Counter`.
    HyperCounter,
    /// int.
    Signed,
    /// int, hundredths of a percent; -1 is unknown, and null.
    Percentage,
    /// float.
    Float,
    /// string, or opaque that holds text; null where it is empty.
    Text,
    /// opaque of any length, as hexadecimal digits.
    Opaque,
    /// opaque of so many bytes, as hexadecimal digits.
    Fixed(usize),
    /// mac.
    Mac,
    /// opaque uuid[16]; zeros are unknown, and null.
    Uuid,
    /// address.
    Address,
    /// ip_v4.
    Ipv4,
    /// ip_v6.
    Ipv6,
    /// unsigned int with a name, which goes to a second column.
    Named(Names),
    /// unsigned int with the states of an interface in its bits, which have a column each.
    InterfaceStatus,
    /// Four octets with a column each.
    Octets([&'static str; 4]),
    /// int of any number.
    SignedNumbers,
    /// label_stack: the labels alone.
    Labels,
    /// Tag protocol and control word of VLAN tags: the VLAN identifiers alone.
    VlanTags,
    /// Structures of unsigned ints of any number: a list for each of their fields.
    Records(&'static [&'static str]),
    /// as_path_type of any number.
    AsPath,
    /// BGP communities.
    Communities,
    /// host_adapter of any number, as JSON.
    Adapters,
}

fn number_list() -> ColumnType {
    ColumnType::List(Box::new(ColumnType::Int64))
}

/// The columns of an AS path: all numbers in their order, the first and the last of them, and how they are grouped
/// where they are not one sequence.
pub(super) const AS_PATH_COLUMNS: [&str; 4] =
    ["dst_as_path", "dest_peer_as", "dest_as", "dst_as_path_segments"];

impl Field {
    /// The columns of the field with their types, in the order that `put_field` has them.
    pub(super) fn columns(&self) -> Vec<(String, ColumnType)> {
        let one = |column_type| vec![(self.name.to_owned(), column_type)];
        match self.kind {
            Kind::Number
            | Kind::Counter
            | Kind::Hyper
            | Kind::HyperCounter
            | Kind::Signed
            | Kind::Percentage => one(ColumnType::Int64),
            Kind::Float => one(ColumnType::Double),
            Kind::Text | Kind::Opaque | Kind::Fixed(_) | Kind::Mac | Kind::Uuid | Kind::Adapters => {
                one(ColumnType::String)
            }
            Kind::Address | Kind::Ipv4 | Kind::Ipv6 => one(ColumnType::String),
            Kind::Named(_) => {
                vec![
                    (self.name.to_owned(), ColumnType::Int64),
                    (format!("{}_name", self.name), ColumnType::String),
                ]
            }
            Kind::InterfaceStatus => vec![
                (self.name.to_owned(), ColumnType::Int64),
                ("if_admin_status".to_owned(), ColumnType::String),
                ("if_oper_status".to_owned(), ColumnType::String),
            ],
            Kind::Octets(names) => names.iter().map(|name| ((*name).to_owned(), ColumnType::Int64)).collect(),
            Kind::SignedNumbers | Kind::Labels | Kind::VlanTags => one(number_list()),
            Kind::Records(names) => names.iter().map(|name| ((*name).to_owned(), number_list())).collect(),
            Kind::AsPath => {
                let types = [number_list(), ColumnType::Int64, ColumnType::Int64, ColumnType::String];
                AS_PATH_COLUMNS.iter().map(|name| (*name).to_owned()).zip(types).collect()
            }
            Kind::Communities => one(ColumnType::List(Box::new(ColumnType::String))),
        }
    }
}

/// Memory that reading a structure uses again and again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) text: String,
    pub(super) numbers: Vec<Option<Value<'static>>>,
}

/// The columns of one structure, field by field.
type StructureColumns = Box<[Box<[ColumnIndex]>]>;

/// The structures that may stand at one kind of place, sorted by tag. A structure's columns are defined when it is
/// first met: a dataset has columns for what its senders send.
#[derive(Debug)]
pub(super) struct Catalog {
    structures: Vec<(&'static Structure, Option<StructureColumns>)>,
}

/// Whether a structure had all of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    Whole,
    /// It ends within its fields; those before have their values.
    Short,
}

impl Catalog {
    /// A catalog of the structures of these groups.
    pub(super) fn new(groups: &[&'static [Structure]]) -> Self {
        let all = groups.iter().flat_map(|group| group.iter());
        let mut structures: Vec<_> = all.map(|structure| (structure, None)).collect();
        structures.sort_by_key(|(structure, _)| structure.tag);
        Self { structures }
    }

    /// The structure of a tag, with its columns.
    pub(super) fn find(&mut self, tag: u32) -> Option<KnownStructure<'_>> {
        let place = self.structures.binary_search_by_key(&tag, |(structure, _)| structure.tag).ok()?;
        let (structure, columns) = self.structures.get_mut(place)?;
        Some(KnownStructure { structure, columns })
    }
}

/// A structure of a catalog.
pub(super) struct KnownStructure<'a> {
    structure: &'static Structure,
    columns: &'a mut Option<StructureColumns>,
}

impl KnownStructure<'_> {
    /// What it is called.
    pub(super) fn name(&self) -> &'static str {
        self.structure.name
    }

    /// Puts its fields into their columns.
    pub(super) fn put(self, data: &[u8], scratch: &mut Scratch, rows: &mut BatchBuilder) -> Read {
        let structure = self.structure;
        let columns = self.columns.get_or_insert_with(|| define(structure, rows));
        let mut xdr = Xdr::new(data);
        for (number, (field, columns)) in structure.fields.iter().zip(columns.iter()).enumerate() {
            if xdr.is_empty() && number >= structure.required {
                return Read::Whole;
            }
            if put_field(field, columns, &mut xdr, scratch, rows).is_none() {
                return Read::Short;
            }
        }
        // What follows is of a later edition ("Applications receiving sFlow data must always use the opaque length
        // information when decoding opaque<> structures").
        Read::Whole
    }
}

fn define(structure: &Structure, rows: &mut BatchBuilder) -> StructureColumns {
    let of_field = |field: &Field| {
        field.columns().into_iter().map(|(name, column_type)| rows.define_late(&name, &column_type)).collect()
    };
    structure.fields.iter().map(of_field).collect()
}
