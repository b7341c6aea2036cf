//! Accepting: a request becomes an [`Event`](wayfare_model::event::Event), or all its faults are
//! told. No store is asked.

mod app_event;
mod check;
mod draft;
pub(super) mod record;
mod web_event;

/// What is known of a sender besides the body.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The address the request came from.
    pub address: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}
