//! StatsD with the additions of DogStatsD and Telegraf: a row for each value of a metric, each event and each service
//! check. See `docs/protocols/metrics.md`.

mod metric;

use super::Decoder;
use super::influx::put_beside;
use crate::batch::{BatchBuilder, ColumnIndex, ShortText, Value};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::text::text_or_escaped;
use metric::{DogEvent, Fault, Line, Metric, MetricType, Sections, ServiceCheck, parse};

const METRIC: ShortText = ShortText::new("metric");
const EVENT: ShortText = ShortText::new("event");
/// Longer than a short text may be.
const SERVICE_CHECK: &str = "service_check";

/// The columns, see `docs/protocols/metrics.md`.
#[derive(Debug, Clone, Copy)]
struct Columns {
    record_type: ColumnIndex,
    metric_name: ColumnIndex,
    metric_type: ColumnIndex,
    value: ColumnIndex,
    set_member: ColumnIndex,
    is_delta: ColumnIndex,
    sample_rate: ColumnIndex,
    container_id: ColumnIndex,
    external_data: ColumnIndex,
    cardinality: ColumnIndex,
    title: ColumnIndex,
    message: ColumnIndex,
    hostname: ColumnIndex,
    aggregation_key: ColumnIndex,
    priority: ColumnIndex,
    source_type_name: ColumnIndex,
    alert_type: ColumnIndex,
    check_name: ColumnIndex,
    check_status: ColumnIndex,
}

impl Columns {
    fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            record_type: rows.define("record_type", ColumnType::String),
            metric_name: rows.define("metric_name", ColumnType::String),
            metric_type: rows.define("metric_type", ColumnType::String),
            value: rows.define("value", ColumnType::Double),
            set_member: rows.define("set_member", ColumnType::String),
            is_delta: rows.define("is_delta", ColumnType::Boolean),
            sample_rate: rows.define("sample_rate", ColumnType::Double),
            container_id: rows.define("container_id", ColumnType::String),
            external_data: rows.define("external_data", ColumnType::String),
            cardinality: rows.define("cardinality", ColumnType::String),
            title: rows.define("title", ColumnType::String),
            message: rows.define("message", ColumnType::String),
            hostname: rows.define("hostname", ColumnType::String),
            aggregation_key: rows.define("aggregation_key", ColumnType::String),
            priority: rows.define("priority", ColumnType::String),
            source_type_name: rows.define("source_type_name", ColumnType::String),
            alert_type: rows.define("alert_type", ColumnType::String),
            check_name: rows.define("check_name", ColumnType::String),
            check_status: rows.define("check_status", ColumnType::Int64),
        }
    }
}

/// Decodes lines of StatsD. Its memory is used again from event to event.
#[derive(Debug)]
pub struct StatsdDecoder {
    columns: Columns,
    /// The number of the event's first row.
    first_row: usize,
    /// The event where it is not UTF-8.
    escaped: String,
}

impl StatsdDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(rows: &mut BatchBuilder) -> Self {
        Self { columns: Columns::define(rows), first_row: 0, escaped: String::new() }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        self.first_row = rows.rows();
        for line in text.split('\n').map(str::trim_ascii).filter(|line| !line.is_empty()) {
            match parse(line) {
                Ok(Line::Metric(metric)) => self.put_metric(line, &metric, event, rows),
                Ok(Line::Event(found)) => self.put_event(line, &found, event, rows),
                Ok(Line::ServiceCheck(check)) => self.put_check(line, &check, event, rows),
                Err(fault) => self.put_fault(line, fault, event, rows),
            }
        }
        if rows.rows() == self.first_row {
            rows.begin_row(event);
            rows.parse_error("no metric in the message");
            rows.put_raw(event.bytes);
            rows.end_row();
        }
    }

    /// A row for each value.
    fn put_metric(&self, line: &str, metric: &Metric<'_>, event: &Event<'_>, rows: &mut BatchBuilder) {
        let columns = &self.columns;
        for text in &metric.values {
            self.begin_row(line, event, rows);
            rows.put_short(columns.record_type, METRIC);
            rows.put_text(columns.metric_name, metric.name);
            rows.put_short(columns.metric_type, metric.metric_type.text());
            if metric.metric_type == MetricType::Set {
                rows.put_text(columns.set_member, text);
            } else if let Some(value) = text.parse().ok().filter(|value: &f64| value.is_finite()) {
                rows.put(columns.value, &Value::Double(value));
            } else {
                rows.parse_error("a value that is no number");
                rows.put_raw(line.as_bytes());
            }
            // A gauge with a sign is changed by so much.
            if metric.metric_type == MetricType::Gauge && text.starts_with(['+', '-']) {
                rows.put(columns.is_delta, &Value::Boolean(true));
            }
            self.put_sections(&metric.sections, rows);
            rows.end_row();
        }
    }

    fn put_event(&self, line: &str, found: &DogEvent<'_>, event: &Event<'_>, rows: &mut BatchBuilder) {
        self.begin_row(line, event, rows);
        rows.put_short(self.columns.record_type, EVENT);
        put_text_with_breaks(self.columns.title, found.title, rows);
        put_text_with_breaks(self.columns.message, found.text, rows);
        self.put_sections(&found.sections, rows);
        rows.end_row();
    }

    fn put_check(&self, line: &str, check: &ServiceCheck<'_>, event: &Event<'_>, rows: &mut BatchBuilder) {
        self.begin_row(line, event, rows);
        rows.put_text(self.columns.record_type, SERVICE_CHECK);
        rows.put_text(self.columns.check_name, check.name);
        rows.put_i64(self.columns.check_status, check.status);
        self.put_sections(&check.sections, rows);
        rows.end_row();
    }

    fn put_sections(&self, sections: &Sections<'_>, rows: &mut BatchBuilder) {
        let columns = &self.columns;
        if let Some(rate) = sections.sample_rate {
            rows.put(columns.sample_rate, &Value::Double(rate));
        }
        if let Some(time_us) = sections.time_s.and_then(|time_s| time_s.checked_mul(1_000_000)) {
            rows.set_event_time(time_us);
        }
        if let Some(message) = sections.message {
            put_text_with_breaks(columns.message, message, rows);
        }
        for (column, text) in [
            (columns.container_id, sections.container_id),
            (columns.external_data, sections.external_data),
            (columns.cardinality, sections.cardinality),
            (columns.hostname, sections.hostname),
            (columns.aggregation_key, sections.aggregation_key),
            (columns.priority, sections.priority),
            (columns.source_type_name, sections.source_type_name),
            (columns.alert_type, sections.alert_type),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                rows.put_text(column, text);
            }
        }
        for (key, value) in &sections.tags {
            // A tag without a value is there, which is all it says.
            put_beside("tag_", key, &Value::Text(value.unwrap_or("true")), rows);
        }
    }

    fn begin_row(&self, line: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        rows.begin_row_of(event, self.first_row);
        if event.truncated {
            rows.put_raw(line.as_bytes());
        }
    }

    fn put_fault(&self, line: &str, fault: Fault, event: &Event<'_>, rows: &mut BatchBuilder) {
        self.begin_row(line, event, rows);
        rows.parse_error(fault);
        rows.put_raw(line.as_bytes());
        rows.end_row();
    }
}

/// DogStatsD writes a line break as a backslash and an `n`.
fn put_text_with_breaks(column: ColumnIndex, text: &str, rows: &mut BatchBuilder) {
    if text.contains("\\n") {
        rows.put_text(column, &text.replace("\\n", "\n"));
    } else {
        rows.put_text(column, text);
    }
}

impl Decoder for StatsdDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::decode::testing::{Row, decode as decode_with};

    fn decode(text: &str) -> Vec<Row> {
        decode_with(text.as_bytes(), |rows| Box::new(StatsdDecoder::new(rows)))
    }

    #[test]
    fn a_datagram_of_metrics_is_a_row_for_each_value() {
        let rows = decode(
            "page.views:1|c\nfuel:0.5|g|@0.1|#env:prod,canary\nlatency:3:4|ms\nusers:abc:d|s|T1656581400\n",
        );
        let metric = |name: &str, kind: &str| {
            Row::from([
                ("record_type", json!("metric")),
                ("metric_name", json!(name)),
                ("metric_type", json!(kind)),
            ])
        };
        let with = |mut row: Row, more: &[(&'static str, serde_json::Value)]| {
            row.extend(more.iter().cloned());
            row
        };
        assert_eq!(rows[0], with(metric("page.views", "counter"), &[("value", json!(1.0))]));
        let fuel = [
            ("value", json!(0.5)),
            ("sample_rate", json!(0.1)),
            ("env", json!("prod")),
            ("canary", json!("true")),
        ];
        assert_eq!(rows[1], with(metric("fuel", "gauge"), &fuel));
        assert_eq!(rows[2], with(metric("latency", "timer"), &[("value", json!(3.0))]));
        assert_eq!(rows[3], with(metric("latency", "timer"), &[("value", json!(4.0))]));
        let users = [("set_member", json!("abc:d")), ("event_time", json!("2022-06-30T09:30:00Z"))];
        assert_eq!(rows[4], with(metric("users", "set"), &users));
    }

    #[test]
    fn gauges_with_a_sign_and_tags_in_the_name() {
        let rows = decode("load,host=a,region=b:-5|g|c:ci-1\ncpu;host=x:1|h");
        assert_eq!((&rows[0]["value"], &rows[0]["is_delta"]), (&json!(-5.0), &json!(true)));
        assert_eq!((&rows[0]["host"], &rows[0]["region"]), (&json!("a"), &json!("b")));
        assert_eq!(rows[0]["container_id"], "ci-1");
        assert_eq!((&rows[1]["metric_name"], &rows[1]["host"]), (&json!("cpu"), &json!("x")));
    }

    /// The examples of DogStatsD's page "Datagram Format and Shell Usage".
    #[test]
    fn events_and_service_checks() {
        let rows = decode(
            "_e{21,36}:An exception occurred|Cannot parse CSV file from 10.0.0.17|t:warning|#err_type:bad_file\n_sc|Redis connection|2|h:web-1|#env:dev|m:Redis connection timed out after 10s",
        );
        assert_eq!(
            rows[0],
            Row::from([
                ("record_type", json!("event")),
                ("title", json!("An exception occurred")),
                ("message", json!("Cannot parse CSV file from 10.0.0.17")),
                ("alert_type", json!("warning")),
                ("err_type", json!("bad_file")),
            ])
        );
        assert_eq!(
            rows[1],
            Row::from([
                ("record_type", json!("service_check")),
                ("check_name", json!("Redis connection")),
                ("check_status", json!(2)),
                ("hostname", json!("web-1")),
                ("env", json!("dev")),
                ("message", json!("Redis connection timed out after 10s")),
            ])
        );
    }

    #[test]
    fn what_is_no_metric_is_kept_with_a_reason() {
        let many_values = format!("a{}|c", ":1".repeat(200));
        for line in [
            "just text",
            "a:1",
            "a:1|x",
            ":1|c",
            "a:x|c",
            "a:1|c|what",
            "a:1|c|@x",
            "_e{5,4}:short|x",
            "_e{9999999999999999999999,1}:a|b",
            "_sc|name",
            &many_values,
        ] {
            let rows = decode(line);
            assert_eq!(rows.len(), 1, "{line}");
            assert!(rows[0].contains_key("parse_error"), "{line}");
            assert_eq!(rows[0]["raw"], line);
        }
        assert_eq!(decode("\n \n")[0]["parse_error"], "no metric in the message");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            name in "[a-zA-Z0-9_./-]{1,20}",
            (eighths, sixteenths) in (any::<i32>(), 1..16),
            tag in "[a-zA-Z0-9_./: -]{0,20}x",
        ) {
            let (value, rate) = (f64::from(eighths) / 8.0, f64::from(sixteenths) / 16.0);
            let rows = decode(&format!("{name}:{value}|d|@{rate}|#label:{tag}"));
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].get("parse_error"), None);
            prop_assert_eq!((&rows[0]["metric_name"], &rows[0]["value"]), (&json!(name), &json!(value)));
            prop_assert_eq!(&rows[0]["sample_rate"], &json!(rate));
            prop_assert_eq!(rows[0]["label"].as_str().unwrap(), tag);
        }
    }
}
