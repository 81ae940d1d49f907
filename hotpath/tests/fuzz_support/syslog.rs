//! Syslog: every message is one row, and says by which rules it was read.

use hotpath::batch::BatchBuilder;
use hotpath::decode::Decoder;
use hotpath::decode::syslog::{SyslogDecoder, SyslogOptions};

use super::rows;

pub fn check(input: &[u8]) {
    let batch = rows::check(input, new_decoder);
    rows::check_messages(input, &batch);
    for row in 0..batch.num_rows() {
        let is_marked =
            ["cef_version", "leef_version"].iter().any(|name| rows::text(&batch, name, row).is_some());
        let rfc = rows::text(&batch, "rfc", row);
        assert!(
            rfc.is_some_and(|rfc| ["5424", "3164", "raw"].contains(&rfc)) || (rfc.is_none() && is_marked)
        );
        let names = ["facility_name", "severity_name"].map(|name| rows::text(&batch, name, row).is_some());
        assert_eq!(names[0], names[1], "a PRI is both or neither");
    }
}

fn new_decoder(rows: &mut BatchBuilder) -> Box<dyn Decoder> {
    Box::new(SyslogDecoder::new(SyslogOptions { time_zone: chrono_tz::Tz::Europe__Berlin }, rows))
}
