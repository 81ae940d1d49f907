//! Bodies of HTTP requests that bring events, for every role that takes them: who sends, and what.
//!
//! The way of a request: [`Credentials`] (the token that its sender shows), [`read_body`] (read, its [`Signature`]
//! checked, unpacked, within limits) or [`BodyFrames`] with an [`Unpacker`] where a body is not held as a whole, and
//! [`split`] (the events in it).

mod body;
mod form;
mod json_values;
mod room;
mod signature;
mod split;
mod token;
mod unpack;

pub use body::{BodyError, BodyFrames, BodyLimits, ReceivedBody, discard, read_body};
pub use room::{NoRoom, RequestMemory, Room};
pub use signature::{BadSignature, Signature, SignatureCheck};
pub use split::{BodyKind, Events, SplitError, json, lines, split};
pub use token::{Credentials, is_token};
pub use unpack::{Damaged, Packing, Unpacker};
