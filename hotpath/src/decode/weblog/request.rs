//! Request lines (RFC 9112 section 3): `method SP request-target SP HTTP-version`.

/// Longest method that is taken for one.
const METHOD_BYTES_MAX: usize = 32;

/// A request line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) target: Target<'a>,
    /// `1.1`; none where the line has none (HTTP/0.9, and some servers' error logs).
    pub(super) version: Option<&'a str>,
}

/// A request target (RFC 9112 section 3.2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::decode) struct Target<'a> {
    /// The target, where it is more than path and query: the absolute form (3.2.2) and the authority form (3.2.3).
    pub(in crate::decode) original: Option<&'a str>,
    pub(in crate::decode) host: Option<&'a str>,
    pub(in crate::decode) path: &'a str,
    pub(in crate::decode) query: Option<&'a str>,
}

/// Takes a request line apart; `None` where it is none, as what scanners send.
pub(super) fn parse(line: &str) -> Option<Request<'_>> {
    let (method, rest) = line.split_once(' ')?;
    if !is_method(method) {
        return None;
    }
    let rest = rest.trim_ascii();
    // Targets with spaces occur, though RFC 9112 forbids them: the version is the last word.
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, last)) if last.starts_with("HTTP/") => (target.trim_ascii_end(), last.get(5..)),
        _ => (rest, None),
    };
    let is_target = target.starts_with(['/', '*']) || target.contains("://") || method == "CONNECT";
    if target.is_empty() || (version.is_none() && !is_target) {
        return None;
    }
    Some(Request { method, target: Target::parse(target), version })
}

/// A token (RFC 9110 section 5.6.2) in capitals, as all methods that are in use are.
fn is_method(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= METHOD_BYTES_MAX
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'))
}

impl<'a> Target<'a> {
    /// Takes a target apart.
    pub(in crate::decode) fn parse(target: &'a str) -> Self {
        if target.starts_with('/') || target == "*" {
            let (path, query) = split_query(target);
            return Self { original: None, host: None, path, query };
        }
        let Some((scheme, rest)) = target.split_once("://") else {
            // The authority form has a host alone; other targets are kept as paths.
            let is_authority = !target.contains(['/', '?']);
            let (path, query) = split_query(target);
            return Self {
                original: is_authority.then_some(target),
                host: is_authority.then_some(target),
                path: if is_authority { "" } else { path },
                query,
            };
        };
        if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let (path, query) = split_query(target);
            return Self { original: None, host: None, path, query };
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, after) = rest.split_at(end);
        let (path, query) = split_query(after);
        Self { original: Some(target), host: Some(host).filter(|host| !host.is_empty()), path, query }
    }
}

fn split_query(target: &str) -> (&str, Option<&str>) {
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_a_target() {
        for (line, method, path, query, host, version) in [
            ("GET / HTTP/1.1", "GET", "/", None, None, Some("1.1")),
            ("GET /a b?c=d?e HTTP/2.0", "GET", "/a b", Some("c=d?e"), None, Some("2.0")),
            ("OPTIONS * HTTP/1.0", "OPTIONS", "*", None, None, Some("1.0")),
            ("POST https://h:8/x?y HTTP/1.1", "POST", "/x", Some("y"), Some("h:8"), Some("1.1")),
            ("GET http://h", "GET", "", None, Some("h"), None),
            ("GET http://h?a", "GET", "", Some("a"), Some("h"), None),
            ("CONNECT h:443 HTTP/1.1", "CONNECT", "", None, Some("h:443"), Some("1.1")),
            ("GET /old", "GET", "/old", None, None, None),
            (
                "RPC_IN_DATA /rpc/rpcproxy.dll HTTP/1.1",
                "RPC_IN_DATA",
                "/rpc/rpcproxy.dll",
                None,
                None,
                Some("1.1"),
            ),
        ] {
            let request = parse(line).unwrap();
            let Target { path: found, query: found_query, host: found_host, .. } = request.target;
            assert_eq!((request.method, found, found_query), (method, path, query), "{line}");
            assert_eq!((found_host, request.version), (host, version), "{line}");
        }
        assert_eq!(parse("GET http://h/x HTTP/1.1").unwrap().target.original, Some("http://h/x"));
    }

    #[test]
    fn what_scanners_send_is_no_request() {
        for line in [
            "",
            "-",
            "HELP",
            "batman",
            r"\x16\x03\x01\x01 \x02",
            "- - - ",
            "GET",
            "GET ",
            "lv|'|' x",
            "GET HTTP/1.1",
            "Get / HTTP/1.1",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
