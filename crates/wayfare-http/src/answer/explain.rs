//! Why somebody is in a segment, or is not.

use serde::Serialize;
use wayfare_app::segments::{Explained, explanations as engine};
use wayfare_model::segment::{Criterion, JourneyPattern, Segment};
use wayfare_model::wire::SegmentAssignment;

use super::assignments;

/// An explanation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explanation {
    session_id: String,
    segment: ExplainedSegment,
    at: String,
    /// Whether it is, or was, assigned.
    is_assigned: bool,
    /// Whether the session's last event was judged by these conditions.
    is_judged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<SegmentAssignment>,
    context: Patterns<ContextPattern>,
    journey: Patterns<ExplainedPattern>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedSegment {
    id: String,
    display_name: String,
    version: u32,
    scope: String,
    is_active: bool,
    self_uri: String,
}

#[derive(Debug, Serialize)]
struct Patterns<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ordered: Option<bool>,
    patterns: Vec<T>,
}

#[derive(Debug, Serialize)]
struct ContextPattern {
    holds: bool,
    criteria: Vec<ExplainedCriterion>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedCriterion {
    key: String,
    operator: &'static str,
    values: Vec<String>,
    should_ignore_case: bool,
    /// On the visitor; for a journey pattern, on the event that is shown as `nearest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedPattern {
    holds: bool,
    /// A `never` that did happen.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_broken: bool,
    count: u32,
    counted: u32,
    missing: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<String>,
    stream_type: String,
    session_type: String,
    criteria: Vec<ExplainedCriterion>,
    events: Vec<ExplainedEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<ExplainedEvent>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplainedEvent {
    id: String,
    session_id: String,
    created_date: String,
    /// Of the nearest event: whether it has the name that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_name: Option<bool>,
}

/// An explanation.
pub(crate) fn explanation(found: &Explained) -> Explanation {
    let told = &found.explanation;
    let conditions = &told.segment.conditions;
    let context = conditions.context.iter().zip(&told.context);
    let journey = conditions.journey.iter().zip(&told.journey);
    Explanation {
        session_id: found.session.to_string(),
        segment: segment(&told.segment),
        at: found.at.to_string(),
        is_assigned: told.assignment.is_some(),
        is_judged: told.is_judged,
        assignment: told.assignment.as_ref().map(assignments::assignment),
        context: Patterns {
            ordered: None,
            patterns: context
                .map(|(pattern, outcomes)| ContextPattern {
                    holds: outcomes.iter().all(|outcome| outcome.holds),
                    criteria: criteria(&pattern.criteria, Some(outcomes)),
                })
                .collect(),
        },
        journey: Patterns {
            ordered: conditions.ordered.then_some(true),
            patterns: journey.map(|(pattern, outcome)| journey_pattern(pattern, outcome)).collect(),
        },
    }
}

fn segment(segment: &Segment) -> ExplainedSegment {
    ExplainedSegment {
        id: segment.id.to_string(),
        display_name: segment.display_name.clone(),
        version: segment.version,
        scope: segment.scope.to_string(),
        is_active: segment.is_active,
        self_uri: super::segments::uri(segment.id),
    }
}

fn journey_pattern(pattern: &JourneyPattern, outcome: &engine::PatternOutcome) -> ExplainedPattern {
    let nearest = outcome.nearest.as_ref();
    ExplainedPattern {
        holds: outcome.holds,
        is_broken: outcome.is_broken,
        count: pattern.count,
        counted: outcome.counted,
        missing: outcome.missing,
        within_seconds: pattern.within_seconds,
        until: outcome.until.map(|moment| moment.to_string()),
        event_name: pattern.event_name.clone(),
        stream_type: pattern.stream.to_string(),
        session_type: pattern.session_type.clone(),
        criteria: criteria(&pattern.criteria, nearest.map(|nearest| nearest.criteria.as_slice())),
        events: outcome.events.iter().map(|counted| event(counted, None)).collect(),
        nearest: nearest.map(|nearest| event(&nearest.event, Some(nearest.has_name))),
    }
}

fn event(counted: &engine::CountedEvent, has_name: Option<bool>) -> ExplainedEvent {
    ExplainedEvent {
        id: counted.event.to_string(),
        session_id: counted.session.to_string(),
        created_date: counted.created.to_string(),
        has_name,
    }
}

fn criteria(
    criteria: &[Criterion],
    outcomes: Option<&[engine::CriterionOutcome]>,
) -> Vec<ExplainedCriterion> {
    let told = |(place, criterion): (usize, &Criterion)| {
        let outcome = outcomes.and_then(|outcomes| outcomes.get(place));
        ExplainedCriterion {
            key: criterion.key.clone(),
            operator: criterion.operator.as_str(),
            values: criterion.values.clone(),
            should_ignore_case: criterion.should_ignore_case,
            holds: outcome.map(|outcome| outcome.holds),
            value: outcome.and_then(|outcome| outcome.value.clone()),
        }
    };
    criteria.iter().enumerate().map(told).collect()
}
