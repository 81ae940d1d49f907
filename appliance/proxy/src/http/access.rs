//! Whether a sender may send: its token, and the signature of its body. Both are compared in constant time.

use anyhow::Context;
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytefreezer_core::config::{HttpInput, Secret, SignatureConfig};
use ring::{digest, hmac};
use subtle::ConstantTimeEq;

/// What an input asks of its senders.
pub(super) struct Access {
    token: Option<Secret>,
    signature: Option<Signature>,
}

struct Signature {
    key: hmac::Key,
    header: HeaderName,
    prefix: String,
}

/// What a sender showed of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The right one, or none is asked for.
    Right,
    /// Another one.
    Wrong,
    /// Something that is none.
    Unreadable,
    /// Nothing.
    Nothing,
}

impl Access {
    pub(super) fn new(input: &HttpInput) -> anyhow::Result<Self> {
        let signature = input.signature.as_ref().map(Signature::new).transpose()?;
        Ok(Self { token: input.token.clone(), signature })
    }

    /// Looks at `Authorization`: `Bearer` (RFC 6750) and `Splunk` with the token, `Basic` (RFC 7617) with it as the
    /// password, `ApiKey` (Elasticsearch) with it as the key behind the id.
    pub(super) fn token(&self, headers: &HeaderMap) -> Shown {
        let Some(token) = &self.token else { return Shown::Right };
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Shown::Nothing };
        let Some((scheme, credentials)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
            return Shown::Unreadable;
        };
        let credentials = credentials.trim();
        let shown = match scheme.to_ascii_lowercase().as_str() {
            "bearer" | "splunk" => Some(credentials.as_bytes().to_vec()),
            "basic" | "apikey" => behind_colon(credentials),
            _ => None,
        };
        let Some(shown) = shown else { return Shown::Unreadable };
        // The length is not kept secret.
        let is_right: bool = token.expose().as_bytes().ct_eq(&shown).into();
        if is_right { Shown::Right } else { Shown::Wrong }
    }

    /// Begins to check the signature of a body; `None` when none is asked for.
    ///
    /// # Errors
    /// [`BadSignature`] when the header is missing or holds none.
    pub(super) fn signature(&self, headers: &HeaderMap) -> Result<Option<SignatureCheck>, BadSignature> {
        let Some(signature) = &self.signature else { return Ok(None) };
        let shown = headers.get(&signature.header).and_then(|value| value.to_str().ok());
        let digits = shown.and_then(|shown| shown.trim().strip_prefix(&signature.prefix));
        let expected = digits.and_then(bytes_of_hex).ok_or(BadSignature)?;
        Ok(Some(SignatureCheck { computed: hmac::Context::with_key(&signature.key), expected }))
    }
}

/// `name:secret` in Base64; the secret.
fn behind_colon(credentials: &str) -> Option<Vec<u8>> {
    let decoded = STANDARD.decode(credentials).ok()?;
    let colon = memchr::memchr(b':', &decoded)?;
    decoded.get(colon + 1..).map(<[u8]>::to_vec)
}

impl Signature {
    fn new(config: &SignatureConfig) -> anyhow::Result<Self> {
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, config.secret.expose().as_bytes()),
            header: HeaderName::from_bytes(config.header.as_bytes()).context("not the name of a header")?,
            prefix: config.prefix.clone(),
        })
    }
}

/// The signature is missing, or another body's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadSignature;

/// A signature that is checked while the body comes in.
pub(super) struct SignatureCheck {
    computed: hmac::Context,
    expected: [u8; digest::SHA256_OUTPUT_LEN],
}

impl SignatureCheck {
    /// The next bytes of the body, as they travel.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.computed.update(bytes);
    }

    /// Whether the whole body is the one that was signed.
    pub(super) fn confirms(self) -> bool {
        self.computed.sign().as_ref().ct_eq(&self.expected).into()
    }
}

fn bytes_of_hex(digits: &str) -> Option<[u8; digest::SHA256_OUTPUT_LEN]> {
    let digits = digits.as_bytes();
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            *byte = *byte << 4 | char::from(*digit).to_digit(16)? as u8;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(settings: &str) -> Access {
        let config = format!("{{\"listen\": \"127.0.0.1:0\", {settings}}}");
        Access::new(&serde_json::from_str(&config).unwrap()).unwrap()
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        [(HeaderName::from_static(name), value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_token_is_shown_in_the_ways_that_senders_know() {
        let access = access("\"token\": \"secret\"");
        let shown = |value: &str| access.token(&headers("authorization", value));
        for value in
            ["Bearer secret", "bearer  secret", "Splunk secret", "Basic eDpzZWNyZXQ=", "ApiKey aWQ6c2VjcmV0"]
        {
            assert_eq!(shown(value), Shown::Right, "{value}");
        }
        for value in ["Bearer secre", "Bearer secret2", "Splunk x", "Basic eDp5", "Bearer "] {
            assert_eq!(shown(value), Shown::Wrong, "{value}");
        }
        for value in ["secret", "Digest secret", "Basic secret", "Basic c2VjcmV0"] {
            assert_eq!(shown(value), Shown::Unreadable, "{value}");
        }
        assert_eq!(access.token(&HeaderMap::new()), Shown::Nothing);
    }

    #[test]
    fn an_input_without_a_token_asks_for_none() {
        assert_eq!(access("\"token\": null").token(&HeaderMap::new()), Shown::Right);
    }

    /// The example in GitHub's documentation of webhooks.
    const DIGITS: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn is_right(access: &Access, headers: &HeaderMap, body: &[u8]) -> bool {
        let Ok(Some(mut check)) = access.signature(headers) else { return false };
        for byte in body {
            check.update(&[*byte]);
        }
        check.confirms()
    }

    #[test]
    fn a_body_is_signed_as_github_does() {
        let access = access("\"signature\": {\"secret\": \"It's a Secret to Everybody\"}");
        let signed = headers("x-hub-signature-256", &format!("sha256={DIGITS}"));
        assert!(is_right(&access, &signed, b"Hello, World!"));
        assert!(!is_right(&access, &signed, b"Hello, World?"));
        let upper_case = headers("x-hub-signature-256", &format!("sha256={}", DIGITS.to_uppercase()));
        assert!(is_right(&access, &upper_case, b"Hello, World!"));
        for wrong in
            [DIGITS, &format!("sha256={}", &DIGITS[2..]), "sha256=", &format!("sha256={}g", &DIGITS[1..])]
        {
            assert!(!is_right(&access, &headers("x-hub-signature-256", wrong), b"Hello, World!"), "{wrong}");
        }
        assert!(access.signature(&HeaderMap::new()).is_err());
    }

    #[test]
    fn header_and_prefix_are_the_senders() {
        let access = access(
            "\"signature\": {\"secret\": \"It's a Secret to Everybody\", \"header\": \"X-Signature\", \"prefix\": \"\"}",
        );
        assert!(is_right(&access, &headers("x-signature", DIGITS), b"Hello, World!"));
    }
}
