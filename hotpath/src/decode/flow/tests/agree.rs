//! Records of one length are read column by column, others field by field: both must give the same rows.

use proptest::prelude::*;

use super::super::plan::compile;
use super::super::rates::SamplingOf;
use super::super::records::Records;
use super::super::rows::SetOf;
use super::super::sampling::Rate;
use super::super::template::{FieldSpec, Template};
use super::*;

/// The rows of records, read as records of one length or one by one.
fn rows_of(template: &Template, bytes: &[u8], version: Version, field_by_field: bool) -> RecordBatch {
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
    let columns = Columns::define(&mut rows);
    let mut writer = RowWriter::new(columns);
    let peer = Peer::new("192.0.2.1:2055".parse().unwrap(), SourceType::Netflow);
    let mut block = Block::new(BlockMemory::unpooled(bytes.len().max(4_096)), RECEIVED_US);
    block.push(bytes, &peer, RECEIVED_US, false).unwrap();
    let block = block.seal();
    rows.begin_block(&block);
    let event = block.events().next().unwrap();
    let plan = compile(version, template, &columns, &mut rows);
    let mut places = Vec::new();
    let (records, _) = if field_by_field {
        Records::walk(&plan, event.bytes, usize::MAX, &mut places)
    } else {
        Records::take(&plan, event.bytes, usize::MAX, &mut places)
    };
    assert_eq!(records.fixed().is_some(), !field_by_field);
    let header = Header {
        version,
        count: 0,
        length: bytes.len(),
        export_us: EXPORT_US,
        uptime_ms: (version == Version::V9).then_some(1_000_000),
        sequence: Some(7),
        domain: Some(1),
        engine: None,
        sampling: None,
    };
    let sampling = SamplingOf { header: Rate::one_in(100), ..SamplingOf::default() };
    let set = SetOf {
        event: &event,
        header: &header,
        template_id: Some(256),
        gap: 3,
        domain: None,
        whole: None,
        sampling,
    };
    writer.put(&set, &plan, &records, &mut rows);
    rows.finish()
}

fn field() -> impl Strategy<Value = FieldSpec> {
    let usual = prop_oneof![
        Just((8, 4)),
        Just((12, 4)),
        Just((27, 16)),
        Just((7, 2)),
        Just((4, 1)),
        Just((1, 8)),
        Just((2, 4)),
        Just((21, 4)),
        Just((22, 4)),
        Just((152, 8)),
        Just((153, 8)),
        Just((32, 2)),
        Just((56, 6)),
    ];
    // The IANA's elements are below 530; some of these have no name.
    let any = (1..540u16, 1..18u16);
    prop_oneof![usual, any].prop_map(|(id, length)| FieldSpec { enterprise: 0, id, length })
}

proptest! {
    #[test]
    fn both_ways_of_reading_give_the_same_rows(
        fields in proptest::collection::vec(field(), 1..12),
        scope in 0..4u16,
        bytes in proptest::collection::vec(prop_oneof![Just(0), Just(1), any::<u8>()], 1..400),
        version in prop_oneof![Just(Version::V9), Just(Version::Ipfix)],
    ) {
        let scope_fields = (scope > 0).then(|| scope.min(fields.len() as u16));
        let template = Template { fields, scope_fields };
        let fixed = rows_of(&template, &bytes, version, false);
        let walked = rows_of(&template, &bytes, version, true);
        prop_assert_eq!(fixed, walked);
    }
}
