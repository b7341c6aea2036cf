// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Sessions: what a visitor did in one visit, and the listing of a contact's sessions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AddressableEntityRef, Browser, CustomEventAttribute, Device, JourneyApp, JourneyCampaign,
    JourneyGeolocation, JourneyPage, NetworkConnectivity, Referrer, SdkLibrary,
};

/// `Session` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `externalContact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_contact: Option<AddressableEntityRef>,
    /// `customerId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// `customerIdType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `externalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `externalUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_url: Option<String>,
    /// `shortId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_id: Option<String>,
    /// `outcomeAchievements`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_achievements: Option<Vec<OutcomeAchievement>>,
    /// `segmentAssignments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_assignments: Option<Vec<SessionSegmentAssignment>>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `attributeLists`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_lists: Option<BTreeMap<String, CustomEventAttributeList>>,
    /// `browser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<Browser>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// `geolocation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<JourneyGeolocation>,
    /// `ipAddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// `ipOrganization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// `lastPage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_page: Option<JourneyPage>,
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `referrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<JourneyApp>,
    /// `sdkLibrary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// `networkConnectivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// `searchTerms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_terms: Option<Vec<String>>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// `durationInSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_in_seconds: Option<i64>,
    /// `eventCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_count: Option<i64>,
    /// `pageviewCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pageview_count: Option<i64>,
    /// `screenviewCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screenview_count: Option<i64>,
    /// `lastEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event: Option<SessionLastEvent>,
    /// `conversation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<AddressableEntityRef>,
    /// `lastConnectedQueue`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connected_queue: Option<ConnectedQueue>,
    /// `lastConnectedUser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connected_user: Option<ConnectedUser>,
    /// `lastUserDisposition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_user_disposition: Option<ConversationUserDisposition>,
    /// `conversationChannels`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_channels: Option<Vec<ConversationChannel>>,
    /// `originatingDirection`, a [`SessionOriginatingDirection`](super::SessionOriginatingDirection).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub originating_direction: Option<String>,
    /// `conversationSubject`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_subject: Option<String>,
    /// `lastUserDisconnectType`, a [`SessionLastUserDisconnectType`](super::SessionLastUserDisconnectType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_user_disconnect_type: Option<String>,
    /// `lastAcdOutcome`, a [`SessionLastAcdOutcome`](super::SessionLastAcdOutcome).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_acd_outcome: Option<String>,
    /// `authenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    /// `divisionIds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_ids: Option<Vec<String>>,
    /// `lastScreen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_screen: Option<String>,
    /// `caseAssociations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_associations: Option<Vec<JourneyCaseAssociation>>,
    /// `caseEntity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_entity: Option<AddressableEntityRef>,
    /// `caseReference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    /// `caseStatus`, a [`SessionCaseStatus`](super::SessionCaseStatus).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_status: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
    /// `endedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_date: Option<String>,
    /// `awayDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away_date: Option<String>,
    /// `idleDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_date: Option<String>,
}

/// `SessionListing` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionListing {
    /// `entities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Session>>,
    /// `nextUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `previousUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
}

/// `SessionLastEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionLastEvent {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `SessionSegmentAssignment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionSegmentAssignment {
    /// `segment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<AssignedSegment>,
    /// `assignedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_date: Option<String>,
}

/// `AssignedSegment` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssignedSegment {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `OutcomeAchievement` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeAchievement {
    /// `outcome`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AchievedOutcome>,
    /// `achievedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub achieved_date: Option<String>,
}

/// `AchievedOutcome` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AchievedOutcome {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `ConnectedQueue` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedQueue {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `ConnectedUser` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectedUser {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// `ConversationChannel` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationChannel {
    /// `type`, a [`ConversationChannelType`](super::ConversationChannelType).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `messageType`, a [`ConversationChannelMessageType`](super::ConversationChannelMessageType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// `platform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
}

/// `ConversationUserDisposition` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationUserDisposition {
    /// `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `notes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// `user`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<AddressableEntityRef>,
}

/// `CustomEventAttributeList` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomEventAttributeList {
    /// `dataType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// `values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// `JourneyCaseAssociation` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyCaseAssociation {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `associatedCase`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_case: Option<AddressableEntityRef>,
    /// `caseReference`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case_reference: Option<String>,
    /// `dateAssociated`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_associated: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}
