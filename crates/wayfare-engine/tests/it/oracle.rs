//! The oracle: which segments are assigned in which session, as plainly as it can be said. It knows
//! nothing of counts kept, of batches or of ends; it looks at the whole history again each time.

use std::collections::BTreeSet;

use wayfare_model::event::Event;
use wayfare_model::id::{SegmentId, SessionId};
use wayfare_model::segment::{Criterion, JourneyPattern, Operator, Scope, Segment};

/// The segments assigned in each session, given all events in the order they came, each with its
/// session. No segment expires and no client ends one, so a customer gets a Customer segment once.
pub(crate) fn assigned(
    segments: &[Segment],
    history: &[(SessionId, Event)],
) -> BTreeSet<(SessionId, SegmentId)> {
    let mut assigned = BTreeSet::new();
    for segment in segments.iter().filter(|segment| segment.is_active) {
        let mut members = BTreeSet::new();
        for until in 1..=history.len() {
            let (session, last) = &history[until - 1];
            let of_session: Vec<&Event> =
                history[..until].iter().filter(|(of, _)| of == session).map(|(_, e)| e).collect();
            let of_customer: Vec<&Event> = history[..until]
                .iter()
                .map(|(_, e)| e)
                .filter(|e| e.customer == last.customer)
                .collect();
            let is_session = segment.scope == Scope::Session;
            let counted = if is_session { &of_session } else { &of_customer };
            let conditions = &segment.conditions;
            let mut criteria = conditions.context.iter().flat_map(|pattern| &pattern.criteria);
            let matches = conditions.journey.iter().all(|pattern| {
                counted.iter().filter(|event| fits(event, pattern)).count()
                    >= pattern.count as usize
            }) && criteria
                .all(|criterion| holds(criterion, of_visit(&of_session, &criterion.key)));
            let has_criteria =
                conditions.context.iter().any(|pattern| !pattern.criteria.is_empty());
            let can_match = has_criteria || !conditions.journey.is_empty();
            if can_match && matches && (is_session || members.insert(&last.customer)) {
                assigned.insert((*session, segment.id));
            }
        }
    }
    assigned
}

fn fits(event: &Event, pattern: &JourneyPattern) -> bool {
    event.stream == pattern.stream
        && event.session_type == pattern.session_type
        && pattern.event_name.as_ref().is_none_or(|name| *name == event.name)
        && pattern
            .criteria
            .iter()
            .all(|criterion| holds(criterion, of_event(event, &criterion.key)))
}

fn of_event<'event>(event: &'event Event, key: &str) -> Option<&'event str> {
    match key {
        "eventName" => Some(&event.name),
        "searchQuery" => event.search_query.as_deref(),
        "page.pathname" => event.page.as_ref().map(|page| page.pathname.as_str()),
        _ => {
            let name = key.strip_prefix("attributes.")?.strip_suffix(".value")?;
            event.attributes.get(name).map(|attribute| attribute.value.as_str())
        }
    }
}

fn of_visit<'event>(events: &[&'event Event], key: &str) -> Option<&'event str> {
    match key {
        "device.category" => {
            Some(events.iter().find_map(|e| e.device.as_ref())?.category?.as_str())
        }
        "browser.version" => events.iter().find_map(|e| e.browser.as_ref())?.version.as_deref(),
        "mktCampaign.source" => events.iter().find_map(|e| e.campaign.as_ref())?.source.as_deref(),
        "authenticated" if events.iter().any(|e| e.authenticated == Some(true)) => Some("true"),
        "authenticated" if events.iter().any(|e| e.authenticated.is_some()) => Some("false"),
        _ => None,
    }
}

fn holds(criterion: &Criterion, field: Option<&str>) -> bool {
    use Operator as Op;
    let fold = |text: &str| match criterion.should_ignore_case {
        true => text.to_lowercase(),
        false => text.to_owned(),
    };
    let values: Vec<String> = criterion.values.iter().map(|value| fold(value)).collect();
    let field = field.map(fold);
    let any = |test: fn(&str, &str) -> bool| {
        field.as_ref().is_some_and(|field| values.iter().any(|value| test(field, value)))
    };
    let contains_all =
        field.as_ref().is_some_and(|field| values.iter().all(|value| field.contains(value)));
    let number = field.as_ref().and_then(|field| leading_number(field));
    let any_number = |test: fn(&f64, &f64) -> bool| {
        number.is_some_and(|n| values.iter().any(|value| test(&n, &value.parse().unwrap())))
    };
    match criterion.operator {
        Op::Equal => any(|field, value| field == value),
        Op::NotEqual => !any(|field, value| field == value),
        Op::StartsWith => any(|field, value| field.starts_with(value)),
        Op::EndsWith => any(|field, value| field.ends_with(value)),
        Op::ContainsAny => any(|field, value| field.contains(value)),
        Op::NotContainsAny => !any(|field, value| field.contains(value)),
        Op::ContainsAll => contains_all,
        Op::NotContainsAll => !contains_all,
        Op::GreaterThan => any_number(|n, value| n > value),
        Op::GreaterThanOrEqual => any_number(|n, value| n >= value),
        Op::LessThan => any_number(|n, value| n < value),
        Op::LessThanOrEqual => any_number(|n, value| n <= value),
    }
}

/// The longest beginning that is a number without an exponent.
fn leading_number(text: &str) -> Option<f64> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || "+-.".contains(c));
    (1..=text.len())
        .rev()
        .filter_map(|end| text.get(..end))
        .filter(|text| is_plain(text))
        .find_map(|text| text.parse().ok())
}
