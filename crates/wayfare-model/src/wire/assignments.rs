// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Segment assignments: who is in which segment, and the bodies that assign by hand.

use serde::{Deserialize, Serialize};

use super::AddressableEntityRef;

/// `SegmentAssignment` (SDK 102, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignment {
    /// `id` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `state`, a [`SegmentAssignmentState`](super::SegmentAssignmentState) (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `dateAssigned`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_assigned: Option<String>,
    /// `dateUnassigned`, a date and time in RFC 3339 (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_unassigned: Option<String>,
    /// `dateModified`, a date and time in RFC 3339 (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_modified: Option<String>,
    /// `segment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentAssignmentSegment>,
    /// `customerId` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// `customerIdType` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SegmentAssignmentSession>,
    /// `externalContact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_contact: Option<AddressableEntityRef>,
    /// `dateForUnassignment`, a date and time in RFC 3339 (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_for_unassignment: Option<String>,
}

/// `SegmentAssignmentListing` (SDK 102, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignmentListing {
    /// `entities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<SegmentAssignment>>,
    /// `nextUri` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// `selfUri` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `previousUri` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
}

/// `SegmentAssignmentSegment` (SDK 102, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignmentSegment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `scope`, a [`SegmentScope`](super::SegmentScope) (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `version` (SDK 102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `SegmentAssignmentSession` (SDK 102, 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignmentSession {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `SegmentAssignmentsUpdate` (SDK 102).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignmentsUpdate {
    /// `segmentId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<String>,
    /// `state`, a [`SegmentAssignmentState`](super::SegmentAssignmentState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// `UpdateSegmentAssignmentRequest` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSegmentAssignmentRequest {
    /// `assign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<SegmentAssignments>,
    /// `unassign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unassign: Option<SegmentUnassignments>,
}

/// `UpdateSegmentAssignmentResponse` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateSegmentAssignmentResponse {
    /// `unprocessedItems`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unprocessed_items: Option<UnprocessedSegmentAssignments>,
}

/// `UnprocessedSegmentAssignments` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnprocessedSegmentAssignments {
    /// `assign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign: Option<SegmentAssignments>,
    /// `unassign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unassign: Option<SegmentUnassignments>,
    /// `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// `SegmentAssignments` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignments {
    /// `segments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<SegmentForAssignment>>,
}

/// `SegmentForAssignment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentForAssignment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// `SegmentUnassignments` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentUnassignments {
    /// `segments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<Vec<SegmentForUnassignment>>,
}

/// `SegmentForUnassignment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentForUnassignment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}
