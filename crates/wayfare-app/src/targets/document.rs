//! The stored form of an action target: a JSON document, versioned by the names of its fields.

use serde::{Deserialize, Serialize};
use wayfare_model::id::ActionTargetId;
use wayfare_model::target::{ActionTarget, ActionTargetState, ServiceLevel};
use wayfare_model::time::Moment;
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredTarget {
    name: String,
    user_data: Vec<(String, String)>,
    supported_media_types: Vec<String>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_level: Option<StoredServiceLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_abandon_threshold: Option<i64>,
    created_ms: i64,
    modified_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredServiceLevel {
    percentage: f64,
    duration_ms: i64,
}

pub(crate) fn to_document(target: &ActionTarget) -> Result<Document> {
    let stored = StoredTarget {
        name: target.name.clone(),
        user_data: target.user_data.clone(),
        supported_media_types: target.supported_media_types.clone(),
        state: target.state.as_str().to_owned(),
        description: target.description.clone(),
        service_level: target.service_level.map(|level| StoredServiceLevel {
            percentage: level.percentage,
            duration_ms: level.duration_ms,
        }),
        short_abandon_threshold: target.short_abandon_threshold,
        created_ms: target.created.as_ms(),
        modified_ms: target.modified.as_ms(),
    };
    let id = target.id.as_uuid();
    let body = serde_json::to_string(&stored)
        .map_err(|error| Error::Corrupt { context: format!("action target {id}: {error}") })?;
    Ok(Document { id, version: target.version, written: target.modified, expires: None, body })
}

pub(crate) fn from_document(document: &Document) -> Result<ActionTarget> {
    let damaged = |error: &dyn std::fmt::Display| Error::Corrupt {
        context: format!("action target {}: {error}", document.id),
    };
    let stored: StoredTarget =
        serde_json::from_str(&document.body).map_err(|error| damaged(&error))?;
    let state = ActionTargetState::ALL
        .into_iter()
        .find(|state| state.as_str() == stored.state)
        .ok_or_else(|| damaged(&"unknown state"))?;
    Ok(ActionTarget {
        id: ActionTargetId::from_uuid(document.id),
        name: stored.name,
        user_data: stored.user_data,
        supported_media_types: stored.supported_media_types,
        state,
        description: stored.description,
        service_level: stored.service_level.map(|level| ServiceLevel {
            percentage: level.percentage,
            duration_ms: level.duration_ms,
        }),
        short_abandon_threshold: stored.short_abandon_threshold,
        version: document.version,
        created: Moment::from_ms(stored.created_ms),
        modified: Moment::from_ms(stored.modified_ms),
    })
}
