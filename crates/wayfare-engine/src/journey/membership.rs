//! What clients ask for: assigning, unassigning, deleting a segment.

use uuid::Uuid;
use wayfare_model::assignment::{AssignmentOrigin, UnassignReason};
use wayfare_model::id::{AssignmentId, ContactId, SegmentId};
use wayfare_model::segment::Segment;
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::assignments;
use crate::segments::Rules;

impl State {
    /// Assigns a segment to a contact, or renews what a client assigned before.
    pub(super) fn assign(
        &mut self,
        rules: &Rules,
        (contact, segment, request): (ContactId, &Segment, Uuid),
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let contact = self.contact_named(contact, now);
        let holding = self.holding(rules, contact, segment.id, now, effects);
        let made_by_client = |id: &AssignmentId| {
            self.assignments
                .get(id)
                .filter(|found| found.origin == AssignmentOrigin::Api)
                .map(|found| (found.assigned, found.id))
        };
        if let Some((_, id)) = holding.iter().filter_map(made_by_client).max() {
            if let Some(assignment) = self.assignments.get_mut(&id) {
                assignments::renew(assignment, segment, now);
            }
            effects.push(Effect::Renewed(id));
            return;
        }
        let id = assignments::id_by_client(&self.ids, contact, segment.id, request);
        self.assignments.insert(id, assignments::by_client(id, segment, contact, now));
        effects.push(Effect::Assigned(id));
    }

    /// Ends every assignment of a segment on a contact.
    pub(super) fn unassign(
        &mut self,
        rules: &Rules,
        contact: ContactId,
        segment: SegmentId,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let contact = self.follow_merges(contact);
        for id in self.holding(rules, contact, segment, now, effects) {
            self.unassign_at(id, now, UnassignReason::Api, effects);
        }
    }

    /// Ends assignments because their segment is gone.
    pub(super) fn segment_deleted(
        &mut self,
        rules: &Rules,
        assignments: &[AssignmentId],
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        for id in assignments {
            self.unassign_if_over(rules, *id, now, effects);
            if self.holding_assignment(*id).is_some() {
                self.unassign_at(*id, now, UnassignReason::SegmentDeleted, effects);
            }
        }
    }

    /// The assignments of a segment that hold on a contact at `now`. Those that are over by then
    /// are unassigned first, so that it does not matter whether that was written down already.
    fn holding(
        &mut self,
        rules: &Rules,
        contact: ContactId,
        segment: SegmentId,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> Vec<AssignmentId> {
        let mut found: Vec<AssignmentId> = self
            .assignments
            .values()
            .filter(|made| made.contact == contact && made.segment == segment)
            .map(|made| made.id)
            .collect();
        for id in &found {
            self.unassign_if_over(rules, *id, now, effects);
        }
        found.retain(|id| self.holding_assignment(*id).is_some());
        found
    }

    /// Unassigns at `now`, or when it was made if a visitor's clock was ahead of ours.
    fn unassign_at(
        &mut self,
        id: AssignmentId,
        now: Moment,
        reason: UnassignReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(assignment) = self.assignments.get(&id) else { return };
        let moment = now.max(assignment.assigned);
        self.set_unassigned(id, Some((moment, reason)), effects);
    }
}
