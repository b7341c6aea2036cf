//! The stored form of a deletion: a JSON document, versioned by the names of its fields. It names the
//! customer only while it is under way.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::limits::{CUSTOMER_DELETION_KEPT_MS, CUSTOMER_DELETION_UNFINISHED_KEPT_MS};
use wayfare_model::time::Moment;
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

/// The deletion of a customer, under way or done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDeletion {
    /// Its id.
    pub id: Uuid,
    /// When it was asked for.
    pub requested: Moment,
    /// When it was done.
    pub completed: Option<Moment>,
    /// What it has removed; final once it is done.
    pub removed: Removed,
    /// Counts its changes, from 1.
    pub(super) version: u32,
    pub(super) stage: Stage,
}

/// Whether a deletion is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionState {
    /// It is under way.
    Running,
    /// Nothing is left.
    Done,
}

impl DeletionState {
    /// The word of the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Done => "Done",
        }
    }
}

/// How far a deletion is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Rows go.
    Rows(Deletion),
    /// Rows are gone; facts in files go.
    Facts(Deletion),
    /// Facts are gone; documents go that name the customer.
    Documents(Deletion),
    /// Everything is gone but for what logs and free space have of it.
    Scrub,
    /// Nothing is left.
    Done,
}

impl CustomerDeletion {
    /// Whether it is done.
    #[must_use]
    pub const fn state(&self) -> DeletionState {
        match self.stage {
            Stage::Done => DeletionState::Done,
            _ => DeletionState::Running,
        }
    }

    /// Who is deleted, while it is under way.
    pub(super) const fn deletion(&self) -> Option<&Deletion> {
        match &self.stage {
            Stage::Rows(deletion) | Stage::Facts(deletion) | Stage::Documents(deletion) => {
                Some(deletion)
            }
            Stage::Scrub | Stage::Done => None,
        }
    }

    /// The deletion after a further step.
    pub(super) fn stepped(&self, stage: Stage) -> Self {
        Self { version: self.version + 1, stage, ..self.clone() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    stage: StoredStage,
    requested_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<StoredCustomer>,
    removed: StoredRemoved,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum StoredStage {
    Rows,
    Facts,
    Documents,
    Scrub,
    Done,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredCustomer {
    #[serde(rename = "type")]
    id_type: String,
    id: String,
    seed: Uuid,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct StoredRemoved {
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

impl From<Removed> for StoredRemoved {
    fn from(model: Removed) -> Self {
        let Removed {
            events,
            sessions,
            assignments,
            visitors,
            identifiers,
            contacts,
            facts,
            fact_files,
            documents,
            changes,
        } = model;
        Self {
            events,
            sessions,
            assignments,
            visitors,
            identifiers,
            contacts,
            facts,
            fact_files,
            documents,
            changes,
        }
    }
}

impl From<StoredRemoved> for Removed {
    fn from(stored: StoredRemoved) -> Self {
        let StoredRemoved {
            events,
            sessions,
            assignments,
            visitors,
            identifiers,
            contacts,
            facts,
            fact_files,
            documents,
            changes,
        } = stored;
        Self {
            events,
            sessions,
            assignments,
            visitors,
            identifiers,
            contacts,
            facts,
            fact_files,
            documents,
            changes,
        }
    }
}

/// The document of a deletion.
pub(super) fn to_document(deletion: &CustomerDeletion) -> Result<Document> {
    let stage = match deletion.stage {
        Stage::Rows(_) => StoredStage::Rows,
        Stage::Facts(_) => StoredStage::Facts,
        Stage::Documents(_) => StoredStage::Documents,
        Stage::Scrub => StoredStage::Scrub,
        Stage::Done => StoredStage::Done,
    };
    let customer = deletion.deletion().map(|of| StoredCustomer {
        id_type: of.customer.id_type.clone(),
        id: of.customer.id.clone(),
        seed: of.seed,
    });
    let stored = Stored {
        stage,
        requested_ms: deletion.requested.as_ms(),
        completed_ms: deletion.completed.map(Moment::as_ms),
        customer,
        removed: deletion.removed.into(),
    };
    let body = serde_json::to_string(&stored).map_err(|error| Error::Corrupt {
        context: format!("customer deletion {}: {error}", deletion.id),
    })?;
    // Documents that expire keep no history: that would name the customer for ever.
    let expires = match deletion.completed {
        Some(completed) => completed.plus_ms(CUSTOMER_DELETION_KEPT_MS),
        None => deletion.requested.plus_ms(CUSTOMER_DELETION_UNFINISHED_KEPT_MS),
    };
    Ok(Document {
        id: deletion.id,
        version: deletion.version,
        written: deletion.completed.unwrap_or(deletion.requested),
        expires: Some(expires),
        body,
    })
}

/// The deletion of a document.
pub(super) fn from_document(document: &Document) -> Result<CustomerDeletion> {
    let damaged = |problem: &dyn std::fmt::Display| Error::Corrupt {
        context: format!("customer deletion {}: {problem}", document.id),
    };
    let stored: Stored = serde_json::from_str(&document.body).map_err(|error| damaged(&error))?;
    let customer = || {
        let of = stored.customer.as_ref().ok_or_else(|| damaged(&"it names nobody"))?;
        let customer = CustomerKey::new(of.id_type.clone(), of.id.clone());
        Ok(Deletion { id: document.id, customer, seed: of.seed })
    };
    let stage = match stored.stage {
        StoredStage::Rows => Stage::Rows(customer()?),
        StoredStage::Facts => Stage::Facts(customer()?),
        StoredStage::Documents => Stage::Documents(customer()?),
        StoredStage::Scrub => Stage::Scrub,
        StoredStage::Done => Stage::Done,
    };
    Ok(CustomerDeletion {
        id: document.id,
        requested: Moment::from_ms(stored.requested_ms),
        completed: stored.completed_ms.map(Moment::from_ms),
        removed: stored.removed.into(),
        version: document.version,
        stage,
    })
}
