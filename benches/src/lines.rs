//! Blocks of messages in the formats that are lines of text, each as its program writes it; all of it invented.

use std::net::SocketAddr;

use bytefreezer_fakedata::{Generator, LineGenerator, MessageKind, SensorKind};
use hotpath::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};
use hotpath::limits::BLOCK_BYTES;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::blocks::START_US;

/// A format, and messages of it.
pub struct Lines {
    /// Name of the format in the table of decoders.
    pub format: &'static str,
    /// Lines that come first, such as the names of columns.
    pub head: &'static [&'static str],
    /// A message: the random numbers, and the seconds since the hour began.
    pub make: fn(&mut SmallRng, u32) -> String,
}

/// Formats whose messages are made here.
pub const LINES: &[Lines] = &[
    Lines { format: "cef", head: &[], make: cef },
    Lines { format: "leef", head: &[], make: leef },
    Lines { format: "csv", head: &["time,src_ip,src_port,dst_ip,dst_port,proto,action,bytes"], make: csv },
    Lines { format: "tsv", head: &["time\tsrc_ip\tsrc_port\tdst_ip\tdst_port\taction\tbytes"], make: tsv },
    Lines { format: "weblog", head: &[], make: weblog },
    Lines { format: "w3c", head: &["#Version: 1.0", W3C_FIELDS], make: w3c },
    Lines { format: "zeek", head: &[ZEEK_SEPARATOR, "#path\tconn", ZEEK_FIELDS, ZEEK_TYPES], make: zeek },
    Lines { format: "suricata", head: &[], make: suricata },
    Lines { format: "cloudtrail", head: &[], make: cloudtrail },
    Lines { format: "vpcflow", head: &[], make: vpcflow },
    Lines { format: "windows", head: &[], make: windows },
    Lines { format: "gelf", head: &[], make: gelf },
    Lines { format: "logfmt", head: &[], make: logfmt },
    Lines { format: "influx", head: &[], make: influx },
    Lines { format: "statsd", head: &[], make: statsd },
];

const W3C_FIELDS: &str =
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status sc-bytes time-taken";
const ZEEK_SEPARATOR: &str = "#separator \\x09";
const ZEEK_FIELDS: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\torig_bytes\tresp_bytes\tconn_state";
const ZEEK_TYPES: &str = "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tcount\tcount\tstring";

/// Full blocks of a format's messages.
pub fn line_blocks(lines: &Lines, blocks: usize) -> Vec<SealedBlock> {
    let mut rng = SmallRng::seed_from_u64(17);
    let mut head = lines.head.iter();
    let mut second = 0;
    filled(blocks, || {
        if let Some(line) = head.next() {
            return (*line).to_owned().into_bytes();
        }
        second = (second + 1) % 3_600;
        (lines.make)(&mut rng, second).into_bytes()
    })
}

/// Full blocks of lines or JSON objects as `fakedata tcp` sends them.
pub fn message_blocks(kind: MessageKind, blocks: usize) -> Vec<SealedBlock> {
    generated(LineGenerator::new(3, kind, 400), blocks)
}

/// Full blocks of JSON events as `fakedata ebpf` sends them.
pub fn sensor_blocks(kind: SensorKind, blocks: usize) -> Vec<SealedBlock> {
    generated(LineGenerator::new(3, kind, 400), blocks)
}

fn generated(mut generator: LineGenerator, blocks: usize) -> Vec<SealedBlock> {
    let mut now_us = START_US;
    filled(blocks, || {
        now_us += 1;
        let mut message = Vec::new();
        generator.append_next(now_us, &mut message);
        message
    })
}

fn filled(blocks: usize, mut next: impl FnMut() -> Vec<u8>) -> Vec<SealedBlock> {
    let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 40_514)), SourceType::Tcp);
    let mut waiting = next();
    (0..blocks)
        .map(|_| {
            let mut block = Block::new(BlockMemory::unpooled(BLOCK_BYTES), START_US);
            while block.push(&waiting, &peer, START_US, false).is_ok() {
                waiting = next();
            }
            block.seal()
        })
        .collect()
}

fn client(rng: &mut SmallRng) -> String {
    format!("10.20.{}.{}", rng.random_range(0..4), rng.random_range(1..255))
}

fn server(rng: &mut SmallRng) -> String {
    format!("203.0.113.{}", rng.random_range(1..255))
}

fn port(rng: &mut SmallRng) -> u16 {
    rng.random_range(32_768..61_000)
}

fn choice(choices: &[&'static str], rng: &mut SmallRng) -> &'static str {
    choices[rng.random_range(0..choices.len())]
}

/// `10:MM:SS` of the second.
fn clock(second: u32) -> String {
    format!("10:{:02}:{:02}", second / 60, second % 60)
}

fn cef(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "CEF:0|Example|Firewall|4.2|{}|connection {}|{}|rt=2026-11-20T{}Z src={} spt={} dst={} dpt=443 proto=TCP \
         act={} in={} out={} suser=alice cs1Label=policy cs1=default msg=matched the policy \\= default",
        rng.random_range(100..140),
        choice(&["accepted", "denied"], rng),
        rng.random_range(1..10),
        clock(second),
        client(rng),
        port(rng),
        server(rng),
        choice(&["allow", "deny"], rng),
        rng.random_range(100..90_000),
        rng.random_range(100..9_000),
    )
}

fn leef(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "LEEF:2.0|Example|Firewall|4.2|{}|^|devTime=2026-11-20T{}Z^src={}^srcPort={}^dst={}^dstPort=443^proto=TCP\
         ^sev={}^usrName=alice^srcBytes={}",
        rng.random_range(100..140),
        clock(second),
        client(rng),
        port(rng),
        server(rng),
        rng.random_range(1..10),
        rng.random_range(100..90_000),
    )
}

fn csv(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "2026-11-20T{}Z,{},{},{},443,tcp,\"{}, logged\",{}",
        clock(second),
        client(rng),
        port(rng),
        server(rng),
        choice(&["accepted", "denied"], rng),
        rng.random_range(100..90_000),
    )
}

fn tsv(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "2026-11-20T{}Z\t{}\t{}\t{}\t443\t{}\t{}",
        clock(second),
        client(rng),
        port(rng),
        server(rng),
        choice(&["accepted", "denied"], rng),
        rng.random_range(100..90_000),
    )
}

fn weblog(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "{} - {} [20/Nov/2026:{} +0000] \"{} /static/app.js?v={} HTTP/1.1\" {} {} \"https://www.example.com/\" \
         \"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\"",
        client(rng),
        choice(&["-", "alice"], rng),
        clock(second),
        choice(&["GET", "POST"], rng),
        rng.random_range(1..1_000),
        choice(&["200", "304", "404"], rng),
        rng.random_range(100..90_000),
    )
}

fn w3c(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "2026-11-20 {} {} GET /static/app.js v={} 443 {} {} {} {}",
        clock(second),
        server(rng),
        rng.random_range(1..1_000),
        client(rng),
        choice(&["200", "304", "404"], rng),
        rng.random_range(100..90_000),
        rng.random_range(1..400),
    )
}

fn zeek(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "{}.{:06}\tC{:016x}\t{}\t{}\t{}\t443\ttcp\tssl\t{}\t{}\tSF",
        START_US / 1_000_000 + i64::from(second),
        rng.random_range(0..1_000_000),
        rng.random::<u64>(),
        client(rng),
        port(rng),
        server(rng),
        rng.random_range(100..9_000),
        rng.random_range(100..90_000),
    )
}

fn suricata(rng: &mut SmallRng, second: u32) -> String {
    format!(
        r#"{{"timestamp":"2026-11-20T{}.{:06}+0000","flow_id":{},"in_iface":"eth0","event_type":"alert","src_ip":"{}","src_port":{},"dest_ip":"{}","dest_port":443,"proto":"TCP","alert":{{"action":"allowed","gid":1,"signature_id":{},"rev":2,"signature":"EXAMPLE suspicious name","category":"Misc activity","severity":3}},"flow":{{"pkts_toserver":{},"bytes_toserver":{}}}}}"#,
        clock(second),
        rng.random_range(0..1_000_000),
        rng.random::<u32>(),
        client(rng),
        port(rng),
        server(rng),
        rng.random_range(2_000_000..2_000_400),
        rng.random_range(1..90),
        rng.random_range(100..90_000),
    )
}

fn cloudtrail(rng: &mut SmallRng, second: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLE","accountId":"111122223333","userName":"alice"}},"eventTime":"2026-11-20T{}Z","eventSource":"s3.amazonaws.com","eventName":"{}","awsRegion":"eu-central-1","sourceIPAddress":"{}","userAgent":"aws-cli/2.15","requestParameters":{{"bucketName":"example-bucket","key":"logs/{}"}},"responseElements":null,"eventID":"{:032x}","readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"111122223333"}}"#,
        clock(second),
        choice(&["GetObject", "ListBuckets", "HeadObject"], rng),
        server(rng),
        rng.random_range(1..10_000),
        rng.random::<u128>(),
    )
}

fn vpcflow(rng: &mut SmallRng, second: u32) -> String {
    let start = START_US / 1_000_000 + i64::from(second);
    format!(
        "2 111122223333 eni-0123456789abcdef0 {} {} {} 443 6 {} {} {start} {} {} OK",
        client(rng),
        server(rng),
        port(rng),
        rng.random_range(1..90),
        rng.random_range(100..90_000),
        start + 60,
        choice(&["ACCEPT", "REJECT"], rng),
    )
}

fn windows(rng: &mut SmallRng, second: u32) -> String {
    format!(
        r#"{{"EventID":4624,"TimeCreated":"2026-11-20T{}.{:07}Z","Channel":"Security","Computer":"dc01.example.com","ProviderName":"Microsoft-Windows-Security-Auditing","Level":0,"EventRecordID":{},"EventData":{{"SubjectUserSid":"S-1-5-18","TargetUserName":"alice","TargetDomainName":"EXAMPLE","LogonType":"{}","IpAddress":"{}","IpPort":"{}"}}}}"#,
        clock(second),
        rng.random_range(0..10_000_000),
        rng.random::<u32>(),
        rng.random_range(2..11),
        client(rng),
        port(rng),
    )
}

fn gelf(rng: &mut SmallRng, second: u32) -> String {
    format!(
        r#"{{"version":"1.1","host":"web-ams-{:02}.example.net","short_message":"request {} took {} ms","timestamp":{}.25,"level":6,"_user":"alice","_client_ip":"{}","_status":200,"_bytes":{}}}"#,
        rng.random_range(1..12),
        rng.random::<u32>(),
        rng.random_range(1..400),
        START_US / 1_000_000 + i64::from(second),
        client(rng),
        rng.random_range(100..90_000),
    )
}

fn logfmt(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "ts=2026-11-20T{}Z level={} msg=\"request done\" method=GET path=/api/v1/orders status=200 duration={}ms \
         bytes={} client={}",
        clock(second),
        choice(&["info", "warn"], rng),
        rng.random_range(1..400),
        rng.random_range(100..90_000),
        client(rng),
    )
}

fn influx(rng: &mut SmallRng, second: u32) -> String {
    format!(
        "cpu,host=web-ams-{:02},region=eu usage_user={}.5,usage_system={}.25,running={}i {}",
        rng.random_range(1..12),
        rng.random_range(0..100),
        rng.random_range(0..100),
        rng.random_range(0..400),
        START_US * 1_000 + i64::from(second) * 1_000_000_000,
    )
}

fn statsd(rng: &mut SmallRng, _second: u32) -> String {
    format!(
        "shop.{}.requests:{}|c|@0.1|#region:eu,status:200",
        choice(&["checkout", "search"], rng),
        rng.random_range(1..400)
    )
}
