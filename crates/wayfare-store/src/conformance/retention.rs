//! Events that are forgotten, and what of them stays.

use wayfare_model::change::{AppliedEvent, Changes, Touch};
use wayfare_model::event::{Arrival, Event};

use super::Outcome;
use super::samples::{HERE, THERE, at, commit, event, event_id, session, session_id};
use crate::Stores;
use crate::journeys::{EventRetention, StoredEvents};

/// Long after all events.
const LATER_MS: i64 = 1_000_000_000_000;

/// The event of this number, which came in at a moment.
fn received(number: u8, ms: i64) -> AppliedEvent {
    let applied = event(number);
    AppliedEvent { event: Event { received: at(ms), ..applied.event }, session: session_id(1) }
}

async fn store(stores: &Stores, events: Vec<AppliedEvent>) -> Outcome {
    let sessions = vec![session(1)];
    commit(stores, HERE, Changes { events, sessions, ..Changes::default() }).await
}

/// The numbers of the events that are there.
async fn there(stores: &Stores) -> crate::error::Result<Vec<u8>> {
    let mut there = Vec::new();
    for number in 1..10 {
        let found = stores.journeys.event(HERE, event_id(number)).await?;
        there.extend(found.map(|_| number));
    }
    let listed = stores.journeys.events_of_session(HERE, session_id(1), None, 100).await?;
    assert_eq!(listed.len(), there.len());
    Ok(there)
}

/// Nothing is forgotten without a limit, and nothing that is younger than the limit; what is older
/// goes, in all organisations.
///
/// # Errors
/// What the store says.
pub async fn events_are_forgotten_by_age(stores: &Stores) -> Outcome {
    store(stores, vec![received(1, 0), received(2, 10)]).await?;
    store(stores, vec![received(3, 20)]).await?;
    let events = vec![received(1, 0)];
    commit(stores, THERE, Changes { events, ..Changes::default() }).await?;
    let retain = |now, age_ms| {
        stores.journeys.retain_events(at(now), EventRetention { age_ms, bytes_max: None })
    };
    assert_eq!(retain(LATER_MS, None).await?, 0);
    assert_eq!(retain(20, Some(20)).await?, 0);
    assert_eq!(there(stores).await?, [1, 2, 3]);
    assert_eq!(retain(21, Some(20)).await?, 2);
    assert_eq!(there(stores).await?, [2, 3]);
    assert_eq!(stores.journeys.event(THERE, event_id(1)).await?, None);
    assert_eq!(retain(LATER_MS, Some(20)).await?, 2);
    assert_eq!(there(stores).await?, [0; 0]);
    assert_eq!(stores.journeys.stored_events().await?, StoredEvents::default());
    // The session stays.
    assert_eq!(stores.journeys.session(HERE, session_id(1)).await?, Some(session(1)));
    Ok(())
}

/// The events that came in first go until the others fit.
///
/// # Errors
/// What the store says.
pub async fn events_are_forgotten_by_size(stores: &Stores) -> Outcome {
    store(stores, (1..=4).map(|number| received(number, i64::from(number))).collect()).await?;
    // The same event again takes no more room.
    store(stores, vec![received(2, 2)]).await?;
    let before = stores.journeys.stored_events().await?;
    assert_eq!(before.events, 4);
    let retain = |bytes_max| {
        let retention = EventRetention { age_ms: None, bytes_max: Some(bytes_max) };
        stores.journeys.retain_events(at(LATER_MS), retention)
    };
    assert_eq!(retain(before.bytes).await?, 0);
    assert_eq!(retain(before.bytes - 1).await?, 1);
    assert_eq!(there(stores).await?, [2, 3, 4]);
    assert_eq!(retain(before.bytes / 2).await?, 1);
    assert_eq!(there(stores).await?, [3, 4]);
    assert_eq!(retain(0).await?, 2);
    assert_eq!(stores.journeys.stored_events().await?, StoredEvents::default());
    Ok(())
}

/// An event that may come again is known although it was forgotten.
///
/// # Errors
/// What the store says.
pub async fn a_forgotten_event_is_still_known(stores: &Stores) -> Outcome {
    let mut replayed = received(1, 0);
    replayed.event.arrival = Arrival::Replay;
    store(stores, vec![replayed, received(2, LATER_MS - 1)]).await?;
    let retention = EventRetention { age_ms: None, bytes_max: Some(0) };
    assert_eq!(stores.journeys.retain_events(at(LATER_MS), retention).await?, 2);
    assert_eq!(there(stores).await?, [0; 0]);
    let touch = Touch { events: vec![event_id(1), event_id(2)], ..Touch::default() };
    let loaded = stores.journeys.load(HERE, &touch).await?;
    let known: Vec<_> = loaded.known_events.iter().map(|it| (it.id, it.session)).collect();
    assert_eq!(known, [1, 2].map(|number| (event_id(number), session_id(1))));
    assert_eq!(loaded.sessions, [session(1)]);
    assert!(stores.journeys.load(THERE, &touch).await?.known_events.is_empty());
    Ok(())
}
