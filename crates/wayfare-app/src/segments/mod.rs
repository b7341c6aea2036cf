//! Segments: making, reading, listing, changing and deleting them.

pub(crate) mod book;
mod change;
mod document;
mod draft;
mod list;
mod validate;
mod validate_timing;
mod versions;

pub use list::SegmentListRequest;
