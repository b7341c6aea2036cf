//! Assigning an external contact, and taking assignments back.

use wayfare_engine::journey::Command;
use wayfare_model::assignment::AssignmentState;
use wayfare_model::id::{ContactId, SegmentId};
use wayfare_model::limits::ASSIGNMENT_UPDATES_MAX;
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::wire::SegmentAssignmentsUpdate;

use crate::access::Caller;
use crate::app::App;
use crate::clock::Entropy;
use crate::contacts::contact_id;
use crate::error::Result;
use crate::ingest::live::rejected;
use crate::segments::book::Edition;

/// What assigning needs.
const ADD: &str = "journey:segmentassignment:add";
/// What unassigning needs.
const DELETE: &str = "journey:segmentassignment:delete";

impl App {
    /// Assigns segments to a contact, renews their expiry, or takes them back, in the order given:
    /// all or nothing. The contact need not have been seen before.
    ///
    /// # Errors
    /// Missing permissions: adding for items that assign, deleting for those that unassign. Not
    /// found for a contact's id that is no UUID and for an unknown segment; all faults of the body.
    pub async fn update_assignments(
        &self,
        caller: &Caller,
        contact: &str,
        updates: Vec<SegmentAssignmentsUpdate>,
    ) -> Result<()> {
        require_permissions(caller, &updates)?;
        let contact = contact_id(contact)?;
        let organisation = self.organisation(caller.organisation)?;
        let commands =
            commands(&organisation.segments.edition(), &*self.entropy, contact, updates)?;
        if commands.is_empty() {
            return Ok(());
        }
        // A client finds decided what time has decided.
        self.ingest.settle(caller.organisation, self.now()).await?;
        for reply in self.ingest.apply(caller.organisation, commands).await? {
            reply.map_err(rejected)?;
        }
        Ok(())
    }
}

/// A token may be allowed to assign and not to unassign, and the reverse.
fn require_permissions(
    caller: &Caller,
    updates: &[SegmentAssignmentsUpdate],
) -> Result<(), Problem> {
    let has = |state: AssignmentState| {
        let asked = |update: &SegmentAssignmentsUpdate| update.state.as_deref()?.parse().ok();
        updates.iter().any(|update| asked(update) == Some(state))
    };
    if has(AssignmentState::Assigned) {
        caller.require_any(&[ADD])?;
    }
    if has(AssignmentState::Unassigned) {
        caller.require_any(&[DELETE])?;
    }
    Ok(())
}

fn commands(
    edition: &Edition,
    entropy: &dyn Entropy,
    contact: ContactId,
    updates: Vec<SegmentAssignmentsUpdate>,
) -> Result<Vec<Command>, Problem> {
    let mut faults = Vec::new();
    if updates.len() > ASSIGNMENT_UPDATES_MAX {
        let rule = format!("may have {ASSIGNMENT_UPDATES_MAX} items, not {}", updates.len());
        return Err(Problem::from_faults(vec![Fault::constraint("body", rule)]));
    }
    let mut commands = Vec::with_capacity(updates.len());
    let mut unknown = None;
    for (place, update) in updates.into_iter().enumerate() {
        let state = state(place, update.state.as_deref(), &mut faults);
        let Some(id) = update.segment_id else {
            faults.push(Fault::missing(format!("[{place}].segmentId")));
            continue;
        };
        let found = id.parse().ok().and_then(|id: SegmentId| edition.by_id.get(&id));
        let Some(segment) = found else {
            unknown = unknown.or(Some((place, id)));
            continue;
        };
        commands.push(match state {
            AssignmentState::Assigned => {
                Command::Assign { contact, segment: segment.clone(), request: entropy.uuid() }
            }
            AssignmentState::Unassigned => Command::Unassign { contact, segment: segment.id },
        });
    }
    if !faults.is_empty() {
        return Err(Problem::from_faults(faults));
    }
    match unknown {
        Some((place, id)) => {
            Err(Problem::not_found("segment", id).at(format!("[{place}].segmentId")))
        }
        None => Ok(commands),
    }
}

fn state(place: usize, text: Option<&str>, faults: &mut Vec<Fault>) -> AssignmentState {
    let field = format!("[{place}].state");
    match text.map(str::parse) {
        Some(Ok(state)) => return state,
        Some(Err(())) => {
            let allowed = AssignmentState::ALL.map(AssignmentState::as_str).join(", ");
            faults.push(Fault::invalid_value(field, text.unwrap_or_default(), allowed));
        }
        None => faults.push(Fault::missing(field)),
    }
    AssignmentState::Assigned
}
