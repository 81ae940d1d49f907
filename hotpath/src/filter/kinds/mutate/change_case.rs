//! `lowercase`, `uppercase` and `strip`: the same text in another form.

use std::any::Any;

use crate::filter::change_texts::{Change, Unchanged, change_texts};
use crate::filter::columns::FieldName;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextForm {
    Lower,
    Upper,
    Stripped,
}

#[derive(Debug)]
pub(super) struct ChangeCase {
    pub(super) field: FieldName,
    pub(super) form: TextForm,
}

impl Filter for ChangeCase {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        change_texts(events, rows, (&self.field, None), Unchanged::Stays, |text, made| {
            match self.form {
                // Upper case may be longer: `ß` is `SS`.
                TextForm::Lower => made.extend(text.chars().flat_map(char::to_lowercase)),
                TextForm::Upper => made.extend(text.chars().flat_map(char::to_uppercase)),
                TextForm::Stripped => made.push_str(text.trim()),
            }
            if made.as_str() == text { Change::Same } else { Change::Made }
        })
    }
}
