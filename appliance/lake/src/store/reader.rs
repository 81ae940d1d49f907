//! An object piece by piece: however large it is, two pieces are in memory at a time.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::{ObjectInfo, Store, StoreError, StoreErrorKind};
use crate::limits::{MAX_RANGE_BYTES, PIECE_BYTES};

/// Reads one version of an object from its beginning to its end, the next piece while the last one is worked on.
/// Call it in a tokio runtime.
#[derive(Debug)]
pub struct ObjectReader {
    store: Arc<dyn Store>,
    object: ObjectInfo,
    piece_bytes: u64,
    /// Where the piece begins that is read next.
    next: u64,
    ahead: Option<ReadAhead>,
}

/// A piece on its way. Dropped, it is not waited for any more.
#[derive(Debug)]
struct ReadAhead(JoinHandle<Result<Bytes, StoreError>>);

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ObjectReader {
    /// The object as it is now. Errors: `NotFound`.
    pub async fn open(store: Arc<dyn Store>, key: &str) -> Result<Self, StoreError> {
        let object = store.head(key).await?;
        Ok(Self::of(store, object))
    }

    /// The version of an object that [`Store::head`] or [`Store::list`] told of.
    pub fn of(store: Arc<dyn Store>, object: ObjectInfo) -> Self {
        Self { store, object, piece_bytes: PIECE_BYTES, next: 0, ahead: None }
    }

    /// With pieces of another size, 1 byte to [`MAX_RANGE_BYTES`].
    #[must_use]
    pub fn in_pieces_of(mut self, piece_bytes: u64) -> Self {
        self.piece_bytes = piece_bytes.clamp(1, MAX_RANGE_BYTES);
        self
    }

    /// What is read.
    pub fn object(&self) -> &ObjectInfo {
        &self.object
    }

    /// The next bytes, `None` behind the last. Errors: those of [`Store::read_range`]; after `Unavailable` the call can
    /// be repeated and gives the same piece.
    pub async fn next_piece(&mut self) -> Result<Option<Bytes>, StoreError> {
        let Some(range) = self.range_from(self.next) else { return Ok(None) };
        let mut reading = match self.ahead.take() {
            Some(reading) => reading,
            None => self.begin(range.clone()),
        };
        let piece = match (&mut reading.0).await {
            Ok(piece) => piece?,
            Err(cause) => {
                let detail = "the runtime is shutting down";
                return Err(StoreError::new(StoreErrorKind::Unavailable, "read", &self.object.key, detail)
                    .caused_by(cause));
            }
        };
        self.next = range.end;
        self.ahead = self.range_from(self.next).map(|range| self.begin(range));
        Ok(Some(piece))
    }

    /// The piece that begins there; none at the end.
    fn range_from(&self, start: u64) -> Option<Range<u64>> {
        let end = start.saturating_add(self.piece_bytes).min(self.object.bytes);
        (start < end).then_some(start..end)
    }

    fn begin(&self, range: Range<u64>) -> ReadAhead {
        let (store, object) = (Arc::clone(&self.store), self.object.clone());
        ReadAhead(tokio::spawn(async move { store.read_range(&object.key, range, &object.etag).await }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PutCondition;
    use crate::testing::{FaultyStore, MemoryStore};

    async fn store_with(content: &'static str) -> Arc<dyn Store> {
        let store = MemoryStore::default();
        store.put_bytes("a/b", content.into(), PutCondition::None).await.unwrap();
        Arc::new(store)
    }

    async fn pieces(reader: &mut ObjectReader) -> Vec<Bytes> {
        let mut pieces = Vec::new();
        while let Some(piece) = reader.next_piece().await.unwrap() {
            pieces.push(piece);
        }
        pieces
    }

    #[tokio::test]
    async fn an_object_comes_in_pieces_of_the_size_asked_for_and_a_rest() {
        for (content, wanted) in [("", vec![]), ("abc", vec!["abc"]), ("abcdefgh", vec!["abc", "def", "gh"])]
        {
            let reader = ObjectReader::open(store_with(content).await, "a/b").await.unwrap();
            assert_eq!(pieces(&mut reader.in_pieces_of(3)).await, wanted);
        }
    }

    #[tokio::test]
    async fn pieces_of_two_versions_are_not_mixed() {
        let store = store_with("abcdefgh").await;
        let mut reader = ObjectReader::open(Arc::clone(&store), "a/b").await.unwrap().in_pieces_of(2);
        assert_eq!(reader.next_piece().await.unwrap().unwrap(), "ab");
        store.put_bytes("a/b", "ABCDEFGH".into(), PutCondition::None).await.unwrap();
        // The second piece may have been on its way already.
        let error = match reader.next_piece().await {
            Ok(piece) => {
                assert_eq!(piece.unwrap(), "cd");
                reader.next_piece().await.unwrap_err()
            }
            Err(error) => error,
        };
        assert_eq!(error.kind(), StoreErrorKind::PreconditionFailed);
    }

    #[tokio::test]
    async fn after_a_failure_the_same_piece_is_read_again() {
        let store = Arc::new(FaultyStore::failing_call(store_with("abcdef").await, 3));
        let mut reader = ObjectReader::open(store, "a/b").await.unwrap().in_pieces_of(2);
        assert_eq!(reader.next_piece().await.unwrap().unwrap(), "ab");
        assert_eq!(reader.next_piece().await.unwrap_err().kind(), StoreErrorKind::Unavailable);
        assert_eq!(pieces(&mut reader).await, ["cd", "ef"]);
    }
}
