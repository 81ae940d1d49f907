//! The forms that lists are published in: an entry a line, MISP's warning lists (JSON), CSV.

use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;

use super::list::ListOptions;

/// Addresses that begin the lines of a `hosts` file, before the domain that is meant.
const HOSTS_FILE_ADDRESSES: [&str; 4] = ["0.0.0.0", "127.0.0.1", "::", "::1"];

/// Takes each entry of a list.
type Take<'t> = dyn FnMut(&str) -> Result<(), String> + 't;

/// Hands each entry of the list in `text` to `take`.
pub(super) fn entries(text: &str, options: &ListOptions, take: &mut Take<'_>) -> Result<(), String> {
    match options {
        ListOptions::Plain if text.trim_start().starts_with(['{', '[']) => of_json(text, take),
        ListOptions::Plain => of_lines(text, take),
        ListOptions::Named(name) => of_csv(text, Column::Named(name), take),
        ListOptions::Numbered(number) => of_csv(text, Column::Numbered(*number), take),
    }
}

/// The first word of each line that is no comment. In a `hosts` file the second, which is the domain.
fn of_lines(text: &str, take: &mut Take<'_>) -> Result<(), String> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else {
            continue;
        };
        if first.contains(',') {
            return Err(format!("line {} has a comma: if the list is CSV, write its `column`", index + 1));
        }
        let second = words.next().filter(|word| !word.starts_with('#'));
        match second {
            Some(domain) if HOSTS_FILE_ADDRESSES.contains(&first) => take(domain)?,
            _ => take(first)?,
        }
    }
    Ok(())
}

/// A list as JSON: of texts, or a warning list of MISP.
#[derive(Deserialize)]
#[serde(untagged)]
enum JsonList {
    Texts(Vec<String>),
    Misp { list: Vec<String>, r#type: Option<String> },
}

fn of_json(text: &str, take: &mut Take<'_>) -> Result<(), String> {
    let list = serde_json::from_str(text)
        .map_err(|error| format!("it is neither a JSON list of texts nor a warning list of MISP: {error}"))?;
    let texts = match list {
        JsonList::Texts(texts) => texts,
        JsonList::Misp { r#type: Some(kind), .. } if kind == "regex" || kind == "substring" => {
            return Err(format!("a list of type {kind} is not taken, only cidr, hostname and string"));
        }
        // The subdomains of a host name are meant too, whatever else is configured.
        JsonList::Misp { list, r#type: Some(kind) } if kind == "hostname" => {
            return list
                .iter()
                .try_for_each(|host| take(&format!(".{}", host.trim().trim_start_matches('.'))));
        }
        JsonList::Misp { list, .. } => list,
    };
    texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).try_for_each(take)
}

#[derive(Clone, Copy)]
enum Column<'a> {
    Named(&'a str),
    Numbered(u64),
}

/// One column of CSV. Lines that begin with `#` are comments, and rows may differ in length.
fn of_csv(text: &str, column: Column<'_>, take: &mut Take<'_>) -> Result<(), String> {
    let has_headers = matches!(column, Column::Named(_));
    let mut reader = ReaderBuilder::new()
        .has_headers(has_headers)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let wrong = |error: csv::Error| format!("it is no CSV: {error}");
    let place = match column {
        Column::Numbered(number) => usize::try_from(number - 1).unwrap_or(usize::MAX),
        Column::Named(name) => {
            let header = reader.headers().map_err(wrong)?;
            let place = header.iter().position(|title| title == name);
            place.ok_or_else(|| format!("the first row has no column `{name}`"))?
        }
    };
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(wrong)? {
        match record.get(place) {
            Some(entry) if !entry.is_empty() => take(entry)?,
            _ => {}
        }
    }
    Ok(())
}
