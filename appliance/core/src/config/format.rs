//! The rules for values of a certain kind, by the name that the kind has in the schema (`"format"`).

use std::net::SocketAddr;

use super::format_options::{delimiter_of, network_of};
use super::problem::Complaint;
use crate::limits::{HEADER_CHARACTERS_MAX, NAME_CHARACTERS_MAX, PATH_CHARACTERS_MAX};

/// Checks a text against the kind `format`. Kinds unknown here are for other readers of the schema.
pub(super) fn check(format: &str, text: &str) -> Result<(), Complaint> {
    match format {
        "instance" if text == "{hostname}" => Ok(()),
        "name" | "instance" => check_name(text),
        "time-zone" => check_time_zone(text),
        "socket-address" => check_socket_address(text),
        "network" => check_network(text),
        "delimiter" => check_delimiter(text),
        "http-path" => check_http_path(text),
        "http-header" => check_http_header(text),
        "key-prefix" => check_key_prefix(text),
        "http-url" => check_http_url(text),
        "bucket" => check_bucket(text),
        "path" if text.is_empty() => {
            Err(Complaint::advise("the path is empty", "give it, or remove the key"))
        }
        _ => Ok(()),
    }
}

/// Checks the name of a tenant, a dataset or an instance: as [`hotpath::names::check_name`], and in lower case, because
/// SQL makes no difference between cases where a name stands without quotes.
///
/// # Errors
/// When it is not made of `a-z`, `0-9`, `_` and `-`, does not start and end with a letter or digit, has `--` in it, or is
/// longer than 64 characters.
pub fn check_name(text: &str) -> Result<(), Complaint> {
    let lower_case = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    if lower_case && hotpath::names::check_name("given", text).is_ok() {
        return Ok(());
    }
    let advice = match sanitize_name(text) {
        name if name.is_empty() => String::from("as in `firewall-1`"),
        name => format!("as in `{name}`"),
    };
    Err(Complaint::advise(
        format!(
            "`{text}` is not a name: a-z, 0-9, _ and - are allowed (no --), with a letter or digit at both ends, \
             {NAME_CHARACTERS_MAX} characters at most"
        ),
        advice,
    ))
}

/// The name nearest to `text` that [`check_name`] takes; empty when nothing of it can stand. Used for host names too.
pub fn sanitize_name(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars().take(NAME_CHARACTERS_MAX) {
        match character.to_ascii_lowercase() {
            plain @ ('a'..='z' | '0'..='9' | '_') => name.push(plain),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.trim_matches(['-', '_']).to_owned()
}

fn check_time_zone(text: &str) -> Result<(), Complaint> {
    if text.parse::<chrono_tz::Tz>().is_ok() {
        return Ok(());
    }
    let reason = format!("`{text}` is not an iana time zone");
    let names = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    Err(match nearest(text, names) {
        Some(name) => Complaint::advise(reason, format!("did you mean `{name}`?")),
        None => Complaint::advise(reason, "as in `UTC` or `Europe/Berlin`"),
    })
}

fn check_socket_address(text: &str) -> Result<(), Complaint> {
    if text.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    let reason = format!("`{text}` is not an address and port");
    let port = text.strip_prefix(':').or_else(|| text.strip_prefix("*:")).unwrap_or(text);
    let advice = match port.parse::<u16>() {
        Ok(port) => format!("write `0.0.0.0:{port}`"),
        Err(_) => {
            "as in `0.0.0.0:5514`, `127.0.0.1:8008` or `[::]:5514`; host names are not looked up".to_owned()
        }
    };
    Err(Complaint::advise(reason, advice))
}

fn check_network(text: &str) -> Result<(), Complaint> {
    if network_of(text).is_some() {
        return Ok(());
    }
    let reason = format!("`{text}` is not an address or a network");
    Err(Complaint::advise(reason, "as in `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`"))
}

fn check_delimiter(text: &str) -> Result<(), Complaint> {
    if delimiter_of(text).is_some() {
        return Ok(());
    }
    let reason = format!("`{text}` cannot stand between two fields");
    Err(Complaint::advise(
        reason,
        "one ASCII character, as in `;` or `\\t`, that is no quote and ends no line",
    ))
}

fn check_http_path(text: &str) -> Result<(), Complaint> {
    let without_placeholders = text.replace("{tenant}", "").replace("{dataset}", "");
    let allowed = without_placeholders
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~'));
    if text.starts_with('/') && allowed && text.len() <= PATH_CHARACTERS_MAX {
        return Ok(());
    }
    let reason = format!("`{text}` is not a path");
    Err(Complaint::advise(reason, "it starts with `/` and has letters, digits, `-`, `_`, `.`, `~` and `/`"))
}

/// The name of a header: a token of RFC 9110 section 5.6.2.
fn check_http_header(text: &str) -> Result<(), Complaint> {
    let allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    if allowed && (1..=HEADER_CHARACTERS_MAX).contains(&text.len()) {
        return Ok(());
    }
    Err(Complaint::advise(format!("`{text}` is not the name of a header"), "as in `X-GitHub-Event`"))
}

fn check_key_prefix(text: &str) -> Result<(), Complaint> {
    let allowed = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'='));
    let steps_up = text.split('/').any(|step| step == ".." || step == ".");
    let bare = !text.starts_with('/') && !text.ends_with('/') && !text.contains("//");
    if allowed && bare && !steps_up && text.len() <= PATH_CHARACTERS_MAX {
        return Ok(());
    }
    let reason = format!("`{text}` is not a key prefix");
    Err(Complaint::advise(reason, "as in `site-1/lake`, without `/` at the ends"))
}

fn check_http_url(text: &str) -> Result<(), Complaint> {
    let advice = "as in `https://s3.example.net:9000`";
    let url = url::Url::parse(text)
        .map_err(|error| Complaint::advise(format!("`{text}` is not a url: {error}"), advice))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Complaint::advise(format!("`{text}` is not an http or https url"), advice));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let advice = "use `access_key` and `secret_key`";
        return Err(Complaint::advise("a url here must not hold a user or a password", advice));
    }
    Ok(())
}

fn check_bucket(text: &str) -> Result<(), Complaint> {
    let bytes = text.as_bytes();
    let allowed = bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if allowed && (3..=63).contains(&bytes.len()) && alphanumeric(bytes.first()) && alphanumeric(bytes.last())
    {
        return Ok(());
    }
    let reason = format!("`{text}` is not the name of a bucket");
    Err(Complaint::advise(reason, "3 to 63 of a-z, 0-9, `-` and `.`, with a letter or digit at both ends"))
}

/// The candidate nearest to a mistyped word, if it differs in no more than a third of the letters.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lowercase = word.to_ascii_lowercase();
    let differences_max = (word.chars().count() / 3).max(1);
    candidates
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lowercase, &candidate.to_ascii_lowercase()), candidate)
        })
        .filter(|(differences, _)| *differences <= differences_max)
        .min_by_key(|(differences, _)| *differences)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "fw-1", "0_0", &"x".repeat(64)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "-a", "a-", "_", "A", "a.b", "a b", "ä", "a/b", "..", "a--b", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_sanitized_name_is_a_name() {
        assert_eq!(sanitize_name("Edge01.Example.NET"), "edge01-example-net");
        assert_eq!(sanitize_name("-_x_-"), "x");
        assert_eq!(sanitize_name("a -- b"), "a-b");
        assert_eq!(sanitize_name("ääää"), "");
    }

    #[test]
    fn kinds() {
        let right = [
            ("time-zone", "Europe/Berlin"),
            ("socket-address", "[::1]:514"),
            ("http-path", "/ingest/{tenant}/{dataset}"),
            ("http-header", "X-GitHub-Event"),
            ("network", "192.0.2.7"),
            ("network", "2001:db8::/32"),
            ("key-prefix", "a/b=c"),
            ("http-url", "https://127.0.0.1:9000"),
            ("bucket", "lake"),
            ("instance", "{hostname}"),
            ("something-else", "?"),
        ];
        for (format, text) in right {
            assert_eq!(check(format, text), Ok(()), "{format} {text}");
        }
        let wrong = [
            ("time-zone", "Berlin"),
            ("socket-address", "localhost:514"),
            ("socket-address", "1.2.3.4"),
            ("http-path", "ingest"),
            ("http-path", "/{other}"),
            ("http-header", "X GitHub Event"),
            ("network", "192.0.2.0/33"),
            ("network", "router-1"),
            ("http-header", "X-GitHub-Event:"),
            ("key-prefix", "/a"),
            ("key-prefix", "a/../b"),
            ("http-url", "ftp://x"),
            ("http-url", "https://user:password@x"),
            ("bucket", "A"),
            ("name", "{hostname}"),
        ];
        for (format, text) in wrong {
            assert!(check(format, text).is_err(), "{format} {text}");
        }
    }
}
