//! Listing assignments: what is stored together with what waits.

use std::collections::HashSet;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_model::assignment::Assignment;
use wayfare_model::id::AssignmentId;
use wayfare_store::error::Result;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};

use super::assignments;
use crate::batch_log::Overlay;

/// Assignments that are asked for, in the order in which they were made.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) query: AssignmentQuery,
    pub(super) after: Option<AssignmentPlace>,
    pub(super) limit: usize,
}

/// What waits of a listing.
pub(super) struct Waiting {
    /// All assignments that wait: of these, what is stored is out of date.
    ids: HashSet<AssignmentId>,
    /// Those of them that are asked for.
    meant: Vec<Assignment>,
}

impl Listing {
    /// What waits of it.
    pub(super) fn waiting(&self, overlay: Overlay<'_>) -> Waiting {
        let meant = overlay.each_assignment().filter(|one| self.is_meant(one)).cloned();
        Waiting {
            meant: meant.collect(),
            ids: overlay.each_assignment().map(|one| one.id).collect(),
        }
    }

    /// The list, of what waits and of what is stored.
    pub(super) fn with(
        &self,
        connection: &Connection,
        organisation: Uuid,
        waiting: Waiting,
    ) -> Result<Vec<Assignment>> {
        let Waiting { ids, meant } = waiting;
        let limit = self.limit.saturating_add(ids.len());
        let mut listed =
            assignments::list(connection, organisation, &self.query, self.after, limit)?;
        listed.retain(|one| !ids.contains(&one.id));
        if !meant.is_empty() {
            listed.extend(meant);
            listed.sort_unstable_by_key(|one| (one.assigned, one.id));
        }
        listed.truncate(self.limit);
        Ok(listed)
    }

    /// Whether an assignment is asked for: what [`assignments::list`] asks the database.
    fn is_meant(&self, one: &Assignment) -> bool {
        let is_of_subject = match &self.query.subject {
            AssignmentSubject::Session(id) => {
                one.session.as_ref().is_some_and(|session| session.id == *id)
            }
            AssignmentSubject::Contact(id) => one.contact == *id,
            AssignmentSubject::Segment(id) => one.segment == *id,
            AssignmentSubject::Customer { customer, contact } => match &one.customer {
                Some(own) => own == customer,
                None => one.contact == *contact,
            },
        };
        is_of_subject
            && self.query.scope.is_none_or(|scope| one.scope == scope)
            && self.query.state.is_none_or(|state| one.state() == state)
            && self.after.is_none_or(|place| (one.assigned, one.id) > (place.assigned, place.id))
    }
}
