//! Whether a JSON value is an event as Splunk's collector takes it: an object with a member `event` that is not blank.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventFault {
    /// It is no object, or none that can be read.
    NoObject,
    /// It has no member `event`.
    NoEvent,
    /// That is null or empty text.
    Blank,
}

/// Checks one event.
///
/// # Errors
/// [`EventFault`].
pub(super) fn check_event(event: &[u8]) -> Result<(), EventFault> {
    if !event.starts_with(b"{") {
        return Err(EventFault::NoObject);
    }
    match serde_json::from_slice::<Envelope>(event).map_err(|_| EventFault::NoObject)?.event {
        None => Err(EventFault::NoEvent),
        Some(EventMember { is_blank: true }) => Err(EventFault::Blank),
        Some(_) => Ok(()),
    }
}

#[derive(serde::Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "present")]
    event: Option<EventMember>,
}

/// A member that is null is there all the same.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EventMember>, D::Error> {
    EventMember::deserialize(deserializer).map(Some)
}

struct EventMember {
    is_blank: bool,
}

impl<'de> Deserialize<'de> for EventMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = EventMember;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an event")
            }

            fn visit_unit<E>(self) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: true })
            }

            fn visit_str<E>(self, text: &str) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: text.trim().is_empty() })
            }

            fn visit_bool<E>(self, _: bool) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: false })
            }

            fn visit_i64<E>(self, _: i64) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: false })
            }

            fn visit_u64<E>(self, _: u64) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: false })
            }

            fn visit_f64<E>(self, _: f64) -> Result<EventMember, E> {
                Ok(EventMember { is_blank: false })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EventMember, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(EventMember { is_blank: false })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EventMember, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(EventMember { is_blank: false })
            }
        }
        deserializer.deserialize_any(Look)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_an_object_with_an_event() {
        for right in [
            r#"{"event":"x"}"#,
            r#"{"time":1,"event":{"a":{"b":[1]}},"fields":{}}"#,
            r#"{"event":[1]}"#,
            r#"{"event":0}"#,
            r#"{"event":false}"#,
            r#"{"event":-1.5}"#,
        ] {
            assert_eq!(check_event(right.as_bytes()), Ok(()), "{right}");
        }
        let wrong = [
            (r#"["event"]"#, EventFault::NoObject),
            (r#""event""#, EventFault::NoObject),
            (r#"{"event"}"#, EventFault::NoObject),
            (r#"{"event":"x"]"#, EventFault::NoObject),
            (r#"{"host":"x"}"#, EventFault::NoEvent),
            (r#"{"event":null}"#, EventFault::Blank),
            (r#"{"event":" "}"#, EventFault::Blank),
        ];
        for (text, fault) in wrong {
            assert_eq!(check_event(text.as_bytes()), Err(fault), "{text}");
        }
        let deep = format!("{{\"event\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(check_event(deep.as_bytes()), Ok(()));
    }
}
