//! Events that are lines of text: syslog, log lines, JSON objects.

mod generator;
mod message;
mod sensor;
mod syslog;
mod template;
mod time_text;
mod words;

pub use generator::LineGenerator;
pub use message::{HttpKind, MessageKind};
pub use sensor::SensorKind;
pub use syslog::SyslogKind;

use rand::rngs::SmallRng;
use template::Template;

/// A kind of lines.
pub trait LineKind: Copy {
    /// A line of the kind, as short as the kind can be.
    #[doc(hidden)]
    fn render(self, rng: &mut SmallRng) -> Rendered;

    /// How many lines in a row are made of one length. More make larger sends, but each as long as its longest.
    #[doc(hidden)]
    fn group(self) -> usize {
        crate::limits::GSO_SEGMENTS_MAX
    }
}

/// A line before it is sent.
#[derive(Debug)]
pub struct Rendered(Template);
