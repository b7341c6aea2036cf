//! Customers that are deleted: their rows go, those of others stay, and facts are counted as before.

use wayfare_model::change::{AppliedEvent, Changes, ContactMerge, Touch};
use wayfare_model::change_log::Change;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::event::Event;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::{FactId, IdSource};
use wayfare_model::query::{Filter, Plan};

use super::Outcome;
use super::changes::{log, opened};
use super::facts::{count, groups, plan};
use super::samples::{
    HERE, THERE, assignment, at, commit, contact, contact_id, customer, event, event_id, fact,
    identifier, session, session_id, uuid, visitor,
};
use crate::Stores;
use crate::error::Result;

/// Long after all facts.
const LATER_MS: i64 = 1_000_000_000_000;
const IDS: IdSource = IdSource::new(uuid(200));

fn address() -> CustomerKey {
    CustomerKey::new(CustomerKey::EMAIL, "ann@example.org")
}

/// The deletion of a customer.
fn deletion(customer: CustomerKey) -> Deletion {
    Deletion { id: uuid(100), customer, seed: uuid(101) }
}

/// The fact of a session of the customer of this number.
fn fact_of(number: u8) -> Fact {
    let text = |text: String| vec![text];
    Fact {
        id: FactId::of_session(&IDS, session_id(number)),
        dimensions: [
            (Dimension::JourneySessionId, text(session_id(number).to_string())),
            (Dimension::JourneyCustomerId, text(customer(number).id)),
            (Dimension::JourneySessionType, text("web".to_owned())),
        ]
        .into(),
        ..fact(number)
    }
}

/// Everything that there is of the customer of this number, with some events more.
fn rows(number: u8) -> Changes {
    let more = |n: u8| AppliedEvent {
        event: Event { id: event_id(number * 20 + n), ..event(number).event },
        session: session_id(number),
    };
    Changes {
        events: (0..5).map(more).collect(),
        visitors: vec![visitor(number)],
        sessions: vec![session(number)],
        assignments: vec![assignment(number)],
        contacts: vec![contact(number)],
        identifiers: vec![identifier(customer(number), number)],
        facts: vec![fact_of(number)],
        ..Changes::default()
    }
}

/// Deletes to the end, some events at a time.
async fn delete(stores: &Stores, of: &Deletion) -> Result<Removed> {
    let deletions = &stores.deletions;
    while !deletions.delete_rows(HERE, of, IDS, 2).await? {}
    deletions.erase_facts(HERE, of).await?;
    deletions.delete_changes(HERE, of).await?;
    let removed = deletions.removed(HERE, of).await?;
    deletions.forget_deletion(HERE, of.id).await?;
    deletions.scrub().await?;
    assert_eq!(deletions.removed(HERE, of).await?, Removed::default());
    assert!(deletions.deleted_customers(HERE, of).await?.is_empty());
    Ok(removed)
}

/// Which of these customers anything is loaded of.
async fn known(
    stores: &Stores,
    organisation: wayfare_model::id::OrganisationId,
) -> Result<Vec<u8>> {
    let mut known = Vec::new();
    for number in 1..5 {
        let touch = Touch {
            events: (0..5).map(|n| event_id(number * 20 + n)).collect(),
            customers: vec![customer(number)],
            sessions: vec![session_id(number)],
            contacts: vec![contact_id(number)],
            ..Touch::default()
        };
        let loaded = stores.journeys.load(organisation, &touch).await?;
        let is_known = !loaded.visitors.is_empty();
        assert_eq!(!loaded.known_events.is_empty(), is_known, "events of {number}");
        assert_eq!(!loaded.sessions.is_empty(), is_known, "sessions of {number}");
        assert_eq!(!loaded.assignments.is_empty(), is_known, "assignments of {number}");
        assert_eq!(!loaded.identifiers.is_empty(), is_known, "identifiers of {number}");
        known.extend(is_known.then_some(number));
    }
    Ok(known)
}

fn by(dimensions: &[Dimension]) -> Plan {
    Plan { group_by: dimensions.to_vec(), ..plan(Metric::JourneySessions) }
}

/// A visitor goes with everything that is only its own; others stay, here and elsewhere.
///
/// # Errors
/// What the store says.
pub async fn a_visitor_is_deleted_with_its_rows(stores: &Stores) -> Outcome {
    for number in [1, 2] {
        commit(stores, HERE, rows(number)).await?;
        commit(stores, THERE, rows(number)).await?;
    }
    let removed = delete(stores, &deletion(customer(1))).await?;
    let expected = Removed {
        events: 5,
        sessions: 1,
        assignments: 1,
        visitors: 1,
        identifiers: 1,
        contacts: 1,
        facts: removed.facts,
        fact_files: removed.fact_files,
        documents: 0,
        changes: 0,
    };
    assert_eq!(removed, expected);
    assert_eq!(removed.facts, 1);
    assert_eq!(known(stores, HERE).await?, [2]);
    assert_eq!(known(stores, THERE).await?, [1, 2]);
    assert_eq!(stores.journeys.contact(HERE, contact_id(1)).await?, None);
    assert_eq!(stores.journeys.stored_events().await?.events, 15);
    // Whoever comes again begins anew.
    commit(stores, HERE, rows(1)).await?;
    assert_eq!(known(stores, HERE).await?, [1, 2]);
    // Whom nobody knows is deleted without anything.
    assert_eq!(delete(stores, &deletion(customer(4))).await?, Removed::default());
    Ok(())
}

/// Of a person with two visitors, one goes by its own id, and both by what they share.
///
/// # Errors
/// What the store says.
pub async fn a_person_is_deleted_with_all_visitors(stores: &Stores) -> Outcome {
    for number in [1, 2, 3] {
        commit(stores, HERE, rows(number)).await?;
    }
    let shared = Identifier { customer: address(), contact: contact_id(1), home: contact_id(1) };
    let changes = Changes {
        merges: vec![
            ContactMerge { from: contact_id(2), into: contact_id(1) },
            ContactMerge { from: contact_id(3), into: contact_id(1) },
        ],
        identifiers: vec![shared],
        contacts: [2, 3]
            .map(|number| Contact {
                revision: 1,
                merged_into: Some(contact_id(1)),
                ..contact(number)
            })
            .to_vec(),
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let removed = delete(stores, &deletion(customer(2))).await?;
    let people = |removed: Removed| (removed.visitors, removed.identifiers, removed.contacts);
    assert_eq!(people(removed), (1, 1, 1));
    assert_eq!(known(stores, HERE).await?, [1, 3]);
    assert!(stores.journeys.identifier(HERE, &address()).await?.is_some());
    assert_eq!(stores.journeys.contact(HERE, contact_id(2)).await?, None);
    let removed = delete(stores, &deletion(address())).await?;
    assert_eq!(people(removed), (2, 3, 2));
    assert_eq!((removed.events, removed.sessions), (10, 2));
    assert_eq!(known(stores, HERE).await?, [0; 0]);
    assert_eq!(stores.journeys.identifier(HERE, &address()).await?, None);
    assert_eq!(stores.journeys.stored_events().await?.events, 0);
    Ok(())
}

/// Facts are counted as before, wherever they lie, and do not tell any more whom they are about.
///
/// # Errors
/// What the store says.
pub async fn facts_of_a_deleted_customer_are_counted_still(stores: &Stores) -> Outcome {
    commit(stores, HERE, rows(1)).await?;
    commit(stores, HERE, rows(2)).await?;
    stores.facts.maintain(at(LATER_MS)).await?;
    let mut again = rows(1);
    again.visitors[0].revision = 1;
    again.contacts[0].revision = 1;
    again.sessions = vec![session(3)];
    again.events.clear();
    again.facts = vec![Fact {
        id: FactId::of_session(&IDS, session_id(3)),
        dimensions: [
            (Dimension::JourneySessionId, vec![session_id(3).to_string()]),
            (Dimension::JourneyCustomerId, vec![customer(1).id]),
            (Dimension::JourneySessionType, vec!["web".to_owned()]),
        ]
        .into(),
        ..fact(3)
    }];
    again.sessions[0].customer = customer(1);
    again.sessions[0].contact = contact_id(1);
    commit(stores, HERE, again).await?;
    let count_of = async |customer: CustomerKey| {
        let is_named = Filter::Matches(Dimension::JourneyCustomerId, customer.id);
        let plan = Plan { filter: Filter::And(vec![is_named]), ..by(&[]) };
        count(stores, HERE, &plan).await
    };
    let by_session = by(&[Dimension::JourneySessionId]);
    assert_eq!(count(stores, HERE, &by(&[])).await?, 3);
    assert_eq!(groups(stores, &by_session).await?.len(), 3);
    assert_eq!(count_of(customer(1)).await?, 2);
    let removed = delete(stores, &deletion(customer(1))).await?;
    assert_eq!(removed.facts, 2);
    for _ in 0..2 {
        assert_eq!(count(stores, HERE, &by(&[])).await?, 3);
        // Sessions are still told apart, but by ids that nobody knows.
        let named = groups(stores, &by_session).await?;
        assert_eq!(named.len(), 3);
        for number in [1, 3] {
            let id = Some(session_id(number).to_string());
            assert!(named.iter().all(|(group, _)| group[0] != id), "session {number}");
        }
        assert_eq!(count_of(customer(1)).await?, 0);
        assert_eq!(count_of(customer(2)).await?, 1);
        stores.facts.maintain(at(LATER_MS)).await?;
    }
    Ok(())
}

/// What the change log tells of a customer and its contact goes, the rest keeps its numbers.
///
/// # Errors
/// What the store says.
pub async fn what_the_log_tells_of_a_deleted_customer_goes(stores: &Stores) -> Outcome {
    commit(stores, HERE, rows(1)).await?;
    let by_client = Change { customer: None, ..opened(1, 1) };
    let changes = vec![opened(1, 0), opened(2, 0), by_client, opened(1, 2), opened(3, 3)];
    log(stores, HERE, changes.clone()).await?;
    log(stores, THERE, changes).await?;
    let removed = delete(stores, &deletion(customer(1))).await?;
    assert_eq!(removed.changes, 3);
    let left = stores.changes.changes(HERE, 0, 100).await?;
    let numbers: Vec<u64> = left.changes.iter().map(|change| change.sequence).collect();
    assert_eq!(numbers, [2, 5]);
    assert_eq!((left.span.last, left.span.trimmed), (5, 0));
    assert_eq!(stores.changes.changes(THERE, 0, 100).await?.changes.len(), 5);
    Ok(())
}
