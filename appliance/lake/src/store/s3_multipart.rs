//! Large files go in parts, a few at a time, so that memory stays at two parts whatever the file's size.

use super::s3::{CONTENT_TYPE, S3Store, etag, new_put_id, put_headers};
use super::s3_answers;
use super::s3_http::{Call, S3Http};
use super::{PutCondition, StoreError, StoreErrorKind};
use crate::limits::{MAX_ANSWER_BYTES, MAX_PARTS, PART_BYTES, PARTS_IN_FLIGHT};
use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::HeaderMap;
use s3::command::{Command, Multipart};
use s3::serde_types::{CompleteMultipartUploadData, Part};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Size of a file's parts: ours, or more where S3's limit on their number asks for it.
fn part_bytes(size: u64) -> u64 {
    size.div_ceil(MAX_PARTS).max(PART_BYTES as u64)
}

impl S3Store {
    /// Uploads a file in parts. An upload that fails or is cancelled is aborted, as far as the server can be reached.
    pub(super) async fn put_parts(&self, key: &str, path: &Path, size: u64) -> Result<(), StoreError> {
        let call = Call { operation: "put", key, max_answer: MAX_ANSWER_BYTES as u64 };
        let file = Arc::new(File::open(path).map_err(|cause| unreadable(call, cause))?);
        let put_id = new_put_id();
        let headers = put_headers(key, &put_id, &PutCondition::None)?;
        let command = Command::InitiateMultipartUpload { content_type: CONTENT_TYPE };
        let begun = self.send(call, command, &headers, Bytes::new()).await?;
        let mut upload = Upload {
            http: self.http.clone(),
            key: key.to_owned(),
            id: s3_answers::upload_id(key, &begun.body)?,
            open: true,
        };

        let part_bytes = part_bytes(size);
        let upload_id = upload.id.as_str();
        let parts: Result<Vec<Part>, StoreError> = stream::iter(0..size.div_ceil(part_bytes))
            .map(|index| {
                let start = index * part_bytes;
                let length = part_bytes.min(size - start);
                self.put_part(call, upload_id, file.clone(), index as u32 + 1, start, length)
            })
            .buffered(PARTS_IN_FLIGHT)
            .try_collect()
            .await;
        let data = match parts {
            Ok(parts) => CompleteMultipartUploadData { parts },
            Err(error) => {
                upload.abort().await;
                return Err(error);
            }
        };

        let completed = match self.complete(call, upload_id, &data).await {
            // After a lost answer the upload is gone because it was completed: look whose object is there.
            Err(error) if error.kind() == StoreErrorKind::NotFound => {
                self.find_own(call, &put_id, error).await.map(|_| ())
            }
            other => other,
        };
        if completed.is_err() {
            upload.abort().await;
        }
        upload.open = false;
        completed
    }

    async fn complete(
        &self,
        call: Call<'_>,
        upload_id: &str,
        data: &CompleteMultipartUploadData,
    ) -> Result<(), StoreError> {
        let body = Bytes::from(data.to_string());
        let command = Command::CompleteMultipartUpload { upload_id, data: data.clone() };
        let mut retries = self.retries(call);
        loop {
            let error = match self.http.send(call, command.clone(), &HeaderMap::new(), body.clone()).await {
                Ok(answer) => match completed(call, &answer.body) {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            retries.pause_after(error).await?;
        }
    }

    async fn put_part(
        &self,
        call: Call<'_>,
        upload_id: &str,
        file: Arc<File>,
        number: u32,
        start: u64,
        length: u64,
    ) -> Result<Part, StoreError> {
        let read = tokio::task::spawn_blocking(move || {
            let mut content = vec![0; length as usize];
            file.read_exact_at(&mut content, start).map(|()| Bytes::from(content))
        });
        let content = match read.await {
            Ok(content) => content.map_err(|cause| unreadable(call, cause))?,
            Err(cause) => {
                let detail = "the runtime is shutting down";
                return Err(call.error(StoreErrorKind::Unavailable, detail).caused_by(cause));
            }
        };
        let command = Command::PutObject {
            content: &content,
            content_type: CONTENT_TYPE,
            custom_headers: None,
            multipart: Some(Multipart::new(number, upload_id)),
        };
        let answer = self.send(call, command, &HeaderMap::new(), content.clone()).await?;
        Ok(Part { etag: etag(call, &answer.headers)?, part_number: number })
    }
}

fn unreadable(call: Call<'_>, cause: std::io::Error) -> StoreError {
    call.error(StoreErrorKind::Invalid, "the local file cannot be read").caused_by(cause)
}

/// S3 may begin an answer with 200 and then report an error in its body.
fn completed(call: Call<'_>, body: &[u8]) -> Result<(), StoreError> {
    match s3_answers::parse::<s3_answers::ErrorAnswer>(body) {
        Some(answer) if !answer.code.is_empty() => {
            Err(s3_answers::failure(call.operation, call.key, 500, body))
        }
        _ => Ok(()),
    }
}

/// An upload on its way; dropped while open, it is aborted in the background.
struct Upload {
    http: S3Http,
    key: String,
    id: String,
    open: bool,
}

impl Upload {
    async fn abort(&mut self) {
        self.open = false;
        abort(&self.http, &self.key, &self.id).await;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (http, key, id) =
            (self.http.clone(), std::mem::take(&mut self.key), std::mem::take(&mut self.id));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { abort(&http, &key, &id).await });
        }
    }
}

async fn abort(http: &S3Http, key: &str, upload_id: &str) {
    let call = Call { operation: "abort upload", key, max_answer: MAX_ANSWER_BYTES as u64 };
    let command = Command::AbortMultipartUpload { upload_id };
    if let Err(error) = http.send(call, command, &HeaderMap::new(), Bytes::new()).await {
        tracing::warn!(
            key,
            upload_id,
            error = super::chain(&error),
            "an unfinished upload stays on the server; a lifecycle rule for unfinished uploads removes it"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_only_when_there_would_be_too_many() {
        assert_eq!(part_bytes(65 << 20), PART_BYTES as u64);
        let huge: u64 = 1 << 40;
        assert!(huge.div_ceil(part_bytes(huge)) <= MAX_PARTS);
    }
}
