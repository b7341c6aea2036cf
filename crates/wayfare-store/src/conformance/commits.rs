//! What [`Journeys::commit`](crate::journeys::Journeys::commit) promises.

use wayfare_model::assignment::Assignment;
use wayfare_model::change::{AppliedEvent, Changes, ContactMerge, ContactUnmerge, Loaded, Touch};
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::fact::{Fact, Metric};
use wayfare_model::id::OrganisationId;
use wayfare_model::session::{Session, Visitor};

use super::Outcome;
use super::facts::{count, plan};
use super::samples::{
    HERE, THERE, assignment, assignment_id, at, commit, contact, contact_id, customer, event,
    event_id, fact, full_assignment, full_event, full_session, full_visitor, identifier,
    segment_id, session, session_id, side_by_side, uuid, visitor,
};
use crate::documents::{Document, Kind};
use crate::journeys::{AssignmentQuery, AssignmentSubject, Batch, SegmentCount};
use crate::{Error, Stores};

async fn stored_visitor(
    stores: &Stores,
    organisation: OrganisationId,
    customer: CustomerKey,
) -> crate::error::Result<Option<Visitor>> {
    let touch = Touch { customers: vec![customer], ..Touch::default() };
    Ok(stores.journeys.load(organisation, &touch).await?.visitors.pop())
}

fn is_conflict(outcome: &Outcome, stored: u64, expected: u64) -> bool {
    matches!(outcome, Err(Error::Conflict { stored: found, expected: named })
        if *found == stored && *named == expected)
}

/// Values are read just as they were written, and revisions are counted.
pub async fn rows_come_back_as_they_were(stores: &Stores) -> Outcome {
    let email = CustomerKey::new(CustomerKey::EMAIL, "ann@example.org");
    let changes = Changes {
        events: vec![full_event(1), event(2)],
        visitors: vec![full_visitor(1), visitor(2)],
        sessions: vec![full_session(1), session(2)],
        assignments: vec![
            full_assignment(1),
            Assignment { customer: None, session: None, ..assignment(2) },
        ],
        contacts: vec![
            Contact { merged_into: Some(contact_id(2)), created: at(-1), ..contact(1) },
            contact(2),
        ],
        identifiers: vec![identifier(email.clone(), 1)],
        ..Changes::default()
    };
    commit(stores, HERE, changes.clone()).await?;
    let journeys = &stores.journeys;
    for applied in changes.events {
        assert_eq!(journeys.event(HERE, applied.event.id).await?, Some(applied));
    }
    for session in changes.sessions {
        assert_eq!(journeys.session(HERE, session.id).await?, Some(session));
    }
    for contact in changes.contacts {
        let stored = Contact { revision: 1, ..contact };
        assert_eq!(journeys.contact(HERE, stored.id).await?, Some(stored));
    }
    for visitor in changes.visitors {
        let stored = Visitor { revision: 1, ..visitor };
        let found = stored_visitor(stores, HERE, stored.customer.clone()).await?;
        assert_eq!(found, Some(stored));
    }
    let ids = changes.assignments.iter().map(|assignment| assignment.id).collect();
    let touch = Touch { assignments: ids, ..Touch::default() };
    assert_eq!(journeys.load(HERE, &touch).await?.assignments, changes.assignments);
    assert_eq!(journeys.identifier(HERE, &email).await?, changes.identifiers.into_iter().next());
    Ok(())
}

/// A visitor is written on the stored revision only, which goes up by one.
pub async fn revisions_of_visitors_are_counted_and_compared(stores: &Stores) -> Outcome {
    let write = async |revision, event_count| {
        let visitor = Visitor { revision, event_count, ..visitor(1) };
        commit(stores, HERE, Changes { visitors: vec![visitor], ..Changes::default() }).await
    };
    let refused = write(1, 9).await;
    assert!(is_conflict(&refused, 0, 1), "{refused:?}");
    write(0, 1).await?;
    let refused = write(0, 9).await;
    assert!(is_conflict(&refused, 1, 0), "{refused:?}");
    write(1, 2).await?;
    for revision in [0, 1, 3] {
        let refused = write(revision, 9).await;
        assert!(is_conflict(&refused, 2, revision), "{refused:?}");
    }
    let stored = stored_visitor(stores, HERE, customer(1)).await?;
    assert_eq!(stored, Some(Visitor { revision: 2, event_count: 2, ..visitor(1) }));
    Ok(())
}

/// A contact is written on the stored revision only, which goes up by one.
pub async fn revisions_of_contacts_are_counted_and_compared(stores: &Stores) -> Outcome {
    let write = async |revision, created| {
        let contact = Contact { revision, created: at(created), ..contact(1) };
        commit(stores, HERE, Changes { contacts: vec![contact], ..Changes::default() }).await
    };
    let refused = write(1, 9).await;
    assert!(is_conflict(&refused, 0, 1), "{refused:?}");
    write(0, 1).await?;
    write(1, 2).await?;
    for revision in [0, 1, 3] {
        let refused = write(revision, 9).await;
        assert!(is_conflict(&refused, 2, revision), "{refused:?}");
    }
    let stored = stores.journeys.contact(HERE, contact_id(1)).await?;
    assert_eq!(stored, Some(Contact { revision: 2, created: at(2), ..contact(1) }));
    Ok(())
}

/// Whatever a refused batch holds, nothing of it is written.
pub async fn a_refused_batch_writes_nothing(stores: &Stores) -> Outcome {
    let before = Changes {
        contacts: vec![contact(1)],
        visitors: vec![visitor(1)],
        identifiers: vec![identifier(customer(1), 1)],
        sessions: vec![session(1)],
        assignments: vec![assignment(1)],
        facts: vec![fact(1)],
        ..Changes::default()
    };
    commit(stores, HERE, before).await?;
    let segment =
        Document { id: uuid(1), version: 1, written: at(0), expires: None, body: "{}".to_owned() };
    stores.documents.insert(HERE, Kind::Segment, segment.clone()).await?;

    let batch = |visitors, contacts| Batch {
        changes: Changes {
            events: vec![event(2)],
            visitors,
            contacts,
            sessions: vec![session(2), Session { event_count: 9, ..session(1) }],
            assignments: vec![assignment(2)],
            removed_assignments: vec![assignment_id(1)],
            identifiers: vec![identifier(customer(2), 2)],
            merges: vec![ContactMerge { from: contact_id(1), into: contact_id(2) }],
            unmerges: vec![ContactUnmerge { contact: contact_id(2), from: contact_id(1) }],
            facts: vec![fact(2)],
            removed_facts: vec![fact(1).id],
            log: Vec::new(),
        },
        removed_documents: vec![(Kind::Segment, uuid(1))],
        ends_due: true,
    };
    let stale_visitor = vec![visitor(2), visitor(1)];
    let stale_contact = vec![contact(2), contact(1)];
    for refused in [batch(stale_visitor, vec![contact(2)]), batch(vec![visitor(2)], stale_contact)]
    {
        let refused = stores.journeys.commit(HERE, refused).await;
        assert!(is_conflict(&refused, 1, 0), "{refused:?}");
        let touch = Touch {
            events: vec![event_id(2)],
            customers: vec![customer(1), customer(2)],
            sessions: vec![session_id(1), session_id(2)],
            assignments: vec![assignment_id(2)],
            contacts: vec![contact_id(1), contact_id(2)],
            ..Touch::default()
        };
        let expected = Loaded {
            visitors: vec![Visitor { revision: 1, ..visitor(1) }],
            sessions: vec![session(1)],
            assignments: vec![assignment(1)],
            contacts: vec![Contact { revision: 1, ..contact(1) }],
            identifiers: vec![identifier(customer(1), 1)],
            ..Loaded::default()
        };
        assert_eq!(stores.journeys.load(HERE, &touch).await?, expected);
        assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 1);
        let found = stores.documents.fetch(HERE, Kind::Segment, uuid(1)).await?;
        assert_eq!(found.as_ref(), Some(&segment));
    }
    Ok(())
}

/// The revisions refuse the same batch when it comes again.
pub async fn a_batch_committed_again_is_refused(stores: &Stores) -> Outcome {
    let changes = Changes {
        visitors: vec![visitor(1)],
        events: vec![event(1)],
        sessions: vec![session(1)],
        ..Changes::default()
    };
    commit(stores, HERE, changes.clone()).await?;
    let again = commit(stores, HERE, changes).await;
    assert!(is_conflict(&again, 1, 0), "{again:?}");
    Ok(())
}

/// Rows without a revision are written under their ids: a second time changes nothing.
pub async fn rows_written_again_change_nothing(stores: &Stores) -> Outcome {
    let changes = Changes {
        events: vec![event(1)],
        sessions: vec![session(1)],
        assignments: vec![assignment(1)],
        identifiers: vec![identifier(customer(1), 1)],
        facts: vec![fact(1)],
        ..Changes::default()
    };
    for _ in 0..2 {
        commit(stores, HERE, changes.clone()).await?;
        let journeys = &stores.journeys;
        let events = journeys.events_of_session(HERE, session_id(1), None, 10).await?;
        assert_eq!(events, changes.events);
        let sessions = journeys.sessions_of_contact(HERE, contact_id(1), None, 10).await?;
        assert_eq!(sessions, changes.sessions);
        let subject = AssignmentSubject::Contact(contact_id(1));
        let query = AssignmentQuery { subject, scope: None, state: None };
        let assignments = journeys.assignments(HERE, &query, None, 10).await?;
        assert_eq!(assignments, changes.assignments);
        let segment = assignment(1).segment;
        let counts = journeys.segment_counts(HERE).await?;
        assert_eq!(counts, [SegmentCount { segment, sessions: 1, customers: 1 }]);
        assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 1);
    }
    Ok(())
}

/// A row under an id that is stored replaces all of what is stored.
pub async fn changed_rows_replace_the_older_ones(stores: &Stores) -> Outcome {
    let first = Changes {
        events: vec![full_event(1)],
        sessions: vec![full_session(1)],
        assignments: vec![full_assignment(1)],
        identifiers: vec![identifier(customer(1), 1)],
        ..Changes::default()
    };
    commit(stores, HERE, first).await?;
    let moved =
        AppliedEvent { event: Event { created: at(70), ..event(1).event }, session: session_id(2) };
    let changed = Changes {
        events: vec![moved.clone()],
        sessions: vec![Session { contact: contact_id(2), started: at(70), ..session(1) }],
        assignments: vec![Assignment {
            contact: contact_id(2),
            customer: Some(customer(2)),
            assigned: at(70),
            ..assignment(1)
        }],
        identifiers: vec![identifier(customer(1), 2)],
        ..Changes::default()
    };
    commit(stores, HERE, changed.clone()).await?;
    let journeys = &stores.journeys;
    let old_events = journeys.events_of_session(HERE, session_id(1), None, 10).await?;
    assert_eq!(old_events, Vec::new());
    let events = journeys.events_of_session(HERE, session_id(2), None, 10).await?;
    assert_eq!(events, [moved]);
    let old_sessions = journeys.sessions_of_contact(HERE, contact_id(1), None, 10).await?;
    assert_eq!(old_sessions, Vec::new());
    let sessions = journeys.sessions_of_contact(HERE, contact_id(2), None, 10).await?;
    assert_eq!(sessions, changed.sessions);
    let list = async |contact| {
        let subject = AssignmentSubject::Contact(contact_id(contact));
        let query = AssignmentQuery { subject, scope: None, state: None };
        journeys.assignments(HERE, &query, None, 10).await
    };
    assert_eq!(list(1).await?, Vec::new());
    assert_eq!(list(2).await?, changed.assignments);
    let found = journeys.identifier(HERE, &customer(1)).await?;
    assert_eq!(found, Some(identifier(customer(1), 2)));
    Ok(())
}

/// An assignment that is taken back is gone and is not counted any more; one that nobody knows does
/// not matter. What is made again in the same batch stays.
pub async fn assignments_are_taken_back(stores: &Stores) -> Outcome {
    let of =
        |number: u8, segment| Assignment { segment: segment_id(segment), ..assignment(number) };
    let assignments = vec![of(1, 1), of(2, 1), of(3, 2), of(4, 3)];
    commit(stores, HERE, Changes { assignments, ..Changes::default() }).await?;
    commit(stores, THERE, Changes { assignments: vec![of(1, 1)], ..Changes::default() }).await?;
    let counts = |segment: u8, sessions, customers| SegmentCount {
        segment: segment_id(segment),
        sessions,
        customers,
    };
    let before = stores.journeys.segment_counts(HERE).await?;
    let changes = Changes {
        removed_assignments: [1, 3, 4, 9].map(assignment_id).to_vec(),
        assignments: vec![of(4, 3)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let touch = Touch { assignments: [1, 2, 3, 4].map(assignment_id).to_vec(), ..Touch::default() };
    let mut loaded = stores.journeys.load(HERE, &touch).await?.assignments;
    loaded.sort_by_key(|made| made.id);
    assert_eq!(loaded, [of(2, 1), of(4, 3)]);
    let one_less = |segment: u8, by: u64| {
        let stored = before.iter().find(|count| count.segment == segment_id(segment));
        stored.map_or((0, 0), |count| (count.sessions - by, count.customers - by))
    };
    let (sessions, customers) = one_less(1, 1);
    let (kept_sessions, kept_customers) = one_less(3, 0);
    assert_eq!(
        stores.journeys.segment_counts(HERE).await?,
        [counts(1, sessions, customers), counts(3, kept_sessions, kept_customers)]
    );
    let there = stores.journeys.load(THERE, &touch).await?.assignments;
    assert_eq!(there, [of(1, 1)]);
    Ok(())
}

/// Documents go with the batch; one that is gone already does not matter.
pub async fn removed_documents_go_with_the_batch(stores: &Stores) -> Outcome {
    let document = |number| Document {
        id: uuid(number),
        version: 1,
        written: at(0),
        expires: None,
        body: "{}".to_owned(),
    };
    for number in [1, 2] {
        stores.documents.insert(HERE, Kind::Segment, document(number)).await?;
    }
    stores.documents.insert(HERE, Kind::Client, document(1)).await?;
    stores.documents.insert(THERE, Kind::Segment, document(1)).await?;
    let batch = Batch {
        changes: Changes { sessions: vec![session(1)], ..Changes::default() },
        removed_documents: vec![(Kind::Segment, uuid(1)), (Kind::Segment, uuid(9))],
        ..Batch::default()
    };
    stores.journeys.commit(HERE, batch).await?;
    assert_eq!(stores.journeys.session(HERE, session_id(1)).await?, Some(session(1)));
    assert_eq!(stores.documents.list(HERE, Kind::Segment, None, 10).await?, [document(2)]);
    assert_eq!(stores.documents.list(HERE, Kind::Client, None, 10).await?, [document(1)]);
    assert_eq!(stores.documents.list(THERE, Kind::Segment, None, 10).await?, [document(1)]);
    let history = stores.documents.history(HERE, Kind::Segment, uuid(1), 0, 10).await?;
    assert_eq!(history, [document(1)]);
    Ok(())
}

/// Of commits side by side on one revision one is kept and the others are refused.
pub async fn one_of_several_commits_on_a_revision_wins(stores: &Stores) -> Outcome {
    let numbers = 1..=8_u8;
    let commits =
        numbers.clone().map(|number| -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
            let changes = Changes {
                visitors: vec![Visitor { event_count: number.into(), ..visitor(1) }],
                sessions: vec![session(number)],
                facts: vec![fact(number)],
                ..Changes::default()
            };
            Box::pin(commit(stores, HERE, changes))
        });
    let outcomes = side_by_side(commits.collect()).await;
    let mut winners = Vec::new();
    for (number, outcome) in numbers.zip(outcomes) {
        let session = stores.journeys.session(HERE, session_id(number)).await?;
        assert_eq!(session.is_some(), outcome.is_ok(), "{number}: {outcome:?}");
        match outcome {
            Ok(()) => winners.push(u64::from(number)),
            Err(_) => assert!(is_conflict(&outcome, 1, 0), "{outcome:?}"),
        }
    }
    let stored = stored_visitor(stores, HERE, customer(1)).await?;
    assert_eq!(stored.map(|visitor| vec![visitor.event_count]), Some(winners));
    assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 1);
    Ok(())
}

/// Commits side by side that do not touch one another are all kept, and each can be read as soon as
/// it was answered.
pub async fn commits_side_by_side_are_all_kept(stores: &Stores) -> Outcome {
    let commits = (1..=100_u8).map(|number| -> std::pin::Pin<Box<dyn Future<Output = _> + Send>> {
        let changes = Changes {
            visitors: vec![visitor(number)],
            sessions: vec![session(number)],
            facts: vec![fact(number)],
            ..Changes::default()
        };
        Box::pin(async move {
            commit(stores, HERE, changes).await?;
            stores.journeys.session(HERE, session_id(number)).await
        })
    });
    let read = side_by_side(commits.collect()).await;
    for (number, read) in (1..=100_u8).zip(read) {
        assert_eq!(read?, Some(session(number)));
    }
    assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 100);
    Ok(())
}

/// The same ids in two organisations are two rows each, with revisions of their own.
pub async fn organisations_do_not_see_each_others_rows(stores: &Stores) -> Outcome {
    let changes = |event_count| Changes {
        events: vec![event(1)],
        visitors: vec![visitor(1)],
        sessions: vec![Session { event_count, ..session(1) }],
        assignments: vec![Assignment { segment_version: event_count, ..assignment(1) }],
        contacts: vec![contact(1)],
        identifiers: vec![identifier(customer(1), event_count as u8)],
        facts: vec![Fact { ..fact(1) }],
        ..Changes::default()
    };
    commit(stores, HERE, changes(1)).await?;
    assert_eq!(stores.journeys.session(THERE, session_id(1)).await?, None);
    assert_eq!(stores.journeys.event(THERE, event_id(1)).await?, None);
    assert_eq!(stores.journeys.contact(THERE, contact_id(1)).await?, None);
    assert_eq!(stores.journeys.identifier(THERE, &customer(1)).await?, None);
    assert_eq!(stores.journeys.segment_counts(THERE).await?, Vec::new());
    commit(stores, THERE, changes(2)).await?;
    for (organisation, number) in [(HERE, 1_u32), (THERE, 2)] {
        let session = stores.journeys.session(organisation, session_id(1)).await?;
        assert_eq!(session.map(|session| session.event_count), Some(number));
        let found = stores.journeys.identifier(organisation, &customer(1)).await?;
        assert_eq!(found, Some(identifier(customer(1), number as u8)));
        let subject = AssignmentSubject::Session(session_id(1));
        let query = AssignmentQuery { subject, scope: None, state: None };
        let found = stores.journeys.assignments(organisation, &query, None, 10).await?;
        let versions: Vec<u32> = found.iter().map(|found| found.segment_version).collect();
        assert_eq!(versions, [number]);
        assert_eq!(stores.journeys.segment_counts(organisation).await?.len(), 1);
    }
    Ok(())
}
