//! Who may ask over HTTP: bearer tokens (RFC 6750), each for some tenants.

use std::fmt;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use subtle::ConstantTimeEq;

use super::problem::Problem;
use crate::caller::Caller;

/// A token and what it opens.
#[derive(Clone)]
pub struct TokenGrant {
    /// The secret.
    pub token: String,
    /// Who holds it.
    pub caller: Caller,
}

impl fmt::Debug for TokenGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenGrant").field("token", &"(secret)").field("caller", &self.caller).finish()
    }
}

/// Who may ask.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everybody who reaches the port, as this caller. For a loopback address only.
    Open(Caller),
    /// Holders of one of these tokens. With none, nobody.
    Tokens(Vec<TokenGrant>),
}

impl Access {
    /// The caller that a request's `Authorization` header proves, or the answer 401.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let grants = match self {
            Self::Open(caller) => return Ok(caller.clone()),
            Self::Tokens(grants) => grants,
        };
        let presented =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer_token);
        let Some(presented) = presented else {
            return Err(unauthorized("send the header 'Authorization: Bearer <token>'"));
        };
        // Every token is compared, in constant time, so that the time tells nothing about which is near.
        let mut found = None;
        for grant in grants {
            let is_equal = bool::from(grant.token.as_bytes().ct_eq(presented.as_bytes()));
            if is_equal && !grant.token.is_empty() {
                found = Some(&grant.caller);
            }
        }
        found.cloned().ok_or_else(|| unauthorized("the token is not known"))
    }
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}
