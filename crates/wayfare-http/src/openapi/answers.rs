//! The fields that an answer always has. The contract says of none that it must be there.

use serde_json::{Map, Value, json};

/// Schemas of answers, each with the fields that are always there.
const ALWAYS: [(&str, &[&str]); 29] = [
    (
        "JourneySegment",
        &[
            "id",
            "isActive",
            "displayName",
            "version",
            "color",
            "scope",
            "shouldDisplayToAgent",
            "context",
            "journey",
            "selfUri",
            "createdDate",
            "modifiedDate",
        ],
    ),
    ("Context", &["patterns"]),
    ("ContextPattern", &["criteria"]),
    ("EntityTypeCriteria", &["key", "values", "shouldIgnoreCase", "operator", "entityType"]),
    ("Journey", &["patterns"]),
    ("JourneyPattern", &["criteria", "count", "streamType", "sessionType"]),
    ("Criteria", &["key", "values", "shouldIgnoreCase", "operator"]),
    ("SegmentListing", PAGE),
    ("ActionTargetListing", PAGE),
    ("ActionTarget", &["id", "name", "state", "selfUri", "createdDate"]),
    ("SegmentAssignmentListing", &["entities"]),
    ("SegmentAssignment", &["id", "state", "dateAssigned", "segment", "externalContact"]),
    ("SegmentAssignmentSegment", &["id", "selfUri"]),
    ("SegmentAssignmentSession", &["id", "type", "selfUri"]),
    ("AddressableEntityRef", &["id", "selfUri"]),
    ("UpdateSegmentAssignmentResponse", &["unprocessedItems"]),
    ("UnprocessedSegmentAssignments", &["assign", "unassign", "count"]),
    ("SessionListing", &["entities", "selfUri"]),
    ("Session", &["id", "customerId", "customerIdType", "type", "selfUri", "createdDate"]),
    ("EventListing", &["entities", "selfUri"]),
    ("WebEventResponse", &["eventName", "session", "createdDate"]),
    ("AppEventResponse", &["eventName", "session", "createdDate"]),
    ("JourneyAggregateQueryResponse", &["results"]),
    ("JourneyAsyncAggregateQueryResponse", &["results"]),
    ("JourneyAggregateDataContainer", &["data"]),
    ("StatisticalResponse", &["interval"]),
    ("AggregateMetricData", &["metric", "stats"]),
    ("AsyncQueryResponse", &["jobId"]),
    ("AsyncQueryStatus", &["state", "submissionDate"]),
];
/// A page of a list with numbered pages.
const PAGE: &[&str] =
    &["entities", "pageSize", "pageNumber", "total", "firstUri", "selfUri", "lastUri", "pageCount"];

/// Rules by schema.
pub(super) fn schemas() -> Map<String, Value> {
    let rule = |(name, fields): (&str, &[&str])| (name.to_owned(), json!({ "required": fields }));
    ALWAYS.into_iter().map(rule).collect()
}
