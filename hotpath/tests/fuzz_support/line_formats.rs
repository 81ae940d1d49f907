//! logfmt, the line protocol of InfluxDB, StatsD, VPC flow logs, and plain lines.

use hotpath::decode::{DecoderOptions, decoder};

use super::records;

pub fn check(input: &[u8]) {
    records::check(input, |rows| decoder("logfmt".parse().unwrap(), &DecoderOptions::default(), rows));
    records::check(input, |rows| decoder("influx".parse().unwrap(), &DecoderOptions::default(), rows));
    records::check(input, |rows| decoder("statsd".parse().unwrap(), &DecoderOptions::default(), rows));
    records::check(input, |rows| decoder("vpcflow".parse().unwrap(), &DecoderOptions::default(), rows));
    records::check(input, |rows| decoder("lines".parse().unwrap(), &DecoderOptions::default(), rows));
}
