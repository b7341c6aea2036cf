//! Counts of journey patterns under way, in the bodies of sessions and visitors.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::SegmentId;
use wayfare_model::session;

/// How far a visitor is with one segment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    segment: Uuid,
    version: u32,
    counts: Vec<u32>,
}

impl From<session::Progress> for Progress {
    fn from(model: session::Progress) -> Self {
        Self {
            segment: model.segment.as_uuid(),
            version: model.conditions_version,
            counts: model.counts,
        }
    }
}

impl From<Progress> for session::Progress {
    fn from(stored: Progress) -> Self {
        Self {
            segment: SegmentId::from_uuid(stored.segment),
            conditions_version: stored.version,
            counts: stored.counts,
        }
    }
}
