//! Who says what one sampled packet stands for.

use super::*;

#[test]
fn sampling_by_sampler_by_interface_and_for_all() {
    // NetFlow v9: samplers by their id.
    let flows = [(1, 4), (48, 1), (10, 2)];
    let samplers = v9_options_template(300, &[(1, 4)], &[(48, 1), (49, 1), (50, 4)]);
    let told = set(300, Bytes::default().u32s(&[1]).raw(&[1, 2]).u32s(&[100, 1]).raw(&[2, 2]).u32s(&[200]));
    let records =
        Bytes::default().u32s(&[7]).u8(1).u16s(&[5]).u32s(&[7]).u8(2).u16s(&[5]).u32s(&[7]).u8(3).u16s(&[5]);
    let rows = decode(&[v9(0, 9, &[samplers, told, v9_template(256, &flows), set(256, records)])]);
    assert_eq!(rows.numbers("sampling_rate")[2..], [Some(100), Some(200), None]);
    assert_eq!(rows.numbers("bytes_scaled")[2..], [Some(700), Some(1_400), None]);
    assert_eq!(rows.texts("sampling_source")[2..], [Some("options"), Some("options"), None]);
    assert_eq!(rows.numbers("scope_system")[..2], [Some(1), Some(1)]);
    assert_eq!(rows.numbers("sampler_id"), [1, 2, 1, 2, 3].map(Some));

    // By interface, and else one for all; what options say of source 0 holds for every source.
    let by_interface = v9_options_template(301, &[(2, 2)], &[(34, 4)]);
    let for_all = v9_options_template(302, &[(1, 4)], &[(34, 4), (35, 1)]);
    let rows = decode(&[
        v9(0, 0, &[by_interface, set(301, Bytes::default().u16s(&[5]).u32s(&[50]))]),
        v9(1, 0, &[for_all, set(302, Bytes::default().u32s(&[0, 10]).u8(1))]),
        v9(
            0,
            7,
            &[
                v9_template(256, &[(1, 4), (10, 2)]),
                set(256, Bytes::default().u32s(&[7]).u16s(&[5]).u32s(&[7]).u16s(&[6])),
            ],
        ),
    ]);
    assert_eq!(rows.numbers("sampling_rate"), [None, None, Some(50), Some(10)]);

    // IPFIX (RFC 5477): selectors, so many packets taken and so many left out.
    let selectors = options_template(300, &[(302, 4)], &[(304, 2), (305, 4), (306, 4)]);
    let told = set(300, Bytes::default().u32s(&[1]).u16s(&[1]).u32s(&[1, 99]));
    let rows = decode(&[ipfix(
        0,
        0,
        &[selectors, told, template(256, &[(1, 4), (302, 4)]), set(256, Bytes::default().u32s(&[7, 1]))],
    )]);
    assert_eq!((rows.number("sampling_rate", 1), rows.number("bytes_scaled", 1)), (Some(100), Some(700)));
}

#[test]
fn what_the_dataset_says_of_sampling_counts() {
    let network = "192.0.2.0/24".parse().unwrap();
    let options = FlowOptions { sampling_overrides: vec![SamplingOverride { network, rate: 5 }] };
    let mut collector = Collector::with(&options, RowOptions::default());
    let rows = collector.take(&[v5(&[v5_record(6, 443)], 1 << 14 | 100)]);
    assert_eq!(
        (rows.number("sampling_rate", 0), rows.text("sampling_source", 0)),
        (Some(5), Some("override"))
    );
    assert_eq!(rows.number("bytes_scaled", 0), Some(5_000));
    collector.peer = Peer::new("198.51.100.1:2055".parse().unwrap(), SourceType::Netflow);
    assert_eq!(collector.take(&[v5(&[v5_record(6, 443)], 100)]).number("sampling_rate", 0), Some(100));
}
