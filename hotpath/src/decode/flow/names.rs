//! Names that options tell for numbers in flows: of interfaces, of VRFs, of applications.

use hashbrown::HashMap;

use crate::limits::FLOW_NAME_BYTES_MAX;

use super::header::Version;
use super::template::FieldSpec;

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Named {
    Interface,
    Vrf,
    Application,
}

/// Names by kind and number.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: HashMap<(Named, u64), Box<str>, foldhash::fast::RandomState>,
}

impl Names {
    /// Takes note of a name, where there is room for one that is not known yet; returns whether that is news.
    pub(super) fn learn(&mut self, of: (Named, u64), name: &str, has_room: bool) -> bool {
        if name.is_empty() || name.len() > FLOW_NAME_BYTES_MAX {
            return false;
        }
        match self.names.get_mut(&of) {
            Some(known) if **known == *name => false,
            Some(known) => {
                *known = name.into();
                true
            }
            None if has_room => self.names.insert(of, name.into()).is_none(),
            None => false,
        }
    }

    /// The name of a number.
    #[inline]
    pub(super) fn get(&self, of: (Named, u64)) -> Option<&str> {
        self.names.get(&of).map(|name| &**name)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All of them, in order.
    pub(super) fn sorted(&self) -> Vec<((Named, u64), &str)> {
        let mut names: Vec<_> = self.names.iter().map(|(of, name)| (*of, &**name)).collect();
        names.sort_unstable();
        names
    }
}

/// A name in options: the kind, and the positions of the number and of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ToldName {
    pub(super) kind: Named,
    pub(super) number: usize,
    pub(super) name: usize,
}

/// Elements of a name and of the number that it is for, in options.
const TOLD: [(Named, &[u16], &[u16]); 3] = [
    // interfaceName before interfaceDescription; ingressInterface, egressInterface.
    (Named::Interface, &[82, 83], &[10, 14]),
    // VRFname; ingressVRFID, egressVRFID.
    (Named::Vrf, &[236], &[234, 235]),
    // applicationName, applicationId.
    (Named::Application, &[96], &[95]),
];

/// The interface of a scope of NetFlow v9 (RFC 3954 section 6.1).
const V9_SCOPE_INTERFACE: u16 = 2;

/// The names that records of options tell, by their fields and how many of these are scope.
pub(super) fn told(version: Version, fields: &[FieldSpec], scope_fields: usize) -> Vec<ToldName> {
    let is_scope = |position: usize| version != Version::Ipfix && position < scope_fields;
    let position_of = |ids: &[u16]| {
        ids.iter().find_map(|id| {
            let is_it = |(position, field): (usize, &FieldSpec)| {
                field.enterprise == 0 && field.id == *id && !is_scope(position)
            };
            fields.iter().enumerate().position(is_it)
        })
    };
    let scope_interface = fields
        .iter()
        .enumerate()
        .position(|(position, field)| is_scope(position) && field.id == V9_SCOPE_INTERFACE);
    let told = TOLD.iter().filter_map(|(kind, names, numbers)| {
        let scope = scope_interface.filter(|_| *kind == Named::Interface);
        Some(ToldName {
            kind: *kind,
            number: scope.or_else(|| position_of(numbers))?,
            name: position_of(names)?,
        })
    });
    told.collect()
}

/// Elements of flows that have names, and the columns of these; one that has an element of its own in the flow is not
/// looked up.
pub(super) const JOINED: [(Named, u16, &str, u16); 5] = [
    (Named::Interface, 10, "input_interface_name", 0),
    (Named::Interface, 14, "output_interface_name", 0),
    (Named::Vrf, 234, "ingress_vrf_name", 0),
    (Named::Vrf, 235, "egress_vrf_name", 0),
    (Named::Application, 95, "application_name", 96),
];
