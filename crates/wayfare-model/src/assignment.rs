//! Segment assignments: who is, or was, in which segment.

use std::fmt;
use std::str::FromStr;

use crate::customer::CustomerKey;
use crate::id::{AssignmentId, ContactId, SegmentId, SessionId};
use crate::segment::Scope;
use crate::time::Moment;

/// Whether an assignment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AssignmentState {
    /// It holds.
    Assigned,
    /// It held once.
    Unassigned,
}

impl AssignmentState {
    /// Both states.
    pub const ALL: [Self; 2] = [Self::Assigned, Self::Unassigned];

    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "Assigned",
            Self::Unassigned => "Unassigned",
        }
    }
}

impl fmt::Display for AssignmentState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for AssignmentState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| text.eq_ignore_ascii_case(state.as_str())).ok_or(())
    }
}

/// Who made an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssignmentOrigin {
    /// The conditions matched.
    Matched,
    /// A client asked for it.
    Api,
}

/// Why an assignment no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnassignReason {
    /// Its session ended.
    SessionEnded,
    /// Its days ran out.
    Expired,
    /// A client asked for it.
    Api,
    /// The segment was deleted.
    SegmentDeleted,
}

/// The session of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssignmentSession {
    /// Its id.
    pub id: SessionId,
    /// Its type.
    pub session_type: String,
}

/// A segment assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Its id.
    pub id: AssignmentId,
    /// The segment.
    pub segment: SegmentId,
    /// The segment's scope.
    pub scope: Scope,
    /// The segment's version that matched.
    pub segment_version: u32,
    /// Matched, or made over the API.
    pub origin: AssignmentOrigin,
    /// The customer; absent when a client assigned the contact itself.
    pub customer: Option<CustomerKey>,
    /// The person.
    pub contact: ContactId,
    /// The contact that a client assigned, whatever that was merged into afterwards; absent when it
    /// was made for a customer.
    pub made_on: Option<ContactId>,
    /// The session in which it was matched; absent when made over the API.
    pub session: Option<AssignmentSession>,
    /// When it was made, by the event's time.
    pub assigned: Moment,
    /// When the fact of its making was emitted.
    pub emitted: Moment,
    /// When its last change was made.
    pub modified: Moment,
    /// When it will be unassigned by itself, at the latest.
    pub expires: Option<Moment>,
    /// When and why it was unassigned; absent while it holds.
    pub unassigned: Option<(Moment, UnassignReason)>,
}

impl Assignment {
    /// Whether it holds.
    #[must_use]
    pub const fn state(&self) -> AssignmentState {
        match self.unassigned {
            None => AssignmentState::Assigned,
            Some(_) => AssignmentState::Unassigned,
        }
    }

    /// When its days run out; absent when they never do, or it does not hold any more.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        self.expires.filter(|_| self.unassigned.is_none())
    }
}
