//! Ending what is due, and emptying a segment that is deleted.

use wayfare_engine::journey::{Command, State};
use wayfare_model::assignment::AssignmentState;
use wayfare_model::deletion::Deletion;
use wayfare_model::id::{ContactId, OrganisationId, SegmentId};
use wayfare_model::limits::{CUSTOMER_DELETION_EVENTS_MAX, DUE_BATCH_MAX};
use wayfare_model::time::Moment;
use wayfare_store::Error as StoreError;
use wayfare_store::documents::Kind;
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject, Batch, Durable};

use super::apply::ATTEMPTS_MAX;
use super::pipeline::Pipeline;
use crate::access::organisations::Served;
use crate::error::{Error, Result};

/// Ends at most `limit` of the sessions and assignments that are due at `now`, or little more; whether
/// more may be, in any organisation.
///
/// It goes on until nothing is due or so many have ended: an import adds to what is due with every
/// batch, and whoever waits for a moment at which nothing is would wait for the import.
pub(super) async fn settle_some(pipeline: &Pipeline, now: Moment, limit: usize) -> Result<bool> {
    let mut left = limit;
    for served in pipeline.organisations.all() {
        loop {
            let due = pipeline.stores.journeys.due(served.id, now, left).await?;
            if due.is_empty() {
                break;
            }
            let ending = due.sessions.len() + due.assignments.len();
            // Whoever reads what is settled waits until it is durable.
            if apply(pipeline, &served, Command::Due(due), Vec::new()).await?.is_none() {
                // What the store calls due and the engine does not would be due for ever.
                tracing::error!(organisation.id = %served.id, "what is due cannot be ended");
                break;
            }
            left = left.saturating_sub(ending);
            if left == 0 {
                return Ok(true);
            }
        }
    }
    refresh_next_due(pipeline).await;
    Ok(false)
}

/// Asks the store when something is due next.
pub(super) async fn refresh_next_due(pipeline: &Pipeline) {
    match pipeline.stores.journeys.next_due().await {
        Ok(next) => pipeline.next_due.set(next),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store does not tell what is due next"
            );
        }
    }
}

/// Unassigns a segment's members, a bounded number at a time, and removes its document together
/// with the last of them. When it stops half-way, the segment is still there and can be deleted
/// again.
pub(super) async fn delete_segment(
    pipeline: &Pipeline,
    organisation: OrganisationId,
    segment: SegmentId,
) -> Result<()> {
    let served =
        pipeline.organisations.get(organisation).ok_or(Error::Store(StoreError::NotFound))?;
    let query = AssignmentQuery {
        subject: AssignmentSubject::Segment(segment),
        scope: None,
        state: Some(AssignmentState::Assigned),
    };
    loop {
        let journeys = &pipeline.stores.journeys;
        let members = journeys.assignments(organisation, &query, None, DUE_BATCH_MAX).await?;
        let is_last = members.len() < DUE_BATCH_MAX;
        let assignments = members.iter().map(|member| member.id).collect();
        let removed = match is_last {
            true => vec![(Kind::Segment, segment.as_uuid())],
            false => Vec::new(),
        };
        let command = Command::SegmentDeleted { assignments };
        if let Some(durable) = apply(pipeline, &served, command, removed).await? {
            durable.wait().await?;
        }
        if is_last {
            return Ok(());
        }
    }
}

/// Undoes the merge of a contact.
pub(super) async fn unmerge(
    pipeline: &Pipeline,
    organisation: OrganisationId,
    contact: ContactId,
) -> Result<()> {
    let served =
        pipeline.organisations.get(organisation).ok_or(Error::Store(StoreError::NotFound))?;
    match apply(pipeline, &served, Command::Unmerge { contact }, Vec::new()).await? {
        Some(durable) => Ok(durable.wait().await?),
        None => Ok(()),
    }
}

/// Deletes some of the rows of a customer; whether all are gone.
pub(super) async fn delete_customer_rows(
    pipeline: &Pipeline,
    organisation: OrganisationId,
    deletion: &Deletion,
) -> Result<bool> {
    let served =
        pipeline.organisations.get(organisation).ok_or(Error::Store(StoreError::NotFound))?;
    let deletions = &pipeline.stores.deletions;
    let limit = CUSTOMER_DELETION_EVENTS_MAX;
    Ok(deletions.delete_rows(organisation, deletion, served.ids, limit).await?)
}

/// Applies one command and commits it; the next one sees that. Gives nothing when nothing changed.
async fn apply(
    pipeline: &Pipeline,
    served: &Served,
    command: Command,
    removed_documents: Vec<(Kind, uuid::Uuid)>,
) -> Result<Option<Durable>> {
    let journeys = &pipeline.stores.journeys;
    for attempt in 1.. {
        let loaded = journeys.load(served.id, &command.touch()).await?;
        let mut state = State::new(served.ids, pipeline.sessions, loaded);
        let edition = served.segments.edition();
        if let Err(rejection) = state.apply(&edition.rules, command.clone(), pipeline.clock.now()) {
            tracing::error!(
                error = &rejection as &dyn std::error::Error,
                "the engine rejected what the server itself asked for"
            );
        }
        let changes = state.into_changes();
        if changes.is_empty() && removed_documents.is_empty() {
            return Ok(None);
        }
        let is_logged = !changes.log.is_empty();
        let batch = Batch { changes, removed_documents: removed_documents.clone() };
        match journeys.commit_early(served.id, batch).await {
            Err(StoreError::Conflict { .. }) if attempt < ATTEMPTS_MAX => {}
            Ok(durable) => {
                if is_logged {
                    served.changes.tell();
                }
                return Ok(Some(durable));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
