//! What an S3 server answers: errors by status and code, listings, upload ids.

use super::{ListPage, ObjectInfo, StoreError, StoreErrorKind, check_key};
use serde::Deserialize;

/// The XML of an S3 error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorAnswer {
    #[serde(rename = "Code")]
    pub(super) code: String,
    #[serde(rename = "Message")]
    pub(super) message: String,
}

/// Turns an answer that is no success into an error.
pub(super) fn failure(operation: &'static str, key: &str, status: u16, body: &[u8]) -> StoreError {
    let answer = parse::<ErrorAnswer>(body).unwrap_or_default();
    let (kind, advice) = judge(status, &answer.code);
    let code = short(&answer.code);
    let message = short(&answer.message);
    let mut detail = format!("HTTP {status}");
    for part in [code, message, advice.to_owned()] {
        if !part.is_empty() {
            detail.push_str(": ");
            detail.push_str(&part);
        }
    }
    StoreError::new(kind, operation, key, detail)
}

/// Kind and advice for a status and an S3 error code.
fn judge(status: u16, code: &str) -> (StoreErrorKind, &'static str) {
    use StoreErrorKind as Kind;
    match code {
        "NoSuchBucket" => return (Kind::Invalid, "create the bucket, or correct its name"),
        "RequestTimeTooSkewed" => return (Kind::Denied, "set the clock of this machine or of the server"),
        "SlowDown"
        | "RequestTimeout"
        | "InternalError"
        | "OperationAborted"
        | "ConditionalRequestConflict" => {
            return (Kind::Unavailable, "");
        }
        "QuotaExceeded" => return (Kind::Unavailable, "make room in the bucket"),
        _ => {}
    }
    match status {
        404 => (Kind::NotFound, ""),
        412 => (Kind::PreconditionFailed, ""),
        401 | 403 => (Kind::Denied, "check the access key, the secret key and the rights on the bucket"),
        300..=399 => (Kind::Invalid, "check endpoint, region and path style: the server points elsewhere"),
        408 | 409 | 425 | 429 | 500 | 502..=599 => (Kind::Unavailable, ""),
        _ => (Kind::Invalid, "check endpoint, region and path style"),
    }
}

/// Text of a server for an error message: one line, bounded, without control characters.
fn short(text: &str) -> String {
    text.chars().take(300).flat_map(char::escape_debug).collect()
}

/// Reads the XML of an answer.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    quick_xml::de::from_str(std::str::from_utf8(body).ok()?).ok()
}

/// A listed object.
#[derive(Debug, Deserialize)]
struct ListedObject {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Size")]
    size: u64,
    #[serde(rename = "ETag", default)]
    etag: String,
    #[serde(rename = "LastModified", default)]
    last_modified: String,
}

impl From<ListedObject> for ObjectInfo {
    fn from(listed: ListedObject) -> Self {
        let modified = chrono::DateTime::parse_from_rfc3339(&listed.last_modified);
        let modified_us = modified.ok().map(|time| time.timestamp_micros());
        // Some servers leave the quotes away here that the header has.
        let is_quoted = listed.etag.is_empty() || listed.etag.ends_with('"');
        let etag = if is_quoted { listed.etag } else { format!("\"{}\"", listed.etag) };
        Self { key: listed.key, bytes: listed.size, etag, modified_us }
    }
}

/// Reads a time such as `Sun, 22 Nov 2026 03:31:11 GMT`, in µs since the epoch.
pub(super) fn http_date_us(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc2822(text).ok().map(|time| time.timestamp_micros())
}

/// Whether the server said that an object does not have the range asked for.
pub(super) fn is_unsatisfiable(error: &StoreError) -> bool {
    error.to_string().contains("HTTP 416")
}

#[derive(Debug, Deserialize)]
#[serde(rename = "ListBucketResult")]
struct ListAnswer {
    #[serde(rename = "IsTruncated", default)]
    is_truncated: bool,
    #[serde(rename = "NextContinuationToken", default)]
    next_token: Option<String>,
    #[serde(rename = "Contents", default)]
    contents: Vec<ListedObject>,
}

/// Where a listing goes on. Our cursor is one of these with its letter before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resume<'a> {
    /// At what the server's own token says.
    Token(&'a str),
    /// After a key, for a server that gives no token.
    AfterKey(&'a str),
}

/// Reads a cursor that [`list_page`] made. Errors: `Invalid`.
pub(super) fn resume(cursor: &str) -> Result<Resume<'_>, StoreError> {
    match cursor.split_at_checked(1) {
        Some(("t", token)) => Ok(Resume::Token(token)),
        Some(("k", key)) => Ok(Resume::AfterKey(key)),
        _ => Err(StoreError::new(StoreErrorKind::Invalid, "list", "", "the cursor is not one of this store")),
    }
}

/// Reads a page of ListObjectsV2.
pub(super) fn list_page(prefix: &str, body: &[u8]) -> Result<ListPage, StoreError> {
    let Some(answer) = parse::<ListAnswer>(body) else {
        let detail = "the answer is not an S3 listing; check the endpoint";
        return Err(StoreError::new(StoreErrorKind::Invalid, "list", prefix, detail));
    };
    let next = match (answer.is_truncated, answer.next_token, answer.contents.last()) {
        (true, Some(token), _) => Some(format!("t{token}")),
        (true, None, Some(last)) => Some(format!("k{}", last.key)),
        // The last page, or one that says it is not and gives nothing to go on by.
        (false, ..) | (true, None, None) => None,
    };
    let allowed = |object: &ListedObject| check_key("list", &object.key).is_ok();
    let objects = answer.contents.into_iter().filter(allowed).map(ObjectInfo::from).collect();
    Ok(ListPage { objects, next })
}

#[derive(Debug, Deserialize)]
struct UploadAnswer {
    #[serde(rename = "UploadId")]
    upload_id: String,
}

/// The id of a multipart upload that was begun.
pub(super) fn upload_id(key: &str, body: &[u8]) -> Result<String, StoreError> {
    match parse::<UploadAnswer>(body) {
        Some(answer) if !answer.upload_id.is_empty() => Ok(answer.upload_id),
        _ => {
            let detail = "the answer holds no upload id; check the endpoint";
            Err(StoreError::new(StoreErrorKind::Invalid, "put", key, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_is_asked_again_and_a_refusal_is_not() {
        let kind = |status, code: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            failure("put", "k", status, body.as_bytes()).kind()
        };
        assert_eq!(kind(503, "SlowDown"), StoreErrorKind::Unavailable);
        assert_eq!(kind(400, "RequestTimeout"), StoreErrorKind::Unavailable);
        assert_eq!(kind(409, "ConditionalRequestConflict"), StoreErrorKind::Unavailable);
        assert_eq!(kind(500, ""), StoreErrorKind::Unavailable);
        assert_eq!(kind(501, "NotImplemented"), StoreErrorKind::Invalid);
        assert_eq!(kind(403, "AccessDenied"), StoreErrorKind::Denied);
        assert_eq!(kind(403, "RequestTimeTooSkewed"), StoreErrorKind::Denied);
        assert_eq!(kind(404, "NoSuchKey"), StoreErrorKind::NotFound);
        assert_eq!(kind(404, "NoSuchBucket"), StoreErrorKind::Invalid);
        assert_eq!(kind(412, "PreconditionFailed"), StoreErrorKind::PreconditionFailed);
        assert_eq!(kind(301, "PermanentRedirect"), StoreErrorKind::Invalid);
    }

    #[test]
    fn an_error_that_is_not_xml_still_gives_its_status_on_one_line() {
        let error = failure("get", "k", 502, b"<html>\nBad \x1b[31mGateway").to_string();
        assert!(error.contains("HTTP 502"), "{error}");
        let hostile = format!("<Error><Code>X</Code><Message>{}</Message></Error>", "a\nb".repeat(10_000));
        let error = failure("get", "k", 400, hostile.as_bytes()).to_string();
        assert!(error.len() < 1000 && !error.contains('\n'), "{error}");
    }

    #[test]
    fn a_listing_leaves_out_keys_that_no_call_of_ours_could_name() {
        let body =
            br#"<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <IsTruncated>true</IsTruncated>
            <Contents><Key>a/b</Key><LastModified>1970-01-01T00:00:01.500Z</LastModified>
            <ETag>&quot;e1&quot;</ETag><Size>3</Size></Contents>
            <Contents><Key>a/../c</Key><Size>3</Size></Contents></ListBucketResult>"#;
        let page = list_page("a", body).unwrap();
        let etag = "\"e1\"".to_owned();
        let known = ObjectInfo { key: "a/b".into(), bytes: 3, etag, modified_us: Some(1_500_000) };
        assert_eq!(page.objects, [known]);
        let next = page.next.unwrap();
        assert_eq!(resume(&next).unwrap(), Resume::AfterKey("a/../c"), "it goes on after what was left out");
        assert!(list_page("a", b"hello").is_err());
    }

    #[test]
    fn a_listing_tells_etags_as_the_headers_do_and_nothing_that_the_server_does_not() {
        let body = b"<ListBucketResult><Contents><Key>a</Key><Size>1</Size><ETag>e1</ETag></Contents>\
            <Contents><Key>b</Key><Size>1</Size></Contents></ListBucketResult>";
        let objects = list_page("", body).unwrap().objects;
        let etags: Vec<&str> = objects.iter().map(|object| object.etag.as_str()).collect();
        assert_eq!(etags, ["\"e1\"", ""]);
        assert_eq!(objects[0].modified_us, None);
        assert_eq!(http_date_us("Thu, 01 Jan 1970 00:00:02 GMT"), Some(2_000_000));
    }

    #[test]
    fn a_listing_goes_on_by_the_token_of_the_server_where_it_gives_one() {
        let body = b"<ListBucketResult><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>abc</NextContinuationToken></ListBucketResult>";
        let next = list_page("", body).unwrap().next.unwrap();
        assert_eq!(resume(&next).unwrap(), Resume::Token("abc"));
        assert!(resume("").is_err() && resume("\u{e4}x").is_err());
    }
}
