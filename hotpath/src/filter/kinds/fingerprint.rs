//! `fingerprint`: a hash of the values of fields, the same for the same values.

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewArray, StringViewBuilder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use ring::digest;

use crate::decode::address_text::push_hex;
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

const NO_TEXT: &str = "a field has a value that is no text";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "fingerprint",
    description: "Puts a hash of the values of fields into a field, the same for the same values.",
    keys: &[
        FilterKey {
            name: "source_fields",
            value_type: "string[]",
            default: "",
            example: "[\"source_ip\", \"message\"]",
            description: "The fields, in the order in which they are hashed.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "fingerprint",
            example: "\"event_hash\"",
            description: "The field that the hash is put into.",
        },
        FilterKey {
            name: "method",
            value_type: "string",
            default: "SHA256",
            example: "\"SHA512\"",
            description: "MD5, SHA1, SHA256 or SHA512.",
        },
        FilterKey {
            name: "key_separator",
            value_type: "string",
            default: "|",
            example: "\"\\u001f\"",
            description: "Stands between two values.",
        },
        FilterKey {
            name: "base64encode",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "The hexadecimal digits of the hash are written in base64.",
        },
        FilterKey {
            name: "include_keys",
            value_type: "boolean",
            default: "false",
            example: "true",
            description: "Each value has `name=` before it.",
        },
    ],
    compile,
};

const METHODS: [&str; 4] = ["SHA256", "MD5", "SHA1", "SHA512"];

#[derive(Debug, Clone, Copy)]
enum Method {
    Md5,
    Sha(&'static digest::Algorithm),
}

#[derive(Debug)]
struct Fingerprint {
    fields: Vec<FieldName>,
    target: String,
    method: Method,
    separator: String,
    base64: bool,
    include_keys: bool,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let Some(names) = config.fields("source_fields")? else {
        return Err(config.key_error("source_fields", "is needed: a list of fields"));
    };
    let method = match config.word("method", &METHODS)? {
        Some("MD5") => Method::Md5,
        Some("SHA1") => Method::Sha(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        Some("SHA512") => Method::Sha(&digest::SHA512),
        _ => Method::Sha(&digest::SHA256),
    };
    Ok(Box::new(Fingerprint {
        fields: names.into_iter().map(FieldName::new).collect(),
        target: config.optional_column("target_field")?.unwrap_or_else(|| "fingerprint".to_owned()),
        method,
        separator: config.text("key_separator")?.unwrap_or("|").to_owned(),
        base64: config.switch("base64encode")?,
        include_keys: config.switch("include_keys")?,
    }))
}

impl Filter for Fingerprint {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let mut columns: Vec<Option<StringViewArray>> = Vec::with_capacity(self.fields.len());
        let mut present = Mask::none(rows.row_count());
        let mut without_text = Mask::none(rows.row_count());
        for field in &self.fields {
            let Some(column) = field.column_in(events.batch()) else {
                columns.push(None);
                continue;
            };
            let with_value = rows.with_value(column);
            let texts = as_texts(column);
            if texts.is_none() {
                without_text = without_text.or(&with_value);
            }
            present = present.or(&with_value);
            columns.push(texts);
        }
        let hashed = present.minus(&without_text);
        let mut hashes = StringViewBuilder::with_capacity(rows.row_count());
        let (mut text, mut hash) = (String::new(), String::new());
        for row in 0..rows.row_count() {
            if !hashed.contains(row) {
                hashes.append_null();
                continue;
            }
            self.write_values(&columns, row, &mut text);
            self.write_hash(&text, &mut hash);
            hashes.append_value(&hash);
        }
        events.fault(&without_text, NO_TEXT);
        if !hashed.is_none() {
            let hashes: ArrayRef = Arc::new(hashes.finish());
            events.put_column(&self.target, &hashes, &hashed)?;
        }
        Ok(())
    }
}

impl Fingerprint {
    /// Writes what is hashed of a row. A field without a value keeps its place, and is empty.
    fn write_values(&self, columns: &[Option<StringViewArray>], row: usize, text: &mut String) {
        text.clear();
        for (number, (field, column)) in self.fields.iter().zip(columns).enumerate() {
            if number > 0 {
                text.push_str(&self.separator);
            }
            if self.include_keys {
                text.push_str(field.as_str());
                text.push('=');
            }
            if let Some(column) = column.as_ref().filter(|column| column.is_valid(row)) {
                text.push_str(column.value(row));
            }
        }
    }

    fn write_hash(&self, text: &str, hash: &mut String) {
        hash.clear();
        match self.method {
            Method::Md5 => push_hex(&Md5::digest(text.as_bytes()), hash),
            Method::Sha(algorithm) => push_hex(digest::digest(algorithm, text.as_bytes()).as_ref(), hash),
        }
        if self.base64 {
            *hash = STANDARD.encode(hash.as_bytes());
        }
    }
}
