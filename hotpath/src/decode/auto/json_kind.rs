//! Which format a JSON event has, by the names that only events of that format have.

use super::kind::Kind;
use crate::block::SourceType;

/// Bytes at the beginning of an event that are looked at: names come early, and a look at all of a long event would cost as
/// much as decoding it.
const LOOKED_AT_BYTES_MAX: usize = 4_096;

/// The kind of an event that is an object.
pub(super) fn of_object(text: &str, source_type: SourceType) -> Kind {
    if source_type == SourceType::Ebpf {
        return Kind::Ebpf;
    }
    let names = Names::of(text);
    if names.begins(&["{\"ts\":", "{\"_path\":"]) && !names.has("\"level\":") {
        return Kind::Zeek;
    }
    names.kind().unwrap_or(Kind::Json)
}

/// The kind of an event that is a list: that of the objects in it.
pub(super) fn of_list(text: &str) -> Kind {
    Names::of(text).kind().unwrap_or(Kind::Json)
}

/// The beginning of an event.
#[derive(Debug, Clone, Copy)]
struct Names<'a> {
    text: &'a [u8],
}

impl<'a> Names<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self { text: text.get(..LOOKED_AT_BYTES_MAX).unwrap_or(text) }
    }

    fn begins(self, starts: &[&str]) -> bool {
        starts.iter().any(|start| self.text.starts_with(start.as_bytes()))
    }

    fn has(self, name: &str) -> bool {
        memchr::memmem::find(self.text, name.as_bytes()).is_some()
    }

    fn has_all(self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    fn kind(self) -> Option<Kind> {
        // A look for one name of each kind, which hardly any other event has, and at more only where it is there.
        if self.has("\"event_type\"")
            && (self.has("\"flow_id\"") || self.has_all(&["\"stats\"", "\"timestamp\""]))
        {
            return Some(Kind::Suricata);
        }
        if self.has("\"eventVersion\"") && self.has_all(&["\"eventSource\"", "\"eventName\""]) {
            return Some(Kind::Cloudtrail);
        }
        if self.has("\"short_message\"") && self.has("\"version\"") {
            return Some(Kind::Gelf);
        }
        if self.is_windows() {
            return Some(Kind::Windows);
        }
        self.is_ebpf().then_some(Kind::Ebpf)
    }

    /// Winlogbeat, NXLog, Sysmon and what else forwards the Windows event log.
    fn is_windows(self) -> bool {
        self.has("\"winlog\"")
            || (self.has("\"EventID\"")
                && (self.has("\"Channel\"") || self.has("\"Computer\"") || self.has("\"System\"")))
            || (self.has("\"event_id\"") && self.has("\"log_name\""))
    }

    /// Tetragon, Tracee, Falco, KubeArmor and Inspektor Gadget.
    fn is_ebpf(self) -> bool {
        self.begins(&[
            "{\"process_exec\":",
            "{\"process_exit\":",
            "{\"process_kprobe\":",
            "{\"process_tracepoint\":",
        ]) || self.has_all(&["\"hostProcessId\"", "\"eventName\""])
            || self.has_all(&["\"output_fields\"", "\"rule\""])
            || self.has_all(&["\"HostPID\"", "\"Operation\""])
            || self.has("\"mntns_id\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_kind() {
        for (text, kind) in [
            (r#"{"ts":1.5,"uid":"C1"}"#, Kind::Zeek),
            (r#"{"_path":"dns","ts":"x"}"#, Kind::Zeek),
            (r#"{"ts":1.5,"level":"info"}"#, Kind::Json),
            (r#"{"timestamp":"x","flow_id":1,"event_type":"alert"}"#, Kind::Suricata),
            (
                r#"{"Records":[{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"x"}]}"#,
                Kind::Cloudtrail,
            ),
            (r#"{"version":"1.1","host":"h","short_message":"m"}"#, Kind::Gelf),
            (r#"{"EventID":4624,"Channel":"Security"}"#, Kind::Windows),
            (r#"{"process_exec":{"process":{}}}"#, Kind::Ebpf),
            (r#"{"output":"x","rule":"r","output_fields":{}}"#, Kind::Ebpf),
            (r#"{"event_type":"login","user":"a"}"#, Kind::Json),
        ] {
            assert_eq!(of_object(text, SourceType::Tcp), kind, "{text}");
        }
        assert_eq!(of_object("{}", SourceType::Ebpf), Kind::Ebpf);
        assert_eq!(of_list(r#"[{"version":"1.1","short_message":"m"}]"#), Kind::Gelf);
    }
}
