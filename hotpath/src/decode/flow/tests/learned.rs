//! What one datagram tells of the next: templates, held data, sequence numbers, state.

use super::*;

#[test]
fn templates_are_kept_by_exporter_version_and_domain() {
    let mut collector = Collector::new();
    let body = || set(256, Bytes::default().u32s(&[7]));
    collector.take(&[ipfix(0, 1, &[template(256, &[(1, 4)])]), ipfix(0, 2, &[template(256, &[(2, 4)])])]);
    let rows = collector.take(&[ipfix(0, 1, &[body()]), ipfix(0, 2, &[body()]), v9(0, 1, &[body()])]);
    assert_eq!((rows.numbers("bytes"), rows.numbers("packets")), (vec![Some(7), None], vec![None, Some(7)]));
    collector.peer = Peer::new("192.0.2.2:2055".parse().unwrap(), SourceType::Netflow);
    assert_eq!(collector.take(&[ipfix(0, 1, &[body()])]).count(), 0);
    assert_eq!(collector.decoder.held_events(), 2);
}

#[test]
fn templates_alone_give_a_row_that_says_so() {
    let rows =
        decode(&[ipfix(5, 3, &[template(256, &[(1, 4)]), template(257, &[(2, 4)])]), ipfix(5, 3, &[])]);
    assert_eq!(rows.texts("record_type"), [Some("template"), Some("template")]);
    let ids = rows.0.column_by_name("template_ids").unwrap().as_list::<i32>();
    assert_eq!(ids.value(0).as_primitive::<Int64Type>().values().as_ref(), &[256, 257]);
    assert_eq!(ids.value(1).len(), 0);
    assert_eq!(rows.numbers("observation_domain_id"), [Some(3), Some(3)]);
    assert_eq!(rows.numbers("sequence_number"), [Some(5), Some(5)]);
}

#[test]
fn withdrawn_templates_are_known_no_more() {
    let data = |id| ipfix(0, 0, &[set(id, Bytes::default().u32s(&[7]))]);
    let all = || {
        ipfix(
            0,
            0,
            &[template(256, &[(1, 4)]), template(257, &[(1, 4)]), options_template(258, &[(1, 4)], &[])],
        )
    };
    let held_after = |withdrawal: Bytes| {
        let mut collector = Collector::new();
        collector.take(&[all(), ipfix(0, 0, &[withdrawal])]);
        [256, 257, 258].map(|id| {
            collector.take(&[data(id)]);
            std::mem::take(&mut collector.decoder.hold).without_rows() == 1
        })
    };
    // RFC 7011 section 8.1.
    assert_eq!(held_after(set(2, Bytes::default().u16s(&[256, 0]))), [true, false, false]);
    assert_eq!(held_after(set(3, Bytes::default().u16s(&[258, 0]))), [false, false, true]);
    assert_eq!(held_after(set(2, Bytes::default().u16s(&[2, 0]))), [true, true, false]);
    assert_eq!(held_after(set(3, Bytes::default().u16s(&[3, 0]))), [false, false, true]);
}

#[test]
fn data_waits_for_its_template() {
    let mut collector = Collector::new();
    let data = |id, number| set(id, Bytes::default().u32s(&[number]));
    let rows = collector.take(&[ipfix(0, 0, &[data(256, 1)]), ipfix(0, 0, &[data(257, 2), data(256, 3)])]);
    assert_eq!((rows.count(), collector.decoder.held_events()), (0, 2));
    collector.received_us += 1_000_000;
    let rows = collector.take(&[ipfix(0, 0, &[template(256, &[(1, 4)]), data(256, 4)])]);
    assert_eq!(rows.numbers("bytes"), [Some(1), Some(3), Some(4)], "in the order of receipt");
    assert_eq!(rows.time("ingest_time", 1), Some(RECEIVED_US), "with their own time");
    assert_eq!(rows.time("ingest_time", 2), Some(RECEIVED_US + 1_000_000));
    assert_eq!(collector.decoder.held_events(), 0, "the second one has rows, and waits for 257");
    let rows = collector.take(&[ipfix(0, 0, &[template(257, &[(2, 4)])])]);
    assert_eq!(rows.numbers("packets"), [Some(2), None]);
    assert_eq!(rows.texts("record_type"), [Some("flow"), Some("template")]);
}

#[test]
fn data_may_stand_before_its_template_in_one_message() {
    let early = set(256, Bytes::default().u32s(&[7]));
    let rows = decode(&[ipfix(0, 0, &[early.clone(), template(256, &[(1, 4)])]), ipfix(1, 0, &[early])]);
    assert_eq!((rows.numbers("bytes"), rows.has("sequence_gap")), (vec![Some(7), Some(7)], false));
}

#[test]
fn data_whose_template_never_comes_is_kept_with_a_reason() {
    let mut collector = Collector::new();
    let datagram = ipfix(0, 0, &[set(256, Bytes::default().u32s(&[7]))]);
    collector.take(std::slice::from_ref(&datagram));
    collector.received_us += FLOW_HELD_US_MAX + 1;
    let rows = collector.take(&[v5(&[v5_record(6, 443)], 0)]);
    assert_eq!(rows.text("parse_error", 0), Some("no template came for sets of data: 256"));
    assert_eq!(rows.time("ingest_time", 0), Some(RECEIVED_US));
    let mut raw = String::new();
    crate::batch::escape_invalid_utf8(&datagram, &mut raw);
    assert_eq!(rows.text("raw", 0), Some(raw.as_str()));
    assert_eq!((rows.count(), collector.decoder.held_events()), (2, 0));
}

#[test]
fn so_many_sets_of_a_datagram_wait_and_no_more() {
    let sets: Vec<Bytes> = (0..100).map(|id| set(256 + id, Bytes::default().u32s(&[7]))).collect();
    let mut collector = Collector::new();
    let rows = collector.take(&[ipfix(0, 0, &sets)]);
    assert_eq!(rows.text("parse_error", 0), Some("more sets without their templates than are held"));
    assert!(rows.text("raw", 0).is_some());
    let rows = collector.take(&[ipfix(0, 0, &[template(256, &[(1, 4)]), template(355, &[(1, 4)])])]);
    assert_eq!(rows.numbers("bytes"), [Some(7), None], "the first waited, the last is in raw alone");
}

#[test]
fn a_restored_decoder_makes_the_same_rows() {
    let mut collector = Collector::new();
    let samplers = options_template(300, &[(302, 4)], &[(34, 4)]);
    collector.take(&[
        ipfix(
            0,
            0,
            &[template(256, &[(1, 4), (302, 4)]), samplers, set(300, Bytes::default().u32s(&[1, 100]))],
        ),
        v9(0, 3, &[set(400, Bytes::default().u32s(&[9]))]),
    ]);
    let state = collector.decoder.take_changed_state().unwrap();
    assert_eq!(collector.decoder.take_changed_state(), None);
    let later = [
        ipfix(1, 0, &[template(256, &[(1, 4), (302, 4)]), set(256, Bytes::default().u32s(&[7, 1]))]),
        v9(1, 3, &[v9_template(400, &[(2, 4)])]),
    ];
    let mut restored = Collector::new();
    restored.decoder.restore_state(&state).unwrap();
    assert_eq!((restored.decoder.held_events(), restored.decoder.take_changed_state()), (1, None));
    let rows = restored.take(&later[..1]);
    assert_eq!(rows.number("bytes_scaled", 0), Some(700));
    assert_eq!(restored.decoder.take_changed_state(), None, "the same template is no news");
    assert_eq!(collector.take(&later[..1]).0, rows.0);
    assert_eq!(collector.take(&later[1..]).0, restored.take(&later[1..]).0);
    assert_eq!(collector.decoder.take_changed_state(), restored.decoder.take_changed_state());

    for length in 0..state.len() {
        let is_state = restored.decoder.restore_state(&state[..length]).is_ok();
        assert_eq!(is_state, length == 0, "{length} bytes");
        assert_eq!(restored.decoder.held_events(), 0);
    }
    assert!(restored.decoder.restore_state(&[&state[..], &[0]].concat()).is_err());
}

#[test]
fn options_tell_the_names_of_numbers_in_flows() {
    let mut collector = Collector::new();
    let name = |text: &[u8]| {
        let mut name = [0; 8];
        name[..text.len()].copy_from_slice(text);
        name
    };
    collector.take(&[
        v9(
            0,
            0,
            &[
                v9_options_template(300, &[(2, 4)], &[(82, 8)]),
                set(300, Bytes::default().u32s(&[5]).raw(&name(b"eth5")).u32s(&[6]).raw(&name(b"eth6"))),
            ],
        ),
        v9(
            0,
            1,
            &[
                v9_options_template(301, &[(1, 4)], &[(95, 4), (96, 8), (234, 4), (236, 8)]),
                set(301, Bytes::default().u32s(&[0, 9]).raw(&name(b"ssh")).u32s(&[7]).raw(&name(b"red"))),
            ],
        ),
    ]);
    let state = collector.decoder.take_changed_state().unwrap();
    let fields = [(10, 2), (14, 4), (95, 4), (234, 4), (235, 4)];
    let body = Bytes::default().u16s(&[5]).u32s(&[6, 9, 7, 8]);
    let flows = [v9(1, 1, &[v9_template(256, &fields), set(256, body)])];
    let mut restored = Collector::new();
    restored.decoder.restore_state(&state).unwrap();
    for rows in [collector.take(&flows), restored.take(&flows)] {
        let names = ["input_interface_name", "output_interface_name", "application_name", "ingress_vrf_name"];
        let told = names.map(|name| rows.text(name, 0));
        assert_eq!(told, [Some("eth5"), Some("eth6"), Some("ssh"), Some("red")]);
        assert!(!rows.has("egress_vrf_name"), "nobody named it");
    }
}

#[test]
fn gaps_of_sequence_numbers_are_told_once() {
    let data = || set(256, Bytes::default().u32s(&[7, 8]));
    let rows = decode(&[
        ipfix(0, 0, &[template(256, &[(1, 4)]), data()]),
        // RFC 7011 section 3.1: the number of the first data record.
        ipfix(2, 0, &[data()]),
        ipfix(9, 0, &[data()]),
        v9(1, 0, &[v9_template(256, &[(1, 4)])]),
        v9(4, 0, &[data()]),
        v9(5, 0, &[data()]),
    ]);
    let gaps: Vec<i64> = rows.numbers("sequence_gap").into_iter().map(Option::unwrap_or_default).collect();
    assert_eq!(gaps, [0, 0, 0, 0, 5, 0, 0, 2, 0, 0, 0]);
}
