// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Events: what trackers send, what they get back, and a session's events as read later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AddressableEntityRef, Browser, Device, JourneyApp, JourneyCampaign, JourneyGeolocation,
    JourneyPage, NetworkConnectivity, Referrer, RequestDevice, RequestPage, ResponsePage,
    SdkLibrary, WebEventBrowser, WebEventDevice,
};

/// `WebEventRequest` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebEventRequest {
    /// `customerCookieId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_cookie_id: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<RequestPage>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// `browser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<WebEventBrowser>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<WebEventDevice>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `ipAddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// `referrerUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `externalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `WebEventResponse` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebEventResponse {
    /// `customerId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `customerIdType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// `page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<ResponsePage>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
    /// `browser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<WebEventBrowser>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<WebEventDevice>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `ipOrganization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// `geolocation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<JourneyGeolocation>,
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<WebEventResponseSession>,
    /// `referrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `authenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    /// `externalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `WebEventResponseSession` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebEventResponseSession {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `durationInSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_in_seconds: Option<i64>,
    /// `eventCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_count: Option<i64>,
    /// `pageviewCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pageview_count: Option<i64>,
    /// `referrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `AppEventRequest` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppEventRequest {
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `screenName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_name: Option<String>,
    /// `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<JourneyApp>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<RequestDevice>,
    /// `sdkLibrary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// `networkConnectivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// `referrerUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `externalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `customerCookieId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_cookie_id: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `AppEventResponse` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppEventResponse {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `customerId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// `customerIdType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `screenName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_name: Option<String>,
    /// `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<JourneyApp>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// `ipOrganization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// `geolocation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<JourneyGeolocation>,
    /// `sdkLibrary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// `networkConnectivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<AppEventResponseSession>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `externalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `AppEventResponseSession` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppEventResponseSession {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `durationInSeconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_in_seconds: Option<i64>,
    /// `eventCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_count: Option<i64>,
    /// `screenviewCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screenview_count: Option<i64>,
    /// `referrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `CustomEventAttribute` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomEventAttribute {
    /// `dataType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// `Event` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `correlationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// `customerId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// `customerIdType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id_type: Option<String>,
    /// `session`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<EventSession>,
    /// `eventType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// `outcomeAchievedEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_achieved_event: Option<OutcomeAchievedEvent>,
    /// `segmentAssignmentEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_assignment_event: Option<SegmentAssignmentEvent>,
    /// `webActionEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_action_event: Option<WebActionEvent>,
    /// `webEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web_event: Option<WebEvent>,
    /// `appEvent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_event: Option<AppEvent>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `EventListing` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventListing {
    /// `entities`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entities: Option<Vec<Event>>,
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

/// `EventSession` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSession {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `type`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
}

/// `WebEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebEvent {
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `totalEventCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_event_count: Option<i64>,
    /// `totalPageviewCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_pageview_count: Option<i64>,
    /// `page`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<JourneyPage>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
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
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `referrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `authenticated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
}

/// `AppEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppEvent {
    /// `eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// `screenName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screen_name: Option<String>,
    /// `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<JourneyApp>,
    /// `device`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// `ipAddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// `ipOrganization`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_organization: Option<String>,
    /// `geolocation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<JourneyGeolocation>,
    /// `sdkLibrary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdk_library: Option<SdkLibrary>,
    /// `networkConnectivity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_connectivity: Option<NetworkConnectivity>,
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `searchQuery`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_query: Option<String>,
    /// `attributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, CustomEventAttribute>>,
    /// `traits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traits: Option<BTreeMap<String, CustomEventAttribute>>,
}

/// `SegmentAssignmentEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentAssignmentEvent {
    /// `segment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<AddressableEntityRef>,
}

/// `OutcomeAchievedEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeAchievedEvent {
    /// `outcome`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeAchievedEventOutcome>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
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
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `visitReferrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_referrer: Option<Referrer>,
    /// `visitCreatedDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_created_date: Option<String>,
}

/// `OutcomeAchievedEventOutcome` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeAchievedEventOutcome {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// `WebActionEvent` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebActionEvent {
    /// `action`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<EventAction>,
    /// `actionMap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_map: Option<ActionEventActionMap>,
    /// `timeToDisposition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_to_disposition: Option<i64>,
    /// `errorCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// `errorMessage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// `userAgentString`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent_string: Option<String>,
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
    /// `mktCampaign`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mkt_campaign: Option<JourneyCampaign>,
    /// `visitReferrer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_referrer: Option<Referrer>,
}

/// `EventAction` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventAction {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `state`, a [`EventActionState`](super::EventActionState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `mediaType`, a [`EventActionMediaType`](super::EventActionMediaType).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// `prompt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// `createdDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_date: Option<String>,
}

/// `ActionEventActionMap` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionEventActionMap {
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `selfUri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
}
