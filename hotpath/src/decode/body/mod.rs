//! Fields found in a message's text: a JSON object, or key=value pairs.
//!
//! What is found becomes columns beside the message, which stays whole.

mod json;
mod key_value;
mod marks;

use crate::batch::BatchBuilder;

pub use json::JsonFields;
pub use key_value::KeyValueFields;

/// Says that JSON follows, as Common Event Expression has it.
const CEE_COOKIE: &str = "@cee:";

/// Finds the fields of message bodies; its memory is used again for the next one.
#[derive(Debug, Default)]
pub struct BodyFields {
    json: JsonFields,
    pairs: KeyValueFields,
}

impl BodyFields {
    /// Puts the fields of a body into the current row.
    #[inline]
    pub fn extract(&mut self, body: &str, rows: &mut BatchBuilder) {
        let text = body.trim_start_matches(' ');
        match text.as_bytes().first() {
            Some(b'{') => {
                self.json.extract(text, rows);
            }
            Some(b'@') if text.starts_with(CEE_COOKIE) => {
                self.json.extract(&text[CEE_COOKIE.len()..], rows);
            }
            // Markup has attributes, not pairs; what begins as CEF or LEEF and is none of them has neither.
            None | Some(b'<') => {}
            Some(b'C' | b'L') if text.starts_with("CEF:") || text.starts_with("LEEF:") => {}
            Some(_) => {
                self.pairs.extract(text, rows);
            }
        }
    }
}
