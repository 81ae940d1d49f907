//! User agents by the rules of uap-core, which are data: a list of regular expressions for each of browser, system, device.

use std::sync::LazyLock;

use ua_parser::{Extractor, Regexes};

use crate::filter::limits::MAX_AGENT_RULES_BYTES;
use crate::filter::resources::Parsed;

/// The rules that come with the program; `scripts/user-agents.py` renews them.
static RULES: &[u8] = include_bytes!("../../../../data/uap-core/regexes.json");

/// The rules that come with the program, compiled once for all filters.
pub(super) static BUILT_IN: LazyLock<Result<AgentRules, String>> =
    LazyLock::new(|| AgentRules::parse(RULES.to_vec(), &()));

/// What uap-core calls an agent, system or device that no rule knows.
const UNKNOWN: &str = "Other";

/// Compiled rules.
pub(super) struct AgentRules {
    extractor: Extractor<'static>,
}

/// What a user agent names.
pub(super) struct Agent {
    /// Browser, its version, major, minor, patch; system, its version, major, minor; device, brand, model.
    pub(super) values: [Option<Box<str>>; Self::VALUES],
}

impl Agent {
    pub(super) const VALUES: usize = 12;
}

impl Parsed for AgentRules {
    type Options = ();
    const BYTES_MAX: usize = MAX_AGENT_RULES_BYTES;

    fn parse(bytes: Vec<u8>, (): &()) -> Result<Self, String> {
        let regexes: Regexes<'static> = serde_json::from_slice(&bytes)
            .map_err(|error| format!("these are no rules of uap-core as JSON: {error}"))?;
        let extractor = Extractor::try_from(regexes)
            .map_err(|error| format!("a regular expression of the rules does not compile: {error}"))?;
        Ok(Self { extractor })
    }
}

impl AgentRules {
    /// What `text` names.
    pub(super) fn parse_agent(&self, text: &str) -> Agent {
        let browser = self.extractor.ua.extract(text).unwrap_or_default();
        let system = self.extractor.os.extract(text).unwrap_or_default();
        let device = self.extractor.dev.extract(text).unwrap_or_default();
        let browser_version = version(&[browser.major, browser.minor, browser.patch, browser.patch_minor]);
        let (os_major, os_minor) = (system.major.as_deref(), system.minor.as_deref());
        let os_version =
            version(&[os_major, os_minor, system.patch.as_deref(), system.patch_minor.as_deref()]);
        let values = [
            Some(or_unknown(&browser.family)),
            browser_version.as_deref(),
            browser.major,
            browser.minor,
            browser.patch,
            Some(or_unknown(&system.os)),
            os_version.as_deref(),
            os_major,
            os_minor,
            Some(or_unknown(&device.device)),
            device.brand.as_deref(),
            device.model.as_deref(),
        ];
        Agent { values: values.map(|value| value.filter(|text| !text.is_empty()).map(Box::from)) }
    }
}

fn or_unknown(family: &str) -> &str {
    if family.is_empty() { UNKNOWN } else { family }
}

/// The parts of a version up to the first that is missing: `14.1.2`.
fn version(parts: &[Option<&str>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().map_while(|part| part.filter(|part| !part.is_empty())).collect();
    (!parts.is_empty()).then(|| parts.join("."))
}
