//! Sessions: which one an event belongs to, and what the event tells about it.

mod choice;
mod content;

pub use choice::Settings;
pub(crate) use choice::{active_starts_later, choose, divides};
pub(crate) use content::{add, open};
