//! What a commit promises of [`merges`](Changes::merges).

use wayfare_model::assignment::Assignment;
use wayfare_model::change::{Changes, ContactMerge, ContactUnmerge, Loaded, Touch};
use wayfare_model::contact::Contact;
use wayfare_model::id::OrganisationId;
use wayfare_model::session::{Session, Visitor};

use super::Outcome;
use super::samples::{
    HERE, THERE, assignment, assignment_id, commit, contact, contact_id, customer, identifier,
    session, session_id, visitor,
};
use crate::error::Result;
use crate::journeys::{AssignmentQuery, AssignmentSubject};
use crate::{Error, Stores};

fn merge(from: u8, into: u8) -> ContactMerge {
    ContactMerge { from: contact_id(from), into: contact_id(into) }
}

/// Rows of this number, all of which name the contact of this number.
fn rows(number: u8) -> Changes {
    Changes {
        visitors: vec![visitor(number)],
        sessions: vec![session(number)],
        assignments: vec![assignment(number)],
        contacts: vec![contact(number)],
        identifiers: vec![identifier(customer(number), number)],
        ..Changes::default()
    }
}

async fn load(stores: &Stores, organisation: OrganisationId, number: u8) -> Result<Loaded> {
    let touch = Touch {
        customers: vec![customer(number)],
        sessions: vec![session_id(number)],
        ..Touch::default()
    };
    stores.journeys.load(organisation, &touch).await
}

/// The contacts that the rows of this number name.
async fn named(stores: &Stores, organisation: OrganisationId, number: u8) -> Result<Vec<u8>> {
    let loaded = load(stores, organisation, number).await?;
    let contacts = (loaded.visitors.iter().map(|visitor| visitor.contact))
        .chain(loaded.sessions.iter().map(|session| session.contact))
        .chain(loaded.assignments.iter().map(|assignment| assignment.contact))
        .chain(loaded.identifiers.iter().map(|identifier| identifier.contact));
    let number_of = |contact| (0..=u8::MAX).find(|number| contact_id(*number) == contact);
    Ok(contacts.filter_map(number_of).collect())
}

/// Every row that named the one contact names the other, and is found by it; nothing else changes.
pub async fn a_merge_rewrites_every_row(stores: &Stores) -> Outcome {
    for number in [1, 2, 3] {
        commit(stores, HERE, rows(number)).await?;
    }
    let changes = Changes { merges: vec![merge(1, 2)], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    assert_eq!(named(stores, HERE, 1).await?, [2; 4]);
    assert_eq!(named(stores, HERE, 2).await?, [2; 4]);
    assert_eq!(named(stores, HERE, 3).await?, [3; 4]);

    let into = contact_id(2);
    let rewritten = load(stores, HERE, 1).await?;
    assert_eq!(
        rewritten.sessions,
        [wayfare_model::session::Session { contact: into, ..session(1) }]
    );
    assert_eq!(rewritten.assignments, [Assignment { contact: into, ..assignment(1) }]);
    let journeys = &stores.journeys;
    let list = async |contact| {
        let subject = AssignmentSubject::Contact(contact_id(contact));
        let query = AssignmentQuery { subject, scope: None, state: None };
        journeys.assignments(HERE, &query, None, 10).await
    };
    assert_eq!(journeys.sessions_of_contact(HERE, contact_id(1), None, 10).await?, Vec::new());
    assert_eq!(journeys.sessions_of_contact(HERE, into, None, 10).await?.len(), 2);
    assert_eq!(list(1).await?, Vec::new());
    assert_eq!(list(2).await?.len(), 2);
    Ok(())
}

/// Merges go one after the other, and before the rows of the batch are written.
pub async fn merges_are_applied_in_order_and_first(stores: &Stores) -> Outcome {
    for number in [1, 2, 3] {
        commit(stores, HERE, rows(number)).await?;
    }
    let changes = Changes {
        // The rows of 3 would go on to 2 if the order were another.
        merges: vec![merge(2, 4), merge(3, 2), merge(1, 3)],
        // The batch was made on the revision before the merge, and knows the contact after it.
        visitors: vec![Visitor { revision: 1, contact: contact_id(3), ..visitor(1) }],
        sessions: vec![session(5)],
        contacts: vec![Contact { revision: 1, merged_into: Some(contact_id(3)), ..contact(1) }],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    assert_eq!(named(stores, HERE, 1).await?, [3; 4]);
    assert_eq!(named(stores, HERE, 2).await?, [4; 4]);
    assert_eq!(named(stores, HERE, 3).await?, [2; 4]);
    assert_eq!(named(stores, HERE, 5).await?, [5]);
    let visitors = load(stores, HERE, 1).await?.visitors;
    assert_eq!(visitors.iter().map(|visitor| visitor.revision).collect::<Vec<_>>(), [2]);
    Ok(())
}

/// The contact that was merged is still there under its id, and leads on.
pub async fn an_old_contact_goes_on_answering(stores: &Stores) -> Outcome {
    for number in [1, 2] {
        commit(stores, HERE, rows(number)).await?;
    }
    let old = Contact { revision: 1, merged_into: Some(contact_id(2)), ..contact(1) };
    let changes =
        Changes { merges: vec![merge(1, 2)], contacts: vec![old.clone()], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    let stored = Contact { revision: 2, ..old };
    assert_eq!(stores.journeys.contact(HERE, contact_id(1)).await?, Some(stored.clone()));
    let touch = Touch { contacts: vec![contact_id(1)], ..Touch::default() };
    let loaded = stores.journeys.load(HERE, &touch).await?;
    assert_eq!(loaded.contacts, [stored, Contact { revision: 1, ..contact(2) }]);
    assert_eq!(loaded.assignments.len(), 2);
    Ok(())
}

/// A merge is a commit that changes the visitors it rewrites: one that loaded them before cannot put
/// the old contact back.
pub async fn a_visitor_loaded_before_a_merge_is_refused(stores: &Stores) -> Outcome {
    for number in [1, 2] {
        commit(stores, HERE, rows(number)).await?;
    }
    let before = load(stores, HERE, 1).await?.visitors;
    let changes = Changes { merges: vec![merge(1, 2)], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    let stale = commit(stores, HERE, Changes { visitors: before, ..Changes::default() }).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })), "{stale:?}");
    let after = load(stores, HERE, 1).await?.visitors;
    commit(stores, HERE, Changes { visitors: after, ..Changes::default() }).await?;
    assert_eq!(named(stores, HERE, 1).await?, [2; 4]);
    Ok(())
}

/// The contact of the same id in another organisation is another one.
pub async fn a_merge_stays_in_its_organisation(stores: &Stores) -> Outcome {
    for organisation in [HERE, THERE] {
        commit(stores, organisation, rows(1)).await?;
    }
    let changes = Changes { merges: vec![merge(1, 2)], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    assert_eq!(named(stores, HERE, 1).await?, [2; 4]);
    assert_eq!(named(stores, THERE, 1).await?, [1; 4]);
    Ok(())
}

fn parted(contact: u8, from: u8) -> Changes {
    let unmerge = ContactUnmerge { contact: contact_id(contact), from: contact_id(from) };
    Changes { unmerges: vec![unmerge], ..Changes::default() }
}

/// Identifiers go back to where they belong, or to what that was merged into since; visitors,
/// sessions and assignments go with their identifiers, and what clients assigned goes where it was
/// made. Nothing else changes.
pub async fn what_belonged_to_a_contact_goes_back(stores: &Stores) -> Outcome {
    for number in [1, 2, 3, 4] {
        commit(stores, HERE, rows(number)).await?;
    }
    commit(stores, THERE, rows(1)).await?;
    let by_client = |number: u8, on: u8| Assignment {
        customer: None,
        session: None,
        contact: contact_id(on),
        made_on: Some(contact_id(on)),
        ..assignment(number)
    };
    let assignments = vec![by_client(11, 1), by_client(12, 2), by_client(13, 3)];
    commit(stores, HERE, Changes { assignments, ..Changes::default() }).await?;
    // 1 takes in 2, which is taken in by 3, and so is 4.
    let into = |from: u8, into: u8| Changes {
        merges: vec![merge(from, into)],
        contacts: vec![Contact {
            revision: 1,
            merged_into: Some(contact_id(into)),
            ..contact(from)
        }],
        ..Changes::default()
    };
    for changes in [into(1, 2), into(2, 3), into(4, 3)] {
        commit(stores, HERE, changes).await?;
    }
    // A session of the customer 1 and another customer's, since then.
    let since = |number, owner: u8| Session {
        customer: customer(owner),
        contact: contact_id(3),
        ..session(number)
    };
    let sessions = vec![since(21, 1), since(23, 3)];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;

    commit(stores, HERE, parted(2, 3)).await?;
    for (number, expected) in [(1, 2), (2, 2), (3, 3), (4, 3)] {
        assert_eq!(named(stores, HERE, number).await?, [expected; 4], "{number}");
    }
    assert_eq!(named(stores, THERE, 1).await?, [1; 4]);
    let touch = Touch {
        sessions: vec![session_id(21), session_id(23)],
        assignments: [11, 12, 13].map(assignment_id).to_vec(),
        ..Touch::default()
    };
    let loaded = stores.journeys.load(HERE, &touch).await?;
    let contact_of =
        |id| loaded.sessions.iter().find(|found| found.id == id).map(|found| found.contact);
    assert_eq!(contact_of(session_id(21)), Some(contact_id(2)));
    assert_eq!(contact_of(session_id(23)), Some(contact_id(3)));
    for (number, expected) in [(11, 2), (12, 2), (13, 3)] {
        let found = loaded.assignments.iter().find(|found| found.id == assignment_id(number));
        assert_eq!(found.map(|found| found.contact), Some(contact_id(expected)), "{number}");
    }
    Ok(())
}

/// As with the merge itself.
pub async fn a_visitor_loaded_before_a_merge_is_undone_is_refused(stores: &Stores) -> Outcome {
    for number in [1, 2] {
        commit(stores, HERE, rows(number)).await?;
    }
    commit(stores, HERE, Changes { merges: vec![merge(1, 2)], ..Changes::default() }).await?;
    let before = load(stores, HERE, 1).await?.visitors;
    commit(stores, HERE, parted(1, 2)).await?;
    let stale = commit(stores, HERE, Changes { visitors: before, ..Changes::default() }).await;
    assert!(matches!(stale, Err(Error::Conflict { .. })), "{stale:?}");
    assert_eq!(named(stores, HERE, 1).await?, [1; 4]);
    Ok(())
}
