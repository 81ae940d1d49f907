//! A small encoder of sFlow datagrams, for tests.
#![allow(dead_code, reason = "each test uses its part")]

/// unsigned ints.
pub fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// unsigned hyper.
pub fn hyper(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// opaque of any length, and string.
pub fn opaque(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = numbers(&[bytes.len() as u32]);
    encoded.extend(bytes);
    encoded.resize(encoded.len().next_multiple_of(4), 0);
    encoded
}

/// An array of unsigned ints.
pub fn list(items: &[u32]) -> Vec<u8> {
    [numbers(&[items.len() as u32]), numbers(items)].concat()
}

/// address of the type IP_V4.
pub fn ipv4_address(octets: [u8; 4]) -> Vec<u8> {
    [numbers(&[1]), octets.to_vec()].concat()
}

/// mac, padded.
pub fn mac(octets: [u8; 6]) -> Vec<u8> {
    [octets.to_vec(), vec![0, 0]].concat()
}

/// A sample_record, flow_record or counter_record.
pub fn record(enterprise: u32, format: u32, data: &[u8]) -> Vec<u8> {
    [numbers(&[enterprise << 12 | format]), opaque(data)].concat()
}

/// A datagram of the agent 192.0.2.1, sub-agent 7, with the number 42, 1,000,000 ms after its start.
pub fn datagram(samples: &[Vec<u8>]) -> Vec<u8> {
    let header =
        [numbers(&[5]), ipv4_address([192, 0, 2, 1]), numbers(&[7, 42, 1_000_000, samples.len() as u32])];
    [header.concat(), samples.concat()].concat()
}

/// A flow sample of ifIndex 3: one in 512, in from interface 3 and out by 4.
pub fn flow_sample(records: &[Vec<u8>]) -> Vec<u8> {
    let fields = numbers(&[100, 3, 512, 51_200, 1, 3, 4, records.len() as u32]);
    record(0, 1, &[fields, records.concat()].concat())
}

/// The same in the expanded form, with interfaces as (format, value).
pub fn expanded_flow_sample(input: (u32, u32), output: (u32, u32), records: &[Vec<u8>]) -> Vec<u8> {
    let fields =
        numbers(&[100, 0, 3, 512, 51_200, 1, input.0, input.1, output.0, output.1, records.len() as u32]);
    record(0, 3, &[fields, records.concat()].concat())
}

/// A counter sample of ifIndex 3.
pub fn counters_sample(records: &[Vec<u8>]) -> Vec<u8> {
    let fields = numbers(&[200, 3, records.len() as u32]);
    record(0, 2, &[fields, records.concat()].concat())
}

/// The same in the expanded form.
pub fn expanded_counters_sample(records: &[Vec<u8>]) -> Vec<u8> {
    let fields = numbers(&[200, 0, 3, records.len() as u32]);
    record(0, 4, &[fields, records.concat()].concat())
}

/// A discarded packet of ifIndex 3, for the reason ACL.
pub fn discarded_packet(records: &[Vec<u8>]) -> Vec<u8> {
    let fields = numbers(&[300, 0, 3, 9, 3, 0, 258, records.len() as u32]);
    record(0, 5, &[fields, records.concat()].concat())
}

/// A raw packet header of a frame of 1,518 bytes.
pub fn sampled_header(protocol: u32, header: &[u8]) -> Vec<u8> {
    record(0, 1, &[numbers(&[protocol, 1518, 4]), opaque(header)].concat())
}

/// An Ethernet frame with one VLAN tag, IPv4 and TCP: 198.51.100.1:8080 to 203.0.113.2:443.
pub fn tcp_frame() -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0x60, 100, 8, 0];
    frame.extend([0x45, 0x20, 5, 220, 0, 1, 0x40, 0, 63, 6, 0, 0]);
    frame.extend([198, 51, 100, 1, 203, 0, 113, 2]);
    frame.extend([0x1F, 0x90, 0x01, 0xBB, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
    frame
}

/// if_counters of ifIndex 3, an Ethernet interface of 10 Gbit/s that is up; the last counters are not available.
pub fn if_counters() -> Vec<u8> {
    let mut data = numbers(&[3, 6]);
    data.extend(hyper(10_000_000_000));
    data.extend(numbers(&[1, 3]));
    data.extend(hyper(1 << 40));
    data.extend(numbers(&[11, 12, 13, 14, 15, u32::MAX]));
    data.extend(hyper(u64::MAX));
    data.extend(numbers(&[21, 22, 23, 24, 25, 2]));
    record(0, 1, &data)
}

/// A datagram with a sample of every kind.
pub fn mixed_datagram() -> Vec<u8> {
    let switch = record(0, 1001, &numbers(&[100, 3, 200, 0]));
    let router = record(0, 1002, &[ipv4_address([192, 0, 2, 254]), numbers(&[24, 16])].concat());
    let gateway = [
        ipv4_address([192, 0, 2, 253]),
        numbers(&[64_500, 64_501, 64_502, 2]),
        numbers(&[2]),
        list(&[64_510, 64_511]),
        numbers(&[1]),
        list(&[64_520, 64_521]),
        list(&[64_500 << 16 | 80, 64_500 << 16 | 443]),
        numbers(&[100]),
    ];
    let gateway = record(0, 1003, &gateway.concat());
    let packet = sampled_header(1, &tcp_frame());
    datagram(&[
        flow_sample(&[packet.clone(), switch, router, gateway]),
        expanded_counters_sample(&[if_counters(), record(0, 1005, &opaque(b"eth0"))]),
        discarded_packet(&[packet, record(0, 1036, &numbers(&[5]))]),
        record(4300, 1002, &[1, 2, 3, 4]),
        counters_sample(&[record(0, 2, &numbers(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]))]),
    ])
}
