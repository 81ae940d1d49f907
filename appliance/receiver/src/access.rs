//! Who may send to which dataset.

use axum::http::HeaderMap;
use bytefreezer_core::config::{ReceiverConfig, ReceiverToken};
use bytefreezer_core::http_body::{Credentials, is_token};

/// The senders that the configuration knows.
pub struct Access {
    tokens: Vec<ReceiverToken>,
    anonymous: bool,
}

/// Whether a sender may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It does not say who it is, or not rightly.
    Unknown,
    /// It is known, and may send to other datasets.
    Elsewhere,
}

impl Access {
    /// As the configuration says.
    pub fn new(config: &ReceiverConfig) -> Self {
        Self { tokens: config.tokens.clone(), anonymous: config.anonymous }
    }

    /// Looks at what a sender shows. Every token is compared, whichever is the right one.
    pub fn verdict(&self, headers: &HeaderMap, tenant: &str, dataset: &str) -> Verdict {
        let shown = match Credentials::of(headers) {
            Credentials::Nothing if self.anonymous => return Verdict::Allowed,
            Credentials::Nothing | Credentials::Unreadable => return Verdict::Unknown,
            Credentials::Token(shown) => shown,
        };
        let mut verdict = Verdict::Unknown;
        for token in &self.tokens {
            if !is_token(&token.token, &shown) {
                continue;
            }
            if covers(token, tenant, dataset) {
                verdict = Verdict::Allowed;
            } else if verdict == Verdict::Unknown {
                verdict = Verdict::Elsewhere;
            }
        }
        verdict
    }
}

fn covers(token: &ReceiverToken, tenant: &str, dataset: &str) -> bool {
    token.tenant.as_ref().is_none_or(|own| own == tenant)
        && token.dataset.as_ref().is_none_or(|own| own == dataset)
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn verdict(config: &str, authorization: Option<&str>, path: (&str, &str)) -> Verdict {
        let config: ReceiverConfig = serde_json::from_str(config).unwrap();
        let headers = authorization.map(|value| (header::AUTHORIZATION, value.parse().unwrap()));
        Access::new(&config).verdict(&headers.into_iter().collect(), path.0, path.1)
    }

    #[test]
    fn a_token_is_good_for_what_it_was_given_for() {
        let config = r#"{"tokens": [
            {"token": "all"}, {"token": "acme", "tenant": "acme"},
            {"token": "one", "tenant": "acme", "dataset": "fw"}, {"token": "one", "tenant": "acme", "dataset": "dns"}
        ]}"#;
        let cases = [
            ("Bearer all", ("other", "x"), Verdict::Allowed),
            ("Bearer acme", ("acme", "x"), Verdict::Allowed),
            ("Bearer acme", ("other", "x"), Verdict::Elsewhere),
            ("Bearer one", ("acme", "fw"), Verdict::Allowed),
            ("Bearer one", ("acme", "dns"), Verdict::Allowed),
            ("Bearer one", ("acme", "web"), Verdict::Elsewhere),
            ("Bearer none", ("acme", "fw"), Verdict::Unknown),
            ("Bearer", ("acme", "fw"), Verdict::Unknown),
        ];
        for (authorization, path, expected) in cases {
            assert_eq!(verdict(config, Some(authorization), path), expected, "{authorization} {path:?}");
        }
        assert_eq!(verdict(config, None, ("acme", "fw")), Verdict::Unknown);
    }

    #[test]
    fn nobody_may_send_unless_somebody_was_let_in() {
        assert_eq!(verdict("{}", None, ("acme", "fw")), Verdict::Unknown);
        assert_eq!(verdict("{}", Some("Bearer "), ("acme", "fw")), Verdict::Unknown);
        let anonymous = r#"{"anonymous": true, "tokens": [{"token": "acme", "tenant": "acme"}]}"#;
        assert_eq!(verdict(anonymous, None, ("other", "fw")), Verdict::Allowed);
        assert_eq!(verdict(anonymous, Some("Bearer wrong"), ("acme", "fw")), Verdict::Unknown);
        assert_eq!(verdict(anonymous, Some("Bearer acme"), ("other", "fw")), Verdict::Elsewhere);
    }
}
