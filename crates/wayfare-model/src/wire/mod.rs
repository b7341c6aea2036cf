// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! The wire: what clients send and what they get, exactly as the contract names it.
//!
//! - One struct per contract model, with the fields of every SDK generation, in camel case on
//!   the wire. Only models of operations that we serve are here.
//! - Every field is an `Option`. Absent and `null` read as `None`; `None` is not written at all.
//!   The few fields of patch bodies where `null` clears a value are a [`Patch`](crate::patch::Patch).
//! - Unknown fields are ignored, as all SDK generations do.
//! - Words from a closed set are plain `String`s in the structs, in requests and in answers, so
//!   that the domain can name an unknown word together with the allowed ones. The sets
//!   themselves are enums beside the structs; parse with `str::parse`, write with `as_str`.
//! - Dates and times are `String`s too: the domain parses and writes them.
//! - Body models leave out the read-only fields that older SDKs list in them (`id`, `selfUri`,
//!   dates), so whatever a client puts there is ignored.
//!
//! A body that generations name differently is read by the newest model, which has the fields of
//! the older ones: `JourneySegmentRequest` reads the `JourneySegment` that SDK 108 posts.

mod aggregates;
mod assignments;
mod events;
mod references;
mod segments;
mod sessions;
mod targets;
mod visitor;
mod vocabulary;

pub use aggregates::*;
pub use assignments::*;
pub use events::*;
pub use references::*;
pub use segments::*;
pub use sessions::*;
pub use targets::*;
pub use visitor::*;
pub use vocabulary::*;

#[cfg(test)]
mod tests;
