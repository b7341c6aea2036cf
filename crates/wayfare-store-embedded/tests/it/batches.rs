//! The log of batches: what waits is seen, and what was answered is there after a crash.

use std::path::Path;

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::change::{AppliedEvent, Changes, ContactMerge, Loaded, Touch};
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::id::{ContactId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::conformance::samples::{
    HERE, assignment, assignment_id, at, commit, contact, contact_id, customer, ended, event,
    event_id, fact, fact_id, identifier, in_session, segment_id, session, session_id, uuid,
    visitor,
};
use wayfare_store::documents::{Document, Kind};
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};
use wayfare_store::{Error, Stores};
use wayfare_store_embedded::{EmbeddedStore, FactOptions, OpenError, Options};

use crate::plans::counted;

/// Visitors, sessions, assignments and facts of a history.
const NUMBERS: u8 = 5;
const ASSIGNMENTS: u8 = 20;
const FACTS: u8 = 12;
const COMMITS: usize = 30;
/// Moments at which something is due.
const TIMES: u8 = 40;
const DATABASE: &str = "journey.sqlite";
const LOG: &str = "journey.sqlite-wal";
const BATCHES: [&str; 2] = ["journey.sqlite-batches-0", "journey.sqlite-batches-1"];

fn open(directory: &Path) -> EmbeddedStore {
    // Maintenance makes files, however few facts there are.
    let facts = FactOptions { ship_after_ms: 0, ship_rows_min: 1, ..FactOptions::default() };
    EmbeddedStore::open(directory, Options { facts, ..Options::default() }).expect("a store")
}

/// A history of random batches.
struct History {
    random: TestRng,
    visitors: [u64; NUMBERS as usize + 1],
    contacts: [u64; NUMBERS as usize + 1],
    events: u8,
    time: i64,
}

impl History {
    fn new(seed: u8) -> Self {
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        Self {
            random,
            visitors: Default::default(),
            contacts: Default::default(),
            events: 0,
            time: 0,
        }
    }

    /// A random number below another.
    fn below(&mut self, end: u8) -> u8 {
        u8::try_from(self.random.next_u32() % u32::from(end)).expect("a small number")
    }

    fn number(&mut self) -> u8 {
        1 + self.below(NUMBERS)
    }

    fn next(&mut self) -> Changes {
        let mut changes = Changes::default();
        let number = self.number();
        let place = usize::from(number);
        let changed = self.below(64);
        if changed & 1 != 0 {
            let recent_sessions = vec![session_id(self.number()), session_id(number)];
            let event_count = u64::from(self.events);
            let revision = self.visitors[place];
            let base = visitor(number);
            changes.visitors.push(Visitor { revision, recent_sessions, event_count, ..base });
            self.visitors[place] += 1;
        }
        if changed & 2 != 0 {
            let event_count = 1 + u32::from(self.below(8));
            let ends = at(i64::from(self.below(TIMES)));
            let ended = (self.below(3) == 0).then_some(ends);
            changes.sessions.push(Session { event_count, ends, ended, ..session(number) });
        }
        if changed & 4 != 0 && self.events < 200 {
            self.events += 1;
            let session = session_id(number);
            changes.events.push(AppliedEvent { session, ..event(self.events) });
        }
        if changed & 8 != 0 {
            changes.assignments.push(self.assignment());
        }
        if changed & 16 != 0 {
            let revision = self.contacts[place];
            changes.contacts.push(Contact {
                revision,
                created: at(i64::from(changed)),
                ..contact(number)
            });
            self.contacts[place] += 1;
            changes.identifiers.push(identifier(customer(number), self.number()));
        }
        let changed_fact = 1 + self.below(FACTS);
        if changed & 32 != 0 {
            changes.facts.push(self.fact(changed_fact));
        } else if changed & 1 != 0 {
            changes.removed_facts.push(fact_id(changed_fact));
        }
        changes
    }

    /// A fact, which may be of another session than it was.
    fn fact(&mut self, number: u8) -> Fact {
        let session = vec![format!("session {}", self.number())];
        Fact {
            emitted: at(i64::from(number)),
            happened: at(i64::from(number)),
            dimensions: [(Dimension::JourneySessionId, session)].into(),
            ..fact(number)
        }
    }

    /// A merge, which rewrites rows wherever they are.
    fn merge(&mut self) -> Changes {
        let (from, into) = (self.number(), self.number());
        let are_there = [from, into].iter().all(|it| self.contacts[usize::from(*it)] > 0);
        if from == into || !are_there {
            return Changes::default();
        }
        let merge = ContactMerge { from: contact_id(from), into: contact_id(into) };
        Changes { merges: vec![merge], ..Changes::default() }
    }

    /// A merge has changed revisions.
    fn note_revisions(&mut self, loaded: &Loaded) {
        for number in 1..=NUMBERS {
            let place = usize::from(number);
            let mut visitors = loaded.visitors.iter();
            let found = visitors.find(|it| it.customer == customer(number));
            self.visitors[place] = found.map_or(0, |it| it.revision);
            let found = loaded.contacts.iter().find(|it| it.id == contact_id(number));
            self.contacts[place] = found.map_or(self.contacts[place], |it| it.revision);
        }
    }

    /// What an assignment is about never changes.
    fn assignment(&mut self) -> Assignment {
        let number = 1 + self.below(ASSIGNMENTS);
        let whose = number % NUMBERS + 1;
        let scope = if number % 4 < 2 { Scope::Customer } else { Scope::Session };
        self.time += 1;
        let expires = (self.below(2) == 0).then(|| at(i64::from(self.below(TIMES))));
        let unassigned = if self.below(3) == 0 { ended() } else { None };
        Assignment {
            expires,
            unassigned,
            scope,
            segment: segment_id(number / 4 % 2 + 1),
            customer: Some(customer(whose)),
            session: in_session(whose),
            assigned: at(i64::from(number)),
            modified: at(self.time),
            ..assignment(number)
        }
    }

    fn touch(&mut self) -> Touch {
        let numbers: Vec<u8> = (1..=NUMBERS).filter(|_| self.below(2) == 0).collect();
        Touch {
            events: (1..=self.events).map(event_id).collect(),
            customers: numbers.iter().copied().map(customer).collect(),
            identifiers: vec![customer(self.number())],
            sessions: vec![session_id(self.number())],
            assignments: vec![assignment_id(1 + self.below(ASSIGNMENTS))],
            contacts: Vec::new(),
        }
    }
}

/// All that there is.
fn everything() -> Touch {
    Touch {
        events: (1..=200).map(event_id).collect(),
        customers: (1..=NUMBERS).map(customer).collect(),
        identifiers: (1..=NUMBERS).map(customer).collect(),
        sessions: (1..=NUMBERS).map(session_id).collect(),
        assignments: (1..=ASSIGNMENTS).map(assignment_id).collect(),
        contacts: Vec::new(),
    }
}

async fn load(stores: &Stores, touch: &Touch) -> Loaded {
    let mut loaded = stores.journeys.load(HERE, touch).await.expect("a load");
    loaded.known_events.sort_by_key(|known| known.id);
    loaded.visitors.sort_by(|one, other| one.customer.cmp(&other.customer));
    loaded.sessions.sort_by_key(|one| one.id);
    loaded.assignments.sort_by_key(|one| one.id);
    loaded.contacts.sort_by_key(|one| one.id);
    loaded.identifiers.sort_by(|one, other| one.customer.cmp(&other.customer));
    loaded
}

/// Has it put what waits into the database, which then answers by itself.
async fn write_what_waits(stores: &Stores) {
    stores.journeys.segment_counts(HERE).await.expect("counts");
}

/// Assignments of each session.
async fn read(stores: &Stores) -> Vec<Vec<Assignment>> {
    let mut lists = Vec::new();
    for number in 1..=NUMBERS {
        let subject = AssignmentSubject::Session(session_id(number));
        let query = AssignmentQuery { subject, scope: None, state: None };
        let listed = stores.journeys.assignments(HERE, &query, None, 100).await;
        lists.push(listed.expect("a list"));
    }
    lists
}

/// Has it put what waits into the database.
async fn write_document(stores: &Stores, number: usize) {
    let document = document(u8::try_from(number).expect("a few") + 1);
    stores.documents.insert(HERE, Kind::Segment, document).await.expect("an insert");
}

/// A question that is asked all the time.
#[derive(Debug, Clone)]
enum Question {
    Assignments(AssignmentQuery, Option<AssignmentPlace>, usize),
    Visitor(CustomerKey),
    Session(SessionId),
    Identifier(CustomerKey),
    Contact(ContactId),
    Due(Moment, usize),
    NextDue,
    Facts,
}

impl Question {
    fn random(history: &mut History) -> Self {
        let number = history.number();
        match history.below(14) {
            0 => Self::Visitor(customer(number)),
            1 => Self::Session(session_id(number)),
            2 => Self::Identifier(customer(number)),
            3 => Self::Contact(contact_id(number)),
            4 | 5 => {
                let now = at(i64::from(history.below(TIMES)));
                Self::Due(now, usize::from(history.below(4)))
            }
            6 => Self::NextDue,
            7 | 8 => Self::Facts,
            _ => Self::of_assignments(history, number),
        }
    }

    fn of_assignments(history: &mut History, number: u8) -> Self {
        let subject = match history.below(4) {
            0 => AssignmentSubject::Session(session_id(number)),
            1 => AssignmentSubject::Contact(contact_id(number)),
            2 => AssignmentSubject::Segment(segment_id(number % 2 + 1)),
            _ => AssignmentSubject::Customer {
                customer: customer(number),
                contact: contact_id(history.number()),
            },
        };
        let scope = [None, Some(Scope::Session), Some(Scope::Customer)];
        let state = [None, Some(AssignmentState::Assigned), Some(AssignmentState::Unassigned)];
        let query = AssignmentQuery {
            subject,
            scope: scope[usize::from(history.below(3))],
            state: state[usize::from(history.below(3))],
        };
        let place = AssignmentPlace {
            assigned: at(i64::from(history.below(ASSIGNMENTS))),
            id: assignment_id(history.number()),
        };
        let after = (history.below(2) == 0).then_some(place);
        Self::Assignments(query, after, 1 + usize::from(history.below(5)))
    }

    async fn ask(&self, stores: &Stores) -> String {
        let journeys = &stores.journeys;
        match self.clone() {
            Self::Assignments(query, after, limit) => {
                format!("{:?}", journeys.assignments(HERE, &query, after, limit).await)
            }
            Self::Visitor(customer) => format!("{:?}", journeys.visitor(HERE, &customer).await),
            Self::Session(id) => format!("{:?}", journeys.session(HERE, id).await),
            Self::Identifier(customer) => {
                format!("{:?}", journeys.identifier(HERE, &customer).await)
            }
            Self::Contact(id) => format!("{:?}", journeys.contact(HERE, id).await),
            Self::Due(now, limit) => format!("{:?}", journeys.due(HERE, now, limit).await),
            Self::NextDue => format!("{:?}", journeys.next_due().await),
            Self::Facts => format!("{:?}", counted(stores).await),
        }
    }
}

/// Two stores: batches wait in the one, and the other has everything in its database.
#[tokio::test]
async fn what_waits_is_seen_as_what_is_stored() {
    for seed in 0..40 {
        let directories = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        let [waiting, stored] = directories.each_ref().map(|one| open(one.path()).stores());
        let mut history = History::new(seed);
        for number in 0..COMMITS {
            let changes = match history.below(8) {
                0 => history.merge(),
                _ => history.next(),
            };
            let is_merge = !changes.merges.is_empty();
            commit(&waiting, HERE, changes.clone()).await.expect("a commit");
            commit(&stored, HERE, changes).await.expect("a commit");
            write_document(&stored, number).await;
            // Some of it is stored, and some of that waits again.
            if history.below(6) == 0 {
                write_what_waits(&waiting).await;
            }
            if history.below(6) == 0 {
                waiting.facts.maintain(at(1_000)).await.expect("maintenance");
            }
            let touch = history.touch();
            let expected = load(&stored, &touch).await;
            assert_eq!(load(&waiting, &touch).await, expected, "seed {seed}, commit {number}");
            for _ in 0..4 {
                let question = Question::random(&mut history);
                let (found, expected) = (question.ask(&waiting).await, question.ask(&stored).await);
                assert_eq!(found, expected, "seed {seed}, commit {number}: {question:?}");
            }
            if is_merge {
                history.note_revisions(&load(&stored, &everything()).await);
            }
        }
        assert_eq!(read(&waiting).await, read(&stored).await, "seed {seed}");
    }
}

fn document(number: u8) -> Document {
    Document { id: uuid(number), version: 1, written: at(0), expires: None, body: "{}".to_owned() }
}

#[tokio::test]
async fn what_was_answered_is_there_although_the_database_never_had_it() {
    for seed in 0..40 {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(directory.path());
        let stores = store.stores();
        let mut history = History::new(seed);
        let log = directory.path().join(LOG);
        let length = || std::fs::metadata(&log).map_or(0, |log| log.len());
        let mut synced = length();
        for number in 0..COMMITS {
            commit(&stores, HERE, history.next()).await.expect("a commit");
            match history.below(8) {
                0 => {
                    write_document(&stores, number).await;
                    synced = length();
                }
                // In the database, but nobody has synced it there.
                1 => write_what_waits(&stores).await,
                _ => {}
            }
        }
        let left = tempfile::tempdir().expect("a directory");
        for name in [DATABASE, BATCHES[0], BATCHES[1]] {
            std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
        }
        let bytes = std::fs::read(&log).expect("the log");
        let synced = usize::try_from(synced).expect("a length");
        std::fs::write(left.path().join(LOG), &bytes[..synced]).expect("a copy");

        let expected = (load(&stores, &everything()).await, read(&stores).await);
        for _ in 0..2 {
            let store = open(left.path());
            let found = (load(&store.stores(), &everything()).await, read(&store.stores()).await);
            assert_eq!(found, expected, "seed {seed}");
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_log_that_does_not_follow_the_database_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path());
    commit(&store.stores(), HERE, History::new(1).next()).await.expect("a commit");
    store.close().await;
    let old = std::fs::read(directory.path().join(DATABASE)).expect("the database");

    let store = open(directory.path());
    let changes = || Changes { sessions: vec![session(1)], ..Changes::default() };
    commit(&store.stores(), HERE, changes()).await.expect("a commit");
    store.close().await;
    let store = open(directory.path());
    commit(&store.stores(), HERE, changes()).await.expect("a commit");
    let left = tempfile::tempdir().expect("a directory");
    std::fs::write(left.path().join(DATABASE), old).expect("a copy");
    std::fs::copy(directory.path().join(BATCHES[0]), left.path().join(BATCHES[0])).expect("a copy");

    let refused = EmbeddedStore::open(left.path(), Options::default());
    let error = refused.err().expect("a refusal");
    assert!(
        matches!(&error, OpenError::Batches { source: Error::Corrupt { .. }, .. }),
        "{error:?}"
    );
}
