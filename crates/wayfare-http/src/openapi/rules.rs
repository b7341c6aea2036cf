//! What we ask of bodies and parameters beyond their types. The contract has none of it
//! (`wayfare_app` checks it; a request that keeps these rules may still be refused for what
//! its parts mean together).

use serde_json::{Map, Value, json};
use wayfare_model::attribute::AttributeType;
use wayfare_model::change_log::ChangeKind;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::limits::{
    AGGREGATE_FILTER_TERMS_MAX, AGGREGATE_GROUP_BY_MAX, AGGREGATE_JOB_PAGE_SIZE_DEFAULT,
    AGGREGATE_JOB_PAGE_SIZE_MAX, AGGREGATE_VIEWS_MAX, ASSIGNMENT_EXPIRATION_DAYS_MAX,
    ATTRIBUTE_VALUE_CHARACTERS_MAX, CONTACT_SEGMENTS_UPDATE_MAX, CRITERION_TEXT_CHARACTERS_MAX,
    CRITERION_VALUES_MAX, EVENT_ATTRIBUTES_MAX, EVENT_NAME_CHARACTERS_MAX,
    EVENT_TEXT_CHARACTERS_MAX, FEED_FILTER_VALUES_MAX, FEED_HEARTBEAT_S_DEFAULT,
    FEED_HEARTBEAT_S_MAX, NAME_CHARACTERS_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PATTERN_COUNT_MAX,
    SEGMENT_CRITERIA_MAX, SEGMENT_DESCRIPTION_CHARACTERS_MAX, SEGMENT_NAME_CHARACTERS_MAX,
    SEGMENT_PATTERNS_MAX, WITHIN_SECONDS_MAX,
};
use wayfare_model::visit::DeviceCategory;

use super::answers;

/// Keys that context criteria can look at; a product test creates a segment with each.
const CONTEXT_KEYS: [&str; 22] = [
    "device.category",
    "device.type",
    "device.osFamily",
    "browser.family",
    "browser.lang",
    "browser.version",
    "mktCampaign.source",
    "mktCampaign.medium",
    "mktCampaign.name",
    "mktCampaign.term",
    "mktCampaign.content",
    "mktCampaign.clickId",
    "mktCampaign.network",
    "geolocation.country",
    "geolocation.countryName",
    "geolocation.region",
    "geolocation.locality",
    "geolocation.postalCode",
    "ipOrganization",
    "referrer.url",
    "referrer.hostname",
    "referrer.medium",
];
/// Keys that journey criteria can look at.
const JOURNEY_KEYS: &str = "^(eventName|searchQuery|page\\.(url|title|hostname|domain|fragment|\
                            keywords|pathname|queryString)|attributes\\..+\\.value)$";
/// Names of events.
const EVENT_NAME: &str = "^[A-Za-z0-9_]+$";

/// Rules by schema.
pub(super) fn schemas() -> Value {
    let mut schemas = Map::new();
    for rules in [answers::schemas(), segments(), events(), targets(), assignments(), aggregates()]
    {
        super::merge_map(&mut schemas, rules);
    }
    Value::Object(schemas)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn text(least: usize, most: usize) -> Value {
    json!({ "minLength": least, "maxLength": most })
}

fn segments() -> Map<String, Value> {
    let mut schemas = Map::new();
    let values = json!({
        "minItems": 1, "maxItems": CRITERION_VALUES_MAX,
        "items": { "maxLength": CRITERION_TEXT_CHARACTERS_MAX },
    });
    let context_key =
        json!({ "enum": CONTEXT_KEYS.iter().chain(&["authenticated"]).collect::<Vec<_>>() });
    for (family, is_new) in [("Request", true), ("Patch", false)] {
        let criterion = |required: &[&str], key: Value| json!({ "required": required, "properties": { "key": key, "values": values } });
        let criteria = json!({ "minItems": 1, "maxItems": SEGMENT_CRITERIA_MAX });
        let patterns =
            json!({ "properties": { "patterns": { "maxItems": SEGMENT_PATTERNS_MAX } } });
        let mut put = |name: &str, rule: Value| schemas.insert(format!("{family}{name}"), rule);
        put("EntityTypeCriteria", criterion(&["key", "values", "entityType"], context_key.clone()));
        put("Criteria", criterion(&["key", "values"], json!({ "pattern": JOURNEY_KEYS })));
        put("Context", patterns.clone());
        put("Journey", patterns);
        put(
            "ContextPattern",
            json!({ "required": ["criteria"], "properties": { "criteria": criteria } }),
        );
        put(
            "JourneyPattern",
            json!({
                "required": ["criteria", "count", "streamType", "sessionType"],
                "properties": {
                    "criteria": {
                        "maxItems": SEGMENT_CRITERIA_MAX,
                        "description": "At least one, unless there is an eventName.",
                    },
                    "count": {
                        "minimum": 0, "maximum": PATTERN_COUNT_MAX,
                        "description": "0: never.",
                    },
                    "withinSeconds": { "minimum": 1, "maximum": WITHIN_SECONDS_MAX },
                    "streamType": { "enum": ["Web", "App"] },
                    "sessionType": { "enum": ["web", "app"] },
                    "eventName": { "maxLength": EVENT_NAME_CHARACTERS_MAX },
                },
            }),
        );
        let name = if is_new { "JourneySegmentRequest" } else { "PatchSegment" };
        let required: &[&str] = if is_new { &["displayName"] } else { &[] };
        let mut rule = json!({ "properties": {
            "displayName": text(1, SEGMENT_NAME_CHARACTERS_MAX),
            "description": { "maxLength": SEGMENT_DESCRIPTION_CHARACTERS_MAX },
            "color": { "pattern": "^#[0-9A-Fa-f]{6}$" },
            "assignmentExpirationDays": {
                "minimum": 0, "maximum": ASSIGNMENT_EXPIRATION_DAYS_MAX,
            },
        } });
        if !required.is_empty() {
            rule["required"] = json!(required);
        }
        schemas.insert(name.to_owned(), rule);
    }
    let external = json!({ "required": ["id", "name"], "properties": {
        "id": text(1, CRITERION_TEXT_CHARACTERS_MAX),
        "name": text(1, CRITERION_TEXT_CHARACTERS_MAX),
    } });
    schemas.insert("RequestExternalSegment".to_owned(), external);
    let name = json!({ "properties": { "name": text(1, CRITERION_TEXT_CHARACTERS_MAX) } });
    schemas.insert("PatchExternalSegment".to_owned(), name);
    schemas
}

fn events() -> Map<String, Value> {
    let long = json!({ "maxLength": EVENT_TEXT_CHARACTERS_MAX });
    let app = format!("{}RequestApp", super::SCHEMA);
    let pixels = json!({ "minimum": 0, "maximum": u32::MAX });
    let data_types = AttributeType::ALL.map(AttributeType::as_str);
    let attributes = json!({ "maxProperties": EVENT_ATTRIBUTES_MAX });
    let event = |required: &[&str]| {
        json!({ "required": required, "properties": {
            "customerCookieId": { "format": "uuid" },
            "eventName": {
                "pattern": EVENT_NAME, "minLength": 1, "maxLength": EVENT_NAME_CHARACTERS_MAX,
            },
            "attributes": attributes,
            "traits": attributes,
            "externalId": long,
            "searchQuery": long,
            "referrerUrl": long,
        } })
    };
    let categories = DeviceCategory::ALL.map(DeviceCategory::as_str);
    let category: Vec<&str> = categories.into_iter().chain([""]).collect();
    let device = json!({ "properties": {
        "category": { "enum": category },
        "screenHeight": pixels, "screenWidth": pixels, "screenDensity": pixels,
    } });
    let mut app_event =
        event(&["customerCookieId", "eventName", "screenName", "app", "device", "createdDate"]);
    app_event["properties"]["app"] = json!({ "$ref": app });
    app_event["properties"]["screenName"] = text(1, EVENT_TEXT_CHARACTERS_MAX);
    object(json!({
        "WebEventRequest": event(&["customerCookieId", "eventName", "page", "createdDate"]),
        "AppEventRequest": app_event,
        "RequestPage": { "required": ["url", "title"], "properties": {
            "url": { "format": "uri", "minLength": 1, "maxLength": EVENT_TEXT_CHARACTERS_MAX },
            "title": long, "keywords": long, "lang": long,
        } },
        "WebEventDevice": device,
        "RequestDevice": device,
        "CustomEventAttribute": { "required": ["dataType", "value"], "properties": {
            "dataType": { "enum": data_types },
            "value": { "maxLength": ATTRIBUTE_VALUE_CHARACTERS_MAX },
        } },
    }))
}

fn targets() -> Map<String, Value> {
    object(json!({
        "PatchActionTarget": { "properties": {
            "name": text(1, NAME_CHARACTERS_MAX),
            "shortAbandonThreshold": { "minimum": 0 },
        } },
        "ServiceLevel": { "required": ["percentage", "durationMs"], "properties": {
            "percentage": { "minimum": 0, "maximum": 1 },
            "durationMs": { "minimum": 0 },
        } },
    }))
}

fn assignments() -> Map<String, Value> {
    let listed = json!({ "maxItems": CONTACT_SEGMENTS_UPDATE_MAX });
    object(json!({
        "KeyValue": { "required": ["key", "value"] },
        "SegmentForAssignment": { "required": ["id"], "properties": { "id": { "minLength": 1 } } },
        "SegmentForUnassignment": { "required": ["id"], "properties": { "id": { "minLength": 1 } } },
        "SegmentAssignments": { "properties": { "segments": listed } },
        "SegmentUnassignments": { "properties": { "segments": listed } },
        "SegmentAssignmentsUpdate": { "required": ["segmentId", "state"], "properties": {
            "segmentId": { "format": "uuid" },
        } },
    }))
}

fn aggregates() -> Map<String, Value> {
    let metrics: Vec<String> = Metric::ALL.iter().map(ToString::to_string).collect();
    let dimensions: Vec<String> = Dimension::ALL.iter().map(ToString::to_string).collect();
    let terms = json!({ "maxItems": AGGREGATE_FILTER_TERMS_MAX });
    let some_terms = json!({ "minItems": 1, "maxItems": AGGREGATE_FILTER_TERMS_MAX });
    let query = json!({ "required": ["interval", "metrics"], "properties": {
        "interval": { "example": "2026-11-01T00:00:00.000Z/2026-11-08T00:00:00.000Z" },
        "granularity": { "example": "P1D" },
        "timeZone": { "example": "Europe/London" },
        "metrics": { "minItems": 1, "items": { "enum": metrics } },
        "groupBy": {
            "maxItems": AGGREGATE_GROUP_BY_MAX, "uniqueItems": true,
            "items": { "enum": dimensions },
        },
        "views": { "maxItems": AGGREGATE_VIEWS_MAX },
    } });
    let mut job = query.clone();
    job["properties"]["pageSize"] = json!({
        "minimum": 1, "maximum": AGGREGATE_JOB_PAGE_SIZE_MAX,
        "default": AGGREGATE_JOB_PAGE_SIZE_DEFAULT,
    });
    object(json!({
        "JourneyAggregationQuery": query,
        "JourneyAsyncAggregationQuery": job,
        "JourneyAggregateQueryFilter": { "required": ["type"], "properties": {
            "clauses": terms, "predicates": terms,
        } },
        "JourneyAggregateQueryClause": { "required": ["type", "predicates"], "properties": {
            "predicates": some_terms,
        } },
        "JourneyAggregateQueryPredicate": { "properties": {
            "type": { "enum": ["dimension", "metric"] },
        } },
        "JourneyAggregationView": { "required": ["target", "name", "function", "range"] },
        "AggregationRange": { "minProperties": 1 },
        "NumericRange": { "minProperties": 1 },
    }))
}

/// Statuses of success other than 200, or beside it while something is under way.
pub(super) fn operations() -> Value {
    json!({
        "post_journey_segments": { "status": 201 },
        "delete_journey_segment": { "status": 204 },
        "post_journey_externalcontact_segments": { "status": 204 },
        "post_analytics_journeys_aggregates_jobs": { "status": 202 },
        "get_analytics_journeys_aggregates_job": { "statusMeanwhile": 202 },
        "delete_analytics_journeys_aggregates_job": { "status": 204 },
    })
}

/// What a parameter may be, by its name; null when its type says all.
pub(super) fn parameter(name: &str) -> Value {
    let schema = match name {
        "pageSize" => json!({
            "type": "integer", "format": "int32",
            "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE_DEFAULT,
        }),
        "pageNumber" => json!({ "type": "integer", "format": "int64", "minimum": 1, "default": 1 }),
        "at" => json!({ "type": "string", "format": "date-time" }),
        "segmentScope" => json!({ "enum": ["Session", "Customer"] }),
        "assignmentState" => json!({ "enum": ["Assigned", "Unassigned"] }),
        "types" => json!({ "items": { "enum": ChangeKind::ALL.map(ChangeKind::as_str) } }),
        "sessionIds" | "customerIds" => json!({ "maxItems": FEED_FILTER_VALUES_MAX }),
        "heartbeatSeconds" => json!({
            "type": "integer", "format": "int32", "minimum": 1, "maximum": FEED_HEARTBEAT_S_MAX,
            "default": FEED_HEARTBEAT_S_DEFAULT,
        }),
        "queryFields" => json!({ "items": { "enum": ["displayName", "description"] } }),
        "segmentIds" => json!({ "maxItems": 100, "items": { "format": "uuid" } }),
        "customerId" | "customerIdType" => json!({ "minLength": 1 }),
        name if name.ends_with("Id") => json!({ "format": "uuid" }),
        _ => return Value::Null,
    };
    json!({ "schema": schema })
}
