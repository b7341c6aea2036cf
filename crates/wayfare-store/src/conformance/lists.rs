//! What the single entities and their lists promise.

use wayfare_model::change::{AppliedEvent, Changes};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::session::{Session, Visitor};

use super::Outcome;
use super::samples::{
    HERE, THERE, at, commit, contact, contact_id, customer, event, event_id, identifier, session,
    session_id, visitor,
};
use crate::Stores;
use crate::journeys::{EventPlace, SessionPlace};

/// What is not stored is absent, not an error.
pub async fn what_is_not_there_is_absent(stores: &Stores) -> Outcome {
    let journeys = &stores.journeys;
    assert_eq!(journeys.session(HERE, session_id(1)).await?, None);
    assert_eq!(journeys.event(HERE, event_id(1)).await?, None);
    assert_eq!(journeys.contact(HERE, contact_id(1)).await?, None);
    assert_eq!(journeys.identifier(HERE, &customer(1)).await?, None);
    assert_eq!(journeys.events_of_session(HERE, session_id(1), None, 10).await?, []);
    assert_eq!(journeys.sessions_of_contact(HERE, contact_id(1), None, 10).await?, []);
    Ok(())
}

/// Events of a session follow one another by their own time, then by id.
pub async fn events_are_paged_in_the_order_they_happened(stores: &Stores) -> Outcome {
    let happened = |number, ms| AppliedEvent {
        event: Event { created: at(ms), ..event(number).event },
        session: session_id(1),
    };
    let events = vec![
        happened(200, 10),
        happened(2, 20),
        happened(3, 10),
        happened(130, 10),
        happened(5, -10),
        event(9),
    ];
    commit(stores, HERE, Changes { events, ..Changes::default() }).await?;
    for limit in [1, 2, 100] {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = stores.journeys.events_of_session(HERE, session_id(1), after, limit).await?;
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(EventPlace { created: last.event.created, id: last.event.id });
            listed.extend(page.into_iter().map(|applied| applied.event.id));
        }
        assert_eq!(listed, [5, 3, 130, 200, 2].map(event_id), "{limit}");
    }
    Ok(())
}

/// Events come in the order in which they were applied, of all sessions that are asked for: from commit to
/// commit, and within a commit in its order.
pub async fn events_come_in_the_order_they_were_applied(stores: &Stores) -> Outcome {
    let applied = |number, session, ms| AppliedEvent {
        event: Event { created: at(ms), ..event(number).event },
        session: session_id(session),
    };
    for events in [
        vec![applied(9, 1, 30), applied(3, 2, 10), applied(200, 1, 20)],
        vec![applied(4, 3, 5)],
        vec![applied(1, 2, 1), applied(8, 1, 40)],
    ] {
        commit(stores, HERE, Changes { events, ..Changes::default() }).await?;
    }
    let events = vec![applied(50, 1, 1)];
    commit(stores, THERE, Changes { events, ..Changes::default() }).await?;
    let listed = async |sessions: &[u8], limit| -> crate::error::Result<Vec<AppliedEvent>> {
        let sessions: Vec<_> = sessions.iter().map(|number| session_id(*number)).collect();
        stores.journeys.events_as_applied(HERE, &sessions, limit).await
    };
    let ids = |events: Vec<AppliedEvent>| -> Vec<_> {
        events.into_iter().map(|applied| applied.event.id).collect()
    };
    assert_eq!(listed(&[1], 1).await?, [applied(9, 1, 30)]);
    assert_eq!(ids(listed(&[2, 1], 100).await?), [9, 3, 200, 1, 8].map(event_id));
    assert_eq!(ids(listed(&[1, 2], 3).await?), [9, 3, 200].map(event_id));
    assert_eq!(listed(&[], 100).await?, []);
    assert_eq!(listed(&[77], 100).await?, []);
    Ok(())
}

/// Visitors are listed by type and id, page by page.
pub async fn visitors_are_listed_in_the_order_of_their_customers(stores: &Stores) -> Outcome {
    let of =
        |id_type: &str, id: &str| Visitor { customer: CustomerKey::new(id_type, id), ..visitor(1) };
    let visitors =
        vec![of("cookie", "b"), of("email", "a"), of("cookie", "a"), of("app", "z"), of("app", "")];
    commit(stores, HERE, Changes { visitors, ..Changes::default() }).await?;
    commit(stores, THERE, Changes { visitors: vec![of("cookie", "c")], ..Changes::default() })
        .await?;
    let expected = [("app", ""), ("app", "z"), ("cookie", "a"), ("cookie", "b"), ("email", "a")];
    for limit in [1, 2, 100] {
        let mut listed: Vec<CustomerKey> = Vec::new();
        loop {
            let page = stores.journeys.visitors(HERE, listed.last(), limit).await?;
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|visitor| visitor.customer));
        }
        assert_eq!(listed, expected.map(|(id_type, id)| CustomerKey::new(id_type, id)), "{limit}");
    }
    Ok(())
}

/// Sessions of a contact follow one another by their beginning, then by id, backwards.
pub async fn sessions_are_paged_the_latest_first(stores: &Stores) -> Outcome {
    let began = |number, ms| Session { contact: contact_id(1), started: at(ms), ..session(number) };
    let sessions = vec![
        began(200, 10),
        began(2, 20),
        Session { ended: Some(at(90)), ..began(3, 10) },
        began(130, 10),
        began(5, -10),
        session(9),
    ];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;
    for limit in [1, 2, 100] {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page =
                stores.journeys.sessions_of_contact(HERE, contact_id(1), after, limit).await?;
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(SessionPlace { started: last.started, id: last.id });
            listed.extend(page.into_iter().map(|session| session.id));
        }
        assert_eq!(listed, [2, 200, 130, 3, 5].map(session_id), "{limit}");
    }
    Ok(())
}

/// A contact is given as it is, not as the one it was merged into.
pub async fn contacts_do_not_follow_merges(stores: &Stores) -> Outcome {
    let merged = Contact { merged_into: Some(contact_id(2)), ..contact(1) };
    let contacts = vec![merged.clone(), contact(2)];
    commit(stores, HERE, Changes { contacts, ..Changes::default() }).await?;
    let stored = stores.journeys.contact(HERE, contact_id(1)).await?;
    assert_eq!(stored, Some(Contact { revision: 1, ..merged }));
    Ok(())
}

/// A visitor is found by the type and the id of its customer.
pub async fn visitors_are_found_by_their_customers(stores: &Stores) -> Outcome {
    let visitors = vec![visitor(1), visitor(2)];
    commit(stores, HERE, Changes { visitors, ..Changes::default() }).await?;
    let found = stores.journeys.visitor(HERE, &customer(1)).await?;
    assert_eq!(found, Some(Visitor { revision: 1, ..visitor(1) }));
    let of_another_type = CustomerKey::new(CustomerKey::EMAIL, customer(1).id);
    for (organisation, unknown) in
        [(HERE, customer(3)), (HERE, of_another_type), (THERE, customer(1))]
    {
        assert_eq!(stores.journeys.visitor(organisation, &unknown).await?, None, "{unknown:?}");
    }
    Ok(())
}

/// The identifiers that lead to a contact come in the order of type and id.
pub async fn identifiers_of_a_contact_are_paged(stores: &Stores) -> Outcome {
    let email = |id: &str| CustomerKey::new(CustomerKey::EMAIL, id);
    let phone = |id: &str| CustomerKey::new(CustomerKey::PHONE, id);
    let keys = [CustomerKey::cookie("b"), email("a"), email("c"), phone("a"), phone("b")];
    let homes =
        |customer: CustomerKey| Identifier { home: contact_id(9), ..identifier(customer, 1) };
    let mut identifiers: Vec<Identifier> = keys.iter().rev().cloned().map(homes).collect();
    identifiers.push(identifier(email("b"), 2));
    commit(stores, HERE, Changes { identifiers, ..Changes::default() }).await?;
    let journeys = &stores.journeys;
    for limit in [1, 2, 100] {
        let mut listed: Vec<Identifier> = Vec::new();
        loop {
            let after = listed.last().map(|known| known.customer.clone());
            let page =
                journeys.identifiers_of_contact(HERE, contact_id(1), after.as_ref(), limit).await?;
            assert!(page.len() <= limit);
            if page.is_empty() {
                break;
            }
            listed.extend(page);
        }
        assert_eq!(listed, keys.iter().cloned().map(homes).collect::<Vec<_>>(), "{limit}");
    }
    assert_eq!(journeys.identifiers_of_contact(THERE, contact_id(1), None, 9).await?, []);
    Ok(())
}

/// Also those that were merged into one of them, in the order of their ids. Circles come to an end.
pub async fn contacts_merged_into_a_contact_are_found_down_to_the_last(stores: &Stores) -> Outcome {
    let into = |number, into| Contact { merged_into: Some(contact_id(into)), ..contact(number) };
    let contacts = vec![
        contact(5),
        into(200, 5),
        Contact { kept_apart: vec![contact_id(7), contact_id(1)], ..into(3, 200) },
        into(9, 5),
        into(4, 6),
        contact(6),
        into(20, 21),
        into(21, 20),
    ];
    commit(stores, HERE, Changes { contacts: contacts.clone(), ..Changes::default() }).await?;
    let journeys = &stores.journeys;
    let ids = async |contact, after: Option<u8>, limit| {
        let after = after.map(contact_id);
        let found = journeys.contacts_merged_into(HERE, contact_id(contact), after, limit).await?;
        Ok::<_, crate::Error>(found.into_iter().map(|found| found.id).collect::<Vec<_>>())
    };
    assert_eq!(ids(5, None, 10).await?, [3, 9, 200].map(contact_id));
    assert_eq!(ids(5, None, 2).await?, [3, 9].map(contact_id));
    assert_eq!(ids(5, Some(9), 2).await?, [200].map(contact_id));
    assert_eq!(ids(200, None, 10).await?, [3].map(contact_id));
    assert_eq!(ids(9, None, 10).await?, []);
    assert_eq!(ids(20, None, 10).await?, [21].map(contact_id));
    let found = journeys.contacts_merged_into(HERE, contact_id(200), None, 10).await?;
    assert_eq!(found, [Contact { revision: 1, ..contacts[2].clone() }]);
    assert_eq!(journeys.contacts_merged_into(THERE, contact_id(5), None, 10).await?, []);
    Ok(())
}
