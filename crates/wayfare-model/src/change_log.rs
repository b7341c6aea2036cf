//! The change log: what became different about sessions and assignments, in the order in which it was
//! written down.

use std::fmt;
use std::str::FromStr;

use crate::assignment::{AssignmentOrigin, UnassignReason};
use crate::customer::CustomerKey;
use crate::id::{AssignmentId, ContactId, SegmentId, SessionId};
use crate::segment::Scope;
use crate::time::Moment;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A session began.
    SessionOpened,
    /// A session ended.
    SessionEnded,
    /// A session that had ended goes on after all: an event came late.
    SessionReopened,
    /// A segment was assigned.
    SegmentAssigned,
    /// A client assigned again what it had assigned: the days begin anew.
    SegmentRenewed,
    /// An assignment that had ended with its session holds again, since the session goes on.
    SegmentRestored,
    /// An assignment no longer holds.
    SegmentUnassigned,
    /// An assignment never was: a late event showed what must not happen did.
    SegmentRetracted,
}

impl ChangeKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::SessionOpened,
        Self::SessionEnded,
        Self::SessionReopened,
        Self::SegmentAssigned,
        Self::SegmentRenewed,
        Self::SegmentRestored,
        Self::SegmentUnassigned,
        Self::SegmentRetracted,
    ];

    /// Its name, on the wire and in stores: it never changes its meaning.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionOpened => "session.opened",
            Self::SessionEnded => "session.ended",
            Self::SessionReopened => "session.reopened",
            Self::SegmentAssigned => "segment.assigned",
            Self::SegmentRenewed => "segment.renewed",
            Self::SegmentRestored => "segment.restored",
            Self::SegmentUnassigned => "segment.unassigned",
            Self::SegmentRetracted => "segment.retracted",
        }
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ChangeKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| text == kind.as_str()).ok_or(())
    }
}

/// The assignment that a change is about, as it was right after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// The segment.
    pub segment: SegmentId,
    /// The segment's version that it was made by.
    pub segment_version: u32,
    /// The segment's scope.
    pub scope: Scope,
    /// Matched, or made over the API.
    pub origin: AssignmentOrigin,
    /// When it was made.
    pub assigned: Moment,
    /// When it will be unassigned by itself, at the latest.
    pub expires: Option<Moment>,
    /// Why it no longer holds; of [`ChangeKind::SegmentUnassigned`] only.
    pub reason: Option<UnassignReason>,
}

/// The session that a change is about, or in which the assignment was matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSession {
    /// Its id.
    pub id: SessionId,
    /// Its type.
    pub session_type: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// When it happened, by the events' own times.
    pub happened: Moment,
    /// When it was written down.
    pub recorded: Moment,
    /// The customer; absent when a client assigned the contact itself.
    pub customer: Option<CustomerKey>,
    /// The person, as was known then: a later merge does not change it.
    pub contact: ContactId,
    /// The session, if there is one.
    pub session: Option<ChangedSession>,
    /// The assignment; absent when the change is about the session.
    pub assignment: Option<ChangedAssignment>,
}

/// A change with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedChange {
    /// Its number in the log of its organisation: greater than that of every change before it. Numbers
    /// begin at 1, are never used twice, and some may be missing.
    pub sequence: u64,
    /// The change.
    pub change: Change,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeSpan {
    /// The number of the last change that was ever written; 0 when none was.
    pub last: u64,
    /// Every change up to this number may have left the log: it has grown too old, or too many came
    /// after it. Whoever has seen less has missed something.
    pub trimmed: u64,
}

/// Changes as they are read from a place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangePage {
    /// The changes, in order.
    pub changes: Vec<LoggedChange>,
    /// What the log holds, of the same moment.
    pub span: ChangeSpan,
}
