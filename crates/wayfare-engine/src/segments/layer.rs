//! Segments compiled together.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use wayfare_model::event::{Event, Stream};
use wayfare_model::id::SegmentId;
use wayfare_model::segment::Segment;
use wayfare_model::session::Session;

use super::CompileError;
use super::compiled::{CompiledSegment, Criteria};
use super::keys::{ContextKey, JourneyKey};
use super::matcher::{Builder, Matcher, Scratch};
use super::sequence::Plan;

/// Segments compiled together, in the order of their ids.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) segments: Box<[CompiledSegment]>,
    /// Their ids, near each other.
    pub(super) ids: Box<[SegmentId]>,
    by_id: HashMap<SegmentId, u32, FixedState>,
    journey: Vec<JourneyMatcher>,
    context: Matcher<ContextKey>,
    /// By conjunction of `context`: the segment.
    context_segments: Box<[u32]>,
    /// The segments of nothing but `never`.
    pub(super) never_only: Box<[u32]>,
}

/// The journey patterns that look at events of one stream and type of session.
#[derive(Debug, Clone)]
struct JourneyMatcher {
    stream: Stream,
    session_type: String,
    matcher: Matcher<JourneyKey>,
    /// By conjunction: the segment, and the pattern's place in it.
    patterns: Box<[(u32, u32)]>,
}

#[derive(Default)]
struct JourneyBuilder {
    matcher: Builder<JourneyKey>,
    patterns: Vec<(u32, u32)>,
}

impl Layer {
    /// Compiles segments that are active and have conditions.
    pub(super) fn compile<'a>(
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Result<Self, CompileError> {
        let is_matched = |segment: &&Segment| {
            // A context pattern without criteria asks for nothing.
            let context = &segment.conditions.context;
            let has_context = context.iter().any(|pattern| !pattern.criteria.is_empty());
            segment.is_active && (has_context || !segment.conditions.journey.is_empty())
        };
        let mut all: Vec<&Segment> = segments.into_iter().filter(is_matched).collect();
        all.sort_by_key(|segment| segment.id);
        let mut journey: Vec<((Stream, &str), JourneyBuilder)> = Vec::new();
        let (mut context, mut context_segments) = (Builder::default(), Vec::new());
        let mut compiled = Vec::with_capacity(all.len());
        for (number, segment) in (0..).zip(all) {
            let mut criteria = Criteria::compile(segment)?;
            if criteria.journey.is_empty() {
                context.add(std::mem::take(&mut criteria.context));
                context_segments.push(number);
            }
            let patterns = segment.conditions.journey.iter().zip(criteria.journey);
            for (place, (pattern, criteria)) in (0..).zip(patterns) {
                let group = (pattern.stream, pattern.session_type.as_str());
                let known = journey.iter().position(|(of, _)| *of == group).unwrap_or_else(|| {
                    journey.push((group, JourneyBuilder::default()));
                    journey.len() - 1
                });
                let builder = &mut journey[known].1;
                builder.matcher.add(criteria);
                builder.patterns.push((number, place));
            }
            compiled.push(CompiledSegment::new(segment, criteria.context)?);
        }
        let never_only = (0..)
            .zip(&compiled)
            .filter(|(_, segment)| segment.plan().is_some_and(Plan::is_never_only))
            .map(|(number, _)| number)
            .collect();
        let by_id = compiled.iter().map(|segment| segment.id).zip(0..).collect();
        let matcher = |((stream, session_type), builder): ((Stream, &str), JourneyBuilder)| {
            let (matcher, order) = builder.matcher.build();
            let pattern = |conjunction: &u32| builder.patterns[*conjunction as usize];
            let patterns = order.iter().map(pattern).collect();
            JourneyMatcher { stream, session_type: session_type.to_owned(), matcher, patterns }
        };
        let (context, order) = context.build();
        let segment = |conjunction: &u32| context_segments[*conjunction as usize];
        let context_segments = order.iter().map(segment).collect();
        Ok(Self {
            ids: compiled.iter().map(|segment| segment.id).collect(),
            segments: compiled.into(),
            by_id,
            journey: journey.into_iter().map(matcher).collect(),
            context,
            context_segments,
            never_only,
        })
    }

    pub(super) fn place(&self, id: SegmentId) -> Option<usize> {
        self.by_id.get(&id).map(|place| *place as usize)
    }

    /// Calls `found` with the segment and the place of every journey pattern that an event
    /// satisfies.
    pub(super) fn satisfied(
        &self,
        event: &Event,
        scratch: &mut Scratch,
        mut found: impl FnMut(u32, u32),
    ) {
        let is_of = |group: &&JourneyMatcher| {
            group.stream == event.stream && group.session_type == event.session_type
        };
        if let Some(group) = self.journey.iter().find(is_of) {
            group.matcher.find(event, scratch, |conjunction| {
                let (segment, pattern) = group.patterns[conjunction as usize];
                found(segment, pattern);
            });
        }
    }

    /// Calls `found` with every segment without journey patterns whose context patterns hold.
    pub(super) fn context_only(
        &self,
        session: &Session,
        scratch: &mut Scratch,
        mut found: impl FnMut(usize),
    ) {
        self.context.find(session, scratch, |conjunction| {
            found(self.context_segments[conjunction as usize] as usize);
        });
    }
}
