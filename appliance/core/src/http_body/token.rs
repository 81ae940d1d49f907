//! The token that a sender shows in `Authorization`.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use crate::config::Secret;

/// What a sender shows of itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    Nothing,
    /// Something that is no token.
    Unreadable,
    /// A token, right or wrong.
    Token(Vec<u8>),
}

impl Credentials {
    /// Looks at `Authorization`: `Bearer` (RFC 6750) and `Splunk` with the token, `Basic` (RFC 7617) with it as the
    /// password, `ApiKey` (Elasticsearch) with it as the key behind the id.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::AUTHORIZATION) else { return Self::Nothing };
        let Some((scheme, credentials)) = value.to_str().ok().and_then(|value| value.split_once(' ')) else {
            return Self::Unreadable;
        };
        let credentials = credentials.trim();
        let token = match scheme.to_ascii_lowercase().as_str() {
            "bearer" | "splunk" => Some(credentials.as_bytes().to_vec()),
            "basic" | "apikey" => behind_colon(credentials),
            _ => None,
        };
        token.map_or(Self::Unreadable, Self::Token)
    }
}

/// Whether what was shown is the token, found out in a time that does not depend on how much of it is right. Its length
/// is not kept secret.
pub fn is_token(token: &Secret, shown: &[u8]) -> bool {
    token.expose().as_bytes().ct_eq(shown).into()
}

/// `name:secret` in Base64; the secret.
fn behind_colon(credentials: &str) -> Option<Vec<u8>> {
    let decoded = STANDARD.decode(credentials).ok()?;
    let colon = memchr::memchr(b':', &decoded)?;
    decoded.get(colon + 1..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_shown(authorization: &str) -> Option<bool> {
        let headers = [(header::AUTHORIZATION, authorization.parse().unwrap())].into_iter().collect();
        match Credentials::of(&headers) {
            Credentials::Token(shown) => Some(is_token(&Secret::new("secret"), &shown)),
            Credentials::Nothing | Credentials::Unreadable => None,
        }
    }

    #[test]
    fn a_token_is_shown_in_the_ways_that_senders_know() {
        for value in
            ["Bearer secret", "bearer  secret", "Splunk secret", "Basic eDpzZWNyZXQ=", "ApiKey aWQ6c2VjcmV0"]
        {
            assert_eq!(is_shown(value), Some(true), "{value}");
        }
        for value in ["Bearer secre", "Bearer secret2", "Splunk x", "Basic eDp5", "Bearer "] {
            assert_eq!(is_shown(value), Some(false), "{value}");
        }
        for value in ["secret", "Digest secret", "Basic secret", "Basic c2VjcmV0"] {
            assert_eq!(is_shown(value), None, "{value}");
        }
        assert!(Credentials::of(&HeaderMap::new()) == Credentials::Nothing);
    }
}
