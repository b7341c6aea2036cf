//! What [`Journeys::load`](crate::journeys::Journeys::load) promises: all of what
//! [`Loaded`] says.

use wayfare_model::assignment::Assignment;
use wayfare_model::change::{Changes, ContactMerge, KnownEvent, Loaded, Touch};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, ContactId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};

use super::Outcome;
use super::samples::{
    HERE, THERE, assignment, assignment_id, at, commit, contact, contact_id, customer, ended,
    event, event_id, identifier, in_session, segment_id, session, session_id, visitor,
};
use crate::Stores;
use crate::error::Result;

async fn load(stores: &Stores, touch: Touch) -> Result<Loaded> {
    stores.journeys.load(HERE, &touch).await
}

fn sessions(loaded: &Loaded) -> Vec<SessionId> {
    let mut ids: Vec<_> = loaded.sessions.iter().map(|session| session.id).collect();
    ids.sort();
    ids
}

fn assignments(loaded: &Loaded) -> Vec<AssignmentId> {
    let mut ids: Vec<_> = loaded.assignments.iter().map(|assignment| assignment.id).collect();
    ids.sort();
    ids
}

fn contacts(loaded: &Loaded) -> Vec<ContactId> {
    let mut ids: Vec<_> = loaded.contacts.iter().map(|contact| contact.id).collect();
    ids.sort();
    ids
}

/// A contact that was merged into another.
fn merged(number: u8, into: u8) -> Contact {
    Contact { merged_into: Some(contact_id(into)), ..contact(number) }
}

/// A touch of everything that the sample values of these numbers are stored under.
fn touch_all(numbers: &[u8]) -> Touch {
    Touch {
        events: numbers.iter().copied().map(event_id).collect(),
        customers: numbers.iter().copied().map(customer).collect(),
        identifiers: numbers.iter().copied().map(customer).collect(),
        sessions: numbers.iter().copied().map(session_id).collect(),
        assignments: numbers.iter().copied().map(assignment_id).collect(),
        contacts: numbers.iter().copied().map(contact_id).collect(),
    }
}

/// One of each of this number.
fn one_of_each(number: u8) -> Changes {
    Changes {
        events: vec![event(number)],
        visitors: vec![Visitor { recent_sessions: vec![session_id(number)], ..visitor(number) }],
        sessions: vec![session(number)],
        assignments: vec![assignment(number)],
        contacts: vec![contact(number)],
        identifiers: vec![identifier(customer(number), number)],
        ..Changes::default()
    }
}

/// Nothing is loaded from an empty store, nor for an empty touch.
pub async fn nothing_is_loaded_where_nothing_is(stores: &Stores) -> Outcome {
    assert_eq!(load(stores, touch_all(&[1, 2])).await?, Loaded::default());
    commit(stores, HERE, one_of_each(1)).await?;
    assert_eq!(load(stores, Touch::default()).await?, Loaded::default());
    assert_eq!(load(stores, touch_all(&[2])).await?, Loaded::default());
    Ok(())
}

/// Of the touched events the known ones, and the sessions they went to.
pub async fn known_events_come_with_their_sessions(stores: &Stores) -> Outcome {
    let changes = Changes {
        events: vec![event(1), event(2), event(3)],
        sessions: vec![session(1), session(2), session(3)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let touch = Touch { events: [2, 9, 1].map(event_id).to_vec(), ..Touch::default() };
    let mut loaded = load(stores, touch).await?;
    loaded.known_events.sort_by_key(|known| known.id);
    let known = |number| KnownEvent { id: event_id(number), session: session_id(number) };
    assert_eq!(loaded.known_events, [known(1), known(2)]);
    assert_eq!(sessions(&loaded), [1, 2].map(session_id));
    Ok(())
}

/// The visitors of the touched customers, with all their recent sessions.
pub async fn visitors_come_with_their_recent_sessions(stores: &Stores) -> Outcome {
    let recent = [4, 1, 3].map(session_id).to_vec();
    let seen = Visitor { recent_sessions: recent, ..visitor(1) };
    let changes = Changes {
        visitors: vec![seen.clone(), visitor(2)],
        sessions: vec![session(1), session(2), session(3)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let of_another_type = CustomerKey::new("email", customer(2).id);
    let customers = vec![customer(1), customer(9), of_another_type];
    let loaded = load(stores, Touch { customers, ..Touch::default() }).await?;
    assert_eq!(loaded.visitors, [Visitor { revision: 1, ..seen }]);
    // The fourth is not stored.
    assert_eq!(sessions(&loaded), [1, 3].map(session_id));
    Ok(())
}

/// A loaded session comes with every assignment made in it, whether or not it holds.
pub async fn sessions_come_with_every_assignment_made_in_them(stores: &Stores) -> Outcome {
    let made_in_first = |number, more: Assignment| Assignment {
        segment: segment_id(number),
        session: in_session(1),
        ..more
    };
    let changes = Changes {
        sessions: vec![session(1), session(2)],
        assignments: vec![
            made_in_first(1, assignment(1)),
            made_in_first(2, Assignment { unassigned: ended(), ..assignment(2) }),
            made_in_first(1, Assignment { unassigned: ended(), ..assignment(3) }),
            made_in_first(4, Assignment { scope: Scope::Customer, ..assignment(4) }),
            Assignment { session: in_session(2), ..assignment(5) },
            Assignment { session: None, ..assignment(6) },
        ],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let named = Touch { sessions: [1, 9].map(session_id).to_vec(), ..Touch::default() };
    let loaded = load(stores, named).await?;
    assert_eq!(loaded.sessions, [session(1)]);
    assert_eq!(assignments(&loaded), [1, 2, 3, 4].map(assignment_id));
    Ok(())
}

/// For a customer and each segment of scope Customer, the assignment made last.
pub async fn customers_come_with_their_last_assignment_of_each_segment(stores: &Stores) -> Outcome {
    let made = |number, segment, ms| Assignment {
        segment: segment_id(segment),
        scope: Scope::Customer,
        customer: Some(customer(1)),
        session: None,
        assigned: at(ms),
        ..assignment(number)
    };
    let changes = Changes {
        assignments: vec![
            made(1, 1, 30),
            made(2, 1, 10),
            made(3, 1, 20),
            made(4, 2, 10),
            Assignment { unassigned: ended(), ..made(5, 2, 11) },
            Assignment { scope: Scope::Session, ..made(6, 3, 50) },
            Assignment { customer: Some(customer(2)), ..made(7, 4, 50) },
            Assignment { customer: None, ..made(8, 5, 50) },
        ],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let touch = Touch { customers: vec![customer(1)], ..Touch::default() };
    assert_eq!(assignments(&load(stores, touch).await?), [1, 5].map(assignment_id));
    // An identifier asks for its contact only.
    let touch = Touch { identifiers: vec![customer(1)], ..Touch::default() };
    assert_eq!(load(stores, touch).await?, Loaded::default());
    Ok(())
}

/// A named assignment comes whoever's it is; one that holds comes with its session.
pub async fn named_assignments_come_with_the_session_they_hold_in(stores: &Stores) -> Outcome {
    let changes = Changes {
        sessions: vec![session(1), session(2), session(3)],
        assignments: vec![
            assignment(1),
            Assignment { session: None, ..assignment(2) },
            // The session of the first has another one.
            Assignment { unassigned: ended(), session: in_session(1), ..assignment(3) },
            Assignment { scope: Scope::Customer, session: in_session(3), ..assignment(4) },
        ],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let touch = Touch { assignments: [1, 2, 9].map(assignment_id).to_vec(), ..Touch::default() };
    let loaded = load(stores, touch).await?;
    assert_eq!(assignments(&loaded), [1, 2, 3].map(assignment_id));
    assert_eq!(loaded.sessions, [session(1)]);
    // The same holds for those that come because of their customer.
    let touch = Touch { customers: vec![customer(4)], ..Touch::default() };
    let loaded = load(stores, touch).await?;
    assert_eq!(assignments(&loaded), [assignment_id(4)]);
    assert_eq!(loaded.sessions, [session(3)]);
    Ok(())
}

/// Identifiers of the touched customers and of the touched identifiers.
pub async fn identifiers_come_for_customers_and_identifiers(stores: &Stores) -> Outcome {
    let email = CustomerKey::new(CustomerKey::EMAIL, "ann@example.org");
    let phone = CustomerKey::new(CustomerKey::PHONE, "ann@example.org");
    let stored = |customer: &CustomerKey, contact| identifier(customer.clone(), contact);
    let changes = Changes {
        identifiers: vec![
            stored(&customer(1), 1),
            stored(&email, 2),
            stored(&phone, 3),
            stored(&customer(4), 4),
        ],
        contacts: vec![contact(1), contact(2), contact(3), contact(4)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let touch = Touch {
        customers: vec![customer(1)],
        identifiers: vec![email.clone(), customer(9)],
        ..Touch::default()
    };
    let mut loaded = load(stores, touch).await?;
    loaded.identifiers.sort_by_key(|identifier: &Identifier| identifier.contact);
    assert_eq!(loaded.identifiers, [stored(&customer(1), 1), stored(&email, 2)]);
    assert_eq!(contacts(&loaded), [1, 2].map(contact_id));
    Ok(())
}

/// Contacts that are named, and those that anything loaded leads to, with all they were merged into.
pub async fn contacts_are_followed_to_the_end_of_their_merges(stores: &Stores) -> Outcome {
    // Rows lead to 10, 20, 30, 40; each of these was merged on and on.
    let changes = Changes {
        contacts: vec![
            merged(10, 11),
            merged(11, 12),
            contact(12),
            merged(20, 11),
            merged(30, 31),
            contact(31),
            merged(40, 41),
            contact(41),
            contact(50),
        ],
        visitors: vec![Visitor { contact: contact_id(10), ..visitor(1) }],
        sessions: vec![Session { contact: contact_id(20), ..session(1) }],
        assignments: vec![Assignment {
            contact: contact_id(30),
            session: None,
            customer: None,
            ..assignment(1)
        }],
        identifiers: vec![identifier(customer(2), 40)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let ways = [
        (Touch { customers: vec![customer(1)], ..Touch::default() }, vec![10, 11, 12]),
        (Touch { sessions: vec![session_id(1)], ..Touch::default() }, vec![11, 12, 20]),
        (Touch { assignments: vec![assignment_id(1)], ..Touch::default() }, vec![30, 31]),
        (Touch { identifiers: vec![customer(2)], ..Touch::default() }, vec![40, 41]),
        (Touch { contacts: vec![contact_id(20)], ..Touch::default() }, vec![11, 12, 20]),
        (Touch { contacts: vec![contact_id(12), contact_id(9)], ..Touch::default() }, vec![12]),
    ];
    for (touch, expected) in ways {
        let loaded = load(stores, touch.clone()).await?;
        let expected: Vec<ContactId> = expected.into_iter().map(contact_id).collect();
        assert_eq!(contacts(&loaded), expected, "{touch:?}");
    }
    let touch = Touch { contacts: vec![contact_id(11)], ..Touch::default() };
    let loaded = load(stores, touch).await?;
    let stored = |contact: Contact| Contact { revision: 1, ..contact };
    assert_eq!(loaded.contacts, [stored(merged(11, 12)), stored(contact(12))]);
    Ok(())
}

/// Contacts that were merged in a circle, which must not be, do not keep a load busy for ever.
pub async fn circles_of_merges_come_to_an_end(stores: &Stores) -> Outcome {
    let changes = Changes {
        contacts: vec![merged(1, 2), merged(2, 3), merged(3, 1), merged(4, 4), merged(5, 9)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    for (from, expected) in [(1, vec![1, 2, 3]), (4, vec![4]), (5, vec![5])] {
        let touch = Touch { contacts: vec![contact_id(from)], ..Touch::default() };
        let expected: Vec<ContactId> = expected.into_iter().map(contact_id).collect();
        assert_eq!(contacts(&load(stores, touch).await?), expected);
    }
    Ok(())
}

/// Every assignment that holds on a named contact, whoever of its customers it was made for.
pub async fn named_contacts_come_with_what_holds_on_them(stores: &Stores) -> Outcome {
    let on_first =
        |number| Assignment { contact: contact_id(1), session: None, ..assignment(number) };
    let changes = Changes {
        contacts: vec![contact(1), merged(2, 1), contact(3)],
        sessions: vec![session(4)],
        assignments: vec![
            on_first(1),
            Assignment { customer: None, ..on_first(2) },
            Assignment { unassigned: ended(), ..on_first(3) },
            Assignment { scope: Scope::Customer, session: in_session(4), ..on_first(4) },
            Assignment { contact: contact_id(3), session: None, ..assignment(5) },
        ],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    for named in [1, 2] {
        let touch = Touch { contacts: vec![contact_id(named)], ..Touch::default() };
        let loaded = load(stores, touch).await?;
        assert_eq!(assignments(&loaded), [1, 2, 4].map(assignment_id), "{named}");
        assert_eq!(loaded.sessions, [session(4)]);
    }
    // A contact that is led to is not named.
    let touch = Touch { assignments: vec![assignment_id(3)], ..Touch::default() };
    assert_eq!(assignments(&load(stores, touch).await?), [assignment_id(3)]);
    Ok(())
}

/// Beside a named contact, those that the loaded visitors and identifiers lead to come with what
/// holds on them, since the batch may merge them; without a named contact they do not.
pub async fn contacts_that_may_be_merged_come_with_what_holds_on_them(stores: &Stores) -> Outcome {
    let on = |contact, number| Assignment {
        contact: contact_id(contact),
        customer: None,
        session: None,
        ..assignment(number)
    };
    let changes = Changes {
        contacts: vec![contact(1), contact(2), merged(3, 4), contact(4), contact(5), contact(6)],
        visitors: vec![Visitor { contact: contact_id(2), ..visitor(1) }],
        identifiers: vec![identifier(customer(1), 3), identifier(customer(2), 5)],
        sessions: vec![Session { contact: contact_id(6), ..session(1) }],
        assignments: vec![
            on(1, 1),
            on(2, 2),
            on(4, 3),
            on(5, 4),
            on(6, 5),
            Assignment { unassigned: ended(), ..on(2, 6) },
        ],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let unnamed = Touch {
        customers: vec![customer(1)],
        identifiers: vec![customer(2)],
        sessions: vec![session_id(1)],
        ..Touch::default()
    };
    let named = Touch { contacts: vec![contact_id(1)], ..unnamed.clone() };
    let loaded = load(stores, named).await?;
    assert_eq!(assignments(&loaded), [1, 2, 3, 4].map(assignment_id));
    assert_eq!(assignments(&load(stores, unnamed).await?), []);
    Ok(())
}

/// Whatever a row is touched by, and however often, it is loaded once.
pub async fn nothing_is_loaded_twice(stores: &Stores) -> Outcome {
    let customer_scope = |number| Assignment { scope: Scope::Customer, ..assignment(number) };
    for number in [1, 2] {
        let changes = Changes { assignments: vec![customer_scope(number)], ..one_of_each(number) };
        commit(stores, HERE, changes).await?;
    }
    let merge = ContactMerge { from: contact_id(2), into: contact_id(1) };
    let changes = Changes {
        merges: vec![merge],
        contacts: vec![Contact { revision: 1, ..merged(2, 1) }],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let loaded = load(stores, touch_all(&[1, 2, 1, 2])).await?;
    assert_eq!(loaded.known_events.len(), 2);
    assert_eq!(loaded.visitors.len(), 2);
    assert_eq!(sessions(&loaded), [1, 2].map(session_id));
    assert_eq!(assignments(&loaded), [1, 2].map(assignment_id));
    assert_eq!(contacts(&loaded), [1, 2].map(contact_id));
    assert_eq!(loaded.identifiers.len(), 2);
    Ok(())
}

/// The same keys in another organisation are other rows.
pub async fn only_the_organisation_is_loaded(stores: &Stores) -> Outcome {
    commit(stores, THERE, one_of_each(1)).await?;
    assert_eq!(load(stores, touch_all(&[1])).await?, Loaded::default());
    let changes = Changes { sessions: vec![session(1)], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    let loaded = load(stores, touch_all(&[1])).await?;
    let expected = Loaded { sessions: vec![session(1)], ..Loaded::default() };
    assert_eq!(loaded, expected);
    Ok(())
}
