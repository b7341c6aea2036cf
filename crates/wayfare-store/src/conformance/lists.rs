//! What the single entities and their lists promise.

use wayfare_model::change::{AppliedEvent, Changes};
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::session::{Session, Visitor};

use super::Outcome;
use super::samples::{
    HERE, THERE, at, commit, contact, contact_id, customer, event, event_id, session, session_id,
    visitor,
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
