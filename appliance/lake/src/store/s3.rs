//! A bucket of an S3 server as a store. Retries are ours: see `Retries`.

use super::s3_answers::{self, Resume};
use super::s3_http::{Answer, Call, S3Http};
use super::{
    ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind, check_key, check_prefix,
    check_range, range_behind_end,
};
use crate::limits::{LIST_PAGE_KEYS, MAX_ANSWER_BYTES, MAX_PUT_BYTES, MULTIPART_ABOVE_BYTES, PART_BYTES};
use crate::pace::{Pace, RetryPolicy};
use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use s3::command::Command;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The metadata that marks whose put made an object, so that a put whose answer was lost finds itself again.
const PUT_ID: HeaderName = HeaderName::from_static("x-amz-meta-bytefreezer-put");

/// What S3 stores with an object whose type was not given.
pub(super) const CONTENT_TYPE: &str = "application/octet-stream";

/// How to sign requests.
#[derive(Clone)]
pub enum S3Credentials {
    /// Fixed keys.
    Keys {
        /// Access key id.
        access_key: String,
        /// Secret access key.
        secret_key: String,
        /// Token of temporary keys.
        session_token: Option<String>,
    },
    /// What the AWS tools use: environment, profile file, metadata address of the machine.
    AwsChain,
    /// Unsigned requests.
    Anonymous,
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Keys { .. } => "Keys(hidden)",
            Self::AwsChain => "AwsChain",
            Self::Anonymous => "Anonymous",
        })
    }
}

/// A bucket and how to reach it.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// `https://host:port` of the server, without the bucket.
    pub endpoint: String,
    /// Region that requests are signed for; any text for servers that do not mind.
    pub region: String,
    /// Name of the bucket, which exists.
    pub bucket: String,
    /// Put before every key, with a `/` between.
    pub prefix: Option<String>,
    /// Whether to create the bucket when it is not there.
    pub create_bucket: bool,
    /// `endpoint/bucket/key` instead of `bucket.endpoint/key`.
    pub path_style: bool,
    /// How to sign.
    pub credentials: S3Credentials,
    /// PEM certificates that alone are trusted for this server; the system's when not set.
    pub ca_file: Option<PathBuf>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time of one attempt, to which a second is added for every 128 KiB that travel.
    pub request_timeout: Duration,
    /// Files larger than this are uploaded in parts.
    pub multipart_above_bytes: u64,
}

impl S3Options {
    /// Options with our defaults: path style, 5 s to connect, 30 s for an attempt.
    pub fn new(endpoint: impl Into<String>, bucket: impl Into<String>, credentials: S3Credentials) -> Self {
        Self {
            endpoint: endpoint.into(),
            region: "us-east-1".to_owned(),
            bucket: bucket.into(),
            prefix: None,
            create_bucket: false,
            path_style: true,
            credentials,
            ca_file: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            multipart_above_bytes: MULTIPART_ABOVE_BYTES,
        }
    }

    /// Endpoint and bucket, for messages; without user and password should the endpoint hold them.
    pub(super) fn location(&self) -> String {
        let mut endpoint = self.endpoint.clone();
        if let Ok(mut parsed) = url::Url::parse(&self.endpoint)
            && (!parsed.username().is_empty() || parsed.password().is_some())
        {
            // Both calls fail only for URLs that cannot hold a user, which have none to hide.
            let _ = parsed.set_username("");
            let _ = parsed.set_password(None);
            endpoint = parsed.to_string();
        }
        format!("{}/{}", endpoint.trim_end_matches('/'), self.bucket)
    }
}

/// A bucket as a store.
#[derive(Debug, Clone)]
pub struct S3Store {
    pub(super) http: S3Http,
    retry: RetryPolicy,
    pace: Arc<dyn Pace>,
    location: String,
    multipart_above_bytes: u64,
}

impl S3Store {
    /// Checks the options and makes the client; does not contact the server (but see [`S3Credentials::AwsChain`]).
    pub async fn open(
        options: S3Options,
        retry: RetryPolicy,
        pace: Arc<dyn Pace>,
    ) -> Result<Self, StoreError> {
        let http = S3Http::open(&options).await?;
        // One PUT is held in memory whole, and S3 takes no larger one than this in parts of our size.
        let multipart_above_bytes =
            options.multipart_above_bytes.clamp(PART_BYTES as u64, MAX_PUT_BYTES as u64);
        Ok(Self { http, retry, pace, location: options.location(), multipart_above_bytes })
    }

    /// Creates the bucket; one that is already ours is no error.
    pub async fn create_bucket(&self) -> Result<(), StoreError> {
        let call = Call { operation: "create bucket", key: "", max_answer: MAX_ANSWER_BYTES as u64 };
        let command = Command::CreateBucket { config: s3::BucketConfiguration::private() };
        match self.send(call, command, &HeaderMap::new(), Bytes::new()).await {
            Ok(_) => Ok(()),
            Err(error) if error.to_string().contains("BucketAlready") => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Sends a command until it succeeds, fails for good, or the policy says enough.
    pub(super) async fn send(
        &self,
        call: Call<'_>,
        command: Command<'_>,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, StoreError> {
        let mut retries = self.retries(call);
        loop {
            match self.http.send(call, command.clone(), headers, body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(error) => retries.pause_after(error).await?,
            }
        }
    }

    pub(super) fn retries<'a>(&'a self, call: Call<'a>) -> Retries<'a> {
        Retries { policy: &self.retry, pace: self.pace.as_ref(), call, failed: 0 }
    }

    /// One PUT of the whole content.
    async fn put_whole(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        let put_id = new_put_id();
        let headers = put_headers(key, &put_id, &condition)?;
        let call = Call { operation: "put", key, max_answer: MAX_ANSWER_BYTES as u64 };
        let command = Command::PutObject {
            content: &bytes,
            content_type: CONTENT_TYPE,
            custom_headers: None,
            multipart: None,
        };
        let mut retries = self.retries(call);
        loop {
            let error = match self.http.send(call, command.clone(), &headers, bytes.clone()).await {
                Ok(answer) => return etag(call, &answer.headers),
                Err(error) => condition_error(call, &condition, error),
            };
            // After a lost answer the condition fails because of our own object: look whose it is.
            if error.kind() == StoreErrorKind::PreconditionFailed && retries.failed > 0 {
                return self.find_own(call, &put_id, error).await;
            }
            retries.pause_after(error).await?;
        }
    }

    /// The etag of the object when our own put made it, else the error that led here.
    pub(super) async fn find_own(
        &self,
        call: Call<'_>,
        put_id: &HeaderValue,
        error: StoreError,
    ) -> Result<String, StoreError> {
        match self.send(call, Command::HeadObject, &HeaderMap::new(), Bytes::new()).await {
            Ok(answer) if answer.headers.get(PUT_ID) == Some(put_id) => etag(call, &answer.headers),
            Ok(_) => Err(error),
            Err(failed) if failed.kind() == StoreErrorKind::NotFound => Err(error),
            Err(failed) => Err(failed),
        }
    }
}

/// The attempts of one call and the pauses between them.
pub(super) struct Retries<'a> {
    policy: &'a RetryPolicy,
    pace: &'a dyn Pace,
    call: Call<'a>,
    /// Attempts that failed and may have reached the server.
    pub(super) failed: u32,
}

impl Retries<'_> {
    /// Pauses before the next attempt; gives the error back when there shall be none.
    pub(super) async fn pause_after(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.failed += 1;
        if !error.is_retryable() || self.failed >= self.policy.max_attempts {
            return Err(error);
        }
        let pause = self.pace.jitter(self.policy.pause_bound(self.failed));
        tracing::debug!(
            operation = self.call.operation,
            key = self.call.key,
            attempt = self.failed,
            pause_ms = pause.as_millis() as u64,
            error = super::chain(&error),
            "store call failed, trying again"
        );
        self.pace.sleep(pause).await;
        Ok(())
    }
}

/// S3 says "no such key" when a key that must match is not there.
fn condition_error(call: Call<'_>, condition: &PutCondition, error: StoreError) -> StoreError {
    if error.kind() != StoreErrorKind::NotFound || *condition == PutCondition::None {
        return error;
    }
    call.error(StoreErrorKind::PreconditionFailed, "the object is not there any more")
}

#[async_trait]
impl Store for S3Store {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        check_key("put", key)?;
        let unreadable = |cause: std::io::Error| {
            let detail = format!("the local file {} cannot be read", path.display());
            StoreError::new(StoreErrorKind::Invalid, "put", key, detail).caused_by(cause)
        };
        let size = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
        if size > self.multipart_above_bytes {
            return self.put_parts(key, path, size).await;
        }
        let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
        self.put_whole(key, bytes.into(), PutCondition::None).await?;
        Ok(())
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        check_key("put", key)?;
        if bytes.len() > MAX_PUT_BYTES {
            let detail = format!("{} bytes are more than the {MAX_PUT_BYTES} that fit", bytes.len());
            return Err(StoreError::new(StoreErrorKind::Invalid, "put", key, detail));
        }
        self.put_whole(key, bytes, condition).await
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        check_key("get", key)?;
        let call = Call { operation: "get", key, max_answer: max_bytes };
        let answer = self.send(call, Command::GetObject, &HeaderMap::new(), Bytes::new()).await?;
        Ok(Object { etag: etag(call, &answer.headers)?, bytes: answer.body })
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        check_key("read", key)?;
        check_range(key, &range)?;
        let length = range.end - range.start;
        let call = Call { operation: "read", key, max_answer: length };
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, etag_value("read", key, etag)?);
        let command = Command::GetObjectRange { start: range.start, end: Some(range.end - 1) };
        let answer = match self.send(call, command, &headers, Bytes::new()).await {
            Err(error) if s3_answers::is_unsatisfiable(&error) => return Err(range_behind_end(key, &range)),
            answer => answer?,
        };
        // A server may not look at the condition, or not at the range.
        if self::etag(call, &answer.headers)? != etag {
            let detail = "the object was replaced while it was read";
            return Err(call.error(StoreErrorKind::PreconditionFailed, detail));
        }
        if answer.body.len() as u64 != length {
            return Err(range_behind_end(key, &range));
        }
        let begins_there = format!("bytes {}-", range.start);
        let told = answer.headers.get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
        if !told.is_some_and(|told| told.starts_with(&begins_there)) {
            let detail = "the answer is not the range asked for; the server must know the header Range";
            return Err(call.error(StoreErrorKind::Invalid, detail));
        }
        Ok(answer.body)
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        check_key("head", key)?;
        let call = Call { operation: "head", key, max_answer: MAX_ANSWER_BYTES as u64 };
        let answer = self.send(call, Command::HeadObject, &HeaderMap::new(), Bytes::new()).await?;
        let text = |name| answer.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let Some(bytes) = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()) else {
            return Err(call.error(StoreErrorKind::Invalid, "the answer names no size; check the endpoint"));
        };
        let modified_us = text(header::LAST_MODIFIED).and_then(s3_answers::http_date_us);
        Ok(ObjectInfo { key: key.to_owned(), bytes, etag: etag(call, &answer.headers)?, modified_us })
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        check_prefix(prefix)?;
        let call = Call { operation: "list", key: "/", max_answer: MAX_ANSWER_BYTES as u64 };
        let (continuation_token, start_after) = match cursor.map(s3_answers::resume).transpose()? {
            None => (None, None),
            Some(Resume::Token(token)) => (Some(token.to_owned()), None),
            Some(Resume::AfterKey(key)) => (None, Some(key.to_owned())),
        };
        let command = Command::ListObjectsV2 {
            prefix: prefix.to_owned(),
            delimiter: None,
            continuation_token,
            start_after,
            max_keys: Some(LIST_PAGE_KEYS),
        };
        let answer = self.send(call, command, &HeaderMap::new(), Bytes::new()).await?;
        s3_answers::list_page(prefix, &answer.body)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        check_key("delete", key)?;
        let call = Call { operation: "delete", key, max_answer: MAX_ANSWER_BYTES as u64 };
        match self.send(call, Command::DeleteObject, &HeaderMap::new(), Bytes::new()).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        check_key("local path", key)?;
        Ok(None)
    }

    fn location(&self) -> String {
        self.location.clone()
    }
}

/// A mark that no other put has.
pub(super) fn new_put_id() -> HeaderValue {
    let mut text = uuid::Uuid::encode_buffer();
    let id = uuid::Uuid::new_v4();
    HeaderValue::from_str(id.simple().encode_lower(&mut text)).unwrap_or(HeaderValue::from_static("none"))
}

/// Headers of a put: its mark and its condition.
pub(super) fn put_headers(
    key: &str,
    put_id: &HeaderValue,
    condition: &PutCondition,
) -> Result<HeaderMap, StoreError> {
    let mut headers = HeaderMap::new();
    headers.insert(PUT_ID, put_id.clone());
    match condition {
        PutCondition::None => {}
        PutCondition::IfAbsent => {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("*"));
        }
        PutCondition::IfMatch(etag) => {
            headers.insert(header::IF_MATCH, etag_value("put", key, etag)?);
        }
    }
    Ok(headers)
}

/// An etag as a header's value.
fn etag_value(operation: &'static str, key: &str, etag: &str) -> Result<HeaderValue, StoreError> {
    HeaderValue::from_str(etag).map_err(|cause| {
        StoreError::new(StoreErrorKind::Invalid, operation, key, "the etag is not one of ours")
            .caused_by(cause)
    })
}

/// The etag of an answer, quotes and all.
pub(super) fn etag(call: Call<'_>, headers: &HeaderMap) -> Result<String, StoreError> {
    let value = headers.get(header::ETAG).and_then(|value| value.to_str().ok());
    let Some(value) = value else {
        return Err(call.error(StoreErrorKind::Invalid, "the answer holds no etag; check the endpoint"));
    };
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::SystemPace;

    fn options(endpoint: &str) -> S3Options {
        let credentials = S3Credentials::Keys {
            access_key: "access".into(),
            secret_key: "very-secret".into(),
            session_token: None,
        };
        S3Options::new(endpoint, "lake", credentials)
    }

    async fn open(options: S3Options) -> Result<S3Store, StoreError> {
        S3Store::open(options, RetryPolicy::default(), Arc::new(SystemPace)).await
    }

    #[tokio::test]
    async fn the_bucket_stands_in_the_path_or_before_the_host() {
        let mut chosen = options("https://s3.example.com:9000/");
        assert_eq!(open(chosen.clone()).await.unwrap().http.url(), "https://s3.example.com:9000/lake");
        chosen.path_style = false;
        assert_eq!(open(chosen.clone()).await.unwrap().http.url(), "https://lake.s3.example.com:9000");
        chosen.endpoint = "http://127.0.0.1:9000".into();
        assert_eq!(open(chosen).await.unwrap_err().kind(), StoreErrorKind::Invalid);
    }

    #[tokio::test]
    async fn wrong_options_are_refused_with_what_to_do() {
        for endpoint in ["", "example.com", "ftp://example.com", "https://"] {
            let error = open(options(endpoint)).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{endpoint}");
            assert!(error.to_string().contains("endpoint"), "{error}");
        }
        let mut no_ca = options("https://example.com");
        no_ca.ca_file = Some("/nonexistent/ca.pem".into());
        assert!(open(no_ca).await.unwrap_err().to_string().contains("/nonexistent/ca.pem"));
    }

    #[tokio::test]
    async fn secrets_are_not_shown() {
        let with_password = options("https://user:pass@example.com");
        assert!(!with_password.location().contains("pass"));
        let options = options("https://example.com");
        assert!(!format!("{options:?}").contains("very-secret"));
    }
}
