//! Which texts are questions for a name server.

use std::net::IpAddr;

use crate::filter::limits::{MAX_HOST_LABEL_BYTES, MAX_HOST_NAME_BYTES};
use crate::filter::resolver::NameQuestion;

/// The question about a text: the name of an address, or the address of a name; none for any other text.
///
/// A name has letters, digits, hyphens and underscores in its parts, and the last part is not a number (RFC 3696,
/// section 2), so that neither a number nor a broken address is asked for.
pub(super) fn question(text: &str) -> Option<NameQuestion> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(NameQuestion::NameOf(address.to_canonical()));
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() || name.len() > MAX_HOST_NAME_BYTES || !name.split('.').all(is_label) {
        return None;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then(|| NameQuestion::AddressOf(name.to_ascii_lowercase()))
}

fn is_label(label: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty() && label.len() <= MAX_HOST_LABEL_BYTES && label.bytes().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_are_questions() {
        for (text, address) in
            [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8::1", "2001:db8::1")]
        {
            assert_eq!(question(text), Some(NameQuestion::NameOf(address.parse().unwrap())), "{text}");
        }
        let longest_label = "a".repeat(63);
        for (text, name) in [
            ("www.Example.ORG", "www.example.org"),
            ("example.org.", "example.org"),
            ("_dmarc.example.org", "_dmarc.example.org"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("firewall-1", "firewall-1"),
            ("4.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arpa"),
            (longest_label.as_str(), longest_label.as_str()),
        ] {
            assert_eq!(question(text), Some(NameQuestion::AddressOf(name.to_owned())), "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(127) + "a";
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a b",
            "a/b",
            "a:53",
            "bücher.example",
            "a\0b",
            "10.1.2",
            "300.1.1.1",
            "12345",
            "1.5",
            "10.0.0.0/8",
            "a.b..",
            &long_label,
            &long_name,
        ] {
            assert_eq!(question(text), None, "{text}");
        }
    }
}
