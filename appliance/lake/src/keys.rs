//! Keys of a dataset's objects: the layout is [`hotpath::layout`], because intents in the log name keys too.

pub use hotpath::layout::*;
