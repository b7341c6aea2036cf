//! Action targets: where offered interactions are routed to (domain, 4.1).

use crate::id::ActionTargetId;
use crate::time::Moment;

/// A service level: this share of interactions answered within this time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ServiceLevel {
    /// From 0 to 1.
    pub percentage: f64,
    /// In milliseconds, 0 or more.
    pub duration_ms: i64,
}

/// The state of an action target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionTargetState {
    /// In use.
    Active,
    /// Not in use.
    Inactive,
    /// Gone, kept for history.
    Deleted,
}

impl ActionTargetState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Deleted];

    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Deleted => "deleted",
        }
    }
}

/// The media types of the contract (`supportedMediaTypes`).
pub const MEDIA_TYPES: [&str; 7] =
    ["callback", "call", "email", "generic", "messaging", "social", "webchat"];

/// An action target.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionTarget {
    /// Its id.
    pub id: ActionTargetId,
    /// Its name.
    pub name: String,
    /// Pairs of key and value, for instance `queueId`.
    pub user_data: Vec<(String, String)>,
    /// Some of [`MEDIA_TYPES`].
    pub supported_media_types: Vec<String>,
    /// Its state.
    pub state: ActionTargetState,
    /// What it is for.
    pub description: Option<String>,
    /// The service level below which offers are held back.
    pub service_level: Option<ServiceLevel>,
    /// Abandons shorter than this many seconds do not count.
    pub short_abandon_threshold: Option<i64>,
    /// Counts changes, from 1; not on the wire.
    pub version: u32,
    /// When it was created.
    pub created: Moment,
    /// When it was last changed.
    pub modified: Moment,
}
