//! Values that must not be shown: passwords, tokens, access keys.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

use super::expand::Lookup;
use super::problem::Complaint;
use super::tree::{Content, Node};
use crate::limits::SECRET_BYTES_MAX;

/// A value that must not be shown. Printing and serialising it give `***`.
///
/// In the file it is the value itself, `{file: PATH}`, `{env: NAME}` or `{credential: NAME}` (a systemd credential).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

const MASK: &str = "***";

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself; the caller takes care of where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let source = |key: &str, description: &str| {
            let mut schema = json_schema!({
                "type": "object", "required": [key], "additionalProperties": false, "properties": {},
            });
            schema.insert(
                "properties".to_owned(),
                serde_json::json!({ key: { "type": "string", "description": description } }),
            );
            schema
        };
        json_schema!({
            "format": "secret",
            "anyOf": [
                { "type": "string" },
                source("file", "a file that holds the value; a line break at its end is left out"),
                source("env", "a variable of the environment that holds the value"),
                source("credential", "a systemd credential (`LoadCredential=`) that holds the value"),
            ],
        })
    }
}

/// Replaces `{file: ..}`, `{env: ..}` and `{credential: ..}` by what stands there.
pub(super) fn resolve(node: &mut Node, lookup: Lookup<'_>) -> Result<(), Complaint> {
    const FORMS: &str = "write the value, `{file: PATH}`, `{env: NAME}` or `{credential: NAME}`";
    let value = match &node.content {
        Content::Scalar { text, .. } => text.clone(),
        Content::List(_) => return Err(Complaint::advise("expected a secret, found a list", FORMS)),
        Content::Map(entries) => {
            let [entry] = entries.as_slice() else {
                return Err(Complaint::advise("expected a secret with one source", FORMS));
            };
            let Content::Scalar { text: name, .. } = &entry.value.content else {
                return Err(Complaint::advise(format!("expected text as `{}`", entry.key), FORMS));
            };
            match entry.key.as_str() {
                "file" => read_secret_file(Path::new(name))?,
                "env" => lookup(name).ok_or_else(|| {
                    Complaint::advise(
                        format!("the variable `{name}` of the environment is not set"),
                        "set it",
                    )
                })?,
                "credential" => read_secret_file(&credential_path(name, lookup)?)?,
                key => return Err(Complaint::advise(format!("unknown source `{key}` of a secret"), FORMS)),
            }
        }
    };
    if value.is_empty() {
        return Err(Complaint::advise("the secret is empty", "give it a value, or remove the key"));
    }
    node.content = Content::Scalar { text: value, plain: false };
    Ok(())
}

fn credential_path(name: &str, lookup: Lookup<'_>) -> Result<PathBuf, Complaint> {
    if name.is_empty() || name.contains('/') || name == ".." {
        return Err(Complaint::new(format!("`{name}` is not the name of a credential")));
    }
    let Some(directory) = lookup("CREDENTIALS_DIRECTORY") else {
        let reason = format!("credential `{name}`: systemd passed no credentials to this process");
        let advice = format!("add `LoadCredential={name}:PATH` to the unit");
        return Err(Complaint::advise(reason, advice));
    };
    Ok(Path::new(&directory).join(name))
}

fn read_secret_file(path: &Path) -> Result<String, Complaint> {
    let failed = |what: String| {
        let reason = format!("cannot read the secret in `{}`: {what}", path.display());
        Complaint::advise(reason, "look at the path and at who may read it")
    };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut value = String::new();
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut value).map_err(|error| failed(error.to_string()))?;
    if value.len() as u64 > SECRET_BYTES_MAX {
        return Err(failed(format!("longer than {SECRET_BYTES_MAX} bytes")));
    }
    value.truncate(value.trim_end_matches(['\n', '\r']).len());
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree;

    fn resolved(text: &str, lookup: Lookup<'_>) -> Result<String, String> {
        let mut node = tree::parse(text).unwrap().get("s").unwrap().clone();
        resolve(&mut node, lookup).map_err(|complaint| complaint.reason)?;
        match node.content {
            Content::Scalar { text, .. } => Ok(text),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        let shown = [format!("{secret:?}"), format!("{secret}"), serde_json::to_string(&secret).unwrap()];
        for text in shown {
            assert!(text.contains("***") && !text.contains("hunter2"), "{text}");
        }
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn a_secret_comes_from_the_file_the_environment_or_systemd() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), "from-file\n").unwrap();
        let lookup = |name: &str| match name {
            "TOKEN" => Some("from-env".to_owned()),
            "CREDENTIALS_DIRECTORY" => Some(directory.path().display().to_string()),
            _ => None,
        };
        let file = format!("s: {{file: {}}}", directory.path().join("token").display());
        assert_eq!(resolved("s: 0123", &lookup).unwrap(), "0123");
        assert_eq!(resolved(&file, &lookup).unwrap(), "from-file");
        assert_eq!(resolved("s: {env: TOKEN}", &lookup).unwrap(), "from-env");
        assert_eq!(resolved("s: {credential: token}", &lookup).unwrap(), "from-file");
    }

    #[test]
    fn a_secret_that_cannot_be_had_is_an_error() {
        let nothing = |_: &str| None;
        let texts = [
            "s: {env: TOKEN}",
            "s: {file: /nonexistent/token}",
            "s: {credential: token}",
            "s: {credential: ../token}",
            "s: {vault: token}",
            "s: {file: a, env: b}",
            "s: [a]",
            "s: ''",
        ];
        for text in texts {
            assert!(resolved(text, &nothing).is_err(), "{text}");
        }
    }
}
