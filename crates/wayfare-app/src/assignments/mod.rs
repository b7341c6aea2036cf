//! Segment assignments: listing them, and making them over the API.

mod contact;
mod list;
mod update;

pub use contact::Unprocessed;
pub use list::AssignmentListRequest;
