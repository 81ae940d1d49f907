//! The tables of structures.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::cut::ColumnType;
use crate::decode::sflow::structure::{Field, Kind, Structure, enterprise_and_format};
use crate::limits::{COLUMN_NAME_BYTES_MAX, DATASET_COLUMNS_MAX};

fn flow_structures() -> Vec<&'static Structure> {
    PACKET_RECORDS.iter().chain(&TRANSACTION_RECORDS).collect()
}

fn counter_structures() -> Vec<&'static Structure> {
    INTERFACE_COUNTERS.iter().chain(&HOST_COUNTERS).chain(&APPLICATION_COUNTERS).collect()
}

/// Bytes of a field, with values that are not those for unknown.
fn encode_field(field: &Field) -> Vec<u8> {
    match field.kind {
        Kind::Hyper | Kind::HyperCounter => hyper(1 << 33),
        Kind::Float => numbers(&[1.5f32.to_bits()]),
        Kind::Text | Kind::Opaque => opaque(b"text"),
        Kind::Fixed(length) => vec![0xAB; length],
        Kind::Mac => mac([2, 0, 0, 0, 0, 1]),
        Kind::Uuid | Kind::Ipv6 => vec![0x20; 16],
        Kind::Address => ipv4_address([192, 0, 2, 1]),
        Kind::SignedNumbers | Kind::Labels | Kind::VlanTags | Kind::Communities => {
            list(&[0x1_0001, 0x2_0002])
        }
        Kind::Records(names) => [numbers(&[2]), numbers(&vec![7; 2 * names.len()])].concat(),
        Kind::AsPath => [numbers(&[1, 1]), list(&[64_500])].concat(),
        Kind::Adapters => [numbers(&[1, 2, 1]), mac([2, 0, 0, 0, 0, 1])].concat(),
        _ => numbers(&[1]),
    }
}

fn encode(structure: &Structure) -> Vec<u8> {
    structure.fields.iter().flat_map(encode_field).collect()
}

/// A datagram with this structure alone.
fn datagram_of(structure: &Structure, is_flow: bool, data: &[u8]) -> Vec<u8> {
    let (enterprise, format) = enterprise_and_format(structure.tag);
    let record = [record(enterprise, format, data)];
    datagram(&[if is_flow { flow_sample(&record) } else { counters_sample(&record) }])
}

fn decode_structure(structure: &Structure, is_flow: bool, data: &[u8]) -> RecordBatch {
    decode_one(datagram_of(structure, is_flow, data))
}

#[test]
fn every_structure_has_its_own_tag_and_name() {
    for structures in [flow_structures(), counter_structures()] {
        let tags: BTreeSet<_> = structures.iter().map(|structure| structure.tag).collect();
        let names: BTreeSet<_> = structures.iter().map(|structure| structure.name).collect();
        assert_eq!(tags.len(), structures.len());
        // http_request has two editions.
        assert!(structures.len() - names.len() <= 1);
        assert!(structures.iter().all(|structure| structure.required <= structure.fields.len()));
    }
}

#[test]
fn a_column_has_one_type_in_all_structures() {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let _ = SflowDecoder::new(&mut rows);
    let registry = Arc::new(ColumnRegistry::default());
    let mut rows = BatchBuilder::new(Arc::clone(&registry), RowOptions::default());
    let _ = SflowDecoder::new(&mut rows);
    let mut types: BTreeMap<String, ColumnType> = registry.columns().into_iter().collect();
    for structure in flow_structures().into_iter().chain(counter_structures()) {
        for (name, column_type) in structure.fields.iter().flat_map(Field::columns) {
            assert_eq!(crate::batch::column_name(&name).as_deref(), Some(name.as_str()));
            assert!(name.len() < COLUMN_NAME_BYTES_MAX - "__string".len());
            let known = types.entry(name.clone()).or_insert_with(|| column_type.clone());
            assert_eq!(*known, column_type, "{name} of {}", structure.name);
        }
    }
    assert!(types.len() < DATASET_COLUMNS_MAX, "{} columns", types.len());
}

#[test]
fn the_fields_of_a_structure_have_columns_of_their_own() {
    for structure in flow_structures().into_iter().chain(counter_structures()) {
        let columns: Vec<_> = structure.fields.iter().flat_map(Field::columns).collect();
        let names: BTreeSet<_> = columns.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), columns.len(), "{}", structure.name);
    }
}

#[test]
fn every_structure_is_read_whole() {
    for (structures, is_flow) in [(flow_structures(), true), (counter_structures(), false)] {
        for structure in structures {
            let data = encode(structure);
            let batch = decode_structure(structure, is_flow, &data);
            assert_eq!(errors(&batch), [""; 0], "{}", structure.name);
            let record_type = if is_flow { "flow" } else { structure.name };
            assert_eq!(record_types(&batch), [record_type]);
            for field in structure.fields {
                let (name, _) = &field.columns()[0];
                let column =
                    batch.column_by_name(name).unwrap_or_else(|| panic!("{name} of {}", structure.name));
                assert!(column.is_valid(0), "{name} of {}", structure.name);
            }
            // A later edition has more fields.
            let longer = [data, vec![0; 8]].concat();
            assert_eq!(errors(&decode_structure(structure, is_flow, &longer)), [""; 0], "{}", structure.name);
        }
    }
}

#[test]
fn every_structure_that_is_cut_says_so() {
    for (structures, is_flow) in [(flow_structures(), true), (counter_structures(), false)] {
        for structure in structures {
            let data = encode(structure);
            let mut field_ends = BTreeSet::from([0]);
            let mut end = 0;
            for field in structure.fields {
                end += encode_field(field).len();
                field_ends.insert(end);
            }
            let required: usize =
                structure.fields.iter().take(structure.required).map(|field| encode_field(field).len()).sum();
            let cut: Vec<_> =
                (0..data.len()).map(|end| datagram_of(structure, is_flow, &data[..end])).collect();
            let batch = decode(&cut);
            assert_eq!(batch.num_rows(), data.len());
            for end in 0..data.len() {
                let is_earlier_edition = end >= required && field_ends.contains(&end);
                let error = text(&batch, "parse_error", end);
                assert_eq!(error.is_none(), is_earlier_edition, "{} cut at {end}", structure.name);
            }
        }
    }
}
