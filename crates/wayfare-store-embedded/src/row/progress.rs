//! Counts of journey patterns under way, in the bodies of sessions and visitors.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::{EventId, SegmentId};
use wayfare_model::session;
use wayfare_model::time::Moment;

/// How far a visitor is with one segment.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    segment: Uuid,
    version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    counts: Vec<u32>,
    /// Of patterns whose moments matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<Box<Sequence>>,
}

/// The latest events that satisfy a pattern, and what those before them came to.
#[derive(Debug, Serialize, Deserialize)]
struct Sequence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folded: Option<Folded>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recent: Vec<Event>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Event {
    at: i64,
    id: Uuid,
    patterns: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Folded {
    at: i64,
    id: Uuid,
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    broken: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    satisfied: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Step {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reached: bool,
    #[serde(default)]
    count: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    since: Vec<i64>,
}

impl From<session::Progress> for Progress {
    fn from(model: session::Progress) -> Self {
        Self {
            segment: model.segment.as_uuid(),
            version: model.conditions_version,
            counts: model.counts,
            sequence: model.sequence.map(|sequence| Box::new((*sequence).into())),
        }
    }
}

impl From<Progress> for session::Progress {
    fn from(stored: Progress) -> Self {
        Self {
            segment: SegmentId::from_uuid(stored.segment),
            conditions_version: stored.version,
            counts: stored.counts,
            sequence: stored.sequence.map(|sequence| Box::new((*sequence).into())),
        }
    }
}

impl From<session::Sequence> for Sequence {
    fn from(model: session::Sequence) -> Self {
        let event = |event: session::SequenceEvent| Event {
            at: event.created.as_ms(),
            id: event.event.as_uuid(),
            patterns: event.patterns,
        };
        let step = |step: session::StepStanding| Step {
            reached: step.is_reached,
            count: step.count,
            since: step.since.into_iter().map(Moment::as_ms).collect(),
        };
        let folded = |folded: session::Folded| Folded {
            at: folded.until.0.as_ms(),
            id: folded.until.1.as_uuid(),
            steps: folded.standing.steps.into_iter().map(step).collect(),
            broken: folded.standing.is_broken,
            satisfied: folded.standing.satisfied.map(Moment::as_ms),
        };
        Self {
            folded: model.folded.map(folded),
            recent: model.recent.into_iter().map(event).collect(),
        }
    }
}

impl From<Sequence> for session::Sequence {
    fn from(stored: Sequence) -> Self {
        let event = |event: Event| session::SequenceEvent {
            created: Moment::from_ms(event.at),
            event: EventId::from_uuid(event.id),
            patterns: event.patterns,
        };
        let step = |step: Step| session::StepStanding {
            is_reached: step.reached,
            count: step.count,
            since: step.since.into_iter().map(Moment::from_ms).collect(),
        };
        let folded = |folded: Folded| session::Folded {
            until: (Moment::from_ms(folded.at), EventId::from_uuid(folded.id)),
            standing: session::Standing {
                steps: folded.steps.into_iter().map(step).collect(),
                is_broken: folded.broken,
                satisfied: folded.satisfied.map(Moment::from_ms),
            },
        };
        Self {
            folded: stored.folded.map(folded),
            recent: stored.recent.into_iter().map(event).collect(),
        }
    }
}
