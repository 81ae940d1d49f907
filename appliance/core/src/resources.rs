//! The resources that filters name (databases, tables, lists), as files of one folder.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use hotpath::filter::{ResourceSource, Resources};
use tracing::{info, warn};

use crate::limits::RESOURCES_LOOK_SECONDS;

/// A folder whose files are resources, by their path in it. What lies outside of it cannot be named: names are written
/// by those who write filters, and they are not to read the machine's files.
#[derive(Debug, Clone)]
pub struct ResourceFolder {
    folder: PathBuf,
}

impl ResourceFolder {
    /// The files of `folder`, which need not be there yet. A file is replaced by renaming another over it.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn path(&self, name: &str) -> Result<PathBuf, String> {
        let path = Path::new(name);
        let inside = path.strip_prefix(&self.folder).unwrap_or(path);
        let is_inside = inside.components().all(|component| matches!(component, Component::Normal(_)));
        if is_inside && inside.components().next().is_some() {
            return Ok(self.folder.join(inside));
        }
        let last = path.file_name().and_then(|last| last.to_str()).unwrap_or("NAME");
        Err(format!("it is not in the folder of resources, {}: write `{last}`", self.folder.display()))
    }

    /// What is known of the file. Anything that is no file is refused: to open a pipe would wait for ever.
    fn file(&self, name: &str) -> Result<(PathBuf, Metadata), String> {
        let path = self.path(name)?;
        let metadata = std::fs::metadata(&path).map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("it is no file".to_owned());
        }
        Ok((path, metadata))
    }
}

impl ResourceSource for ResourceFolder {
    fn written_us(&self, name: &str) -> Result<i64, String> {
        let (_, metadata) = self.file(name)?;
        let written = metadata.modified().map_err(|error| error.to_string())?;
        let since_1970 = written.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
    }

    fn read(&self, name: &str, bytes_max: usize) -> Result<Vec<u8>, String> {
        let (path, metadata) = self.file(name)?;
        let too_large = || format!("it has more than {bytes_max} bytes");
        if metadata.len() > bytes_max as u64 {
            return Err(too_large());
        }
        let file = File::open(&path).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        // It may have grown since.
        let read = file.take(bytes_max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| error.to_string())?;
        if bytes.len() > bytes_max {
            return Err(too_large());
        }
        Ok(bytes)
    }
}

/// Has resources that were written anew read, for ever. What is refused is told once; what was there before stays.
pub async fn refresh(resources: Arc<Resources>) {
    loop {
        tokio::time::sleep(Duration::from_secs(RESOURCES_LOOK_SECONDS)).await;
        let looked_at = Arc::clone(&resources);
        // Reading and parsing a large database takes its time.
        let Ok(changes) = tokio::task::spawn_blocking(move || looked_at.refresh()).await else { continue };
        for change in changes {
            let name = change.name;
            match change.refused {
                None => info!(resource = name, "a resource of filters was read anew"),
                Some(reason) => warn!(
                    resource = name,
                    reason, "a resource of filters cannot be used; an older content stays"
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_folder_are_read_and_others_are_not() {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("resources");
        std::fs::create_dir_all(folder.join("lists")).unwrap();
        std::fs::write(folder.join("lists/a.txt"), "12345").unwrap();
        std::fs::write(around.path().join("secret"), "secret").unwrap();
        let resources = ResourceFolder::new(&folder);
        let whole_path = folder.join("lists/a.txt");
        for name in ["lists/a.txt", whole_path.to_str().unwrap()] {
            assert_eq!(resources.read(name, 5).unwrap(), b"12345");
            assert!(resources.written_us(name).unwrap() > 1_700_000_000_000_000);
            assert_eq!(resources.read(name, 4).unwrap_err(), "it has more than 4 bytes");
        }
        for name in ["../secret", "lists/../../secret", "/etc/hostname", "", ".", folder.to_str().unwrap()] {
            assert!(
                resources.read(name, 100).unwrap_err().contains("not in the folder of resources"),
                "{name}"
            );
        }
        assert!(resources.read("/opt/geoip/City.mmdb", 100).unwrap_err().ends_with("write `City.mmdb`"));
        assert_eq!(resources.read("lists", 100).unwrap_err(), "it is no file");
        assert!(resources.written_us("absent").unwrap_err().contains("No such file"));
    }
}
