//! What is counted of sessions and assignments. A fact follows from its rows alone, so the facts to
//! write are those that differ between the rows as they were and as they are.

use std::collections::BTreeMap;

use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::{FactId, IdSource, SessionId};
use wayfare_model::session::{Session, SessionSegment};

use super::State;

type Facts = BTreeMap<FactId, Fact>;

/// The fact of a session, as it is when the session is.
#[must_use]
pub fn session_fact(ids: &IdSource, session: &Session) -> Fact {
    Fact {
        id: FactId::of_session(ids, session.id),
        metric: Metric::JourneySessions,
        emitted: session.emitted,
        happened: session.started,
        value: None,
        dimensions: dimensions(describe(session)),
    }
}

/// The facts of an assignment and the session it was made in, if that is there: one for its making
/// and, if it no longer holds, one for its end.
#[must_use]
pub fn assignment_facts(
    ids: &IdSource,
    assignment: &Assignment,
    session: Option<&Session>,
) -> Vec<Fact> {
    let mut facts = Facts::new();
    of_assignment(ids, assignment, session, &mut facts);
    facts.into_values().collect()
}

impl State {
    /// New and different facts, and those that are no more; each in the order of its id.
    pub(super) fn changed_facts(&self) -> (Vec<Fact>, Vec<FactId>) {
        let (mut before, mut now) = (Facts::new(), Facts::new());
        for session in self.sessions.values().filter(|session| self.tells_new(session.id)) {
            add(&mut now, session_fact(&self.ids, session));
            if let Some(session) = self.sessions.before(&session.id) {
                add(&mut before, session_fact(&self.ids, session));
            }
        }
        for assignment in self.assignments.values() {
            let session = assignment.session.as_ref().map(|session| session.id);
            let is_changed = self.assignments.is_changed(&assignment.id)
                || session.is_some_and(|session| self.tells_new(session));
            if !is_changed {
                continue;
            }
            let session_now = session.and_then(|session| self.sessions.get(&session));
            of_assignment(&self.ids, assignment, session_now, &mut now);
            if let Some(assignment) = self.assignments.before(&assignment.id) {
                let session_before = session.and_then(|session| self.sessions.before(&session));
                of_assignment(&self.ids, assignment, session_before, &mut before);
            }
        }
        for assignment in self.assignments.removed() {
            let session = assignment.session.as_ref().map(|session| session.id);
            let session_before = session.and_then(|session| self.sessions.before(&session));
            of_assignment(&self.ids, assignment, session_before, &mut before);
        }
        let removed = before.keys().filter(|id| !now.contains_key(id)).copied().collect();
        now.retain(|id, fact| before.get(id) != Some(fact));
        (now.into_values().collect(), removed)
    }

    /// Whether the facts of a session may differ from what they were: most events of a session
    /// change nothing that facts tell.
    fn tells_new(&self, id: SessionId) -> bool {
        match (self.sessions.before(&id), self.sessions.get(&id)) {
            (Some(before), Some(now)) => !tells_the_same(before, now),
            (before, now) => before.is_some() != now.is_some(),
        }
    }
}

/// Whether facts tell the same of two states of a session, whatever else is different.
fn tells_the_same(one: &Session, other: &Session) -> bool {
    // An assignment that is taken back and another that is made at once leave as many as there were.
    let segment = |made: &SessionSegment| made.segment;
    let times = |session: &Session| (session.emitted, session.started);
    times(one) == times(other)
        && one.segments.iter().map(segment).eq(other.segments.iter().map(segment))
        && one.device == other.device
        && one.geolocation == other.geolocation
}

fn add(facts: &mut Facts, fact: Fact) {
    facts.insert(fact.id, fact);
}

/// One fact for the making of an assignment and, if it no longer holds, one for its end.
fn of_assignment(
    ids: &IdSource,
    assignment: &Assignment,
    session: Option<&Session>,
    facts: &mut Facts,
) {
    let mut known = match session {
        Some(session) => describe(session),
        // What the assignment itself tells.
        None => assignment
            .session
            .iter()
            .flat_map(|session| {
                [
                    (Dimension::JourneySessionId, session.id.to_string()),
                    (Dimension::JourneySessionType, session.session_type.clone()),
                ]
            })
            .chain(assignment.customer.iter().flat_map(|customer| {
                [
                    (Dimension::JourneyCustomerId, customer.id.clone()),
                    (Dimension::JourneyCustomerIdType, customer.id_type.clone()),
                ]
            }))
            .collect(),
    };
    known.push((Dimension::JourneySegmentId, assignment.segment.to_string()));
    known.push((Dimension::JourneySegmentScope, assignment.scope.to_string()));
    let made = (AssignmentState::Assigned, assignment.emitted, assignment.assigned);
    let ended =
        assignment.unassigned.map(|(moment, _)| (AssignmentState::Unassigned, moment, moment));
    for (state, emitted, happened) in [made].into_iter().chain(ended) {
        let mut known = known.clone();
        known.push((Dimension::JourneySegmentAssignmentState, state.to_string()));
        let fact = Fact {
            id: FactId::of_assignment(ids, assignment.id, state),
            metric: Metric::JourneySegmentsAssigned,
            emitted,
            happened,
            value: None,
            dimensions: dimensions(known),
        };
        add(facts, fact);
    }
}

/// The dimensions of a session.
fn describe(session: &Session) -> Vec<(Dimension, String)> {
    let device = session.device.as_ref();
    let category = device.and_then(|device| device.category).map(|category| category.to_string());
    let device_type = device.and_then(|device| device.device_type.clone());
    let country = session.geolocation.as_ref().and_then(|place| place.country.clone());
    let always = [
        (Dimension::JourneySessionId, session.id.to_string()),
        (Dimension::JourneySessionType, session.session_type.clone()),
        (Dimension::JourneyCustomerId, session.customer.id.clone()),
        (Dimension::JourneyCustomerIdType, session.customer.id_type.clone()),
    ];
    let sometimes = [
        (Dimension::JourneyDeviceCategory, category),
        (Dimension::JourneyDeviceType, device_type),
        (Dimension::JourneyIpGeolocationCountry, country),
    ];
    let segments = session
        .segments
        .iter()
        .map(|made| (Dimension::JourneySessionSegmentId, made.segment.to_string()));
    let known = |(dimension, value): (Dimension, Option<String>)| Some((dimension, value?));
    always.into_iter().chain(sometimes.into_iter().filter_map(known)).chain(segments).collect()
}

fn dimensions(known: Vec<(Dimension, String)>) -> BTreeMap<Dimension, Vec<String>> {
    let mut dimensions = BTreeMap::<_, Vec<String>>::new();
    for (dimension, value) in known.into_iter().filter(|(_, value)| !value.is_empty()) {
        dimensions.entry(dimension).or_default().push(value);
    }
    dimensions
}
