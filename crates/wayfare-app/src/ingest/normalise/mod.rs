//! Normalisation: what an event's texts say, as values. Pure functions over text and small public
//! tables: no clock, no network, nothing kept between calls but a bounded cache of user agents.
//!
//! `docs/normalisation.md` tells the rules and where our answers differ from other programs'.

#[cfg(test)]
mod agreement;
pub mod campaign;
mod device_category;
pub mod geolocation;
pub mod page;
pub mod referrer;
#[cfg(test)]
mod segment_sessions;
pub mod user_agent;

pub use campaign::campaign;
pub use geolocation::GeolocationSource;
pub use page::page_parts;
pub use referrer::referrer;
pub use user_agent::{UserAgent, UserAgentParser};
