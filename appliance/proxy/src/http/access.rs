//! Whether a sender may send: its token, and the signature of its body.

use anyhow::Context;
use axum::http::HeaderMap;
use bytefreezer_core::config::{HttpInput, Secret};
use bytefreezer_core::http_body::{Credentials, Signature, is_token};

/// What an input asks of its senders.
pub(super) struct Access {
    token: Option<Secret>,
    /// How bodies have to be signed, where they have to.
    pub(super) signature: Option<Signature>,
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
        let signature = input.signature.as_ref().map(Signature::new).transpose();
        Ok(Self { token: input.token.clone(), signature: signature.context("not the name of a header")? })
    }

    /// Looks at the token that the sender shows.
    pub(super) fn token(&self, headers: &HeaderMap) -> Shown {
        let Some(token) = &self.token else { return Shown::Right };
        match Credentials::of(headers) {
            Credentials::Nothing => Shown::Nothing,
            Credentials::Unreadable => Shown::Unreadable,
            Credentials::Token(shown) if is_token(token, &shown) => Shown::Right,
            Credentials::Token(_) => Shown::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn shown(token: &str, authorization: &str) -> Shown {
        let config = format!("{{\"listen\": \"127.0.0.1:0\", \"token\": {token}}}");
        let access = Access::new(&serde_json::from_str(&config).unwrap()).unwrap();
        let headers = [(header::AUTHORIZATION, authorization.parse().unwrap())];
        access.token(&headers.into_iter().collect())
    }

    #[test]
    fn an_input_asks_for_its_token() {
        for (authorization, expected) in
            [("Bearer secret", Shown::Right), ("Bearer x", Shown::Wrong), ("secret", Shown::Unreadable)]
        {
            assert_eq!(shown("\"secret\"", authorization), expected, "{authorization}");
        }
    }

    #[test]
    fn an_input_without_a_token_asks_for_none() {
        assert_eq!(shown("null", "Bearer x"), Shown::Right);
    }
}
