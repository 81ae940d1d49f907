//! Headers of a request that become members of its events.

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName};
use bytefreezer_core::http_body::{Events, SplitError};

use crate::limits::HTTP_HEADER_VALUE_BYTES_MAX;
use hotpath::limits::MESSAGE_BYTES_MAX;

/// The headers whose values are kept, each with the name of its member.
#[derive(Debug)]
pub(super) struct HeaderMembers(Vec<(HeaderName, String)>);

impl HeaderMembers {
    /// `X-GitHub-Event` becomes `http_header_x_github_event`.
    pub(super) fn new(names: &[String]) -> anyhow::Result<Self> {
        let member = |name: &String| {
            let header = HeaderName::from_bytes(name.as_bytes()).context("not the name of a header")?;
            let plain =
                |byte: u8| if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() as char } else { '_' };
            Ok((header, format!("http_header_{}", name.bytes().map(plain).collect::<String>())))
        };
        Ok(Self(names.iter().map(member).collect::<anyhow::Result<_>>()?))
    }

    /// Puts the members at the front of every event that is a JSON object; the others stay as they are.
    ///
    /// # Errors
    /// When an event is too long with them, or all are longer than `bytes_max` together.
    pub(super) fn add(
        &self,
        headers: &HeaderMap,
        events: Events,
        bytes_max: usize,
    ) -> Result<Events, SplitError> {
        let members = self.text(headers);
        if members.is_empty() {
            return Ok(events);
        }
        let bytes_needed = events.bytes.len() + events.messages.len() * (members.len() + 1);
        if bytes_needed > bytes_max {
            return Err(SplitError::TooMuch);
        }
        let mut with_members = Events { bytes: Vec::with_capacity(bytes_needed), messages: Vec::new() };
        for (range, is_cut) in events.messages {
            let event = events.bytes.get(range).unwrap_or_default();
            let start = with_members.bytes.len();
            match event.trim_ascii_start().strip_prefix(b"{") {
                None => with_members.bytes.extend_from_slice(event),
                Some(rest) => {
                    with_members.bytes.extend_from_slice(b"{");
                    with_members.bytes.extend_from_slice(members.as_bytes());
                    if !rest.trim_ascii_start().starts_with(b"}") {
                        with_members.bytes.push(b',');
                    }
                    with_members.bytes.extend_from_slice(rest);
                }
            }
            let range = start..with_members.bytes.len();
            if range.len() > MESSAGE_BYTES_MAX {
                return Err(SplitError::TooLong);
            }
            with_members.messages.push((range, is_cut));
        }
        Ok(with_members)
    }

    /// The members that the request has, as they stand in an object.
    fn text(&self, headers: &HeaderMap) -> String {
        let mut text = String::new();
        for (header, member) in &self.0 {
            let Some(value) = headers.get(header) else { continue };
            let bytes = value.as_bytes();
            let value = String::from_utf8_lossy(bytes.get(..HTTP_HEADER_VALUE_BYTES_MAX).unwrap_or(bytes));
            let comma = if text.is_empty() { "" } else { "," };
            text.push_str(&format!("{comma}\"{member}\":{}", serde_json::Value::from(value)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(event: &str) -> String {
        let members =
            HeaderMembers::new(&["X-GitHub-Event".to_owned(), "X-Missing".to_owned(), "A".to_owned()])
                .unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-github-event", "push \"x\"".parse().unwrap());
        headers.insert("a", "1".parse().unwrap());
        let events = Events { bytes: event.as_bytes().to_vec(), messages: vec![(0..event.len(), false)] };
        let added = members.add(&headers, events, 10_000).unwrap();
        assert_eq!(added.messages, [(0..added.bytes.len(), false)]);
        String::from_utf8(added.bytes).unwrap()
    }

    #[test]
    fn objects_get_the_members_and_lines_do_not() {
        let members = r#""http_header_x_github_event":"push \"x\"","http_header_a":"1""#;
        assert_eq!(added(r#"{"a": 1}"#), format!(r#"{{{members},"a": 1}}"#));
        assert_eq!(added("{ }"), format!("{{{members} }}"));
        assert_eq!(added("a line"), "a line");
        assert_eq!(added("[1]"), "[1]");
    }

    #[test]
    fn a_request_without_these_headers_stays_as_it_is() {
        let members = HeaderMembers::new(&["X-GitHub-Event".to_owned()]).unwrap();
        let events = || Events { bytes: b"{}".to_vec(), messages: vec![(0..2, false)] };
        assert_eq!(members.add(&HeaderMap::new(), events(), 2), Ok(events()));
    }

    #[test]
    fn what_they_add_counts() {
        let members = HeaderMembers::new(&["A".to_owned()]).unwrap();
        let headers: HeaderMap =
            [(HeaderName::from_static("a"), "x".repeat(5000).parse().unwrap())].into_iter().collect();
        let events = |bytes: Vec<u8>| Events { messages: vec![(0..bytes.len(), false)], bytes };
        assert_eq!(members.add(&headers, events(b"{}".to_vec()), 500), Err(SplitError::TooMuch));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(MESSAGE_BYTES_MAX - 100));
        assert_eq!(members.add(&headers, events(long.into_bytes()), usize::MAX), Err(SplitError::TooLong));
        let cut = members.add(&headers, events(b"{}".to_vec()), 5000).unwrap();
        assert!(cut.bytes.len() < 1100);
    }
}
