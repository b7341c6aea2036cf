//! Deletions of customers: the receipt.

use serde::Serialize;
use wayfare_app::customers::CustomerDeletion;

/// What a deletion has removed, and whether it is done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionAnswer {
    id: String,
    state: &'static str,
    date_requested: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_completed: Option<String>,
    /// Only once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<RemovedAnswer>,
    self_uri: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RemovedAnswer {
    events: u64,
    sessions: u64,
    assignments: u64,
    visitors: u64,
    identifiers: u64,
    contacts: u64,
    facts: u64,
    fact_files: u64,
    documents: u64,
    changes: u64,
}

/// The answer of a deletion. It never names the customer.
pub(crate) fn deletion(deletion: &CustomerDeletion) -> DeletionAnswer {
    let removed = deletion.removed;
    let removed = deletion.completed.map(|_| RemovedAnswer {
        events: removed.events,
        sessions: removed.sessions,
        assignments: removed.assignments,
        visitors: removed.visitors,
        identifiers: removed.identifiers,
        contacts: removed.contacts,
        facts: removed.facts,
        fact_files: removed.fact_files,
        documents: removed.documents,
        changes: removed.changes,
    });
    DeletionAnswer {
        id: deletion.id.to_string(),
        state: deletion.state().as_str(),
        date_requested: deletion.requested.to_string(),
        date_completed: deletion.completed.map(|moment| moment.to_string()),
        removed,
        self_uri: format!("/api/wayfare/v1/customerdeletions/{}", deletion.id),
    }
}
