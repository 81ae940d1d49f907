//! From errors to exit codes: 0 done, 1 failed, 2 wrong usage (given by the parser), 78 wrong configuration.

use std::path::Path;
use std::process::ExitCode;

use bytefreezer_core::config::{ConfigErrors, ConfigProblem};

use crate::output;

/// `EX_CONFIG` of sysexits.h. The systemd units do not restart after it.
const WRONG_CONFIGURATION: u8 = 78;

/// Prints what went wrong and gives the exit code for it.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if output::is_reader_gone(error) {
        return ExitCode::SUCCESS;
    }
    if let Some(problems) = error.downcast_ref::<ConfigErrors>() {
        // Each line begins with its place, as editors and people look for it.
        output::note(problems);
        return ExitCode::from(WRONG_CONFIGURATION);
    }
    output::note(format_args!("error: {}", chain(error)));
    ExitCode::FAILURE
}

/// The error and its causes in one line; a cause that the words before it end with already is left out.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// A setting whose value turned out wrong when it was put to use.
pub fn wrong_setting(config: Option<&Path>, path: &str, reason: impl Into<String>) -> ConfigErrors {
    let file = config.map_or_else(|| "(defaults)".to_owned(), |file| file.display().to_string());
    let problem = ConfigProblem {
        file,
        location: None,
        path: path.to_owned(),
        reason: reason.into(),
        suggestion: None,
    };
    ConfigErrors { problems: vec![problem], further: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn causes_stand_behind_what_they_caused_once() {
        let error = anyhow!("no such file").context("cannot open a: no such file").context("cannot decode");
        assert_eq!(chain(&error), "cannot decode: cannot open a: no such file");
    }

    #[test]
    fn a_wrong_setting_names_its_file_and_key() {
        let errors = wrong_setting(Some(Path::new("a.yaml")), "storage.ca_file", "no certificate in it");
        assert_eq!(errors.to_string(), "a.yaml: storage.ca_file: no certificate in it");
    }
}
