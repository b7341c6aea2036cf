//! What a history came to, in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::Expect;
use wayfare_engine::journey::Effect;
use wayfare_model::assignment::{Assignment, AssignmentOrigin};
use wayfare_model::contact::Identifier;
use wayfare_model::id::{AssignmentId, ContactId, SegmentId, SessionId};
use wayfare_model::session::{Progress, Session};

use crate::notation::{clock, history, segments};
use crate::world::{ALL_TOGETHER, EACH_ALONE, Step, What, World};

/// What to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Effects,
    Sessions,
    Visitors,
    Contacts,
    Assignments,
    Facts,
}

/// Runs a history and compares what it came to. Runs it a second time as one batch: that must come
/// to the same.
#[track_caller]
pub(crate) fn check(segments: &str, history: &str, parts: &[Part], expected: Expect) {
    let segments = self::segments(segments);
    let history = self::history(history);
    let world = World::run(&segments, &history, EACH_ALONE);
    let together = World::run(&segments, &history, ALL_TOGETHER);
    assert_eq!(world.store.clone().truth(), together.store.truth(), "in one batch");

    let names = Names::of(&world, &segments, &history);
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Effects => names.effects(&world, &mut text),
            Part::Sessions => names.sessions(&world, &mut text),
            Part::Visitors => names.visitors(&world, &mut text),
            Part::Contacts => names.contacts(&world, &mut text),
            Part::Assignments => names.assignments(&world, &mut text),
            Part::Facts => names.facts(&world, &mut text),
        }
    }
    expected.assert_eq(&text);
}

/// Counts, or the moments of the events that matter and the patterns they satisfy.
fn progress(row: &Progress) -> String {
    let Some(sequence) = &row.sequence else { return format!("{:?}", row.counts) };
    let recent = sequence
        .recent
        .iter()
        .map(|event| format!("{} {:?}", clock(event.created), event.patterns));
    recent.collect::<Vec<_>>().join(", ")
}

/// Short names: sessions in the order they began (`s1`), segments by their own.
struct Names {
    sessions: Vec<SessionId>,
    segments: BTreeMap<SegmentId, String>,
    contacts: BTreeMap<ContactId, String>,
}

impl Names {
    fn of(world: &World, segments: &[wayfare_model::segment::Segment], history: &[Step]) -> Self {
        let effects = world.outcomes.iter().flat_map(|(_, outcome)| outcome.iter());
        let sessions = effects
            .flat_map(|applied| &applied.effects)
            .filter_map(|effect| match effect {
                Effect::SessionOpened(session) => Some(*session),
                _ => None,
            })
            .collect();
        let edited = history.iter().filter_map(|step| match &step.what {
            What::Edit(segment) => Some(&**segment),
            _ => None,
        });
        let segments = segments.iter().chain(edited);
        let mut contacts = BTreeMap::<ContactId, String>::new();
        for Identifier { customer, contact, .. } in world.store.identifiers.values() {
            let name = contacts.entry(*contact).or_default();
            if !name.is_empty() {
                name.push('/');
            }
            name.push_str(&customer.id);
        }
        Self {
            sessions,
            segments: segments.map(|made| (made.id, made.display_name.clone())).collect(),
            contacts,
        }
    }

    fn session(&self, id: SessionId) -> String {
        let place = self.sessions.iter().position(|known| *known == id);
        place.map_or_else(|| "?".to_owned(), |place| format!("s{}", place + 1))
    }

    fn contact(&self, id: ContactId) -> &str {
        self.contacts.get(&id).map_or("a stranger", String::as_str)
    }

    fn assignment(&self, world: &World, id: AssignmentId) -> String {
        let Some(made) = world.store.assignments.get(&id) else { return "?".to_owned() };
        let by = match &made.session {
            Some(session) => self.session(session.id),
            None => "client".to_owned(),
        };
        format!("{}@{by}", self.segments[&made.segment])
    }

    fn effects(&self, world: &World, text: &mut String) {
        for (now, outcome) in &world.outcomes {
            let words = match outcome {
                Err(rejection) => {
                    let mut words = format!("refused: {rejection}");
                    for session in &self.sessions {
                        words = words.replace(&session.to_string(), &self.session(*session));
                    }
                    words
                }
                Ok(applied) => {
                    let mut words: Vec<String> =
                        applied.effects.iter().map(|effect| self.effect(world, effect)).collect();
                    if let Some(to) = applied.event {
                        let how = if to.duplicate { "known in" } else { "to" };
                        words.insert(0, format!("{how} {}", self.session(to.session)));
                    }
                    words.join(", ")
                }
            };
            let _ = writeln!(text, "{}", format!("{} {words}", clock(*now)).trim_end());
        }
    }

    fn effect(&self, world: &World, effect: &Effect) -> String {
        match effect {
            Effect::SessionOpened(id) => format!("{} opened", self.session(*id)),
            Effect::SessionEnded(id) => format!("{} ended", self.session(*id)),
            Effect::SessionReopened(id) => format!("{} reopened", self.session(*id)),
            Effect::Assigned(id) => format!("{} assigned", self.assignment(world, *id)),
            Effect::Renewed(id) => format!("{} renewed", self.assignment(world, *id)),
            Effect::Unassigned(id) => format!("{} unassigned", self.assignment(world, *id)),
            Effect::Restored(id) => format!("{} holds again", self.assignment(world, *id)),
            Effect::TakenBack(_) => "taken back".to_owned(),
            Effect::ContactsMerged(merge) => format!("merged into {}", self.contact(merge.into)),
        }
    }

    fn sessions(&self, world: &World, text: &mut String) {
        for id in &self.sessions {
            let Some(session) = world.store.sessions.get(id) else { continue };
            let end = match (session.ended, session.closed_by_campaign) {
                (None, _) => format!("open till {}", clock(session.ends)),
                (Some(ended), None) => format!("ended {}", clock(ended)),
                (Some(ended), Some(_)) => format!("cut off {}", clock(ended)),
            };
            let _ = writeln!(
                text,
                "{} {} {} {}-{} {end}, {} events{}",
                self.session(*id),
                session.customer.id,
                session.session_type,
                clock(session.started),
                clock(session.last_event.created),
                session.event_count,
                content(session),
            );
            for row in &session.progress {
                let _ = writeln!(text, "  {} {}", self.segments[&row.segment], progress(row));
            }
        }
    }

    fn visitors(&self, world: &World, text: &mut String) {
        for visitor in world.store.visitors.values() {
            let recent: Vec<_> =
                visitor.recent_sessions.iter().map(|id| self.session(*id)).collect();
            let _ = writeln!(
                text,
                "{} {}-{}, {} events, {} pages, recent {}",
                visitor.customer.id,
                clock(visitor.first_seen),
                clock(visitor.last_seen),
                visitor.event_count,
                visitor.pageview_count,
                recent.join(" "),
            );
            for row in &visitor.progress {
                let _ = writeln!(text, "  {} {}", self.segments[&row.segment], progress(row));
            }
        }
    }

    fn contacts(&self, world: &World, text: &mut String) {
        let mut contacts: Vec<_> = world.store.contacts.values().collect();
        contacts.sort_by_key(|contact| (contact.created, self.contact(contact.id)));
        for contact in contacts {
            let _ = match contact.merged_into {
                None => writeln!(text, "{} {}", self.contact(contact.id), clock(contact.created)),
                Some(into) => {
                    let into = self.contact(into);
                    writeln!(text, "one of {} merged into {into}", clock(contact.created))
                }
            };
        }
        for visitor in world.store.visitors.values() {
            let of_session = |session: &&Session| session.customer == visitor.customer;
            let sessions = world.store.sessions.values().filter(of_session);
            assert!(sessions.clone().count() > 0, "a visitor has a session");
            for contact in sessions.map(|session| session.contact).chain([visitor.contact]) {
                let known = &world.store.identifiers[&visitor.customer];
                assert_eq!(contact, known.contact, "one contact everywhere");
            }
        }
    }

    fn assignments(&self, world: &World, text: &mut String) {
        let mut made: Vec<&Assignment> = world.store.assignments.values().collect();
        made.sort_by_key(|made| (made.assigned, self.assignment(world, made.id), made.modified));
        for made in made {
            let name = self.assignment(world, made.id);
            let who = match made.origin {
                AssignmentOrigin::Matched => made.customer.as_ref().map_or("?", |key| &key.id),
                AssignmentOrigin::Api => self.contact(made.contact),
            };
            let version = made.segment_version;
            let _ = write!(text, "{name} v{version} {who} {}", clock(made.assigned));
            if let Some(expires) = made.expires {
                let _ = write!(text, ", till {}", clock(expires));
            }
            if let Some((moment, reason)) = made.unassigned {
                let _ = write!(text, ", ended {} {reason:?}", clock(moment));
            }
            let expected = made.unassigned.map_or(made.assigned, |(moment, _)| moment);
            if made.modified != expected {
                let _ = write!(text, ", modified {}", clock(made.modified));
            }
            text.push('\n');
        }
    }

    fn facts(&self, world: &World, text: &mut String) {
        let mut lines: Vec<String> =
            world.store.facts.values().map(|fact| self.fact(fact)).collect();
        lines.sort();
        for line in lines {
            let _ = writeln!(text, "{line}");
        }
    }

    fn fact(&self, fact: &wayfare_model::fact::Fact) -> String {
        let mut line = format!("{} {}", fact.metric, clock(fact.emitted));
        if fact.happened != fact.emitted {
            let _ = write!(line, " of {}", clock(fact.happened));
        }
        for (dimension, values) in &fact.dimensions {
            let values: Vec<String> = values.iter().map(|value| self.short(value)).collect();
            let name = dimension.as_str().trim_start_matches("journey");
            let _ = write!(line, " {name}={}", values.join("+"));
        }
        line
    }

    /// The short name of what a value is the id of.
    fn short(&self, value: &str) -> String {
        if let Ok(id) = value.parse::<SessionId>()
            && self.sessions.contains(&id)
        {
            return self.session(id);
        }
        let segment = value.parse::<SegmentId>().ok().and_then(|id| self.segments.get(&id));
        segment.cloned().unwrap_or_else(|| value.to_owned())
    }
}

/// The fields of a session that are there.
fn content(session: &Session) -> String {
    let mut fields = Vec::new();
    let mut field = |name: &str, value: Option<String>| {
        fields.extend(value.map(|value| format!(" {name}={value}")));
    };
    let count = |count: u32| (count > 0).then(|| count.to_string());
    field("pages", count(session.pageview_count));
    field("screens", count(session.screenview_count));
    field("recorded", session.recorded.then(|| "yes".to_owned()));
    field("external", session.external_id.clone());
    field("agent", session.user_agent.clone());
    field("browser", session.browser.as_ref().and_then(|found| found.version.clone()));
    let device = session.device.as_ref();
    field("device", device.and_then(|found| found.category).map(|found| found.to_string()));
    field("model", device.and_then(|found| found.device_type.clone()));
    field("os", device.and_then(|found| found.os_family.clone()));
    field("ip", session.ip_address.clone());
    field("organization", session.ip_organization.clone());
    field("country", session.geolocation.as_ref().and_then(|found| found.country.clone()));
    field("source", session.campaign.as_ref().and_then(|found| found.source.clone()));
    field("click", session.campaign.as_ref().and_then(|found| found.click_id.clone()));
    field("referrer", session.referrer.as_ref().map(|found| found.url.clone()));
    field("app", session.app.as_ref().and_then(|found| found.name.clone()));
    field("logged-in", session.authenticated.map(|yes| yes.to_string()));
    field("last-page", session.last_page.as_ref().map(|page| page.pathname.clone()));
    field("last-screen", session.last_screen.clone());
    let terms = &session.search_terms;
    field("searches", (!terms.is_empty()).then(|| terms.join("|")));
    for (name, attribute) in &session.attributes {
        field(name, Some(attribute.value.clone()));
    }
    fields.concat()
}
