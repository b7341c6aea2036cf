// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Action targets: where web actions route to.

use serde::{Deserialize, Serialize};

use crate::patch::Patch;

/// `ActionTarget` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionTarget {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `userData`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_data: Option<Vec<KeyValue>>,
    /// `supportedMediaTypes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supported_media_types: Option<Vec<String>>,
    /// `state`, a [`ActionTargetState`](super::ActionTargetState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `serviceLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_level: Option<ServiceLevel>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// `modifiedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<String>,
    /// `shortAbandonThreshold` (SDK 108, 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_abandon_threshold: Option<i64>,
}

/// `ActionTargetListing` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionTargetListing {
    /// `entities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<ActionTarget>>,
    /// `pageSize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<i64>,
    /// `pageNumber`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_number: Option<i64>,
    /// `total`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// `firstUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_uri: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `nextUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// `previousUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
    /// `lastUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// `pageCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<i64>,
}

/// `PatchActionTarget` (SDK 102, 108).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchActionTarget {
    /// `name`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
    /// `serviceLevel`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub service_level: Patch<ServiceLevel>,
    /// `shortAbandonThreshold`; an explicit `null` is not an absent field (SDK 108).
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub short_abandon_threshold: Patch<i64>,
}

/// `ServiceLevel` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLevel {
    /// `percentage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
    /// `durationMs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

/// `KeyValue` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyValue {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}
