//! What lines of some formats look like.

use super::kind::Kind;

/// Bytes of a line that are looked at for the time of an access log.
const TIME_PLACE_MAX: usize = 1_024;
/// Brackets that are tried for one.
const BRACKETS_MAX: usize = 8;
/// Words of a VPC flow record of version 2.
const VPC_WORDS: usize = 14;
/// Fields of a table's first line that are looked at.
const TABLE_FIELDS_MAX: usize = 256;

/// The format that a header line belongs to.
pub(super) fn header(line: &str) -> Option<Kind> {
    const ZEEK: [&str; 8] = [
        "#separator ",
        "#set_separator",
        "#empty_field",
        "#unset_field",
        "#path",
        "#open",
        "#fields",
        "#types",
    ];
    const W3C: [&str; 8] = [
        "#Fields:",
        "#Version:",
        "#Software:",
        "#Date:",
        "#Start-Date:",
        "#End-Date:",
        "#Remark:",
        "#GMT-Offset:",
    ];
    if ZEEK.iter().any(|name| line.starts_with(name)) || line.starts_with("#close") {
        return Some(Kind::Zeek);
    }
    W3C.iter().any(|name| line.starts_with(name)).then_some(Kind::W3c)
}

/// Whether a line has the time of an access log or an error log, or a request. Squid's lines begin with seconds.
pub(super) fn is_weblog(line: &str) -> bool {
    let bytes = line.as_bytes();
    let looked_at = bytes.get(..TIME_PLACE_MAX).unwrap_or(bytes);
    let mut brackets = memchr::memchr_iter(b'[', looked_at).take(BRACKETS_MAX);
    if brackets.any(|open| bytes.get(open + 1..).is_some_and(is_access_time)) {
        return true;
    }
    if has_quoted_version(looked_at) || shape_is(bytes, b"0000000000.000 ") {
        return true;
    }
    // nginx: `2024/03/05 06:07:08 [error] 12#34: `.
    let is_nginx = shape_is(bytes, b"0000/00/00 00:00:00 [");
    // Apache: `[Tue Mar 05 06:07:08.123456 2024] `.
    is_nginx || shape_is(bytes, b"[Aaa Aaa 00 00:00:00")
}

/// Whether a line has the end of a request in quotes: ` HTTP/1.1"`.
fn has_quoted_version(bytes: &[u8]) -> bool {
    let mut versions = memchr::memmem::find_iter(bytes, " HTTP/").map(|found| found + 6);
    versions.any(|start| {
        let version = bytes.get(start..).unwrap_or_default();
        shape_is(version, b"0.0\"") || shape_is(version, b"0\"")
    })
}

/// Whether a line has the time of an access log with the request behind it.
pub(super) fn has_request(line: &str) -> bool {
    let bytes = line.as_bytes();
    let looked_at = bytes.get(..TIME_PLACE_MAX).unwrap_or(bytes);
    let mut brackets = memchr::memchr_iter(b'[', looked_at).take(BRACKETS_MAX);
    // `[05/Mar/2024:06:07:08 +0000] "`
    brackets.any(|open| {
        let inner = bytes.get(open + 1..).unwrap_or_default();
        is_access_time(inner) && inner.get(26..29) == Some(b"] \"")
    })
}

/// `05/Mar/2024:06:07:08`.
fn is_access_time(bytes: &[u8]) -> bool {
    shape_is(bytes, b"00/Aaa/0000:00:00:00") || shape_is(bytes, b"0/Aaa/0000:00:00:00")
}

/// Whether bytes begin with a shape: `0` is a digit, `A` and `a` letters, anything else itself.
fn shape_is(bytes: &[u8], shape: &[u8]) -> bool {
    bytes.len() >= shape.len()
        && bytes.iter().zip(shape).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            b'a' => byte.is_ascii_lowercase(),
            shape => byte == shape,
        })
}

/// Whether a line is a record of version 2, or a header of any version.
pub(super) fn is_vpc_flow(line: &str) -> bool {
    if line.starts_with("version ") || line.starts_with("account-id ") {
        return line.contains(" srcaddr ") || line.contains(" interface-id ") || line.contains(" vpc-id ");
    }
    if !line.starts_with(|first: char| first.is_ascii_digit()) || !line.contains(" eni-") {
        return false;
    }
    let mut words = line.split_ascii_whitespace();
    words.nth(2).is_some_and(|word| word.starts_with("eni-")) && words.count() == VPC_WORDS - 3
}

/// Whether a text is of StatsD.
pub(super) fn is_statsd(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default().trim_ascii_end();
    if line.starts_with("_e{") || line.starts_with("_sc|") {
        return true;
    }
    let Some((name, rest)) = line.split_once(':') else { return false };
    let Some((value, rest)) = rest.split_once('|') else { return false };
    let metric_type = rest.split('|').next().unwrap_or_default();
    !name.is_empty()
        && !name.contains([' ', '|'])
        && (metric_type == "s"
            || value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.:eE".contains(&byte)))
        && matches!(metric_type, "c" | "g" | "ms" | "h" | "s" | "d" | "m")
}

/// Whether a line is of InfluxDB's line protocol, and is nothing else as well: it has tags, or a time.
pub(super) fn is_influx(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default().trim_ascii_end();
    let Some(series_end) = unescaped_space(line) else { return false };
    let (series, rest) = (&line[..series_end], line[series_end..].trim_ascii_start());
    let has_tags = match series.split_once(',') {
        Some((measurement, tags)) => {
            if measurement.is_empty()
                || measurement.contains('=')
                || !tags.split(',').all(|tag| tag.contains('='))
            {
                return false;
            }
            true
        }
        None if series.contains('=') => return false,
        None => false,
    };
    let Some((key, value)) = rest.split_once('=') else { return false };
    let is_key = !key.is_empty() && !key.contains([' ', '"']);
    let begins_value = value
        .starts_with(|first: char| first.is_ascii_digit() || matches!(first, '"' | '-' | '+' | '.'))
        || matches!(value.as_bytes().first(), Some(b't' | b'T' | b'f' | b'F'));
    let has_time = line
        .rsplit(' ')
        .next()
        .is_some_and(|last| last.len() >= 10 && last.bytes().all(|byte| byte.is_ascii_digit()));
    is_key && begins_value && (has_tags || has_time)
}

fn unescaped_space(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    memchr::memchr_iter(b' ', bytes).find(|at| *at > 0 && bytes[at - 1] != b'\\')
}

/// The kind of table whose names a first line has: words without spaces around, between commas or tabs.
pub(super) fn table(text: &str) -> Option<Kind> {
    let line = text.lines().next().unwrap_or_default().trim_ascii_end();
    let (separator, kind) = match (line.contains('\t'), line.contains(',')) {
        (true, _) => ('\t', Kind::Tsv),
        (false, true) => (',', Kind::Csv),
        _ => return None,
    };
    let mut fields = line.split(separator).take(TABLE_FIELDS_MAX);
    fields.all(is_field_name).then_some(kind)
}

/// A word or a few of them, as columns are called.
fn is_field_name(field: &str) -> bool {
    const WORDS_MAX: usize = 4;
    let field = field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field);
    let begins = field.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '@' | '#'));
    let is_of_names = |character: char| character.is_alphanumeric() || " _-.@#()/%".contains(character);
    begins
        && field.chars().all(is_of_names)
        && !field.ends_with([' ', '.'])
        && field.split(' ').take(WORDS_MAX + 1).count() <= WORDS_MAX
}

/// Whether a line is pairs from its first word on: `key=value key="some value"`.
pub(super) fn is_logfmt(line: &str) -> bool {
    let Some(rest) = behind_key(line) else { return false };
    let behind_value = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map_or("", |(_, behind)| behind),
        None => rest.split_once(' ').map_or("", |(_, behind)| behind),
    };
    let behind_value = behind_value.trim_ascii_start();
    behind_value.is_empty() || behind_key(behind_value).is_some()
}

/// What stands behind `key=`, which the text begins with.
fn behind_key(text: &str) -> Option<&str> {
    let (key, rest) = text.split_once('=')?;
    let is_key = key.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '_' | '@'))
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-@/".contains(&byte));
    (is_key && !rest.starts_with('=')).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_from_prose() {
        let prose = [
            "",
            "just a line of text",
            "user bob logged in, id=5",
            "session id=5",
            "error: disk|c",
            "2 123 eni-1",
            "took [05/Mar] long",
            "x = y and z = w",
            "a: 1|c",
        ];
        for line in prose {
            assert!(!is_weblog(line), "{line}");
            assert!(!is_vpc_flow(line), "{line}");
            assert!(!is_statsd(line), "{line}");
            assert!(!is_influx(line), "{line}");
            assert!(!is_logfmt(line), "{line}");
        }
    }

    #[test]
    fn each_shape_is_known() {
        assert!(is_weblog("192.0.2.1 - - [05/Mar/2024:06:07:08 +0000] \"GET / HTTP/1.1\" 200 1"));
        assert!(is_weblog(
            "1386543323.000      4 192.0.2.1 TCP_DENIED/403 4099 GET http://a/ - HIER_NONE/- text/html"
        ));
        assert!(is_weblog(
            "http 2018-07-02T22:23:00.186641Z app/a/b 192.0.2.1:1 - \"GET http://a/ HTTP/1.1\" \"-\""
        ));
        assert!(is_weblog("2024/03/05 06:07:08 [error] 12#34: *1 open() failed"));
        assert!(is_weblog("[Tue Mar 05 06:07:08.123456 2024] [core:error] [pid 1] AH1: x"));
        assert!(is_vpc_flow("2 123456789010 eni-1 10.0.0.1 10.0.0.2 1 2 6 3 4 5 6 ACCEPT OK"));
        assert!(is_vpc_flow("version account-id interface-id srcaddr dstaddr"));
        assert!(is_statsd("page.views:1|c|#env:prod") && is_statsd("users:bob|s") && is_statsd("_sc|x|0"));
        assert!(is_influx("cpu,host=a usage=0.5") && is_influx("m f=1i 1465839830100400200"));
        assert!(is_influx("a\\ b,t=x f=\"y\""));
        assert!(is_logfmt("level=info msg=\"two words\" n=1") && is_logfmt("date=2024-03-05 time=06:07:08"));
        assert_eq!(table("first,last name,\"e-mail\"\n1,2,3"), Some(Kind::Csv));
        assert_eq!(table("a\tb"), Some(Kind::Tsv));
        assert_eq!(table("a"), None);
        assert_eq!(table("failed, again, and again"), None);
        assert_eq!(table("a,1"), None);
        assert_eq!(header("#fields\ta"), Some(Kind::Zeek));
        assert_eq!(header("#Fields: date time"), Some(Kind::W3c));
        assert_eq!(header("# a comment"), None);
    }
}
