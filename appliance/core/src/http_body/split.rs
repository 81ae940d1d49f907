//! Finds the events in a body, by its content type.

use std::ops::Range;

use axum::http::{HeaderMap, StatusCode, header};
use hotpath::limits::MESSAGE_BYTES_MAX;

use super::form::{is_form, object_of_form};
use super::json_values::each_value;
use crate::limits::HTTP_MESSAGES_MAX;

/// The events of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Bytes in which they lie.
    pub bytes: Vec<u8>,
    /// Where each of them lies; none was cut.
    pub messages: Vec<(Range<usize>, bool)>,
}

/// Why a body is not taken. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// An event is longer than one may be.
    #[error("an event is longer than 256 KiB; nothing of the request was taken")]
    TooLong,
    /// There are more events than there may be.
    #[error("more than 100000 events in one request: send smaller batches; nothing of it was taken")]
    TooMany,
    /// The events are longer together than they may be.
    #[error("the events are too long together: send smaller batches; nothing of the request was taken")]
    TooMuch,
    /// It is no JSON at this byte.
    #[error("the body is not json at byte {0}; nothing of it was taken")]
    NotJson(usize),
    /// Nothing that events are found in.
    #[error("this content-type is not taken: send json, lines or a form; nothing of the body was taken")]
    ContentType,
}

impl SplitError {
    /// The answer to such a body.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLong | Self::TooMany | Self::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson(_) => StatusCode::BAD_REQUEST,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// An event a line; NDJSON too.
    Lines,
    /// An event a JSON value; of a list, an event an element.
    Json,
    /// One event: a form, as an object.
    Form,
    /// JSON if it is, lines otherwise.
    ToBeSeen,
}

impl BodyKind {
    /// What `Content-Type` says.
    ///
    /// # Errors
    /// For types that cannot be events as they are.
    pub fn of(headers: &HeaderMap) -> Result<Self, SplitError> {
        let value =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match name.as_str() {
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines"
            | "application/json-lines"
            | "application/json-l"
            | "text/plain" => Self::Lines,
            "application/json" | "text/json" | "application/json-seq" | "application/csp-report" => {
                Self::Json
            }
            "application/x-www-form-urlencoded" => Self::Form,
            "application/x-protobuf" | "application/protobuf" | "application/grpc" => {
                return Err(SplitError::ContentType);
            }
            name if name.starts_with("multipart/") => return Err(SplitError::ContentType),
            name if name.ends_with("+json") => Self::Json,
            name if name.ends_with("+ndjson") || name.ends_with("+x-ndjson") => Self::Lines,
            _ => Self::ToBeSeen,
        })
    }
}

/// The events of a body.
///
/// # Errors
/// When there are too many, one is too long, or the body is not what it is said to be.
pub fn split(kind: BodyKind, body: Vec<u8>) -> Result<Events, SplitError> {
    let start = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = body.get(start..).unwrap_or_default();
    let messages = match kind {
        BodyKind::Lines => lines(text)?,
        BodyKind::Json => json(text)?,
        BodyKind::Form if is_form(text) => return form(text),
        BodyKind::Form | BodyKind::ToBeSeen => match json_if_it_is(text)? {
            Some(messages) => messages,
            None => lines(text)?,
        },
    };
    let messages =
        messages.into_iter().map(|range| (range.start + start..range.end + start, false)).collect();
    Ok(Events { bytes: body, messages })
}

/// Where each line lies; blank lines are not events.
///
/// # Errors
/// When there are too many, or one is too long.
pub fn lines(text: &[u8]) -> Result<Vec<Range<usize>>, SplitError> {
    let mut messages = Messages::default();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        let mut range = start..end;
        start = end + 1;
        if range.end > range.start && text.get(range.end - 1) == Some(&b'\r') {
            range.end -= 1;
        }
        if !text.get(range.clone()).unwrap_or_default().trim_ascii().is_empty() {
            messages.add(range)?;
        }
    }
    Ok(messages.0)
}

/// Where each JSON value lies, or each element of a list.
///
/// # Errors
/// As [`lines`], and where the text is no JSON.
pub fn json(text: &[u8]) -> Result<Vec<Range<usize>>, SplitError> {
    let mut messages = Messages::default();
    each_value(text, |range| messages.add(range))?;
    Ok(messages.0)
}

/// Text that begins as JSON does may be a line of a log all the same.
fn json_if_it_is(text: &[u8]) -> Result<Option<Vec<Range<usize>>>, SplitError> {
    if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Ok(None);
    }
    match json(text) {
        Ok(messages) => Ok(Some(messages)),
        Err(SplitError::NotJson(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn form(text: &[u8]) -> Result<Events, SplitError> {
    if text.len() > MESSAGE_BYTES_MAX {
        return Err(SplitError::TooLong);
    }
    let bytes = serde_json::Value::Object(object_of_form(text)).to_string().into_bytes();
    let mut messages = Messages::default();
    messages.add(0..bytes.len())?;
    let messages = messages.0.into_iter().map(|range| (range, false)).collect();
    Ok(Events { bytes, messages })
}

/// The events found so far.
#[derive(Default)]
struct Messages(Vec<Range<usize>>);

impl Messages {
    fn add(&mut self, range: Range<usize>) -> Result<(), SplitError> {
        if range.len() > MESSAGE_BYTES_MAX {
            return Err(SplitError::TooLong);
        }
        if self.0.len() == HTTP_MESSAGES_MAX {
            return Err(SplitError::TooMany);
        }
        self.0.push(range);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(content_type: &str, body: &str) -> Result<Vec<String>, SplitError> {
        let mut headers = HeaderMap::new();
        if !content_type.is_empty() {
            headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        let events = split(BodyKind::of(&headers)?, body.as_bytes().to_vec())?;
        let text = |range: Range<usize>| String::from_utf8(events.bytes[range].to_vec()).unwrap();
        Ok(events.messages.iter().map(|(range, _)| text(range.clone())).collect())
    }

    #[test]
    fn lines_are_events_and_blank_ones_are_not() {
        for content_type in ["", "text/plain; charset=utf-8", "application/octet-stream"] {
            assert_eq!(events(content_type, "one\r\n\n  \ntwo\nthree").unwrap(), ["one", "two", "three"]);
            assert_eq!(events(content_type, "").unwrap(), [""; 0]);
        }
    }

    #[test]
    fn lines_that_are_called_json_lines_are_lines_whatever_is_in_them() {
        for content_type in
            ["application/x-ndjson", "application/jsonl", "application/vnd.elasticsearch+x-ndjson"]
        {
            let found = events(content_type, "{\"a\":1}\n{\"b\n{}\n").unwrap();
            assert_eq!(found, ["{\"a\":1}", "{\"b", "{}"], "{content_type}");
        }
    }

    #[test]
    fn json_is_cut_into_its_values_whatever_its_lines_are() {
        for content_type in
            ["application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json", ""]
        {
            assert_eq!(events(content_type, "{\n\"a\":1\n}\n").unwrap(), ["{\n\"a\":1\n}"], "{content_type}");
            assert_eq!(events(content_type, "[{\"a\":1},\n{\"b\":2}]").unwrap(), ["{\"a\":1}", "{\"b\":2}"]);
            assert_eq!(events(content_type, "{\"a\":1}\n{\"b\":2}\n").unwrap(), ["{\"a\":1}", "{\"b\":2}"]);
        }
        assert_eq!(events("application/json", "\u{feff}{}").unwrap(), ["{}"]);
    }

    #[test]
    fn json_that_is_none_is_refused_and_text_without_a_type_is_lines_then() {
        assert_eq!(events("application/json", "{} x"), Err(SplitError::NotJson(3)));
        assert_eq!(events("", "[error] a\n[error] b\n").unwrap(), ["[error] a", "[error] b"]);
        assert_eq!(events("", "{\"a\":1}\n{\"b\n").unwrap(), ["{\"a\":1}", "{\"b"]);
    }

    #[test]
    fn a_form_is_one_event_and_what_curl_calls_a_form_is_what_it_is() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(events(form, "a=1&b=x%20y").unwrap(), [r#"{"a":"1","b":"x y"}"#]);
        assert_eq!(events(form, "[{\"a\":1},{\"b\":2}]").unwrap(), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(events(form, "a line with a=1\nanother").unwrap(), ["a line with a=1", "another"]);
    }

    #[test]
    fn other_types_are_refused() {
        for content_type in ["multipart/form-data; boundary=x", "application/x-protobuf"] {
            assert_eq!(events(content_type, "x"), Err(SplitError::ContentType));
        }
    }

    #[test]
    fn what_is_too_long_is_refused_as_a_whole() {
        let long = "x".repeat(MESSAGE_BYTES_MAX + 1);
        assert_eq!(events("", &format!("a\n{long}")), Err(SplitError::TooLong));
        assert_eq!(events("application/json", &format!("[\"{long}\"]")), Err(SplitError::TooLong));
        assert_eq!(events("", &"x\n".repeat(HTTP_MESSAGES_MAX + 1)), Err(SplitError::TooMany));
        assert_eq!(events("", &"{}".repeat(HTTP_MESSAGES_MAX + 1)), Err(SplitError::TooMany));
        let form = format!("a={}", "x".repeat(MESSAGE_BYTES_MAX));
        assert_eq!(events("application/x-www-form-urlencoded", &form), Err(SplitError::TooLong));
    }
}
