//! How fast batches are loaded and committed, and facts folded: `cargo run --release --example
//! batches -p wayfare-store-embedded -- [DIRECTORY [without-log]]`.
//!
//! Each batch has 1,000 page views of 300 visitors out of 30,000, each visitor with a session, and a new
//! assignment for every tenth event. Prints medians; the disk decides much of a commit.

#![expect(clippy::print_stdout, reason = "the numbers are the purpose")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentSession};
use wayfare_model::change::{AppliedEvent, Changes, Loaded, Touch};
use wayfare_model::change_log::{Change, ChangeKind, ChangedAssignment, ChangedSession};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::{
    AssignmentId, ContactId, EventId, FactId, IdSource, OrganisationId, SegmentId, SessionId,
};
use wayfare_model::query::Plan;
use wayfare_model::session::{Session, Visitor};
use wayfare_model::visit::{Browser, Device};
use wayfare_store::conformance::{facts, samples};
use wayfare_store::journeys::Batch;
use wayfare_store_embedded::{EmbeddedStore, Options};

const BATCHES: u64 = 200;
const EVENTS: u64 = 1_000;
const VISITORS_OF_A_BATCH: u64 = 300;
const VISITORS: u64 = 30_000;
const ORGANISATION: OrganisationId = samples::HERE;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let temporary = tempfile::tempdir()?;
    let directory = std::env::args_os().nth(1).map(PathBuf::from);
    let with_log = std::env::args_os().nth(2).is_none();
    let store = EmbeddedStore::open(
        &directory.unwrap_or_else(|| temporary.path().to_owned()),
        Options::default(),
    )?;
    let stores = store.stores();
    let (mut loads, mut commits) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for number in 0..BATCHES {
        let (touch, events) = incoming(number);
        let start = Instant::now();
        let loaded = stores.journeys.load(ORGANISATION, &touch).await?;
        loads.push(start.elapsed());
        let mut changes = changes(number, loaded, events);
        if !with_log {
            changes.log.clear();
        }
        let start = Instant::now();
        let batch = Batch { changes, ..Batch::default() };
        stores.journeys.commit(ORGANISATION, batch).await?;
        commits.push(start.elapsed());
    }
    let events = BATCHES * EVENTS;
    let (load, commit) = (median(&mut loads), median(&mut commits));
    println!("load of a batch of {EVENTS} events    {load:>10.2?}");
    println!("commit of it                   {commit:>10.2?}");
    let busy: Duration = loads.iter().chain(&commits).sum();
    println!("events per second              {:>10.0}", events as f64 / busy.as_secs_f64());
    println!("all, with making the batches   {:>10.2?}", begun.elapsed());
    let start = Instant::now();
    let cells = stores.facts.run(ORGANISATION, &plan()).await?;
    println!("fold of {VISITORS} facts in {} groups {:>6.2?}", cells.len(), start.elapsed());
    let start = Instant::now();
    drop(stores);
    store.close().await;
    println!("close                          {:>10.2?}", start.elapsed());
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn id(kind: &str, number: u64) -> Uuid {
    IdSource::new(ORGANISATION.as_uuid()).derive(kind, &[&number.to_be_bytes()])
}

/// The visitors of a batch: any of them, in no order.
fn visitor_number(batch: u64, index: u64) -> u64 {
    (batch * 7_919 + (index % VISITORS_OF_A_BATCH) * 104_729) % VISITORS
}

fn customer(number: u64) -> CustomerKey {
    CustomerKey::cookie(id("cookie", number).to_string())
}

fn incoming(batch: u64) -> (Touch, Vec<(u64, Event)>) {
    let mut touch = Touch::default();
    let events = (0..EVENTS).map(|index| {
        let number = visitor_number(batch, index);
        let event = Event {
            id: EventId::from_uuid(id("event", batch * EVENTS + index)),
            customer: customer(number),
            ..page_view()
        };
        touch.events.push(event.id);
        touch.customers.push(event.customer.clone());
        touch.identifiers.push(event.customer.clone());
        (number, event)
    });
    let events = events.collect();
    (touch, events)
}

/// What a site's page view carries.
fn page_view() -> Event {
    let full = samples::full_event(1).event;
    Event {
        recorded_session: None,
        screen_name: None,
        search_query: None,
        app: None,
        sdk_library: None,
        network_connectivity: None,
        browser: full.browser.map(|full| Browser {
            family: full.family,
            version: full.version,
            ..Browser::default()
        }),
        device: full.device.map(|full| Device {
            category: full.category,
            os_family: full.os_family,
            os_version: full.os_version,
            ..Device::default()
        }),
        campaign: None,
        attributes: BTreeMap::new(),
        traits: BTreeMap::new(),
        external_id: None,
        ..full
    }
}

/// A session that begins with an event.
fn session(id: SessionId, contact: ContactId, event: &Event) -> Session {
    let event = event.clone();
    Session {
        id,
        contact,
        customer: event.customer,
        user_agent: event.user_agent,
        browser: event.browser,
        device: event.device,
        ip_address: event.ip_address,
        ip_organization: event.ip_organization,
        geolocation: event.geolocation,
        referrer: event.referrer,
        last_page: event.page,
        ..samples::session(1)
    }
}

fn changes(batch: u64, loaded: Loaded, events: Vec<(u64, Event)>) -> Changes {
    let visitors: HashMap<CustomerKey, Visitor> =
        loaded.visitors.into_iter().map(|visitor| (visitor.customer.clone(), visitor)).collect();
    let sessions: HashMap<SessionId, Session> =
        loaded.sessions.into_iter().map(|session| (session.id, session)).collect();
    let mut changes = Changes::default();
    let mut seen: BTreeMap<u64, (Visitor, Session)> = BTreeMap::new();
    for (index, (number, event)) in (0..).zip(events) {
        let (visitor, session) = seen.entry(number).or_insert_with(|| {
            let session_id = SessionId::from_uuid(id("session", number));
            let contact = ContactId::from_uuid(id("contact", number));
            let visitor = visitors.get(&event.customer).cloned().unwrap_or_else(|| {
                let customer = event.customer.clone();
                changes.contacts.push(Contact { id: contact, ..samples::contact(1) });
                changes.identifiers.push(Identifier {
                    customer: customer.clone(),
                    contact,
                    home: contact,
                });
                Visitor {
                    customer,
                    contact,
                    recent_sessions: vec![session_id],
                    ..samples::visitor(1)
                }
            });
            let session = sessions
                .get(&session_id)
                .cloned()
                .unwrap_or_else(|| session(session_id, contact, &event));
            (visitor, session)
        });
        visitor.event_count += 1;
        session.event_count += 1;
        session.ends = session.ends.plus_ms(1_000);
        if index % 10 == 0 {
            let made = assignment(batch * EVENTS + index, session);
            changes.log.push(logged(ChangeKind::SegmentAssigned, session, Some(&made)));
            changes.assignments.push(made);
        }
        changes.events.push(AppliedEvent { event, session: session.id });
    }
    for (number, (visitor, session)) in seen {
        if visitor.revision == 0 {
            changes.log.push(logged(ChangeKind::SessionOpened, &session, None));
        }
        changes.facts.push(fact(number, &session));
        changes.visitors.push(visitor);
        changes.sessions.push(session);
    }
    changes
}

fn assignment(number: u64, session: &Session) -> Assignment {
    Assignment {
        id: AssignmentId::from_uuid(id("assignment", number)),
        segment: SegmentId::from_uuid(id("segment", number % 50)),
        customer: Some(session.customer.clone()),
        contact: session.contact,
        session: Some(AssignmentSession { id: session.id, session_type: "web".to_owned() }),
        ..samples::assignment(1)
    }
}

/// What the change log tells.
fn logged(kind: ChangeKind, session: &Session, made: Option<&Assignment>) -> Change {
    Change {
        kind,
        happened: session.started,
        recorded: session.started,
        customer: Some(session.customer.clone()),
        contact: session.contact,
        session: Some(ChangedSession { id: session.id, session_type: "web".to_owned() }),
        assignment: made.map(|made| ChangedAssignment {
            id: made.id,
            segment: made.segment,
            segment_version: made.segment_version,
            scope: made.scope,
            origin: made.origin,
            assigned: made.assigned,
            expires: made.expires,
            reason: None,
        }),
    }
}

/// The fact of a session, which is written anew by every batch that touches it.
fn fact(number: u64, session: &Session) -> Fact {
    let one = |dimension, value: String| (dimension, vec![value]);
    Fact {
        id: FactId::from_uuid(id("fact", number)),
        emitted: samples::at(i64::try_from(number).unwrap_or(0)),
        dimensions: BTreeMap::from([
            one(Dimension::JourneySessionId, session.id.to_string()),
            one(Dimension::JourneySessionType, session.session_type.clone()),
            one(Dimension::JourneyCustomerIdType, session.customer.id_type.clone()),
            one(Dimension::JourneyCustomerId, session.customer.id.clone()),
            one(Dimension::JourneyDeviceCategory, "desktop".to_owned()),
            one(Dimension::JourneyIpGeolocationCountry, format!("C{}", number % 40)),
        ]),
        ..samples::fact(1)
    }
}

fn plan() -> Plan {
    Plan {
        edges: vec![samples::at(0), samples::at(i64::try_from(VISITORS).unwrap_or(0))],
        group_by: vec![Dimension::JourneyIpGeolocationCountry],
        distinct_values_max: 5_000_000,
        ..facts::plan(Metric::JourneySessions)
    }
}
