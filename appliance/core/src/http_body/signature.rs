//! The signature of a body: an HMAC-SHA256 of it as it travels, compared in constant time.

use axum::http::header::InvalidHeaderName;
use axum::http::{HeaderMap, HeaderName};
use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use crate::config::SignatureConfig;

/// How bodies have to be signed.
pub struct Signature {
    key: hmac::Key,
    header: HeaderName,
    prefix: String,
}

/// The signature is missing, or another body's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSignature;

/// A signature that is checked while the body comes in.
pub struct SignatureCheck {
    computed: hmac::Context,
    expected: [u8; digest::SHA256_OUTPUT_LEN],
}

impl Signature {
    /// As the configuration says.
    ///
    /// # Errors
    /// When the header has no valid name, which no loaded configuration has.
    pub fn new(config: &SignatureConfig) -> Result<Self, InvalidHeaderName> {
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, config.secret.expose().as_bytes()),
            header: HeaderName::from_bytes(config.header.as_bytes())?,
            prefix: config.prefix.clone(),
        })
    }

    /// Begins to check the signature of a body.
    ///
    /// # Errors
    /// [`BadSignature`] when the header is missing or holds none.
    pub fn check(&self, headers: &HeaderMap) -> Result<SignatureCheck, BadSignature> {
        let shown = headers.get(&self.header).and_then(|value| value.to_str().ok());
        let digits = shown.and_then(|shown| shown.trim().strip_prefix(&self.prefix));
        let expected = digits.and_then(bytes_of_hex).ok_or(BadSignature)?;
        Ok(SignatureCheck { computed: hmac::Context::with_key(&self.key), expected })
    }
}

impl SignatureCheck {
    /// The next bytes of the body, as they travel.
    pub fn update(&mut self, bytes: &[u8]) {
        self.computed.update(bytes);
    }

    /// Whether the whole body is the one that was signed.
    pub fn confirms(self) -> bool {
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

    fn signature(settings: &str) -> Signature {
        Signature::new(&serde_json::from_str(&format!("{{{settings}}}")).unwrap()).unwrap()
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        [(HeaderName::from_static(name), value.parse().unwrap())].into_iter().collect()
    }

    /// The example in GitHub's documentation of webhooks.
    const DIGITS: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn is_right(signature: &Signature, headers: &HeaderMap, body: &[u8]) -> bool {
        let Ok(mut check) = signature.check(headers) else { return false };
        for byte in body {
            check.update(&[*byte]);
        }
        check.confirms()
    }

    #[test]
    fn a_body_is_signed_as_github_does() {
        let signature = signature("\"secret\": \"It's a Secret to Everybody\"");
        let signed = headers("x-hub-signature-256", &format!("sha256={DIGITS}"));
        assert!(is_right(&signature, &signed, b"Hello, World!"));
        assert!(!is_right(&signature, &signed, b"Hello, World?"));
        let upper_case = headers("x-hub-signature-256", &format!("sha256={}", DIGITS.to_uppercase()));
        assert!(is_right(&signature, &upper_case, b"Hello, World!"));
        for wrong in
            [DIGITS, &format!("sha256={}", &DIGITS[2..]), "sha256=", &format!("sha256={}g", &DIGITS[1..])]
        {
            assert!(
                !is_right(&signature, &headers("x-hub-signature-256", wrong), b"Hello, World!"),
                "{wrong}"
            );
        }
        assert!(signature.check(&HeaderMap::new()).is_err());
    }

    #[test]
    fn header_and_prefix_are_the_senders() {
        let signature = signature(
            "\"secret\": \"It's a Secret to Everybody\", \"header\": \"X-Signature\", \"prefix\": \"\"",
        );
        assert!(is_right(&signature, &headers("x-signature", DIGITS), b"Hello, World!"));
    }
}
