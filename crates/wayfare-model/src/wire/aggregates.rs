// Generated from contract/ by `cargo xtask codegen`. Do not edit.

//! Aggregates: the query, its answer, and the jobs that answer later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `JourneyAggregationQuery` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregationQuery {
    /// `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// `granularity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// `timeZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `groupBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<Vec<String>>,
    /// `filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<JourneyAggregateQueryFilter>,
    /// `metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<String>>,
    /// `flattenMultivaluedDimensions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flatten_multivalued_dimensions: Option<bool>,
    /// `views`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<Vec<JourneyAggregationView>>,
    /// `alternateTimeDimension`, a [`AlternateTimeDimension`](super::AlternateTimeDimension).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_time_dimension: Option<String>,
}

/// `JourneyAggregateQueryFilter` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregateQueryFilter {
    /// `type`, a [`AggregateFilterType`](super::AggregateFilterType).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `clauses`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clauses: Option<Vec<JourneyAggregateQueryClause>>,
    /// `predicates`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicates: Option<Vec<JourneyAggregateQueryPredicate>>,
}

/// `JourneyAggregateQueryClause` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregateQueryClause {
    /// `type`, a [`AggregateFilterType`](super::AggregateFilterType).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `predicates`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicates: Option<Vec<JourneyAggregateQueryPredicate>>,
}

/// `JourneyAggregateQueryPredicate` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregateQueryPredicate {
    /// `type`, a [`AggregatePredicateType`](super::AggregatePredicateType).
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    /// `dimension`, a [`AggregateDimension`](super::AggregateDimension).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<String>,
    /// `operator`, a [`AggregatePredicateOperator`](super::AggregatePredicateOperator).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `range`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<NumericRange>,
}

/// `NumericRange` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NumericRange {
    /// `gt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gt: Option<f64>,
    /// `gte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// `lt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
    /// `lte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lte: Option<f64>,
}

/// `JourneyAggregationView` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregationView {
    /// `target`, a [`AggregateViewTarget`](super::AggregateViewTarget).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `function`, a [`AggregateViewFunction`](super::AggregateViewFunction).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// `range`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<AggregationRange>,
}

/// `AggregationRange` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregationRange {
    /// `gte`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gte: Option<f64>,
    /// `lt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lt: Option<f64>,
}

/// `JourneyAggregateQueryResponse` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregateQueryResponse {
    /// `results`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<JourneyAggregateDataContainer>>,
}

/// `JourneyAggregateDataContainer` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAggregateDataContainer {
    /// `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<BTreeMap<String, String>>,
    /// `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<StatisticalResponse>>,
}

/// `StatisticalResponse` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatisticalResponse {
    /// `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// `metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<AggregateMetricData>>,
    /// `views`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<Vec<AggregateViewData>>,
}

/// `AggregateMetricData` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregateMetricData {
    /// `metric`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// `qualifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<String>,
    /// `stats`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<StatisticalSummary>,
}

/// `AggregateViewData` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AggregateViewData {
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `stats`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stats: Option<StatisticalSummary>,
}

/// `StatisticalSummary` (every SDK).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatisticalSummary {
    /// `max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// `min`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// `sum`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// `current`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<f64>,
    /// `ratio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// `numerator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<f64>,
    /// `denominator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<f64>,
    /// `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// `countNegative` (SDK 108, 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_negative: Option<i64>,
    /// `countPositive` (SDK 108, 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_positive: Option<i64>,
    /// `p95` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<i64>,
    /// `p99` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<i64>,
    /// `calculatedMetricValue` (SDK 269).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calculated_metric_value: Option<i64>,
}

/// `JourneyAsyncAggregationQuery` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAsyncAggregationQuery {
    /// `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// `granularity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<String>,
    /// `timeZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// `groupBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<Vec<String>>,
    /// `filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<JourneyAggregateQueryFilter>,
    /// `metrics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Vec<String>>,
    /// `flattenMultivaluedDimensions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flatten_multivalued_dimensions: Option<bool>,
    /// `views`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub views: Option<Vec<JourneyAggregationView>>,
    /// `alternateTimeDimension`, a [`AlternateTimeDimension`](super::AlternateTimeDimension).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternate_time_dimension: Option<String>,
    /// `pageSize`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<i64>,
}

/// `JourneyAsyncAggregateQueryResponse` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JourneyAsyncAggregateQueryResponse {
    /// `results`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<JourneyAggregateDataContainer>>,
    /// `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// `AsyncQueryResponse` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsyncQueryResponse {
    /// `jobId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
}

/// `AsyncQueryStatus` (SDK 269).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AsyncQueryStatus {
    /// `state`, a [`AsyncQueryState`](super::AsyncQueryState).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `errorMessage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// `expirationDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<String>,
    /// `submissionDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission_date: Option<String>,
    /// `completionDate`, a date and time in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_date: Option<String>,
}
