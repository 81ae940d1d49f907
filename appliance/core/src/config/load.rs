//! From a file to a configuration.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::check::Checker;
use super::problem::{Complaint, ConfigErrors, Problems};
use super::{Config, crosscheck, expand, schema, tree};
use crate::limits::CONFIG_BYTES_MAX;

/// What a configuration takes from the machine; passed in, so that a test says what it is.
pub struct Surroundings<'a> {
    /// Looks a variable of the environment up.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The machine's name.
    pub hostname: String,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Surroundings").field("hostname", &self.hostname).finish_non_exhaustive()
    }
}

impl Config {
    /// Loads the file at `path`, or the embedded defaults without one. `data_dir` takes the place of the file's.
    ///
    /// # Errors
    /// Everything that is wrong with the file, in its order, each with its place, reason and advice.
    pub fn load(path: Option<&Path>, data_dir: Option<&Path>) -> Result<Self, ConfigErrors> {
        let hostname = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned());
        let surroundings = Surroundings {
            variable: &|name| std::env::var(name).ok(),
            hostname: hostname.unwrap_or_default(),
        };
        let Some(path) = path else {
            return Self::from_yaml("", "(defaults)", data_dir, &surroundings);
        };
        let file = path.display().to_string();
        let text = read_config_file(path).map_err(|complaint| {
            let mut problems = Problems::new(&file);
            problems.add(None, "", complaint);
            ConfigErrors::from(problems)
        })?;
        Self::from_yaml(&text, &file, data_dir, &surroundings)
    }

    /// Reads a configuration from `text`; `file` is the name that errors give it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_yaml(
        text: &str,
        file: &str,
        data_dir: Option<&Path>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, ConfigErrors> {
        let mut problems = Problems::new(file);
        let mut root = match tree::parse(text) {
            Ok(root) => root,
            Err((location, complaint)) => {
                problems.add(Some(location), "", complaint);
                return Err(problems.into());
            }
        };
        expand::expand_tree(&mut root, "", surroundings.variable, &mut problems);
        Checker { variable: surroundings.variable, problems: &mut problems }
            .check_root(&mut root, schema::schema());
        if !problems.is_empty() {
            return Err(problems.into());
        }

        let mut config: Self = match serde_json::from_value(root.to_json()) {
            Ok(config) => config,
            // The schema and the structs are one source, so this is for what the schema cannot say.
            Err(error) => {
                problems.add(Some(root.location), "", Complaint::new(error.to_string()));
                return Err(problems.into());
            }
        };
        if let Some(data_dir) = data_dir {
            config.data_dir = PathBuf::from(data_dir);
        }
        config.fill_in(&surroundings.hostname);
        crosscheck::check(&config, |path, complaint| problems.add(Some(root.locate(path)), path, complaint));
        if !problems.is_empty() {
            return Err(problems.into());
        }
        Ok(config)
    }
}

fn read_config_file(path: &Path) -> Result<String, Complaint> {
    let failed = |error: std::io::Error| {
        let advice = "look at the path and at who may read it";
        Complaint::advise(format!("cannot read the configuration: {error}"), advice)
    };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        return Err(Complaint::new(format!("the configuration is longer than {CONFIG_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Complaint::advise(format!("the configuration is not utf-8 (at byte {at})"), "save it as utf-8")
    })
}
