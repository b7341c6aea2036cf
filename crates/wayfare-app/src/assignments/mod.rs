//! Segment assignments: listing them, and making them over the API.

mod cursor;
mod list;
mod update;

pub use list::AssignmentListRequest;
