//! A store in a local folder. Objects are files; a put writes beside and renames, so nobody sees half an object.
//!
//! `.bytefreezer/tmp` holds files on their way, each locked while its writer lives; `.bytefreezer/locks` holds
//! the locks under which conditions are checked, so that several processes may share the folder.

use super::{
    ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind, check_key, check_prefix,
    check_range, range_behind_end,
};
use crate::limits::{FOLDER_LOCK_WAIT, FOLDER_LOCKS, LIST_PAGE_KEYS, MAX_PUT_BYTES};
use async_trait::async_trait;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Folder of everything that is not an object; no key can name it.
const PRIVATE: &str = ".bytefreezer";

/// A folder as a store.
#[derive(Debug, Clone)]
pub struct FolderStore {
    root: Arc<PathBuf>,
}

impl FolderStore {
    /// Opens a folder, creates it when missing, and removes what dead writers left unfinished.
    pub async fn open(root: PathBuf) -> Result<Self, StoreError> {
        run("open", root.display().to_string(), move || {
            create_folder(&root.join(PRIVATE).join("tmp"))?;
            create_folder(&root.join(PRIVATE).join("locks"))?;
            let root = root.canonicalize()?;
            remove_stale(&root.join(PRIVATE).join("tmp"))?;
            Ok(Self { root: Arc::new(root) })
        })
        .await
    }

    fn path_of(&self, operation: &'static str, key: &str) -> Result<PathBuf, StoreError> {
        check_key(operation, key)?;
        Ok(self.root.join(key))
    }
}

#[async_trait]
impl Store for FolderStore {
    async fn put_file(&self, key: &str, path: &Path) -> Result<(), StoreError> {
        let target = self.path_of("put", key)?;
        let (root, source, key) = (self.root.clone(), path.to_owned(), key.to_owned());
        run("put", key.clone(), move || {
            let unfinished =
                Unfinished::of_file(&root, &source).map_err(|cause| name_source(&source, cause))?;
            let _lock = lock_key(&root, &key)?;
            unfinished.replace(&target)
        })
        .await
    }

    async fn put_bytes(
        &self,
        key: &str,
        bytes: Bytes,
        condition: PutCondition,
    ) -> Result<String, StoreError> {
        let target = self.path_of("put", key)?;
        if bytes.len() > MAX_PUT_BYTES {
            let detail = format!("{} bytes are more than the {MAX_PUT_BYTES} that fit", bytes.len());
            return Err(StoreError::new(StoreErrorKind::Invalid, "put", key, detail));
        }
        let (root, owned_key) = (self.root.clone(), key.to_owned());
        let etag = run("put", key.to_owned(), move || {
            let unfinished = Unfinished::of_bytes(&root, &bytes)?;
            let _lock = lock_key(&root, &owned_key)?;
            if !condition_holds(&target, &condition)? {
                return Ok(None);
            }
            unfinished.replace(&target)?;
            Ok(Some(etag_of(&bytes)))
        })
        .await?;
        etag.ok_or_else(|| StoreError::new(StoreErrorKind::PreconditionFailed, "put", key, ""))
    }

    async fn get(&self, key: &str, max_bytes: u64) -> Result<Object, StoreError> {
        let path = self.path_of("get", key)?;
        let bytes = run("get", key.to_owned(), move || read_bounded(&path, max_bytes)).await?;
        let Some(bytes) = bytes else {
            let detail = format!("the object is larger than {max_bytes} bytes");
            return Err(StoreError::new(StoreErrorKind::Invalid, "get", key, detail));
        };
        Ok(Object { etag: etag_of(&bytes), bytes: bytes.into() })
    }

    async fn read_range(&self, key: &str, range: Range<u64>, etag: &str) -> Result<Bytes, StoreError> {
        let path = self.path_of("read", key)?;
        check_range(key, &range)?;
        let (owned_range, etag) = (range.clone(), etag.to_owned());
        match run("read", key.to_owned(), move || read_part(&path, &owned_range, &etag)).await? {
            Part::Bytes(bytes) => Ok(bytes.into()),
            Part::BehindEnd => Err(range_behind_end(key, &range)),
            Part::OtherVersion => {
                let detail = "the object was replaced while it was read";
                Err(StoreError::new(StoreErrorKind::PreconditionFailed, "read", key, detail))
            }
        }
    }

    async fn head(&self, key: &str) -> Result<ObjectInfo, StoreError> {
        let path = self.path_of("head", key)?;
        let owned_key = key.to_owned();
        run("head", key.to_owned(), move || {
            let found = fs::metadata(&path)?;
            if !found.is_file() {
                return Err(io::ErrorKind::NotFound.into());
            }
            Ok(info_of(owned_key, &found))
        })
        .await
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>) -> Result<ListPage, StoreError> {
        check_prefix(prefix)?;
        let walk = Walk {
            root: self.root.clone(),
            prefix: prefix.to_owned(),
            after: cursor.unwrap_or_default().to_owned(),
        };
        run("list", prefix.to_owned(), move || walk.page()).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path_of("delete", key)?;
        let (root, owned_key) = (self.root.clone(), key.to_owned());
        run("delete", key.to_owned(), move || {
            let _lock = lock_key(&root, &owned_key)?;
            match fs::remove_file(&path) {
                Ok(()) => sync_folder(parent_of(&path)),
                // Nothing there, neither the object nor perhaps the folders above it.
                Err(error) if is_missing(&error) => Ok(()),
                Err(error) => Err(error),
            }
        })
        .await
    }

    fn local_path(&self, key: &str) -> Result<Option<PathBuf>, StoreError> {
        self.path_of("local path", key).map(Some)
    }

    fn location(&self) -> String {
        self.root.display().to_string()
    }
}

/// Runs file system calls where they may block.
async fn run<T: Send + 'static>(
    operation: &'static str,
    key: String,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|cause| StoreError::from_io(operation, &key, cause)),
        Err(cause) => {
            Err(StoreError::new(StoreErrorKind::Unavailable, operation, key, "the runtime is shutting down")
                .caused_by(cause))
        }
    }
}

/// A complete, durable file that has not got its name yet; removed when dropped before it has.
struct Unfinished {
    path: PathBuf,
    /// Held open and locked: the mark of a living writer.
    _file: Option<File>,
}

impl Unfinished {
    fn new_path(root: &Path) -> PathBuf {
        root.join(PRIVATE).join("tmp").join(format!("{}.tmp", uuid::Uuid::new_v4().simple()))
    }

    fn of_bytes(root: &Path, bytes: &[u8]) -> io::Result<Self> {
        let (unfinished, mut file) = Self::create(root)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(unfinished)
    }

    /// A second link to a local file where the file system allows it, else a copy.
    fn of_file(root: &Path, source: &Path) -> io::Result<Self> {
        let mut source_file = File::open(source)?;
        source_file.sync_all()?;
        let path = Self::new_path(root);
        if fs::hard_link(source, &path).is_ok() {
            return Ok(Self { path, _file: None });
        }
        let (unfinished, mut file) = Self::create(root)?;
        io::copy(&mut source_file, &mut file)?;
        file.sync_all()?;
        Ok(unfinished)
    }

    fn create(root: &Path) -> io::Result<(Self, File)> {
        let path = Self::new_path(root);
        let file = File::create_new(&path)?;
        let unfinished = Self { path, _file: Some(file.try_clone()?) };
        file.lock()?;
        Ok((unfinished, file))
    }

    /// Gives the file its name, in the place of whatever had it, durably.
    fn replace(self, target: &Path) -> io::Result<()> {
        let folder = parent_of(target);
        create_folder(folder)?;
        fs::rename(&self.path, target)?;
        // Renaming one of two links of the same file onto the other does nothing, and leaves both.
        if let Err(error) = fs::remove_file(&self.path)
            && !is_missing(&error)
        {
            return Err(error);
        }
        sync_folder(folder)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && !is_missing(&error)
        {
            tracing::warn!(path = %self.path.display(), %error, "cannot remove an unfinished file; the next start does");
        }
    }
}

/// Says which local file is missing, so that it is not taken for the object.
fn name_source(source: &Path, cause: io::Error) -> io::Error {
    if !is_missing(&cause) {
        return cause;
    }
    let text = format!("the local file {} is not there: {cause}", source.display());
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// Removes the files in `tmp` that no living writer holds.
fn remove_stale(tmp: &Path) -> io::Result<()> {
    for entry in fs::read_dir(tmp)? {
        let path = entry?.path();
        let Ok(file) = File::open(&path) else { continue };
        if file.try_lock().is_ok() && fs::remove_file(&path).is_ok() {
            tracing::info!(path = %path.display(), "removed an unfinished file of an earlier run");
        }
    }
    Ok(())
}

/// Waits for the lock that a key shares with some others, at most [`FOLDER_LOCK_WAIT`].
fn lock_key(root: &Path, key: &str) -> io::Result<File> {
    let hash = Sha256::digest(key.as_bytes());
    let number = u64::from(hash.first().copied().unwrap_or_default()) % FOLDER_LOCKS;
    let path = root.join(PRIVATE).join("locks").join(format!("{number:02}.lock"));
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if started.elapsed() > FOLDER_LOCK_WAIT => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process holds the lock of this key",
                ));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Whether the condition of a put holds for what lies at its target. Call with the key's lock held.
fn condition_holds(target: &Path, condition: &PutCondition) -> io::Result<bool> {
    match condition {
        PutCondition::None => Ok(true),
        PutCondition::IfAbsent => match fs::symlink_metadata(target) {
            Ok(_) => Ok(false),
            Err(error) if is_missing(&error) => Ok(true),
            Err(error) => Err(error),
        },
        PutCondition::IfMatch(etag) => match read_bounded(target, MAX_PUT_BYTES as u64) {
            Ok(Some(bytes)) if etag_of(&bytes) == *etag => Ok(true),
            Ok(_) => Ok(version_of(&fs::metadata(target)?) == *etag),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        },
    }
}

/// The content's SHA-256: the same content is the same etag, however often it was written.
fn etag_of(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Tells the versions of a file apart without its content: every put makes a new file.
fn version_of(found: &Metadata) -> String {
    format!("{:x}-{:x}.{:09}-{:x}", found.ino(), found.mtime(), found.mtime_nsec(), found.len())
}

fn info_of(key: String, found: &Metadata) -> ObjectInfo {
    let modified_us = found.mtime().saturating_mul(1_000_000).saturating_add(found.mtime_nsec() / 1000);
    ObjectInfo { key, bytes: found.len(), etag: version_of(found), modified_us: Some(modified_us) }
}

/// Reads a part of a file, if it is still the version asked for.
fn read_part(path: &Path, range: &Range<u64>, etag: &str) -> io::Result<Part> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    if version_of(&found) != etag {
        return Ok(Part::OtherVersion);
    }
    if found.len() < range.end {
        return Ok(Part::BehindEnd);
    }
    let mut bytes = vec![0; (range.end - range.start) as usize];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(Part::Bytes(bytes))
}

/// What a part of a file turned out to be.
enum Part {
    Bytes(Vec<u8>),
    OtherVersion,
    BehindEnd,
}

/// Reads a file; `None` when it is larger than `max_bytes`.
fn read_bounded(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    if found.len() > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Ok(None);
    }
    Ok(Some(bytes))
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The folder of an object's path; every object lies below the root, so there is one.
fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Creates a folder and those above it, each durable in the one above.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {}
        Err(error) => return Err(error),
    }
    match folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        Some(above) => sync_folder(above),
        None => Ok(()),
    }
}

/// Makes renames and removals in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// One page of a listing: a walk through the folders in the order of the keys. Memory: one page, and the names
/// in the folders on the way. Symbolic links are not listed.
struct Walk {
    root: Arc<PathBuf>,
    prefix: String,
    after: String,
}

impl Walk {
    fn page(&self) -> io::Result<ListPage> {
        let mut page = ListPage::default();
        self.walk("", &mut page)?;
        Ok(page)
    }

    /// Adds what lies in a folder (its key with `/`, or nothing for the root) until the page is full.
    fn walk(&self, folder: &str, page: &mut ListPage) -> io::Result<()> {
        for name in self.names(folder)? {
            if page.next.is_some() {
                return Ok(());
            }
            let key = format!("{folder}{name}");
            if let Some(inner) = key.strip_suffix('/') {
                if self.may_hold_more(&key) && check_key("list", inner).is_ok() {
                    self.walk(&key, page)?;
                }
                continue;
            }
            if key.starts_with(&self.prefix) && key > self.after && check_key("list", &key).is_ok() {
                self.add(key, page)?;
            }
        }
        Ok(())
    }

    fn add(&self, key: String, page: &mut ListPage) -> io::Result<()> {
        let found = match fs::symlink_metadata(self.root.join(&key)) {
            Ok(found) => found,
            // Deleted since its folder was read.
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        if page.objects.len() == LIST_PAGE_KEYS {
            page.next = page.objects.last().map(|object| object.key.clone());
            return Ok(());
        }
        page.objects.push(info_of(key, &found));
        Ok(())
    }

    /// Names in a folder in the order of their keys; those of folders end with `/`, which is why they are sorted so.
    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(mut name) = entry.file_name().into_string() else { continue };
            let Ok(file_type) = entry.file_type() else { continue };
            if file_type.is_dir() {
                name.push('/');
            } else if !file_type.is_file() {
                continue;
            }
            names.push(name);
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether keys below a folder can match the prefix and come after the cursor.
    fn may_hold_more(&self, folder: &str) -> bool {
        let matches = folder.starts_with(&self.prefix) || self.prefix.starts_with(folder);
        matches && (self.after.starts_with(folder) || *folder > *self.after)
    }
}
