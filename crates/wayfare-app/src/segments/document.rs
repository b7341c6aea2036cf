//! The stored form of a segment: a JSON document, versioned by the names of its fields.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::event::Stream;
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, ExternalSegment, JourneyPattern, Segment,
};
use wayfare_model::time::Moment;
use wayfare_store::documents::Document;
use wayfare_store::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredSegment {
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    is_active: bool,
    conditions_version: u32,
    color: String,
    scope: String,
    should_display_to_agent: bool,
    context: Vec<Vec<StoredCriterion>>,
    journey: Vec<StoredJourneyPattern>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ordered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_segment: Option<StoredExternalSegment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_expiration_days: Option<u32>,
    created_ms: i64,
    modified_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredCriterion {
    key: String,
    values: Vec<String>,
    should_ignore_case: bool,
    operator: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredJourneyPattern {
    criteria: Vec<StoredCriterion>,
    count: u32,
    stream: String,
    session_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_seconds: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredExternalSegment {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

pub(super) fn to_document(segment: &Segment) -> Result<Document> {
    let context = &segment.conditions.context;
    let journey = &segment.conditions.journey;
    let external = segment.external_segment.as_ref();
    let stored = StoredSegment {
        display_name: segment.display_name.clone(),
        description: segment.description.clone(),
        is_active: segment.is_active,
        conditions_version: segment.conditions_version,
        color: segment.color.clone(),
        scope: segment.scope.as_str().to_owned(),
        should_display_to_agent: segment.should_display_to_agent,
        context: context.iter().map(|pattern| stored_criteria(&pattern.criteria)).collect(),
        journey: journey.iter().map(stored_journey_pattern).collect(),
        ordered: segment.conditions.ordered,
        external_segment: external.map(|external| StoredExternalSegment {
            id: external.id.clone(),
            name: external.name.clone(),
            source: external.source.clone(),
        }),
        assignment_expiration_days: segment.assignment_expiration_days,
        created_ms: segment.created.as_ms(),
        modified_ms: segment.modified.as_ms(),
    };
    let id = segment.id.as_uuid();
    let body = serde_json::to_string(&stored).map_err(|error| damaged(id, &error))?;
    Ok(Document { id, version: segment.version, written: segment.modified, expires: None, body })
}

pub(super) fn from_document(document: &Document) -> Result<Segment> {
    let id = document.id;
    let stored: StoredSegment =
        serde_json::from_str(&document.body).map_err(|error| damaged(id, &error))?;
    let scope = stored.scope.parse().map_err(|()| damaged(id, &"unknown scope"))?;
    let context = stored.context.into_iter().map(|criteria| context_pattern(id, criteria));
    let journey = stored.journey.into_iter().map(|pattern| journey_pattern(id, pattern));
    let conditions = Conditions {
        context: context.collect::<Result<_>>()?,
        journey: journey.collect::<Result<_>>()?,
        ordered: stored.ordered,
    };
    Ok(Segment {
        id: SegmentId::from_uuid(id),
        display_name: stored.display_name,
        description: stored.description,
        is_active: stored.is_active,
        version: document.version,
        conditions_version: stored.conditions_version,
        color: stored.color,
        scope,
        should_display_to_agent: stored.should_display_to_agent,
        conditions,
        external_segment: stored.external_segment.map(|external| ExternalSegment {
            id: external.id,
            name: external.name,
            source: external.source,
        }),
        assignment_expiration_days: stored.assignment_expiration_days,
        created: Moment::from_ms(stored.created_ms),
        modified: Moment::from_ms(stored.modified_ms),
    })
}

fn stored_criteria(criteria: &[Criterion]) -> Vec<StoredCriterion> {
    let stored = |criterion: &Criterion| StoredCriterion {
        key: criterion.key.clone(),
        values: criterion.values.clone(),
        should_ignore_case: criterion.should_ignore_case,
        operator: criterion.operator.as_str().to_owned(),
    };
    criteria.iter().map(stored).collect()
}

fn stored_journey_pattern(pattern: &JourneyPattern) -> StoredJourneyPattern {
    StoredJourneyPattern {
        criteria: stored_criteria(&pattern.criteria),
        count: pattern.count,
        stream: pattern.stream.as_str().to_owned(),
        session_type: pattern.session_type.clone(),
        event_name: pattern.event_name.clone(),
        within_seconds: pattern.within_seconds,
    }
}

fn context_pattern(id: Uuid, criteria: Vec<StoredCriterion>) -> Result<ContextPattern> {
    Ok(ContextPattern { criteria: read_criteria(id, criteria)? })
}

fn journey_pattern(id: Uuid, pattern: StoredJourneyPattern) -> Result<JourneyPattern> {
    let stream: Stream = pattern.stream.parse().map_err(|()| damaged(id, &"unknown stream"))?;
    Ok(JourneyPattern {
        criteria: read_criteria(id, pattern.criteria)?,
        count: pattern.count,
        stream,
        session_type: pattern.session_type,
        event_name: pattern.event_name,
        within_seconds: pattern.within_seconds,
    })
}

fn read_criteria(id: Uuid, stored: Vec<StoredCriterion>) -> Result<Vec<Criterion>> {
    let read = |stored: StoredCriterion| {
        let operator = stored.operator.parse().map_err(|()| damaged(id, &"unknown operator"))?;
        Ok(Criterion {
            key: stored.key,
            values: stored.values,
            should_ignore_case: stored.should_ignore_case,
            operator,
        })
    };
    stored.into_iter().map(read).collect()
}

fn damaged(id: Uuid, error: &dyn std::fmt::Display) -> Error {
    Error::Corrupt { context: format!("segment {id}: {error}") }
}
