//! What a session shows: projected from its events.

use wayfare_model::event::{Arrival, Event};
use wayfare_model::id::{ContactId, SessionId};
use wayfare_model::limits::{SESSION_ATTRIBUTES_MAX, SESSION_SEARCH_TERMS_MAX};
use wayfare_model::session::{LastEvent, Session};

use super::Settings;

/// The session that an event begins. The event itself is still to be [`add`]ed.
///
/// The referrer is that of this event or none: what a later page tells is how the visitor came to
/// that page, not how the visit began. Everything else that is not known yet may come later.
pub(crate) fn open(id: SessionId, contact: ContactId, recorded: bool, event: &Event) -> Session {
    Session {
        id,
        customer: event.customer.clone(),
        contact,
        stream: event.stream,
        session_type: event.session_type.clone(),
        external_id: None,
        recorded,
        started: event.created,
        emitted: event.emitted(),
        last_event: LastEvent { id: event.id, name: event.name.clone(), created: event.created },
        ends: event.created,
        ended: None,
        closed_by_campaign: None,
        event_count: 0,
        pageview_count: 0,
        screenview_count: 0,
        user_agent: None,
        browser: None,
        device: None,
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: None,
        referrer: event.referrer.clone(),
        app: None,
        sdk_library: None,
        network_connectivity: None,
        authenticated: None,
        last_page: None,
        last_screen: None,
        search_terms: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
        segments: Vec::new(),
        progress: Vec::new(),
        decides: None,
    }
}

/// Adds an event to a session: times, counts and attributes. Says whether anything changed that the
/// keys of context patterns read.
pub(crate) fn add(session: &mut Session, event: &Event, settings: Settings) -> bool {
    let is_last = event.created >= session.last_event.created;
    if is_last {
        session.last_event =
            LastEvent { id: event.id, name: event.name.clone(), created: event.created };
    }
    if event.created < session.started {
        // Replayed history emits facts at the time of the events, so the fact of the beginning
        // moves with the beginning.
        if event.arrival == Arrival::Replay && session.emitted == session.started {
            session.emitted = event.created;
        }
        session.started = event.created;
    }
    let silence_over = session.last_event.created.plus_ms(settings.session_silence_ms);
    session.ends = session.closed_by_campaign.unwrap_or(silence_over);

    session.event_count = session.event_count.saturating_add(1);
    let is_pageview = event.name == Event::PAGE_VIEWED;
    let is_screenview = event.name == Event::SCREEN_VIEWED;
    session.pageview_count = session.pageview_count.saturating_add(u32::from(is_pageview));
    session.screenview_count = session.screenview_count.saturating_add(u32::from(is_screenview));

    fill(&mut session.external_id, &event.external_id);
    fill(&mut session.user_agent, &event.user_agent);
    fill(&mut session.ip_address, &event.ip_address);
    fill(&mut session.app, &event.app);
    fill(&mut session.sdk_library, &event.sdk_library);
    fill(&mut session.network_connectivity, &event.network_connectivity);
    let is_context_changed = add_context(session, event);
    follow(&mut session.last_page, &event.page, is_last);
    follow(&mut session.last_screen, &event.screen_name, is_last);
    add_search_term(session, event);
    add_attributes(session, event);
    is_context_changed
}

/// Adds what the keys of context patterns read; says whether anything changed.
fn add_context(session: &mut Session, event: &Event) -> bool {
    let mut is_changed = [
        fill(&mut session.browser, &event.browser),
        fill(&mut session.device, &event.device),
        fill(&mut session.ip_organization, &event.ip_organization),
        fill(&mut session.geolocation, &event.geolocation),
        fill(&mut session.campaign, &event.campaign),
    ]
    .contains(&true);
    if session.authenticated != Some(true) && event.authenticated.is_some() {
        is_changed |= session.authenticated != event.authenticated;
        session.authenticated = event.authenticated;
    }
    is_changed
}

/// The first value that comes stays. Says whether this one did.
fn fill<T: Clone>(known: &mut Option<T>, coming: &Option<T>) -> bool {
    let is_first = known.is_none() && coming.is_some();
    if is_first {
        known.clone_from(coming);
    }
    is_first
}

/// The value of the event that happened last stays. A late event only says what was not known.
fn follow<T: Clone>(known: &mut Option<T>, coming: &Option<T>, is_last: bool) {
    if coming.is_some() && (is_last || known.is_none()) {
        known.clone_from(coming);
    }
}

fn add_search_term(session: &mut Session, event: &Event) {
    if let Some(term) = &event.search_query
        && session.search_terms.len() < SESSION_SEARCH_TERMS_MAX
        && !session.search_terms.contains(term)
    {
        session.search_terms.push(term.clone());
    }
}

fn add_attributes(session: &mut Session, event: &Event) {
    for (name, attribute) in &event.attributes {
        if let Some(known) = session.attributes.get_mut(name) {
            known.clone_from(attribute);
        } else if session.attributes.len() < SESSION_ATTRIBUTES_MAX {
            session.attributes.insert(name.clone(), attribute.clone());
        }
    }
}
