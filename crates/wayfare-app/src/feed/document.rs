//! A change as those who watch get it: the body of a webhook, the data of a live feed's event.

use serde::Serialize;
use wayfare_model::assignment::{AssignmentOrigin, UnassignReason};
use wayfare_model::change_log::{Change, ChangeKind, ChangedAssignment};
use wayfare_model::time::Moment;

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    date_recorded: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer<'a>>,
    external_contact: Entity,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Session<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<Assignment>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer<'a> {
    id: &'a str,
    id_type: &'a str,
}

#[derive(Serialize)]
struct Entity {
    id: String,
}

#[derive(Serialize)]
struct Session<'a> {
    id: String,
    #[serde(rename = "type")]
    session_type: &'a str,
}

#[derive(Serialize)]
struct Segment {
    id: String,
    version: u32,
    scope: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Assignment {
    id: String,
    state: &'static str,
    segment: Segment,
    origin: &'static str,
    date_assigned: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_for_unassignment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The JSON text of a change.
#[must_use]
pub fn to_json(change: &Change) -> String {
    let message = Message {
        kind: change.kind.as_str(),
        timestamp: change.happened.to_string(),
        data: Data {
            date_recorded: change.recorded.to_string(),
            customer: change
                .customer
                .as_ref()
                .map(|customer| Customer { id: &customer.id, id_type: &customer.id_type }),
            external_contact: Entity { id: change.contact.to_string() },
            session: change.session.as_ref().map(|session| Session {
                id: session.id.to_string(),
                session_type: &session.session_type,
            }),
            assignment: change.assignment.as_ref().map(|made| assignment(change.kind, made)),
        },
    };
    // Texts and numbers under names of our own: nothing in it can fail to be written.
    serde_json::to_string(&message).unwrap_or_default()
}

fn assignment(kind: ChangeKind, made: &ChangedAssignment) -> Assignment {
    let holds = !matches!(kind, ChangeKind::SegmentUnassigned | ChangeKind::SegmentRetracted);
    Assignment {
        id: made.id.to_string(),
        state: if holds { "Assigned" } else { "Unassigned" },
        segment: Segment {
            id: made.segment.to_string(),
            version: made.segment_version,
            scope: made.scope.as_str(),
        },
        origin: match made.origin {
            AssignmentOrigin::Matched => "Matched",
            AssignmentOrigin::Api => "Api",
        },
        date_assigned: made.assigned.to_string(),
        date_for_unassignment: made.expires.as_ref().map(Moment::to_string),
        reason: made.reason.map(|reason| match reason {
            UnassignReason::SessionEnded => "SessionEnded",
            UnassignReason::Expired => "Expired",
            UnassignReason::Api => "Api",
            UnassignReason::SegmentDeleted => "SegmentDeleted",
        }),
    }
}
