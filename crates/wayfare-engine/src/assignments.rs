//! Assignments: how one is made, and when it no longer holds.

use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentOrigin, AssignmentSession, UnassignReason};
use wayfare_model::id::{AssignmentId, ContactId, IdSource, SegmentId};
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use crate::segments::{CompiledSegment, expires};

/// The assignment of a segment that holds in a session from `assigned` on, told of at `emitted`.
pub(crate) fn matched(
    ids: &IdSource,
    segment: &CompiledSegment,
    session: &Session,
    assigned: Moment,
    emitted: Moment,
) -> Assignment {
    let segment_id = segment.id.as_uuid();
    let session_id = session.id.as_uuid();
    let id = match segment.scope {
        Scope::Session => {
            let parts: [&[u8]; 2] = [session_id.as_bytes(), segment_id.as_bytes()];
            ids.derive_near(session_id, "assignment in session", &parts)
        }
        Scope::Customer => {
            let parts: [&[u8]; 4] = [
                session.customer.id_type.as_bytes(),
                session.customer.id.as_bytes(),
                segment_id.as_bytes(),
                session_id.as_bytes(),
            ];
            ids.derive_near(session_id, "assignment of customer", &parts)
        }
    };
    Assignment {
        id: AssignmentId::from_uuid(id),
        segment: segment.id,
        scope: segment.scope,
        segment_version: segment.version,
        origin: AssignmentOrigin::Matched,
        customer: Some(session.customer.clone()),
        contact: session.contact,
        made_on: None,
        session: Some(AssignmentSession {
            id: session.id,
            session_type: session.session_type.clone(),
        }),
        assigned,
        emitted,
        modified: assigned,
        expires: segment.expires(assigned),
        unassigned: None,
    }
}

/// The assignment that a client makes on a contact at `now`.
pub(crate) fn by_client(
    id: AssignmentId,
    segment: &Segment,
    contact: ContactId,
    now: Moment,
) -> Assignment {
    Assignment {
        id,
        segment: segment.id,
        scope: segment.scope,
        segment_version: segment.version,
        origin: AssignmentOrigin::Api,
        customer: None,
        contact,
        made_on: Some(contact),
        session: None,
        assigned: now,
        emitted: now,
        modified: now,
        expires: expires(segment.assignment_expiration_days, now),
        unassigned: None,
    }
}

/// The id of a client's assignment. No two requests share one, whenever they come.
pub(crate) fn id_by_client(
    ids: &IdSource,
    contact: ContactId,
    segment: SegmentId,
    request: Uuid,
) -> AssignmentId {
    let (contact, segment) = (contact.as_uuid(), segment.as_uuid());
    let parts: [&[u8]; 3] = [contact.as_bytes(), segment.as_bytes(), request.as_bytes()];
    AssignmentId::from_uuid(ids.derive("assignment by client", &parts))
}

/// Renews an assignment at `now`: its days begin anew.
pub(crate) fn renew(assignment: &mut Assignment, segment: &Segment, now: Moment) {
    assignment.expires = expires(segment.assignment_expiration_days, now);
    assignment.modified = now;
}

/// Writes down since when and why an assignment no longer holds, or that it holds again.
pub(crate) fn set_unassigned(
    assignment: &mut Assignment,
    unassigned: Option<(Moment, UnassignReason)>,
) {
    assignment.unassigned = unassigned;
    assignment.modified = unassigned.map_or(assignment.assigned, |(moment, _)| moment);
}

/// Since when and why an assignment that was matched in a session for that session no longer holds,
/// given the session's end if it has ended.
///
/// This is decided anew whenever the end changes: a session that a late event opens again has its
/// assignments again, and one that is cut off earlier loses them earlier. What a client ended stays
/// ended.
pub(crate) fn within_session(
    assignment: &Assignment,
    ended: Option<Moment>,
) -> Option<(Moment, UnassignReason)> {
    use UnassignReason::{Api, Expired, SegmentDeleted, SessionEnded};
    match (assignment.unassigned, ended) {
        (Some((_, Api | SegmentDeleted)), _) | (Some((_, Expired)), None) => assignment.unassigned,
        (_, None) => None,
        (_, Some(ended)) => match assignment.expires {
            Some(expires) if expires <= ended => Some((expires, Expired)),
            // What the end of a session decided stays, if its segment has changed since, although
            // the session turns out shorter.
            _ => Some((ended.max(assignment.assigned), SessionEnded)),
        },
    }
}

/// Whether events that happened at `created` are not counted for a segment of scope Customer,
/// because of the assignment of it that was made last for the customer.
///
/// An event from before that assignment belongs to the count that led to it. One from afterwards
/// counts if the assignment was over by then.
pub(crate) fn forbids_counting(last: &Assignment, created: Moment) -> bool {
    created <= last.assigned
        || match last.unassigned {
            None => last.expires.is_none_or(|expires| created < expires),
            Some((moment, UnassignReason::Expired)) => created < moment,
            Some(_) => false,
        }
}
