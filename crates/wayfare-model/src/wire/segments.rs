// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Segments: the definition, its conditions, and the bodies that create and change it.

use serde::{Deserialize, Serialize};

use crate::patch::Patch;

/// `JourneySegment` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneySegment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `isActive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `color`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// `scope`, a [`SegmentScope`](super::SegmentScope).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `shouldDisplayToAgent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_display_to_agent: Option<bool>,
    /// `context`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// `journey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<Journey>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// `modifiedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_date: Option<String>,
    /// `externalSegment` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<ExternalSegment>,
    /// `assignmentExpirationDays` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
}

/// `SegmentListing` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentListing {
    /// `entities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<JourneySegment>>,
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
    /// `lastUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// `nextUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// `previousUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
    /// `pageCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_count: Option<i64>,
}

/// `Context` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<ContextPattern>>,
}

/// `ContextPattern` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<EntityTypeCriteria>>,
}

/// `EntityTypeCriteria` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EntityTypeCriteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// `entityType`, a [`EntityType`](super::EntityType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
}

/// `Journey` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journey {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<JourneyPattern>>,
    /// `ordered` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
}

/// `JourneyPattern` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<Criteria>>,
    /// `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// `streamType`, a [`StreamType`](super::StreamType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_type: Option<String>,
    /// `sessionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `withinSeconds` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<i64>,
}

/// `Criteria` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Criteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// `ExternalSegment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalSegment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `source`, a [`ExternalSegmentSource`](super::ExternalSegmentSource).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// `JourneySegmentRequest` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneySegmentRequest {
    /// `isActive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_active: Option<bool>,
    /// `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `color`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// `shouldDisplayToAgent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_display_to_agent: Option<bool>,
    /// `context`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<RequestContext>,
    /// `journey`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journey: Option<RequestJourney>,
    /// `externalSegment` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_segment: Option<RequestExternalSegment>,
    /// `assignmentExpirationDays` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment_expiration_days: Option<i64>,
    /// `scope`, a [`SegmentScope`](super::SegmentScope) (SDK 108).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// `RequestContext` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<RequestContextPattern>>,
}

/// `RequestContextPattern` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContextPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<RequestEntityTypeCriteria>>,
}

/// `RequestEntityTypeCriteria` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestEntityTypeCriteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// `entityType`, a [`EntityType`](super::EntityType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
}

/// `RequestJourney` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestJourney {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<RequestJourneyPattern>>,
    /// `ordered` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
}

/// `RequestJourneyPattern` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestJourneyPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<RequestCriteria>>,
    /// `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// `streamType`, a [`StreamType`](super::StreamType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_type: Option<String>,
    /// `sessionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `withinSeconds` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<i64>,
}

/// `RequestCriteria` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestCriteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// `RequestExternalSegment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestExternalSegment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `source`, a [`ExternalSegmentSource`](super::ExternalSegmentSource).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// `PatchSegment` (SDK 108, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchSegment {
    /// `isActive`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub is_active: Patch<bool>,
    /// `displayName`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub display_name: Patch<String>,
    /// `version`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub version: Patch<i64>,
    /// `description`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// `color`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub color: Patch<String>,
    /// `shouldDisplayToAgent`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub should_display_to_agent: Patch<bool>,
    /// `context`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub context: Patch<PatchContext>,
    /// `journey`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub journey: Patch<PatchJourney>,
    /// `externalSegment`; an explicit `null` is not an absent field (SDK 269).
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub external_segment: Patch<PatchExternalSegment>,
    /// `assignmentExpirationDays`; an explicit `null` is not an absent field (SDK 269).
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub assignment_expiration_days: Patch<i64>,
}

/// `PatchContext` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchContext {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<PatchContextPattern>>,
}

/// `PatchContextPattern` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchContextPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<PatchEntityTypeCriteria>>,
}

/// `PatchEntityTypeCriteria` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchEntityTypeCriteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// `entityType`, a [`EntityType`](super::EntityType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
}

/// `PatchJourney` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchJourney {
    /// `patterns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patterns: Option<Vec<PatchJourneyPattern>>,
    /// `ordered` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
}

/// `PatchJourneyPattern` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchJourneyPattern {
    /// `criteria`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Vec<PatchCriteria>>,
    /// `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// `streamType`, a [`StreamType`](super::StreamType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_type: Option<String>,
    /// `sessionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_type: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `withinSeconds` (ours).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<i64>,
}

/// `PatchCriteria` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchCriteria {
    /// `key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// `shouldIgnoreCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub should_ignore_case: Option<bool>,
    /// `operator`, a [`CriteriaOperator`](super::CriteriaOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

/// `PatchExternalSegment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchExternalSegment {
    /// `name`; an explicit `null` is not an absent field.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
}
