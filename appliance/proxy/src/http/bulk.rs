//! The body of a `_bulk` request (Elasticsearch's bulk API): lines of actions, each with its document behind it.

use bytefreezer_core::http_body::Events;
use bytefreezer_core::limits::HTTP_MESSAGES_MAX;
use hotpath::limits::MESSAGE_BYTES_MAX;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};

/// A request taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Bulk {
    /// An event for each action that is taken: its line, a line break, and the document.
    pub(super) events: Events,
    /// Every action, in the order of the request.
    pub(super) items: Vec<Item>,
}

/// An action.
#[derive(Debug, PartialEq)]
pub(super) struct Item {
    verb: Verb,
    index: String,
    id: String,
    refusal: Option<Refusal>,
}

/// What an action wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Index,
    Create,
    Update,
    Delete,
}

/// Why an action alone is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// Events are not changed or deleted.
    NotAnEvent,
    TooLong,
    NoDocument,
}

/// Why a request is not taken; nothing of it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BulkError {
    #[error(
        "Malformed action/metadata line [{0}], expected an object with one of index, create, update, delete"
    )]
    Action(usize),
    #[error("more than 100000 actions in one request: send smaller batches")]
    TooMany,
    #[error("the events are too long together: send smaller batches")]
    TooMuch,
    #[error("request body is required")]
    Empty,
}

/// Takes a body apart; `path_index` is the index that the path of the request names.
///
/// # Errors
/// [`BulkError`].
pub(super) fn take_apart(
    body: Vec<u8>,
    path_index: Option<&str>,
    bytes_max: usize,
) -> Result<Bulk, BulkError> {
    let mut bulk = Bulk::default();
    let mut made = Vec::new();
    let mut lines = Lines { body: &body, at: 0, number: 0 };
    while let Some((start, line)) = lines.next() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if bulk.items.len() == HTTP_MESSAGES_MAX {
            return Err(BulkError::TooMany);
        }
        let (verb, mut metadata) = action(line).ok_or(BulkError::Action(lines.number))?;
        let document = if verb == Verb::Delete { None } else { lines.next() };
        let mut item = Item::new(verb, &metadata, path_index);
        item.refusal = match (verb, document) {
            (Verb::Update | Verb::Delete, _) => Some(Refusal::NotAnEvent),
            (_, None) => Some(Refusal::NoDocument),
            (_, Some((_, document))) if document.trim_ascii().is_empty() => Some(Refusal::NoDocument),
            _ => None,
        };
        if let (None, Some((document_start, document))) = (item.refusal, document) {
            let mut range = start..document_start + document.len();
            if let (Some(index), false) = (path_index, metadata.contains_key("_index")) {
                metadata.insert("_index".to_owned(), index.into());
                range.start = made.len();
                made.extend_from_slice(json!({ verb.name(): metadata }).to_string().as_bytes());
                made.push(b'\n');
                made.extend_from_slice(document);
                range.end = made.len();
            } else if path_index.is_some() {
                let sent = body.get(range).unwrap_or_default();
                range = made.len()..made.len() + sent.len();
                made.extend_from_slice(sent);
            }
            if made.len() > bytes_max {
                return Err(BulkError::TooMuch);
            }
            if range.len() > MESSAGE_BYTES_MAX {
                item.refusal = Some(Refusal::TooLong);
            } else {
                bulk.events.messages.push((range, false));
            }
        }
        bulk.items.push(item);
    }
    if bulk.items.is_empty() {
        return Err(BulkError::Empty);
    }
    bulk.events.bytes = if path_index.is_some() { made } else { body };
    Ok(bulk)
}

/// The lines of a body, without their line breaks, each with where it begins.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
    /// Of the line that was given last, from 1.
    number: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<(usize, &'a [u8])> {
        let start = self.at;
        let rest = self.body.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = start + length + 1;
        self.number += 1;
        let line = rest.get(..length).unwrap_or_default();
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    }
}

/// The verb of an action, and what it says about the document.
fn action(line: &[u8]) -> Option<(Verb, Map<String, Value>)> {
    let action: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let mut members = action.into_iter();
    let (verb, metadata) = members.next()?;
    if members.next().is_some() {
        return None;
    }
    let verb = [Verb::Index, Verb::Create, Verb::Update, Verb::Delete]
        .into_iter()
        .find(|known| known.name() == verb)?;
    match metadata {
        Value::Object(metadata) => Some((verb, metadata)),
        _ => None,
    }
}

impl Verb {
    fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Refusal {
    fn status(self) -> u16 {
        match self {
            Self::NotAnEvent | Self::NoDocument => 400,
            Self::TooLong => 413,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::NotAnEvent => "only index and create are taken here: events are not changed or deleted",
            Self::TooLong => "the action and its document are longer than 256 KiB",
            Self::NoDocument => "the action has no document behind it",
        }
    }
}

impl Item {
    fn new(verb: Verb, metadata: &Map<String, Value>, path_index: Option<&str>) -> Self {
        let text = |name: &str| match metadata.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(number @ Value::Number(_)) => Some(number.to_string()),
            _ => None,
        };
        let index = text("_index").unwrap_or_else(|| path_index.unwrap_or_default().to_owned());
        Self { verb, index, id: text("_id").unwrap_or_default(), refusal: None }
    }
}

/// What became of the actions that could be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They are durable.
    Taken,
    /// None was taken, there is no room.
    Busy,
}

/// The answer to a request.
pub(super) struct BulkAnswer<'a> {
    pub(super) took_ms: u64,
    pub(super) items: &'a [Item],
    pub(super) outcome: Outcome,
}

impl Serialize for BulkAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_busy = self.outcome == Outcome::Busy;
        let mut answer = serializer.serialize_map(None)?;
        answer.serialize_entry("took", &self.took_ms)?;
        answer
            .serialize_entry("errors", &(is_busy || self.items.iter().any(|item| item.refusal.is_some())))?;
        let items = self.items.iter().map(|item| ItemAnswer { item, outcome: self.outcome });
        answer.serialize_entry("items", &Answers(items.collect()))?;
        if is_busy {
            answer.serialize_entry("error", &ItemError::BUSY)?;
            answer.serialize_entry("status", &429)?;
        }
        answer.end()
    }
}

struct Answers<'a>(Vec<ItemAnswer<'a>>);

impl Serialize for Answers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

struct ItemAnswer<'a> {
    item: &'a Item,
    outcome: Outcome,
}

/// The answer to an item that was taken.
#[derive(serde::Serialize)]
struct Taken<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_id")]
    id: &'a str,
    #[serde(rename = "_version")]
    version: u32,
    result: &'static str,
    status: u16,
}

/// The answer to an item that was not.
#[derive(serde::Serialize)]
struct NotTaken<'a> {
    #[serde(rename = "_index")]
    index: &'a str,
    #[serde(rename = "_id")]
    id: &'a str,
    status: u16,
    error: ItemError,
}

#[derive(serde::Serialize)]
struct ItemError {
    #[serde(rename = "type")]
    kind: &'static str,
    reason: &'static str,
}

impl ItemError {
    const BUSY: Self = Self {
        kind: "es_rejected_execution_exception",
        reason: "the log or the memory is full; nothing of the request was taken: try again later",
    };
}

impl Serialize for ItemAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Item { verb, index, id, refusal } = self.item;
        let mut answer = serializer.serialize_map(Some(1))?;
        let not_taken = |status, error| NotTaken { index, id, status, error };
        match (refusal, self.outcome) {
            (Some(refusal), _) => {
                let error = ItemError { kind: "illegal_argument_exception", reason: refusal.reason() };
                answer.serialize_entry(verb.name(), &not_taken(refusal.status(), error))?;
            }
            (None, Outcome::Busy) => answer.serialize_entry(verb.name(), &not_taken(429, ItemError::BUSY))?,
            (None, Outcome::Taken) => {
                let taken = Taken { index, id, version: 1, result: "created", status: 201 };
                answer.serialize_entry(verb.name(), &taken)?;
            }
        }
        answer.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken_apart(body: &str, path_index: Option<&str>) -> Result<(Vec<String>, Value), BulkError> {
        let bulk = take_apart(body.as_bytes().to_vec(), path_index, 1 << 20)?;
        let text = |range: &std::ops::Range<usize>| {
            String::from_utf8(bulk.events.bytes[range.clone()].to_vec()).unwrap()
        };
        let events = bulk.events.messages.iter().map(|(range, _)| text(range)).collect();
        let answer = BulkAnswer { took_ms: 3, items: &bulk.items, outcome: Outcome::Taken };
        Ok((events, serde_json::to_value(answer).unwrap()))
    }

    #[test]
    fn an_event_is_the_action_and_its_document() {
        let body = concat!(
            "{\"index\":{\"_index\":\"web\",\"_id\":7}}\n{\"a\":1}\r\n\n",
            "{ \"create\" : {} }\r\n{\"b\":2}"
        );
        let (events, answer) = taken_apart(body, None).unwrap();
        assert_eq!(
            events,
            ["{\"index\":{\"_index\":\"web\",\"_id\":7}}\n{\"a\":1}", "{ \"create\" : {} }\r\n{\"b\":2}"]
        );
        let expected = json!({"took": 3, "errors": false, "items": [
            {"index": {"_index": "web", "_id": "7", "_version": 1, "result": "created", "status": 201}},
            {"create": {"_index": "", "_id": "", "_version": 1, "result": "created", "status": 201}},
        ]});
        assert_eq!(answer, expected);
    }

    #[test]
    fn the_index_of_the_path_is_not_lost() {
        let body = "{\"index\":{\"_id\":\"7\"}}\n{\"a\":1}\n{\"create\":{\"_index\":\"own\"}}\n{}\n";
        let (events, answer) = taken_apart(body, Some("web")).unwrap();
        let expected = [
            "{\"index\":{\"_id\":\"7\",\"_index\":\"web\"}}\n{\"a\":1}",
            "{\"create\":{\"_index\":\"own\"}}\n{}",
        ];
        assert_eq!(events, expected);
        assert_eq!(
            (&answer["items"][0]["index"]["_index"], &answer["items"][1]["create"]["_index"]),
            (&json!("web"), &json!("own"))
        );
    }

    #[test]
    fn what_is_no_event_is_refused_by_itself() {
        let long = "x".repeat(MESSAGE_BYTES_MAX);
        let body = format!(
            "{{\"delete\":{{\"_id\":\"1\"}}}}\n{{\"update\":{{}}}}\n{{\"doc\":{{}}}}\n{{\"index\":{{}}}}\n{long}\n{{\"index\":{{}}}}\n{{}}\n{{\"index\":{{}}}}\n"
        );
        let (events, answer) = taken_apart(&body, None).unwrap();
        assert_eq!(events, ["{\"index\":{}}\n{}"]);
        assert_eq!(answer["errors"], true);
        let statuses: Vec<u64> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.as_object().unwrap().values().next().unwrap()["status"].as_u64().unwrap())
            .collect();
        assert_eq!(statuses, [400, 400, 413, 201, 400]);
        assert_eq!(answer["items"][0]["delete"]["error"]["type"], "illegal_argument_exception");
    }

    #[test]
    fn a_line_that_is_no_action_refuses_the_request_with_its_number() {
        for wrong in ["{\"a\":1}", "{}", "{\"index\":{},\"create\":{}}", "{\"index\":1}", "x", "[]"] {
            let body = format!("{{\"index\":{{}}}}\n{{}}\n{wrong}\n{{}}\n");
            assert_eq!(taken_apart(&body, None), Err(BulkError::Action(3)), "{wrong}");
        }
        assert_eq!(taken_apart("\n \n", None), Err(BulkError::Empty));
        let many = "{\"delete\":{}}\n".repeat(HTTP_MESSAGES_MAX + 1);
        assert_eq!(taken_apart(&many, None), Err(BulkError::TooMany));
        assert_eq!(
            taken_apart(&"{\"create\":{}}\n{}\n".repeat(50_000), Some("an-index")),
            Err(BulkError::TooMuch)
        );
    }

    #[test]
    fn without_room_every_item_says_so() {
        let bulk = take_apart(b"{\"index\":{}}\n{}\n{\"delete\":{}}\n".to_vec(), None, 100).unwrap();
        let answer = BulkAnswer { took_ms: 0, items: &bulk.items, outcome: Outcome::Busy };
        let answer = serde_json::to_value(answer).unwrap();
        assert_eq!((&answer["errors"], &answer["status"]), (&json!(true), &json!(429)));
        assert_eq!(answer["items"][0]["index"]["status"], 429);
        assert_eq!(answer["items"][1]["delete"]["status"], 400);
    }
}
