//! Assignments of an external contact in today's form: what holds, and a change of up to ten
//! segments of which those that exist are done.

use std::collections::VecDeque;

use wayfare_engine::journey::Command;
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::id::{ContactId, SegmentId};
use wayfare_model::limits::{CONTACT_ASSIGNMENTS_LIST_MAX, CONTACT_SEGMENTS_UPDATE_MAX};
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::wire::UpdateSegmentAssignmentRequest;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};

use crate::access::Caller;
use crate::app::App;
use crate::contacts::contact_id;
use crate::error::{Error, Result};
use crate::ingest::live::rejected;
use crate::paging::{bool_parameter, bounded_parameter};
use crate::segments::book::Edition;

/// Entities by default (contract).
const LIMIT_DEFAULT: usize = 25;
/// Assignments read at once.
const PAGE: usize = 1_000;
/// What assigning needs.
const ADD: &str = "externalContacts:segmentAssignment:add";
/// What unassigning needs.
const DELETE: &str = "externalContacts:segmentAssignment:delete";

/// Segments of a change that could not be processed, because there are none of these ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unprocessed {
    /// Ids that were to be assigned.
    pub assign: Vec<String>,
    /// Ids that were to be unassigned.
    pub unassign: Vec<String>,
}

impl App {
    /// The assignments that hold on a contact, the latest first. `includeMerged` is checked and
    /// changes nothing: contacts that were merged are one here, under each of their ids.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_contact_segments(
        &self,
        caller: &Caller,
        contact: &str,
        limit: Option<&str>,
        include_merged: Option<&str>,
    ) -> Result<Vec<Assignment>> {
        let bounds = (1, CONTACT_ASSIGNMENTS_LIST_MAX);
        let limit = bounded_parameter("limit", limit, bounds, LIMIT_DEFAULT)?;
        bool_parameter("includeMerged", include_merged)?;
        let contact = self.present_contact(caller, contact_id(contact)?).await?;
        self.ingest.settle(caller.organisation, self.now()).await?;
        let query = AssignmentQuery {
            subject: AssignmentSubject::Contact(contact.id),
            scope: None,
            state: Some(AssignmentState::Assigned),
        };
        let mut latest: VecDeque<Assignment> = VecDeque::new();
        let mut after = None;
        loop {
            let journeys = &self.stores.journeys;
            let page = journeys.assignments(caller.organisation, &query, after, PAGE).await?;
            self.check_shown(caller.organisation, &page)?;
            let is_last = page.len() < PAGE;
            latest.extend(page);
            latest.drain(..latest.len().saturating_sub(limit));
            if is_last {
                return Ok(latest.into_iter().rev().collect());
            }
            after =
                latest.back().map(|last| AssignmentPlace { assigned: last.assigned, id: last.id });
        }
    }

    /// Assigns segments to a contact or renews that, and takes others back. Segments that there are
    /// none of come back; everything else is done, in one transaction.
    ///
    /// # Errors
    /// Missing permissions: adding for `assign`, deleting for `unassign`. All faults of the body.
    /// Not found for a contact's id that is no UUID.
    pub async fn update_contact_segments(
        &self,
        caller: &Caller,
        contact: &str,
        request: UpdateSegmentAssignmentRequest,
    ) -> Result<Unprocessed> {
        let assign = request.assign.and_then(|wire| wire.segments).unwrap_or_default();
        let unassign = request.unassign.and_then(|wire| wire.segments).unwrap_or_default();
        if !assign.is_empty() {
            caller.require_any(&[ADD])?;
        }
        if !unassign.is_empty() {
            caller.require_any(&[DELETE])?;
        }
        let contact = contact_id(contact)?;
        let assign: Vec<_> = assign.into_iter().map(|segment| segment.id).collect();
        let unassign: Vec<_> = unassign.into_iter().map(|segment| segment.id).collect();
        let (assign, unassign) = checked(assign, unassign)?;
        let organisation = self.organisation(caller.organisation)?;
        // A segment deleted while the request waits makes it one of those that there are none of.
        loop {
            let edition = organisation.segments.edition();
            let (commands, unprocessed) = self.commands(&edition, contact, &assign, &unassign);
            if commands.is_empty() {
                return Ok(unprocessed);
            }
            match self.ingest.apply(caller.organisation, commands).await {
                Err(Error::SegmentGone(_)) => {}
                replies => {
                    for reply in replies? {
                        reply.map_err(rejected)?;
                    }
                    return Ok(unprocessed);
                }
            }
        }
    }

    /// What a change comes to, and what of it there is no segment for.
    fn commands(
        &self,
        edition: &Edition,
        contact: ContactId,
        assign: &[String],
        unassign: &[String],
    ) -> (Vec<Command>, Unprocessed) {
        let segment = |id: &str| {
            let id: SegmentId = id.parse().ok()?;
            edition.by_id.get(&id)
        };
        let mut commands = Vec::new();
        let mut unprocessed = Unprocessed::default();
        for id in assign {
            match segment(id) {
                None => unprocessed.assign.push(id.clone()),
                Some(segment) => commands.push(Command::Assign {
                    contact,
                    segment: segment.clone(),
                    request: self.entropy.uuid(),
                }),
            }
        }
        for id in unassign {
            match segment(id) {
                None => unprocessed.unassign.push(id.clone()),
                Some(segment) => commands.push(Command::Unassign { contact, segment: segment.id }),
            }
        }
        (commands, unprocessed)
    }
}

/// The ids of both lists, or all that is wrong with them.
fn checked(
    assign: Vec<Option<String>>,
    unassign: Vec<Option<String>>,
) -> Result<(Vec<String>, Vec<String>), Problem> {
    let mut faults = Vec::new();
    let count = assign.len() + unassign.len();
    if count > CONTACT_SEGMENTS_UPDATE_MAX {
        // At fault is the list that is too long by itself, or else both.
        let (field, other) = if unassign.len() > CONTACT_SEGMENTS_UPDATE_MAX {
            ("unassign.segments", "assign.segments")
        } else {
            ("assign.segments", "unassign.segments")
        };
        let rule = format!(
            "and [{other}] may have {CONTACT_SEGMENTS_UPDATE_MAX} segments together, not {count}"
        );
        faults.push(Fault::constraint(field, rule));
    }
    let mut ids = |name: &str, list: Vec<Option<String>>| -> Vec<String> {
        let mut given = Vec::with_capacity(list.len());
        for (place, id) in list.into_iter().enumerate() {
            match id.filter(|id| !id.is_empty()) {
                Some(id) => given.push(id),
                None => faults.push(Fault::missing(format!("{name}.segments[{place}].id"))),
            }
        }
        given
    };
    let assign = ids("assign", assign);
    let unassign = ids("unassign", unassign);
    for (place, id) in unassign.iter().enumerate() {
        if assign.iter().any(|other| other.eq_ignore_ascii_case(id)) {
            let rule = format!("must not be in [assign.segments] too: '{id}'");
            faults.push(Fault::constraint(format!("unassign.segments[{place}].id"), rule));
        }
    }
    if faults.is_empty() { Ok((assign, unassign)) } else { Err(Problem::from_faults(faults)) }
}
