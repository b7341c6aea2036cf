//! Ending what is due, and what else the server itself asks for.

use wayfare_engine::journey::{Command, State};
use wayfare_model::change::{Due, Touch};
use wayfare_model::deletion::Deletion;
use wayfare_model::id::{ContactId, OrganisationId};
use wayfare_model::limits::CUSTOMER_DELETION_EVENTS_MAX;
use wayfare_model::time::Moment;
use wayfare_store::Error as StoreError;
use wayfare_store::documents::Kind;
use wayfare_store::journeys::{Batch, Durable};

use super::apply::ATTEMPTS_MAX;
use super::pipeline::Pipeline;
use crate::access::organisations::Served;
use crate::error::{Error, Result};

/// Ends at most `limit` of the sessions and assignments that are due at `now`, or little more; whether
/// more may be, in any organisation.
///
/// It goes on until nothing is due or so many have ended: an import adds to what is due with every
/// batch, and whoever waits for a moment at which nothing is would wait for the import.
pub(super) async fn settle_some(
    pipeline: &mut Pipeline,
    now: Moment,
    limit: usize,
) -> Result<bool> {
    let mut left = limit;
    for served in pipeline.organisations.all() {
        if pipeline.rounds.has_failed(served.id) {
            continue;
        }
        match settle_organisation(pipeline, &served, now, &mut left).await {
            Ok(()) => {}
            Err(error @ Error::Store(StoreError::Corrupt { .. })) => {
                tracing::error!(organisation.id = %served.id,
                    error = &error as &dyn std::error::Error, "it is not known what is due");
                pipeline.rounds.fail(served.id, error.into_problem());
            }
            Err(error) => return Err(error),
        }
        if left == 0 {
            return Ok(true);
        }
    }
    refresh_next_due(pipeline).await;
    Ok(false)
}

/// Ends what is due of an organisation, until nothing is or `left` is used up.
async fn settle_organisation(
    pipeline: &Pipeline,
    served: &Served,
    now: Moment,
    left: &mut usize,
) -> Result<()> {
    while *left > 0 {
        let limit = left.saturating_add(pipeline.set_aside.number(served.id));
        let due = pipeline.stores.journeys.due(served.id, now, limit).await?;
        let due = pipeline.set_aside.without(served.id, due);
        if due.is_empty() {
            break;
        }
        let ending = due.sessions.len() + due.assignments.len();
        if !end_due(pipeline, served, due).await? {
            // What the store calls due and the engine does not would be due for ever.
            tracing::error!(organisation.id = %served.id, "what is due cannot be ended");
            break;
        }
        *left = left.saturating_sub(ending);
    }
    Ok(())
}

/// Ends what is due, or sets aside what of it cannot be read; whether anything came of it.
async fn end_due(pipeline: &Pipeline, served: &Served, due: Due) -> Result<bool> {
    let mut has_changed = false;
    let mut parts = vec![due];
    while let Some(part) = parts.pop() {
        let command = Command::Due(part.clone());
        let touch = command.touch();
        // Whoever reads what is settled waits until it is durable.
        match apply(pipeline, served, command, Vec::new()).await {
            Ok(durable) => has_changed |= durable.is_some(),
            Err(error) if is_unreadable(pipeline, served.id, &error, &touch).await => {
                if let Some(halves) = part.halves() {
                    parts.extend(halves.into_iter().rev());
                } else if pipeline.set_aside.add(served.id, &part) {
                    has_changed = true;
                    tracing::error!(organisation.id = %served.id,
                        error = &error as &dyn std::error::Error,
                        "what is due cannot be read: it is left as it is");
                } else {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(has_changed)
}

/// Whether an error came of something stored that cannot be read, so that it may help to do without it.
pub(super) async fn is_unreadable(
    pipeline: &Pipeline,
    organisation: OrganisationId,
    error: &Error,
    touch: &Touch,
) -> bool {
    if !matches!(error, Error::Store(StoreError::Corrupt { .. })) {
        return false;
    }
    let loaded = pipeline.stores.journeys.load(organisation, touch).await;
    matches!(loaded, Err(StoreError::Corrupt { .. }))
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
pub(super) async fn apply(
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
        let batch = Batch {
            changes,
            removed_documents: removed_documents.clone(),
            ends_due: matches!(command, Command::Due(_)),
        };
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
