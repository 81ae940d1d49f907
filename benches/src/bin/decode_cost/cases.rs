//! What is decoded.

use bytefreezer_benches::blocks::{START_US, next_block};
use bytefreezer_benches::flows::flow_blocks;
use bytefreezer_benches::lines::{LINES, line_blocks, message_blocks, sensor_blocks};
use bytefreezer_benches::syslog::{Generator, Message};
use bytefreezer_fakedata::{FlowFormat, MessageKind, SensorKind};
use hotpath::block::SealedBlock;

const BLOCKS: usize = 4;
/// Flows of a case: about as many blocks.
const RECORDS: u64 = 80_000;

/// Messages or datagrams of a format.
pub struct Case {
    /// Name of the case.
    pub name: &'static str,
    /// Name of the format in the table of decoders.
    pub format: &'static str,
    /// Makes them.
    pub blocks: Box<dyn Fn() -> Vec<SealedBlock>>,
}

impl Case {
    fn new(
        name: &'static str,
        format: &'static str,
        blocks: impl Fn() -> Vec<SealedBlock> + 'static,
    ) -> Self {
        Self { name, format, blocks: Box::new(blocks) }
    }
}

/// All cases.
pub fn all() -> Vec<Case> {
    let flows = |name, format, kind| Case::new(name, format, move || flow_blocks(kind, RECORDS));
    let sensors = |name, kind| Case::new(name, "ebpf", move || sensor_blocks(kind, BLOCKS));
    let mut cases = vec![
        flows("netflow-v5", "netflow", FlowFormat::Netflow5),
        flows("netflow-v9", "netflow", FlowFormat::Netflow9),
        flows("ipfix", "netflow", FlowFormat::Ipfix),
        flows("sflow", "sflow", FlowFormat::Sflow),
        Case::new("syslog-5424-pairs", "syslog", || syslog(|message| message.text.clone())),
        Case::new("syslog-3164-pairs", "syslog", || {
            syslog(|message| rfc3164(message, &message.text[message.message.clone()]))
        }),
        Case::new("syslog-5424-json", "syslog", || {
            syslog(|message| {
                let header = &message.text[..message.structured_data.start];
                format!("{header}- {}", json(message))
            })
        }),
        Case::new("syslog-3164-plain", "syslog", || syslog(plain)),
        Case::new("json", "json", || message_blocks(MessageKind::Json, BLOCKS)),
        Case::new("lines", "lines", || message_blocks(MessageKind::Lines, BLOCKS)),
        Case::new("auto-json", "auto", || message_blocks(MessageKind::Json, BLOCKS)),
        sensors("ebpf-tetragon", SensorKind::Tetragon),
        sensors("ebpf-tracee", SensorKind::Tracee),
        sensors("ebpf-falco", SensorKind::Falco),
        sensors("ebpf-kubearmor", SensorKind::Kubearmor),
        sensors("ebpf-gadget", SensorKind::InspektorGadget),
        sensors("ebpf-agent", SensorKind::Agent),
    ];
    for lines in LINES {
        cases.push(Case::new(lines.format, lines.format, move || line_blocks(lines, BLOCKS)));
    }
    cases
}

fn syslog(make: fn(&Message) -> String) -> Vec<SealedBlock> {
    let mut generator = Generator::new(5424, START_US, 0);
    (0..BLOCKS).map(|_| next_block(&mut generator, make)).collect()
}

fn plain(message: &Message) -> String {
    let address = &message.text[message.fields[2].1.clone()];
    rfc3164(
        message,
        &format!("Accepted publickey for root from {address} port 50122 ssh2: RSA SHA256:0u4nOo3Y"),
    )
}

fn rfc3164(message: &Message, body: &str) -> String {
    let text = |range: &std::ops::Range<usize>| &message.text[range.clone()];
    let second = message.event_time_us / 1_000_000 % 60;
    format!(
        "<{}>Nov 20 10:00:{second:02} {} {}[{}]: {body}",
        message.facility * 8 + message.severity,
        text(&message.hostname),
        text(&message.app_name),
        text(&message.proc_id),
    )
}

fn json(message: &Message) -> String {
    let members: Vec<String> = message
        .fields
        .iter()
        .map(|(name, range)| {
            let value = &message.text[range.clone()];
            match value.parse::<i64>() {
                Ok(number) => format!("\"{name}\":{number}"),
                Err(_) => format!("\"{name}\":\"{value}\""),
            }
        })
        .collect();
    format!("{{{}}}", members.join(","))
}
