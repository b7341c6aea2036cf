//! Accepting: a request becomes an [`Event`](wayfare_model::event::Event), or all its faults are
//! told. No store is asked.

mod app_event;
mod check;
mod draft;
pub(super) mod record;
mod web_event;

use super::normalise::{GeolocationSource, UserAgentParser};

/// Reads what comes in through any door, with what is known of user agents and addresses.
#[derive(Default)]
pub struct Reader {
    /// Parses user agents.
    pub user_agents: UserAgentParser,
    /// Tells where an address is, when a database is configured.
    pub geolocation: Option<GeolocationSource>,
}

impl Reader {
    /// Reads user agents, and addresses as a source tells.
    #[must_use]
    pub fn new(geolocation: Option<GeolocationSource>) -> Self {
        Self { user_agents: UserAgentParser::default(), geolocation }
    }
}

/// What is known of a sender besides the body.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// The address the request came from.
    pub address: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}
