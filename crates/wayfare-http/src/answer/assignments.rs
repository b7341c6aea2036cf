//! Segment assignments. The shape of 2020 and today's are one: older fields stay (design, 1).

use wayfare_app::assignments::Unprocessed;
use wayfare_app::paging::CursorPage;
use wayfare_model::assignment::Assignment;
use wayfare_model::segment::Scope;
use wayfare_model::wire::{
    AddressableEntityRef, SegmentAssignment, SegmentAssignmentListing, SegmentAssignmentSegment,
    SegmentAssignmentSession, SegmentAssignments, SegmentForAssignment, SegmentForUnassignment,
    SegmentUnassignments, UnprocessedSegmentAssignments, UpdateSegmentAssignmentResponse,
};

use super::pages::CursorUris;
use super::{date, number, segments, sessions};

/// An assignment.
pub(crate) fn assignment(assignment: &Assignment) -> SegmentAssignment {
    // The documents of 2020 show the session of session-scoped assignments only.
    let session = assignment.session.as_ref().filter(|_| assignment.scope == Scope::Session);
    SegmentAssignment {
        id: Some(assignment.id.to_string()),
        state: Some(assignment.state().to_string()),
        date_assigned: date(assignment.assigned),
        date_unassigned: assignment.unassigned.and_then(|(moment, _)| date(moment)),
        date_for_unassignment: assignment.expires.and_then(date),
        date_modified: date(assignment.modified),
        segment: Some(SegmentAssignmentSegment {
            id: Some(assignment.segment.to_string()),
            scope: Some(assignment.scope.to_string()),
            version: number(assignment.segment_version),
            self_uri: Some(segments::uri(assignment.segment)),
        }),
        customer_id: assignment.customer.as_ref().map(|customer| customer.id.clone()),
        customer_id_type: assignment.customer.as_ref().map(|customer| customer.id_type.clone()),
        session: session.map(|session| SegmentAssignmentSession {
            id: Some(session.id.to_string()),
            type_: Some(session.session_type.clone()),
            self_uri: Some(sessions::uri(session.id)),
        }),
        external_contact: Some(contact(assignment.contact)),
    }
}

/// A reference to a contact.
pub(crate) fn contact(id: wayfare_model::id::ContactId) -> AddressableEntityRef {
    AddressableEntityRef {
        id: Some(id.to_string()),
        self_uri: Some(format!("/api/v2/externalcontacts/contacts/{id}")),
    }
}

/// A page of assignments.
pub(crate) fn listing(page: &CursorPage<Assignment>, uris: CursorUris) -> SegmentAssignmentListing {
    SegmentAssignmentListing { next_uri: uris.next, self_uri: uris.itself, ..all(&page.entities) }
}

/// Assignments in a list without pages.
pub(crate) fn all(assignments: &[Assignment]) -> SegmentAssignmentListing {
    SegmentAssignmentListing {
        entities: Some(assignments.iter().map(assignment).collect()),
        ..SegmentAssignmentListing::default()
    }
}

/// What could not be processed, also when that is nothing.
pub(crate) fn unprocessed(left: Unprocessed) -> UpdateSegmentAssignmentResponse {
    let count = left.assign.len() + left.unassign.len();
    let assign = left.assign.into_iter().map(|id| SegmentForAssignment { id: Some(id) });
    let unassign = left.unassign.into_iter().map(|id| SegmentForUnassignment { id: Some(id) });
    UpdateSegmentAssignmentResponse {
        unprocessed_items: Some(UnprocessedSegmentAssignments {
            assign: Some(SegmentAssignments { segments: Some(assign.collect()) }),
            unassign: Some(SegmentUnassignments { segments: Some(unassign.collect()) }),
            count: number(count),
        }),
    }
}
