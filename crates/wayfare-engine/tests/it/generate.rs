//! Random segments and histories. Few different values, so that much of it meets.

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, JourneyPattern, Operator, Scope, Segment,
};
use wayfare_model::visit::{Browser, Campaign, Device, DeviceCategory};

use crate::notation::{
    attribute, contact_id, first_contact_of, moment, page, plain_event, segment_id, segments,
    session_id,
};
use crate::world::{Step, What};

const MINUTE_MS: i64 = 60 * 1_000;
const TEXTS: [&str; 8] = ["a", "ab", "B", "/a/b", "É", "é", "10", "9.5b"];
const NUMBERS: [&str; 3] = ["9", "10", "-1"];

fn text() -> impl Strategy<Value = String> {
    select(&TEXTS[..]).prop_map(str::to_owned)
}

fn criterion(keys: &'static [&'static str]) -> impl Strategy<Value = Criterion> {
    let values =
        vec(select(&["a", "B", "b", "/a", "É", "10", "9", "true", "desktop", ""][..]), 1..3);
    let number = select(&NUMBERS[..]);
    (select(keys), select(&Operator::ALL[..]), values, number, any::<bool>()).prop_map(
        |(key, operator, values, number, should_ignore_case)| {
            let values = if operator.is_numeric() { vec![number] } else { values };
            let values = values.into_iter().map(str::to_owned).collect();
            Criterion { key: key.to_owned(), values, should_ignore_case, operator }
        },
    )
}

fn context_pattern() -> impl Strategy<Value = ContextPattern> {
    let keys = &["device.category", "browser.version", "mktCampaign.source", "authenticated"];
    vec(criterion(keys), 0..3).prop_map(|criteria| ContextPattern { criteria })
}

fn journey_pattern() -> impl Strategy<Value = JourneyPattern> {
    let web = &["eventName", "page.pathname", "searchQuery", "attributes.x.value"];
    let app = &["eventName", "searchQuery", "attributes.x.value"];
    let criteria = prop_oneof![
        4 => vec(criterion(web), 0..3).prop_map(|criteria| (Stream::Web, criteria)),
        1 => vec(criterion(app), 0..3).prop_map(|criteria| (Stream::App, criteria)),
    ];
    (criteria, 1_u32..4, of(event_name())).prop_map(|((stream, criteria), count, event_name)| {
        let session_type = stream.session_type().to_owned();
        let within_seconds = None;
        JourneyPattern { criteria, count, stream, session_type, event_name, within_seconds }
    })
}

/// Makes patterns hang together in time, as far as the scope allows.
fn timed(
    conditions: Conditions,
    scope: Scope,
    ordered: bool,
    words: Vec<(bool, Option<u32>)>,
) -> Conditions {
    let mut conditions = Conditions { ordered, ..conditions };
    let last = conditions.journey.len().saturating_sub(1);
    let mut is_since_start = true;
    for (place, (never, within)) in (0..conditions.journey.len()).zip(words) {
        let has_step_behind = place < last;
        let pattern = &mut conditions.journey[place];
        pattern.within_seconds = within.map(|minutes| minutes * 60);
        if never && scope == Scope::Session {
            pattern.count = 0;
            if ordered && has_step_behind {
                pattern.within_seconds = None;
            }
        }
        if scope == Scope::Customer && (!ordered || is_since_start) {
            pattern.within_seconds = None;
        }
        is_since_start &= pattern.count == 0;
    }
    conditions
}

/// One to four segments, most with an order, windows or a `never`.
pub(crate) fn timed_segments() -> impl Strategy<Value = Vec<Segment>> {
    many_timed_segments(4)
}

fn many_timed_segments(most: usize) -> impl Strategy<Value = Vec<Segment>> {
    let words = vec((prop::bool::weighted(0.3), of(0_u32..40)), 4);
    let one = (
        vec(context_pattern(), 0..2),
        vec(journey_pattern(), 1..5),
        prop_oneof![3 => Just(Scope::Session), 1 => Just(Scope::Customer)],
        prop::bool::weighted(0.7),
        words,
    );
    vec(one, 1..=most).prop_map(|many| {
        let named = |(number, (context, journey, scope, ordered, words))| {
            let mut segment = segments(&format!("segment{number}:")).remove(0);
            let conditions = Conditions { context, journey, ordered: false };
            segment.conditions = timed(conditions, scope, ordered, words);
            segment.scope = scope;
            segment
        };
        many.into_iter().enumerate().map(named).collect()
    })
}

fn event_name() -> impl Strategy<Value = String> {
    select(&["page_viewed", "order_placed"][..]).prop_map(str::to_owned)
}

/// One to four segments; `days` is the range of their expiration, if they have one.
pub(crate) fn some_segments(days: Option<u32>) -> impl Strategy<Value = Vec<Segment>> {
    many_plain_segments(4, days)
}

fn many_plain_segments(most: usize, days: Option<u32>) -> impl Strategy<Value = Vec<Segment>> {
    let days = match days {
        Some(days) => of(0..=days).boxed(),
        None => Just(None).boxed(),
    };
    let one = (
        vec(context_pattern(), 0..2),
        vec(journey_pattern(), 0..3),
        select(&Scope::ALL[..]),
        days,
        prop::bool::weighted(0.9),
    );
    vec(one, 1..=most).prop_map(|many| {
        let named = |(number, (context, journey, scope, days, is_active))| {
            let mut segment = segments(&format!("segment{number}:")).remove(0);
            segment.conditions = Conditions { context, journey, ordered: false };
            segment.scope = scope;
            segment.assignment_expiration_days = days;
            segment.is_active = is_active;
            segment
        };
        many.into_iter().enumerate().map(named).collect()
    })
}

/// What an event is about, apart from when and whose.
fn content() -> impl Strategy<Value = Event> {
    let names =
        (event_name(), of(text()), of(text()), btree_map(Just("x".to_owned()), text(), 0..2));
    let visit = (of(select(&DeviceCategory::ALL[..])), of(text()), of(select(&["a", "b"][..])));
    let streams = prop_oneof![4 => Just(Stream::Web), 1 => Just(Stream::App)];
    (names, visit, of(any::<bool>()), streams).prop_map(|(names, visit, authenticated, stream)| {
        let (name, pathname, search_query, attributes) = names;
        let (category, version, source) = visit;
        let named = |(name, value): (String, String)| (name, attribute(&value));
        Event {
            stream,
            session_type: stream.session_type().to_owned(),
            page: pathname.filter(|_| stream == Stream::Web).map(|pathname| page(&pathname)),
            search_query,
            attributes: attributes.into_iter().map(named).collect(),
            device: category.map(|_| Device { category, ..Device::default() }),
            browser: version.map(|text| Browser { version: Some(text), ..Browser::default() }),
            campaign: source
                .map(|source| Campaign { source: Some(source.to_owned()), ..Campaign::default() }),
            authenticated,
            ..plain_event("", "", &name, moment("00:00"))
        }
    })
}

/// A history of events of two visitors over some hours. Times jump back and forth, and so do not
/// come in order; some events come live, most from an import, some of these with their session.
pub(crate) fn some_events(until: usize) -> impl Strategy<Value = Vec<Event>> {
    let trait_value = select(&["x@example.org", "y@example.org"][..]);
    let recorded = prop::option::weighted(0.1, select(&["r1", "r2"][..]));
    let one = (
        content(),
        select(&["ada", "eve"][..]),
        -8_i64..20,
        prop::bool::weighted(0.3),
        recorded,
        prop::option::weighted(0.1, trait_value),
    );
    vec(one, 1..until).prop_map(|many| {
        let mut time = moment("12:00");
        let mut latest = time;
        type Draft = (Event, &'static str, i64, bool, Option<&'static str>, Option<&'static str>);
        let dated = |(number, draft): (usize, Draft)| {
            let (content, visitor, minutes, is_live, recorded, email) = draft;
            time = time.plus_ms(minutes * MINUTE_MS);
            latest = latest.max(time);
            let mut event = Event { name: content.name.clone(), ..content };
            let plain = plain_event(&format!("event {number}"), visitor, "", time);
            (event.id, event.customer, event.created) = (plain.id, plain.customer, time);
            event.received = latest;
            event.arrival = if is_live { Arrival::Live } else { Arrival::Replay };
            if !is_live {
                let named = |name: &str| session_id(&format!("{visitor} {name}"));
                event.recorded_session = recorded.map(named);
            }
            event.traits.extend(email.map(|email| ("email".to_owned(), attribute(email))));
            event
        };
        many.into_iter().enumerate().map(dated).collect()
    })
}

/// When both visitors come for the first time in a history in which clients take part.
const FIRST_EVENTS_AT: &str = "12:00";

/// What clients do in between.
#[derive(Debug, Clone, Copy)]
enum Request {
    Assign(&'static str),
    Unassign(&'static str),
    Delete,
    Rename,
    Deactivate,
}

fn request() -> impl Strategy<Value = Request> {
    let contact = || select(&["@ada", "@eve", "bob"][..]);
    prop_oneof![
        2 => contact().prop_map(Request::Assign),
        2 => contact().prop_map(Request::Unassign),
        1 => select(&[Request::Delete, Request::Rename, Request::Deactivate][..]),
    ]
}

fn what_of(request: Request, segment: &Segment) -> What {
    let changed = Segment { version: segment.version + 1, ..segment.clone() };
    let contact = |name: &str| match name.strip_prefix('@') {
        Some(visitor) => first_contact_of(visitor, moment(FIRST_EVENTS_AT)),
        None => contact_id(name),
    };
    match request {
        Request::Assign(name) => What::Assign { contact: contact(name), segment: segment.id },
        Request::Unassign(name) => What::Unassign { contact: contact(name), segment: segment.id },
        Request::Delete => What::Delete(segment.id),
        Request::Rename => What::Edit(Box::new(changed)),
        Request::Deactivate => {
            What::Edit(Box::new(Segment { is_active: !segment.is_active, ..changed }))
        }
    }
}

/// Segments and a history in which clients take part.
pub(crate) fn some_history() -> impl Strategy<Value = (Vec<Segment>, Vec<Step>)> {
    let requests = vec((any::<Index>(), any::<Index>(), request()), 0..5);
    let segments = prop_oneof![some_segments(Some(1)), timed_segments()];
    (segments, some_events(25), requests).prop_map(|(segments, events, requests)| {
        let step = |event: Event| Step { now: event.received, what: What::Event(Box::new(event)) };
        let first = |visitor| plain_event(visitor, visitor, "page_viewed", moment(FIRST_EVENTS_AT));
        let events = ["ada", "eve"].map(first).into_iter().chain(events);
        let mut steps: Vec<Step> = events.map(step).collect();
        for (at, segment, request) in requests {
            // Nobody can name a visitor's contact before there is one.
            let at = 2 + at.index(steps.len() - 2);
            let what = what_of(request, &segments[segment.index(segments.len())]);
            steps.insert(at, Step { now: steps[at].now, what });
        }
        // Later batches have later moments.
        for (number, step) in steps.iter_mut().enumerate() {
            step.now = step.now.plus_ms(i64::try_from(number).unwrap());
        }
        (segments, steps)
    })
}

/// Segments and a history in the course of which they get other conditions.
pub(crate) fn changing_history() -> impl Strategy<Value = (Vec<Segment>, Vec<Step>)> {
    let segments = || prop_oneof![1 => some_segments(None), 2 => timed_segments()];
    let edits = vec((any::<Index>(), segments()), 1..4);
    (segments(), some_events(25), edits).prop_map(|(segments, events, edits)| {
        let step = |event: Event| Step { now: event.received, what: What::Event(Box::new(event)) };
        let mut steps: Vec<Step> = events.into_iter().map(step).collect();
        for (version, (at, others)) in (2..).zip(edits) {
            let at = at.index(steps.len());
            for (segment, other) in segments.iter().zip(others) {
                // The scope is fixed, and what one scope allows the other may not.
                if segment.scope == other.scope && segment.is_active {
                    let changed = Segment {
                        version,
                        conditions_version: version,
                        conditions: other.conditions,
                        ..segment.clone()
                    };
                    let what = What::Edit(Box::new(changed));
                    steps.insert(at, Step { now: steps[at].now, what });
                }
            }
        }
        (segments, steps)
    })
}

/// Up to `most` segments of every kind, and a history in the course of which some get the conditions of
/// others.
pub(crate) fn long_changing_history(
    most: usize,
) -> impl Strategy<Value = (Vec<Segment>, Vec<Step>)> {
    let half = most / 2;
    let segments = (many_plain_segments(half, None), many_timed_segments(half));
    let edits = vec((any::<Index>(), any::<Index>(), any::<Index>()), 1..60);
    (segments, some_events(40), edits).prop_map(|((plain, timed), events, edits)| {
        let renamed = |(number, segment): (usize, Segment)| {
            let id = segment_id(&format!("segment{number}"));
            Segment { id, ..segment }
        };
        let segments: Vec<Segment> =
            plain.into_iter().chain(timed).enumerate().map(renamed).collect();
        let step = |event: Event| Step { now: event.received, what: What::Event(Box::new(event)) };
        let mut steps: Vec<Step> = events.into_iter().map(step).collect();
        for (version, (at, one, other)) in (2..).zip(edits) {
            let at = at.index(steps.len());
            let one = &segments[one.index(segments.len())];
            let other = &segments[other.index(segments.len())];
            if one.scope == other.scope && one.is_active {
                let changed = Segment {
                    version,
                    conditions_version: version,
                    conditions: other.conditions.clone(),
                    ..one.clone()
                };
                let what = What::Edit(Box::new(changed));
                steps.insert(at, Step { now: steps[at].now, what });
            }
        }
        (segments, steps)
    })
}
