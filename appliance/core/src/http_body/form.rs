//! A form (`application/x-www-form-urlencoded`, WHATWG URL section 5) as one JSON object.

use serde_json::{Map, Value};
use url::form_urlencoded;

/// Whether a body can be a form. curl says it is one whatever it sends, unless it is told otherwise; but in a form
/// blanks, quotes and brackets never stand as they are.
pub(super) fn is_form(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let stands_in_forms = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(byte);
    body.contains(&b'=') && body.iter().all(stands_in_forms)
}

/// The object: a name that stands several times has a list of its values, in their order.
pub(super) fn object_of_form(body: &[u8]) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(body.trim_ascii()) {
        let value = Value::String(value.into_owned());
        match object.get_mut(name.as_ref()) {
            None => {
                object.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_an_object() {
        let object = object_of_form(b"a=1&b=x+y%21&a=2&c&%C3%A4=%ff&a=3\n");
        let expected = serde_json::json!({"a": ["1", "2", "3"], "b": "x y!", "c": "", "ä": "\u{fffd}"});
        assert_eq!(Value::Object(object), expected);
    }

    #[test]
    fn what_curl_calls_a_form_may_be_something_else() {
        assert!(is_form(b"a=1&b=%7B%22x%22%3A1%7D\n"));
        for other in
            [&b"{\"a\":\"=\"}"[..], b"[1]", b"<34>Oct 11 22:14:15 host a=1", b"a=1 b=2", b"a=1\nb=2", b"line"]
        {
            assert!(!is_form(other), "{}", String::from_utf8_lossy(other));
        }
    }
}
