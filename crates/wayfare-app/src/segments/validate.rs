//! What a segment may be. One pass finds all faults of a body, each with its place.

use wayfare_engine::segments::keys::{ContextKey, JourneyKey};
use wayfare_model::event::Stream;
use wayfare_model::limits::{
    ASSIGNMENT_EXPIRATION_DAYS_MAX, CRITERION_TEXT_CHARACTERS_MAX, CRITERION_VALUES_MAX,
    EVENT_NAME_CHARACTERS_MAX, PATTERN_COUNT_MAX, SEGMENT_CRITERIA_MAX,
    SEGMENT_DESCRIPTION_CHARACTERS_MAX, SEGMENT_NAME_CHARACTERS_MAX, SEGMENT_PATTERNS_MAX,
};
use wayfare_model::problem::{Fault, ProblemKind};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, ExternalSegment, JourneyPattern, Operator, Scope,
};
use wayfare_model::wire::RequestExternalSegment;

use super::{draft, validate_timing};

/// Streams that segments can look at. The contract also names Custom and Conversation, which the
/// original refuses as well (domain, 1.3).
const STREAMS: &str = "Web, App";
/// Origins of an external segment.
const SOURCES: [&str; 2] = ["AdobeExperiencePlatform", "Custom"];

pub(super) fn display_name(text: &str, faults: &mut Vec<Fault>) {
    if text.trim().is_empty() || text.chars().count() > SEGMENT_NAME_CHARACTERS_MAX {
        let rule = format!("must have 1 to {SEGMENT_NAME_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("displayName", rule));
    }
}

pub(super) fn description(text: &str, faults: &mut Vec<Fault>) {
    if text.chars().count() > SEGMENT_DESCRIPTION_CHARACTERS_MAX {
        let rule = format!("must have at most {SEGMENT_DESCRIPTION_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("description", rule));
    }
}

pub(super) fn color(text: &str, faults: &mut Vec<Fault>) {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        faults.push(Fault::invalid_value("color", text, "# and six hexadecimal digits"));
    }
}

pub(super) fn scope(text: Option<&str>, faults: &mut Vec<Fault>) -> Scope {
    let Some(text) = text else { return Scope::Session };
    text.parse().unwrap_or_else(|()| {
        faults.push(Fault::invalid_value("scope", text, "Session, Customer"));
        Scope::Session
    })
}

pub(super) fn expiration_days(days: i64, faults: &mut Vec<Fault>) -> u32 {
    match u32::try_from(days) {
        Ok(days) if days <= ASSIGNMENT_EXPIRATION_DAYS_MAX => days,
        _ => {
            let allowed = format!("whole numbers from 0 to {ASSIGNMENT_EXPIRATION_DAYS_MAX}");
            faults.push(Fault::invalid_value("assignmentExpirationDays", days, allowed));
            0
        }
    }
}

pub(super) fn external_segment(
    wire: RequestExternalSegment,
    faults: &mut Vec<Fault>,
) -> ExternalSegment {
    if let Some(source) = wire.source.as_deref().filter(|source| !SOURCES.contains(source)) {
        let fault = Fault::invalid_value("externalSegment.source", source, SOURCES.join(", "));
        faults.push(fault);
    }
    let mut text = |field: &str, value: Option<String>| {
        let field = format!("externalSegment.{field}");
        match value {
            Some(value) if !value.trim().is_empty() => bounded_text(field, value, faults),
            _ => {
                faults.push(Fault::missing(field));
                String::new()
            }
        }
    };
    let id = text("id", wire.id);
    let name = text("name", wire.name);
    ExternalSegment { id, name, source: wire.source }
}

pub(super) fn external_name(name: String, faults: &mut Vec<Fault>) -> String {
    if name.trim().is_empty() {
        faults.push(Fault::missing("externalSegment.name"));
        return name;
    }
    bounded_text("externalSegment.name".to_owned(), name, faults)
}

fn bounded_text(field: String, text: String, faults: &mut Vec<Fault>) -> String {
    if text.chars().count() > CRITERION_TEXT_CHARACTERS_MAX {
        let rule = format!("must have at most {CRITERION_TEXT_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint(field, rule));
    }
    text
}

/// All patterns of a segment.
pub(super) fn conditions(
    context: draft::Context,
    journey: draft::Journey,
    faults: &mut Vec<Fault>,
) -> Conditions {
    let context: Vec<_> = context
        .0
        .into_iter()
        .enumerate()
        .map(|(place, pattern)| context_pattern(place, pattern, faults))
        .collect();
    let ordered = journey.ordered;
    let journey: Vec<_> = journey
        .patterns
        .into_iter()
        .enumerate()
        .map(|(place, pattern)| journey_pattern(place, pattern, faults))
        .collect();
    let conditions = Conditions { context, journey, ordered };
    check_size(&conditions, faults);
    conditions
}

/// Limits over all patterns; told at the place where they are passed.
fn check_size(conditions: &Conditions, faults: &mut Vec<Fault>) {
    let (context, journey) = (conditions.context.len(), conditions.journey.len());
    if context + journey > SEGMENT_PATTERNS_MAX {
        let (field, other) = if context > SEGMENT_PATTERNS_MAX {
            ("context.patterns", "journey.patterns")
        } else {
            ("journey.patterns", "context.patterns")
        };
        let rule = format!("and [{other}] may have {SEGMENT_PATTERNS_MAX} patterns together");
        faults.push(Fault::constraint(field, rule));
    }
    let of_context = conditions.context.iter().map(|pattern| pattern.criteria.len());
    let of_journey = conditions.journey.iter().map(|pattern| pattern.criteria.len());
    let counts = of_context
        .enumerate()
        .map(|(place, count)| ("context", place, count))
        .chain(of_journey.enumerate().map(|(place, count)| ("journey", place, count)));
    let mut criteria = 0;
    for (part, place, count) in counts {
        criteria += count;
        if criteria > SEGMENT_CRITERIA_MAX {
            let rule = format!("may have {SEGMENT_CRITERIA_MAX} criteria with all before them");
            let field = format!("{part}.patterns[{place}].criteria");
            faults.push(Fault::constraint(field, rule));
            return;
        }
    }
}

fn context_pattern(
    place: usize,
    draft: draft::ContextPattern,
    faults: &mut Vec<Fault>,
) -> ContextPattern {
    let path = format!("context.patterns[{place}].criteria");
    let drafts = draft.criteria.unwrap_or_default();
    if drafts.is_empty() {
        faults.push(Fault::constraint(path.clone(), "must have at least one criterion"));
    }
    let criteria = drafts.into_iter().enumerate().map(|(place, draft)| {
        let path = format!("{path}[{place}]");
        entity_type(&path, draft.entity_type.as_deref(), faults);
        let is_known = |key: &str| match ContextKey::parse(key) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!(
                "key '{key}' is invalid for the visit context; allowable keys are: {}",
                ContextKey::names().join(", ")
            )),
        };
        criterion(&path, draft, is_known, faults)
    });
    ContextPattern { criteria: criteria.collect() }
}

/// Required, though it can say one thing only (domain, 1.3).
fn entity_type(path: &str, text: Option<&str>, faults: &mut Vec<Fault>) {
    let field = format!("{path}.entityType");
    match text {
        Some("visit") => {}
        Some(other) => faults.push(Fault::invalid_value(field, other, "visit")),
        None => faults.push(Fault::missing(field)),
    }
}

fn journey_pattern(
    place: usize,
    draft: draft::JourneyPattern,
    faults: &mut Vec<Fault>,
) -> JourneyPattern {
    let path = format!("journey.patterns[{place}]");
    let stream = stream(&path, draft.stream_type.as_deref(), faults);
    let session_type = session_type(&path, draft.session_type.as_deref(), stream, faults);
    let event_name = draft.event_name.filter(|name| !name.is_empty());
    if let Some(name) = &event_name
        && name.chars().count() > EVENT_NAME_CHARACTERS_MAX
    {
        let rule = format!("must have at most {EVENT_NAME_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint(format!("{path}.eventName"), rule));
    }
    let drafts = match draft.criteria {
        Some(drafts) => {
            if drafts.is_empty() && event_name.is_none() {
                let rule = "must have at least one criterion, or the pattern an eventName";
                faults.push(Fault::constraint(format!("{path}.criteria"), rule));
            }
            drafts
        }
        None => {
            faults.push(Fault::missing(format!("{path}.criteria")));
            Vec::new()
        }
    };
    let event_type = event_name.as_deref().unwrap_or("any event").to_owned();
    let is_known = |key: &str| match JourneyKey::parse(stream, key) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "key '{key}' is invalid for event type {event_type} of stream {stream}; \
             allowable keys are: {}",
            JourneyKey::names(stream).join(", ")
        )),
    };
    let criteria = drafts
        .into_iter()
        .enumerate()
        .map(|(place, draft)| {
            criterion(&format!("{path}.criteria[{place}]"), draft, is_known, faults)
        })
        .collect();
    let count = count(&path, draft.count, faults);
    let within_seconds =
        draft.within_seconds.map(|seconds| validate_timing::within_seconds(&path, seconds, faults));
    JourneyPattern { criteria, count, stream, session_type, event_name, within_seconds }
}

fn stream(path: &str, text: Option<&str>, faults: &mut Vec<Fault>) -> Stream {
    let field = format!("{path}.streamType");
    match text.map(str::parse::<Stream>) {
        Some(Ok(stream)) => return stream,
        Some(Err(())) => {
            faults.push(Fault::invalid_value(field, text.unwrap_or_default(), STREAMS));
        }
        None => faults.push(Fault::missing(field)),
    }
    Stream::Web
}

fn session_type(path: &str, text: Option<&str>, stream: Stream, faults: &mut Vec<Fault>) -> String {
    let field = format!("{path}.sessionType");
    let expected = stream.session_type();
    match text {
        Some(text) if text.eq_ignore_ascii_case(expected) => {}
        Some(text) => {
            let allowed = format!("{expected} (for stream {stream})");
            faults.push(Fault::invalid_value(field, text, allowed));
        }
        None => faults.push(Fault::missing(field)),
    }
    expected.to_owned()
}

fn count(path: &str, count: Option<i64>, faults: &mut Vec<Fault>) -> u32 {
    let field = format!("{path}.count");
    match count.map(|count| (count, u32::try_from(count))) {
        Some((_, Ok(count))) if count <= PATTERN_COUNT_MAX => return count,
        Some((count, _)) => {
            let allowed = format!("whole numbers from 0 to {PATTERN_COUNT_MAX}");
            faults.push(Fault::invalid_value(field, count, allowed));
        }
        None => faults.push(Fault::missing(field)),
    }
    1
}

fn criterion(
    path: &str,
    draft: draft::Criterion,
    is_known: impl Fn(&str) -> Result<(), String>,
    faults: &mut Vec<Fault>,
) -> Criterion {
    match &draft.key {
        None => faults.push(Fault::missing(format!("{path}.key"))),
        Some(key) => {
            if let Err(message) = is_known(key) {
                faults.push(Fault::new(ProblemKind::BadRequest, format!("{path}.key"), message));
            }
        }
    }
    let operator = operator(path, draft.operator.as_deref(), faults);
    let values = draft.values.unwrap_or_default();
    check_values(path, operator, &values, faults);
    Criterion {
        key: draft.key.unwrap_or_default(),
        values,
        should_ignore_case: draft.should_ignore_case.unwrap_or(false),
        operator,
    }
}

fn operator(path: &str, text: Option<&str>, faults: &mut Vec<Fault>) -> Operator {
    let Some(text) = text else { return Operator::Equal };
    text.parse().unwrap_or_else(|()| {
        let allowed = Operator::ALL.map(Operator::as_str).join(", ");
        faults.push(Fault::invalid_value(format!("{path}.operator"), text, allowed));
        Operator::Equal
    })
}

fn check_values(path: &str, operator: Operator, values: &[String], faults: &mut Vec<Fault>) {
    let field = format!("{path}.values");
    if values.is_empty() || values.len() > CRITERION_VALUES_MAX {
        let rule = format!("must have 1 to {CRITERION_VALUES_MAX} values");
        faults.push(Fault::constraint(field, rule));
        return;
    }
    if operator.is_numeric() && values.len() != 1 {
        let rule = format!("must have exactly one value for operator {operator}");
        faults.push(Fault::constraint(field, rule));
        return;
    }
    for (place, value) in values.iter().enumerate() {
        let field = format!("{field}[{place}]");
        if value.chars().count() > CRITERION_TEXT_CHARACTERS_MAX {
            let rule = format!("must have at most {CRITERION_TEXT_CHARACTERS_MAX} characters");
            faults.push(Fault::constraint(field, rule));
        } else if operator.is_numeric() && !is_number(value) {
            let rule = format!("must be a number for operator {operator}, not [{value}]");
            faults.push(Fault::constraint(field, rule));
        }
    }
}

fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(f64::is_finite)
}
