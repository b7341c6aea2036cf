//! The plain way to match: every condition of every segment, one after another. What is compiled is
//! checked against this, and the bench compares with it.

use wayfare_engine::segments::keys::{ContextKey, JourneyKey};
use wayfare_model::event::{Event, Stream};
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Criterion, Operator, Segment};
use wayfare_model::session::Session;

/// Active segments, each with its conditions.
pub(crate) struct Naive(Vec<NaiveSegment>);

struct NaiveSegment {
    id: SegmentId,
    context: Vec<(ContextKey, Test)>,
    journey: Vec<Pattern>,
}

struct Pattern {
    stream: Stream,
    session_type: String,
    event_name: Option<String>,
    criteria: Vec<(JourneyKey, Test)>,
}

struct Test {
    operator: Operator,
    ignore_case: bool,
    texts: Vec<String>,
    numbers: Vec<f64>,
}

impl Naive {
    pub(crate) fn new<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Self {
        let mut all: Vec<_> = segments
            .into_iter()
            .filter(|segment| segment.is_active)
            .map(|segment| NaiveSegment {
                id: segment.id,
                context: segment
                    .conditions
                    .context
                    .iter()
                    .flat_map(|pattern| &pattern.criteria)
                    .map(|one| (ContextKey::parse(&one.key).unwrap(), Test::new(one)))
                    .collect(),
                journey: segment
                    .conditions
                    .journey
                    .iter()
                    .map(|pattern| Pattern {
                        stream: pattern.stream,
                        session_type: pattern.session_type.clone(),
                        event_name: pattern.event_name.clone(),
                        criteria: pattern
                            .criteria
                            .iter()
                            .map(|one| {
                                let key = JourneyKey::parse(pattern.stream, &one.key).unwrap();
                                (key, Test::new(one))
                            })
                            .collect(),
                    })
                    .collect(),
            })
            .collect();
        all.sort_by_key(|segment| segment.id);
        Self(all)
    }

    /// The journey patterns that an event satisfies: segment and place.
    pub(crate) fn satisfied(&self, event: &Event) -> Vec<(SegmentId, usize)> {
        let mut found = Vec::new();
        for segment in &self.0 {
            for (place, pattern) in segment.journey.iter().enumerate() {
                if pattern.holds(event) {
                    found.push((segment.id, place));
                }
            }
        }
        found
    }

    /// The segments without journey patterns that hold on a session.
    pub(crate) fn context_only(&self, session: &Session) -> Vec<SegmentId> {
        self.0
            .iter()
            .filter(|segment| segment.journey.is_empty() && !segment.context.is_empty())
            .filter(|segment| {
                segment.context.iter().all(|(key, test)| test.holds(key.read(session)))
            })
            .map(|segment| segment.id)
            .collect()
    }
}

impl Pattern {
    fn holds(&self, event: &Event) -> bool {
        self.stream == event.stream
            && self.session_type == event.session_type
            && self.event_name.as_ref().is_none_or(|name| *name == event.name)
            && self.criteria.iter().all(|(key, test)| test.holds(key.read(event)))
    }
}

impl Test {
    fn new(criterion: &Criterion) -> Self {
        let ignore_case = criterion.should_ignore_case;
        let fold = |text: &String| if ignore_case { text.to_lowercase() } else { text.clone() };
        let numbers = match criterion.operator.is_numeric() {
            true => criterion.values.iter().map(|value| value.parse().unwrap()).collect(),
            false => Vec::new(),
        };
        Self {
            operator: criterion.operator,
            ignore_case,
            texts: criterion.values.iter().map(fold).collect(),
            numbers,
        }
    }

    fn holds(&self, field: Option<&str>) -> bool {
        use Operator as Op;
        let folded = field.filter(|_| self.ignore_case).map(str::to_lowercase);
        let field = folded.as_deref().or(field);
        let any = |test: fn(&str, &str) -> bool| {
            field.is_some_and(|field| self.texts.iter().any(|text| test(field, text)))
        };
        let all = || field.is_some_and(|field| self.texts.iter().all(|text| field.contains(text)));
        let contains = |field: &str, text: &str| field.contains(text);
        let number = |test: fn(&f64, &f64) -> bool| {
            field
                .and_then(leading_number)
                .is_some_and(|number| self.numbers.iter().any(|bound| test(&number, bound)))
        };
        match self.operator {
            Op::Equal => any(|field, text| field == text),
            Op::NotEqual => !any(|field, text| field == text),
            Op::StartsWith => any(|field, text| field.starts_with(text)),
            Op::EndsWith => any(|field, text| field.ends_with(text)),
            Op::ContainsAny => any(contains),
            Op::NotContainsAny => !any(contains),
            Op::ContainsAll => all(),
            Op::NotContainsAll => !all(),
            Op::GreaterThan => number(f64::gt),
            Op::GreaterThanOrEqual => number(f64::ge),
            Op::LessThan => number(f64::lt),
            Op::LessThanOrEqual => number(f64::le),
        }
    }
}

/// The longest beginning that is a number without an exponent.
fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let plain = text.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c));
    (1..=plain.unwrap_or(text.len())).rev().find_map(|end| text[..end].parse().ok())
}
