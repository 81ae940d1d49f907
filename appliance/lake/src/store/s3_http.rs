//! One signed request to an S3 server. rust-s3 forms and signs it; we send it ourselves, because its own
//! client takes no CA file for one destination, reads answers without a bound, and repeats some calls by itself.

use super::s3::{S3Credentials, S3Options};
use super::s3_answers;
use super::{StoreError, StoreErrorKind};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use s3::command::Command;
use s3::creds::Credentials;
use s3::request::Request;
use s3::request::tokio_backend::ReqwestRequest;
use s3::{Bucket, Region};
use std::time::Duration;

/// Slowest transfer that is waited for: it adds to the time limit of a request.
const SLOWEST_BYTES_PER_SECOND: u64 = 128 << 10;

/// A bucket and the client that reaches it.
#[derive(Debug, Clone)]
pub(super) struct S3Http {
    bucket: Bucket,
    client: reqwest::Client,
    request_timeout: Duration,
}

/// An answer with a status of success.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// One call: what it is for, on which key, and how much may come back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) key: &'a str,
    pub(super) max_answer: u64,
}

impl Call<'_> {
    pub(super) fn error(&self, kind: StoreErrorKind, detail: impl Into<String>) -> StoreError {
        StoreError::new(kind, self.operation, self.key, detail)
    }
}

impl S3Http {
    pub(super) async fn open(options: &S3Options) -> Result<Self, StoreError> {
        let invalid =
            |detail: String| StoreError::new(StoreErrorKind::Invalid, "open", options.location(), detail);
        let endpoint = url::Url::parse(&options.endpoint).map_err(|cause| {
            invalid("the endpoint is not a URL such as https://host:port".into()).caused_by(cause)
        })?;
        if !matches!(endpoint.scheme(), "http" | "https") || endpoint.host().is_none() {
            return Err(invalid("the endpoint must begin with http:// or https:// and name a host".into()));
        }
        if !options.path_style && !matches!(endpoint.host(), Some(url::Host::Domain(_))) {
            return Err(invalid("virtual host style needs a host name as endpoint; set path style".into()));
        }
        let region = Region::Custom {
            region: options.region.clone(),
            endpoint: options.endpoint.trim_end_matches('/').to_owned(),
        };
        let credentials = credentials(options).await?;
        let mut bucket = *Bucket::new(&options.bucket, region, credentials)
            .map_err(|cause| invalid("the S3 settings are not usable".into()).caused_by(cause))?;
        if options.path_style {
            bucket.set_path_style();
        }
        Ok(Self { bucket, client: client(options).await?, request_timeout: options.request_timeout })
    }

    /// The bucket's address.
    #[cfg(test)]
    pub(super) fn url(&self) -> String {
        self.bucket.url()
    }

    /// Sends a command with headers added (and signed). `body` is what the command was formed with.
    /// Errors: by status and code, `Unavailable` for everything between here and the server.
    pub(super) async fn send(
        &self,
        call: Call<'_>,
        command: Command<'_>,
        extra_headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Answer, StoreError> {
        let mut bucket = self.bucket.clone();
        bucket.extra_headers_mut().extend(extra_headers.clone());
        let unsigned = |cause| {
            call.error(StoreErrorKind::Denied, "the request cannot be signed: check the credentials")
                .caused_by(cause)
        };
        let method = match command.http_verb() {
            s3::command::HttpMethod::Delete => reqwest::Method::DELETE,
            s3::command::HttpMethod::Get => reqwest::Method::GET,
            s3::command::HttpMethod::Post => reqwest::Method::POST,
            s3::command::HttpMethod::Put => reqwest::Method::PUT,
            s3::command::HttpMethod::Head => reqwest::Method::HEAD,
        };
        let request = ReqwestRequest::new(&bucket, call.key, command).await.map_err(unsigned)?;
        let url = request.url().map_err(unsigned)?;
        let headers = request.headers().await.map_err(unsigned)?;
        let transfer = body.len() as u64 + call.max_answer.min(crate::limits::MAX_METADATA_BYTES);
        let timeout = self.request_timeout + Duration::from_secs(transfer / SLOWEST_BYTES_PER_SECOND);
        let sent = self.client.request(method, url).headers(headers).body(body).timeout(timeout).send().await;
        let mut response = sent.map_err(|cause| not_reached(call, cause))?;

        let status = response.status();
        let headers = response.headers().clone();
        if status.is_success() {
            let body = read_bounded(call, &mut response, call.max_answer).await?;
            let Some(body) = body else {
                let detail = format!("the answer is larger than {} bytes", call.max_answer);
                return Err(call.error(StoreErrorKind::Invalid, detail));
            };
            return Ok(Answer { headers, body });
        }
        let body = read_bounded(call, &mut response, 64 << 10).await?.unwrap_or_default();
        Err(s3_answers::failure(call.operation, call.key, status.as_u16(), &body))
    }
}

/// Reads a body; `None` when it is larger than `max_bytes`.
async fn read_bounded(
    call: Call<'_>,
    response: &mut reqwest::Response,
    max_bytes: u64,
) -> Result<Option<Bytes>, StoreError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|cause| not_reached(call, cause))? {
        if (body.len() + chunk.len()) as u64 > max_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
}

/// The error of a request that got no whole answer. The cause's text would repeat the URL, which the key tells.
fn not_reached(call: Call<'_>, cause: reqwest::Error) -> StoreError {
    let detail = if cause.is_timeout() {
        "no answer in time"
    } else if cause.is_connect() {
        "cannot connect; check the endpoint, the network and, for https, the CA file"
    } else {
        "the connection broke"
    };
    call.error(StoreErrorKind::Unavailable, detail).caused_by(cause.without_url())
}

async fn client(options: &S3Options) -> Result<reqwest::Client, StoreError> {
    let invalid =
        |detail: String| StoreError::new(StoreErrorKind::Invalid, "open", options.location(), detail);
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(Duration::from_secs(20))
        .user_agent(concat!("bytefreezer/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = &options.ca_file {
        let unreadable = || invalid(format!("the CA file {} cannot be read", path.display()));
        let pem = tokio::fs::read(path).await.map_err(|cause| unreadable().caused_by(cause))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|cause| {
            invalid(format!("the CA file {} is not PEM", path.display())).caused_by(cause)
        })?;
        if certificates.is_empty() {
            return Err(invalid(format!("the CA file {} holds no certificate", path.display())));
        }
        // Only these: a private CA is given to pin the server, not to widen the circle.
        builder = builder.tls_built_in_root_certs(false);
        for certificate in certificates {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build().map_err(|cause| invalid("the HTTP client cannot be built".into()).caused_by(cause))
}

async fn credentials(options: &S3Options) -> Result<Credentials, StoreError> {
    let made = match options.credentials.clone() {
        S3Credentials::Keys { access_key, secret_key, session_token } => Credentials::new(
            Some(access_key.as_str()),
            Some(secret_key.as_str()),
            None,
            session_token.as_deref(),
            None,
        ),
        S3Credentials::Anonymous => Credentials::anonymous(),
        // Reads the environment and files, and may ask the cloud's metadata address: blocking.
        S3Credentials::AwsChain => match tokio::task::spawn_blocking(Credentials::default).await {
            Ok(found) => found,
            Err(cause) => {
                return Err(StoreError::new(StoreErrorKind::Unavailable, "open", options.location(), "")
                    .caused_by(cause));
            }
        },
    };
    made.map_err(|cause| {
        let detail = "no usable credentials: set an access key and a secret key";
        StoreError::new(StoreErrorKind::Denied, "open", options.location(), detail).caused_by(cause)
    })
}
