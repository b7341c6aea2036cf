//! Segments.

use std::borrow::Borrow;

use wayfare_app::paging::Page;
use wayfare_model::segment::{self, Segment};
use wayfare_model::wire::{
    Context, ContextPattern, Criteria, EntityTypeCriteria, ExternalSegment, Journey,
    JourneyPattern, JourneySegment, SegmentListing,
};

use super::pages::PageUris;
use super::{date, number};

/// Where a segment is.
pub(crate) fn uri(id: wayfare_model::id::SegmentId) -> String {
    format!("/api/v2/journey/segments/{id}")
}

/// A segment.
pub(crate) fn segment(segment: &Segment) -> JourneySegment {
    let context = segment.conditions.context.iter().map(context_pattern).collect();
    let journey = segment.conditions.journey.iter().map(journey_pattern).collect();
    JourneySegment {
        id: Some(segment.id.to_string()),
        is_active: Some(segment.is_active),
        display_name: Some(segment.display_name.clone()),
        version: number(segment.version),
        description: segment.description.clone(),
        color: Some(segment.color.clone()),
        scope: Some(segment.scope.to_string()),
        should_display_to_agent: Some(segment.should_display_to_agent),
        context: Some(Context { patterns: Some(context) }),
        journey: Some(Journey {
            patterns: Some(journey),
            ordered: segment.conditions.ordered.then_some(true),
        }),
        self_uri: Some(uri(segment.id)),
        created_date: date(segment.created),
        modified_date: date(segment.modified),
        external_segment: segment.external_segment.as_ref().map(|external| ExternalSegment {
            id: Some(external.id.clone()),
            name: Some(external.name.clone()),
            source: external.source.clone(),
        }),
        assignment_expiration_days: segment.assignment_expiration_days.and_then(number),
    }
}

fn context_pattern(pattern: &segment::ContextPattern) -> ContextPattern {
    let criteria = pattern.criteria.iter().map(|criterion| EntityTypeCriteria {
        key: Some(criterion.key.clone()),
        values: Some(criterion.values.clone()),
        should_ignore_case: Some(criterion.should_ignore_case),
        operator: Some(criterion.operator.to_string()),
        entity_type: Some("visit".to_owned()),
    });
    ContextPattern { criteria: Some(criteria.collect()) }
}

fn journey_pattern(pattern: &segment::JourneyPattern) -> JourneyPattern {
    let criteria = pattern.criteria.iter().map(|criterion| Criteria {
        key: Some(criterion.key.clone()),
        values: Some(criterion.values.clone()),
        should_ignore_case: Some(criterion.should_ignore_case),
        operator: Some(criterion.operator.to_string()),
    });
    JourneyPattern {
        criteria: Some(criteria.collect()),
        count: number(pattern.count),
        stream_type: Some(pattern.stream.to_string()),
        session_type: Some(pattern.session_type.clone()),
        event_name: pattern.event_name.clone(),
        within_seconds: pattern.within_seconds.and_then(number),
    }
}

/// A page of segments.
pub(crate) fn listing<S: Borrow<Segment>>(
    path: &str,
    kept: &[(&str, String)],
    after: Option<&str>,
    page: &Page<S>,
) -> SegmentListing {
    let uris = PageUris::of(path, kept, after, page);
    SegmentListing {
        entities: Some(page.entities.iter().map(|found| segment(found.borrow())).collect()),
        page_size: number(page.request.size),
        page_number: number(page.request.number),
        total: number(page.total),
        page_count: number(page.page_count()),
        first_uri: uris.first,
        self_uri: uris.itself,
        next_uri: uris.next,
        previous_uri: uris.previous,
        last_uri: uris.last,
    }
}
