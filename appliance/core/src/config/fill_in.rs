//! Puts in what stands for something else: `{hostname}`, `{data_dir}`, `{tenant}`, `{dataset}`, and a format that is implied.

use std::path::{Path, PathBuf};

use super::{Config, InputConfig, StorageConfig, sanitize_name};

impl Config {
    /// Replaces the placeholders in the settings that may have them, and names the formats of datasets.
    pub(super) fn fill_in(&mut self, hostname: &str) {
        if self.instance == "{hostname}" {
            let name = sanitize_name(hostname).replace('_', "-");
            self.instance = if name.is_empty() { "bytefreezer".to_owned() } else { name };
        }
        for storage in [&mut self.storage, &mut self.stages.intake, &mut self.stages.piper] {
            if let StorageConfig::Folder(folder) = storage {
                folder.path = below_data_dir(&folder.path, &self.data_dir);
            }
        }
        self.resources_dir = below_data_dir(&self.resources_dir, &self.data_dir);
        for dataset in &mut self.datasets {
            dataset.format = dataset.format.or_else(|| dataset.implied_format());
            for input in &mut dataset.inputs {
                if let InputConfig::Http(http) = input {
                    let path = http.base_path();
                    let path =
                        path.replace("{tenant}", &dataset.tenant).replace("{dataset}", &dataset.dataset);
                    http.path = Some(path).filter(|path| !path.is_empty());
                }
            }
        }
    }
}

/// Paths may hold bytes that are no text, so this works on their parts.
fn below_data_dir(path: &Path, data_dir: &Path) -> PathBuf {
    match path.strip_prefix("{data_dir}") {
        Ok(rest) => data_dir.join(rest),
        Err(_) => path.to_owned(),
    }
}
