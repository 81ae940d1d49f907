//! One connection that posts a batch at a time. A batch is never sent again, whatever happens to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::limits::{ACKNOWLEDGE_SECONDS_MAX, RECONNECT_MS, RECONNECT_SECONDS_MAX};

/// How a batch was answered.
pub(crate) enum Answer {
    /// With a status.
    Status {
        status: StatusCode,
        /// From the first byte sent to the status.
        after: Duration,
        /// What the header `retry-after` says, in seconds.
        retry_after: Option<Duration>,
    },
    /// Not at all: the connection was lost, or the answer took too long.
    Nothing,
}

/// A connection, opened anew when it is lost.
pub(crate) struct Connection {
    address: SocketAddr,
    uri: Uri,
    token: Option<HeaderValue>,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr, uri: Uri, token: Option<HeaderValue>) -> Self {
        Self { address, uri, token, sender: None }
    }

    /// Makes sure that a batch can be sent; tries until `end`, or for a minute.
    pub(crate) async fn be_open(&mut self, end: Option<Instant>) -> Result<()> {
        let give_up = Instant::now() + Duration::from_secs(RECONNECT_SECONDS_MAX);
        loop {
            if let Some(sender) = &mut self.sender
                && sender.ready().await.is_ok()
            {
                return Ok(());
            }
            match self.open().await {
                Ok(sender) => self.sender = Some(sender),
                Err(error) if Instant::now() > give_up => {
                    return Err(error.context(format!(
                        "{} took no connection for {RECONNECT_SECONDS_MAX} s",
                        self.address
                    )));
                }
                Err(_) if end.is_some_and(|end| Instant::now() >= end) => return Ok(()),
                Err(_) => tokio::time::sleep(Duration::from_millis(RECONNECT_MS)).await,
            }
        }
    }

    async fn open(&self) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Ends by itself when the sender is dropped or the peer goes away; the sender is told so.
        tokio::spawn(connection);
        Ok(sender)
    }

    /// Posts a batch, once.
    pub(crate) async fn post(&mut self, body: Bytes) -> Answer {
        let started = Instant::now();
        let time_max = Duration::from_secs(ACKNOWLEDGE_SECONDS_MAX);
        let answer = tokio::time::timeout(time_max, self.exchange(body, started)).await;
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => {
                self.sender = None;
                Answer::Nothing
            }
        }
    }

    async fn exchange(&mut self, body: Bytes, started: Instant) -> Result<Answer> {
        let mut request = Request::post(self.uri.path()).body(Full::new(body))?;
        let host = self.uri.authority().ok_or_else(|| anyhow!("the target names no host"))?;
        request.headers_mut().insert(header::HOST, HeaderValue::from_str(host.as_str())?);
        if let Some(token) = &self.token {
            request.headers_mut().insert(header::AUTHORIZATION, token.clone());
        }
        let sender = self.sender.as_mut().ok_or_else(|| anyhow!("no connection"))?;
        let response = sender.send_request(request).await?;
        let answer = Answer::Status {
            status: response.status(),
            after: started.elapsed(),
            retry_after: retry_after(response.headers()),
        };
        // The answer's text is not used, but the next batch can only follow it. Lost on the way, the connection is opened anew.
        if response.into_body().collect().await.is_err() {
            self.sender = None;
        }
        Ok(answer)
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
