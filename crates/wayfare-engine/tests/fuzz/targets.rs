//! What the fuzzer calls: bytes become definitions or events, and what is compiled must find what the
//! plain loop finds, and assign what the oracle says. The file is part of the tests and of the fuzzer's
//! own crate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use uuid::Uuid;
use wayfare_engine::journey::{Command, State};
use wayfare_engine::segments::{Rules, Scratch};
use wayfare_engine::sessions::Settings;
use wayfare_model::change::{Due, Loaded};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event};
use wayfare_model::id::{EventId, IdSource, SegmentId, SessionId};
use wayfare_model::segment::{Conditions, Scope, Segment};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;

use crate::input::{FIXED, Input};
use crate::naive::Naive;
use crate::oracle::{self, Entry};

const MINUTE_MS: i64 = 60_000;
/// 2099-01-01: everything is over.
const END: Moment = Moment::from_ms(4_070_908_800_000);

fn segment(number: u128, scope: Scope, conditions: Conditions) -> Segment {
    Segment {
        // In another order than the numbers.
        id: SegmentId::from_uuid(Uuid::from_u128(number.wrapping_mul(0x9E37_79B9_7F4A_7C15))),
        display_name: String::new(),
        description: None,
        is_active: true,
        version: 1,
        conditions_version: 1,
        color: String::new(),
        scope,
        should_display_to_agent: true,
        conditions,
        external_segment: None,
        assignment_expiration_days: None,
        created: Moment::from_ms(0),
        modified: Moment::from_ms(0),
    }
}

/// Definitions, without those that contradict themselves: these are refused.
fn segments(conditions: Vec<(Scope, Conditions)>) -> Vec<Segment> {
    let numbered = (1..).zip(conditions);
    let all = numbered.map(|(number, (scope, conditions))| segment(number, scope, conditions));
    let is_legal = |segment: &Segment| {
        let is_legal = !contradicts_itself(segment);
        assert_eq!(Rules::compile([segment]).is_ok(), is_legal, "{segment:#?}");
        is_legal
    };
    all.filter(is_legal).collect()
}

/// Whether a definition asks for what cannot be (`docs/segments.md`, "Order and time").
fn contradicts_itself(segment: &Segment) -> bool {
    let Conditions { journey, ordered, .. } = &segment.conditions;
    let is_of_customer = segment.scope == Scope::Customer;
    journey.iter().enumerate().any(|(place, pattern)| {
        let is_first = journey[..place].iter().all(|before| before.count == 0);
        let is_last = journey[place..].iter().all(|behind| behind.count == 0);
        let is_never = pattern.count == 0;
        let has_window = pattern.within_seconds.is_some();
        is_never && is_of_customer
            || is_never && *ordered && !is_last && has_window
            || has_window && is_of_customer && (!*ordered || is_first)
    })
}

/// Definitions in all their forms.
struct Compiled {
    segments: Vec<Segment>,
    naive: Naive,
    /// Compiled at once, and piece by piece.
    rules: [Rules; 2],
}

/// How much was found, so that tests can tell whether anything was.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    /// Patterns that events satisfy.
    pub(crate) satisfied: usize,
    /// Segments that hold on sessions.
    pub(crate) holding: usize,
    /// Segments assigned.
    pub(crate) assigned: usize,
    /// Of these, segments whose patterns have an order, windows or a `never`.
    pub(crate) timed: usize,
}

impl Compiled {
    fn new(segments: Vec<Segment>) -> Self {
        let naive = Naive::new(&segments);
        let (base, changed) = segments.split_at(segments.len() / 2);
        let whole = Rules::compile(&segments).expect("conditions that can be compiled");
        let pieces = changed.iter().fold(
            Rules::compile(base).expect("conditions that can be compiled"),
            |rules, segment| rules.with(Arc::new(segment.clone())).expect("the same"),
        );
        Self { segments, naive, rules: [whole, pieces] }
    }

    /// Compares what is compiled with the plain loop; gives how much both found.
    fn compare(&self, events: &[Event], sessions: &[Session]) -> Found {
        let mut scratch = Scratch::default();
        let mut found = Found::default();
        for event in events {
            let expected = self.naive.satisfied(event);
            for rules in &self.rules {
                let hits = rules.satisfied(event, &mut scratch);
                let hits: Vec<_> = hits.into_iter().map(|hit| (hit.segment, hit.pattern)).collect();
                found.satisfied += hits.len();
                assert_eq!(hits, expected, "{event:?} {:#?}", self.segments);
            }
        }
        for session in sessions {
            let expected = self.naive.context_only(session);
            for rules in &self.rules {
                let holding = rules.context_only(session, &mut scratch);
                let holding: Vec<_> = holding.into_iter().map(|found| found.segment).collect();
                found.holding += holding.len();
                assert_eq!(holding, expected, "{session:?} {:#?}", self.segments);
            }
        }
        found
    }

    /// Runs a history, and compares what is assigned, and since when, with the oracle.
    fn assign(&self, history: &[Event], found: &mut Found) {
        for rules in &self.rules {
            let (assigned, entries, ends) = run(rules, history);
            let expected = oracle::assigned(&self.segments, &entries, &ends);
            assert_eq!(assigned, expected, "{history:?} {:#?}", self.segments);
            found.assigned += assigned.len();
            let is_timed = |id: &SegmentId| {
                let mut segments = self.segments.iter();
                segments.any(|segment| segment.id == *id && segment.conditions.are_timed())
            };
            found.timed += assigned.iter().filter(|(_, id, _)| is_timed(id)).count();
        }
    }
}

type Assigned = BTreeSet<(SessionId, SegmentId, Moment)>;

/// What the engine assigns by the end of a history; what it applied; and the ends of sessions.
fn run(rules: &Rules, history: &[Event]) -> (Assigned, Vec<Entry>, BTreeMap<SessionId, Moment>) {
    let ids = IdSource::new(Uuid::from_u128(7));
    let mut state = State::new(ids, Settings::default(), Loaded::default());
    let mut entries = Vec::new();
    let mut sessions = BTreeSet::new();
    for event in history {
        let command = Command::Event(Box::new(event.clone()));
        let applied = state.apply(rules, command, event.received);
        if let Some(to) = applied.ok().and_then(|applied| applied.event) {
            entries.push(Entry::Event(to.session, Box::new(event.clone())));
            sessions.insert(to.session);
        }
    }
    loop {
        let is_open = |id: &&SessionId| state.session(**id).is_some_and(|row| row.ended.is_none());
        let open: Vec<SessionId> = sessions.iter().filter(is_open).copied().collect();
        if open.is_empty() {
            break;
        }
        let due = Due { sessions: open, assignments: Vec::new() };
        state.apply(rules, Command::Due(due), END).expect("nothing to refuse");
    }
    let changes = state.into_changes();
    let ends = changes.sessions.iter().map(|session| (session.id, session.ends)).collect();
    let made = changes.assignments.iter();
    let assigned = made
        .filter_map(|made| Some((made.session.as_ref()?.id, made.segment, made.assigned)))
        .collect();
    (assigned, entries, ends)
}

fn fixed_events() -> Vec<Event> {
    let mut fixed = Input(FIXED);
    (0..12).map(|_| fixed.event()).collect()
}

/// Some of the fixed events, of two visitors, at moments that jump back and forth.
fn history(input: &mut Input<'_>) -> Vec<Event> {
    let all = fixed_events();
    let mut time = Moment::parse("2026-11-22T12:00:00Z").expect("a date");
    let mut latest = time;
    let mut history = input.several(10, |input| {
        let event = all[input.below(all.len())].clone();
        let minutes = i64::try_from(input.below(28)).unwrap_or_default() - 8;
        (event, minutes, input.below(4))
    });
    for (number, (event, minutes, kind)) in (1..).zip(&mut history) {
        time = time.plus_ms(*minutes * MINUTE_MS);
        latest = latest.max(time);
        event.id = EventId::from_uuid(Uuid::from_u128(number));
        event.customer = CustomerKey::cookie(if *kind & 1 == 0 { "ada" } else { "eve" });
        event.arrival = if *kind & 2 == 0 { Arrival::Replay } else { Arrival::Live };
        (event.created, event.received) = (time, latest);
    }
    history.into_iter().map(|(event, ..)| event).collect()
}

/// Any definitions, over a few events and sessions, and over any history of these events.
pub(crate) fn segment_definitions(data: &[u8]) {
    found_by_definitions(data);
}

/// The same; gives how much was found.
pub(crate) fn found_by_definitions(data: &[u8]) -> Found {
    let mut fixed = Input(&FIXED[7..]);
    let sessions: Vec<Session> = (0..6).map(|_| fixed.session()).collect();
    let mut input = Input(data);
    let history = history(&mut input);
    let scopes = [Scope::Session, Scope::Session, Scope::Customer];
    let definitions = input.several(12, |input| (input.of(&scopes), input.conditions()));
    let compiled = Compiled::new(segments(definitions));
    let mut found = compiled.compare(&fixed_events(), &sessions);
    compiled.assign(&history, &mut found);
    found
}

/// Any attributes of events and visitors, under a few definitions.
pub(crate) fn event_attributes(data: &[u8]) {
    static DEFINITIONS: OnceLock<Compiled> = OnceLock::new();
    let definitions = DEFINITIONS.get_or_init(|| {
        let starts = (0..FIXED.len()).step_by(5);
        let conditions = starts.map(|start| Input(&FIXED[start..]).conditions());
        Compiled::new(segments(conditions.map(|all| (Scope::Session, all)).collect()))
    });
    let mut input = Input(data);
    let events = input.several(8, Input::event);
    let sessions = input.several(4, Input::session);
    definitions.compare(&events, &sessions);
}
