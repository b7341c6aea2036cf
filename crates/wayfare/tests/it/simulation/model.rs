//! A small reference of the product: what it must show after some commands, from the rules in
//! docs/sessions.md, docs/segments.md and docs/assignments.md. No store, no batches, no time limits.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::limits::{SESSION_SILENCE_MS_DEFAULT, VISITOR_RECENT_SESSIONS_MAX};

/// A segment of visitors with `count` page views whose URL contains a text.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) part: &'static str,
    pub(super) count: u32,
    pub(super) of_customer: bool,
    pub(super) is_active: bool,
    pub(super) is_deleted: bool,
}

/// An event as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) visitor: usize,
    pub(super) door: Door,
    pub(super) created: i64,
    /// The part of the URL that segments look at, or the name of the screen.
    pub(super) part: &'static str,
    /// The number of an e-mail address that comes with it.
    pub(super) email: Option<usize>,
    /// Tells it from all others.
    pub(super) number: u64,
}

/// Where an event comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Web,
    App,
    Import,
}

#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) visitor: usize,
    is_app: bool,
    started: i64,
    last: i64,
    pub(super) events: u64,
    counts: BTreeMap<usize, u32>,
    matched: BTreeSet<usize>,
    /// The id that clients were told.
    pub(super) id: Option<String>,
}

impl Session {
    pub(super) fn ends(&self) -> i64 {
        self.last + SESSION_SILENCE_MS_DEFAULT
    }
}

#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub(super) segment: usize,
    pub(super) session: Option<usize>,
    /// A visitor of the contact. Whoever is assigned by a client is a contact only.
    pub(super) visitor: usize,
    by_client: bool,
    assigned: i64,
    /// Somebody ended it, whatever its session does.
    taken_back: bool,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) segments: Vec<Segment>,
    pub(super) sessions: Vec<Session>,
    pub(super) assignments: Vec<Assignment>,
    visitors: BTreeMap<usize, Visitor>,
    emails: BTreeMap<usize, usize>,
}

#[derive(Debug, Default)]
struct Visitor {
    /// A visitor of the same person, and so on; none for the last.
    same_as: Option<usize>,
    recent: Vec<usize>,
    counts: BTreeMap<usize, u32>,
}

/// What an event comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is in this session.
    In(usize),
    /// It is older than the session that is running.
    TooLate,
}

impl Model {
    /// An event that arrives at `now`.
    pub(super) fn event(&mut self, event: &Event, now: i64) -> Outcome {
        let is_app = event.door == Door::App;
        let recent = self.visitors.get(&event.visitor).map(|known| known.recent.clone());
        let recent: Vec<usize> = recent.unwrap_or_default();
        let same_kind =
            || recent.iter().copied().filter(|place| self.sessions[*place].is_app == is_app);
        let running = same_kind().filter(|place| now < self.sessions[*place].ends());
        let first_running = running.min_by_key(|place| self.sessions[*place].started);
        if event.door != Door::Import
            && first_running.is_some_and(|place| event.created < self.sessions[place].started)
        {
            return Outcome::TooLate;
        }
        let covering = same_kind().filter(|place| {
            let session = &self.sessions[*place];
            session.started <= event.created && event.created < session.ends()
        });
        let covering = covering.max_by_key(|place| self.sessions[*place].started);
        let following = same_kind().filter(|place| {
            let ahead = self.sessions[*place].started - event.created;
            0 < ahead && ahead < SESSION_SILENCE_MS_DEFAULT
        });
        let following = following.min_by_key(|place| self.sessions[*place].started);
        let place = covering.or(following).unwrap_or_else(|| self.open(event, is_app));
        self.know(event);
        let session = &mut self.sessions[place];
        session.started = session.started.min(event.created);
        session.last = session.last.max(event.created);
        session.events += 1;
        let visitor = self.visitors.entry(event.visitor).or_default();
        visitor.recent.retain(|known| *known != place);
        visitor.recent.push(place);
        visitor.recent.drain(..visitor.recent.len().saturating_sub(VISITOR_RECENT_SESSIONS_MAX));
        self.match_segments(place, event);
        Outcome::In(place)
    }

    fn open(&mut self, event: &Event, is_app: bool) -> usize {
        self.sessions.push(Session {
            visitor: event.visitor,
            is_app,
            started: event.created,
            last: event.created,
            events: 0,
            counts: BTreeMap::new(),
            matched: BTreeSet::new(),
            id: None,
        });
        self.sessions.len() - 1
    }

    /// Who brings an e-mail address is who brought it first.
    fn know(&mut self, event: &Event) {
        let Some(email) = event.email else { return };
        let first = *self.emails.entry(email).or_insert(event.visitor);
        let (one, other) = (self.person(first), self.person(event.visitor));
        if one != other {
            self.visitors.entry(other).or_default().same_as = Some(one);
        }
    }

    /// The visitor that stands for the person of a visitor.
    pub(super) fn person(&self, mut visitor: usize) -> usize {
        while let Some(next) = self.visitors.get(&visitor).and_then(|known| known.same_as) {
            visitor = next;
        }
        visitor
    }

    fn match_segments(&mut self, place: usize, event: &Event) {
        let is_counted = |segments: &[Segment], segment: usize| {
            segments[segment].is_active && !segments[segment].is_deleted
        };
        let Self { segments, sessions, assignments, visitors, .. } = self;
        let session = &mut sessions[place];
        let visitor = visitors.entry(event.visitor).or_default();
        session.counts.retain(|segment, _| is_counted(segments, *segment));
        visitor.counts.retain(|segment, _| is_counted(segments, *segment));
        for (index, segment) in segments.iter().enumerate() {
            let is_hit = event.door != Door::App && segment.part == event.part;
            if !is_hit || !is_counted(segments, index) || session.matched.contains(&index) {
                continue;
            }
            let of_customer = assignments.iter().filter(|made| {
                made.segment == index && !made.by_client && made.visitor == event.visitor
            });
            let last = of_customer.max_by_key(|made| made.assigned);
            let forbids = |last: &Assignment| event.created <= last.assigned || !last.taken_back;
            if segment.of_customer && last.is_some_and(forbids) {
                continue;
            }
            let counts =
                if segment.of_customer { &mut visitor.counts } else { &mut session.counts };
            let count = counts.entry(index).or_default();
            *count += 1;
            if *count < segment.count {
                continue;
            }
            counts.remove(&index);
            session.matched.insert(index);
            assignments.push(Assignment {
                segment: index,
                session: Some(place),
                visitor: event.visitor,
                by_client: false,
                assigned: event.created,
                taken_back: false,
            });
        }
    }

    /// Whether an assignment holds.
    pub(super) fn holds(&self, made: &Assignment, now: i64) -> bool {
        let with_session = made.session.filter(|_| !self.segments[made.segment].of_customer);
        !made.taken_back && with_session.is_none_or(|place| now < self.sessions[place].ends())
    }

    /// A client assigns a segment to the contact of a visitor.
    pub(super) fn assign(&mut self, visitor: usize, segment: usize, now: i64) {
        let person = self.person(visitor);
        let is_renewed = self.assignments.iter().any(|made| {
            made.by_client
                && made.segment == segment
                && self.person(made.visitor) == person
                && self.holds(made, now)
        });
        if !is_renewed {
            self.assignments.push(Assignment {
                segment,
                session: None,
                visitor,
                by_client: true,
                assigned: now,
                taken_back: false,
            });
        }
    }

    /// A client ends the assignments of a segment on the contact of a visitor.
    pub(super) fn unassign(&mut self, visitor: usize, segment: usize, now: i64) {
        let person = self.person(visitor);
        self.take_back(now, |model, made| {
            made.segment == segment && model.person(made.visitor) == person
        });
    }

    /// Somebody deletes a segment.
    pub(super) fn delete(&mut self, segment: usize, now: i64) {
        self.take_back(now, |_, made| made.segment == segment);
        self.segments[segment].is_deleted = true;
    }

    fn take_back(&mut self, now: i64, which: impl Fn(&Self, &Assignment) -> bool) {
        let ended: Vec<usize> = (0..self.assignments.len())
            .filter(|place| {
                let made = &self.assignments[*place];
                which(self, made) && self.holds(made, now)
            })
            .collect();
        for place in ended {
            self.assignments[place].taken_back = true;
        }
    }

    /// The assignments that a list shows: segment and whether it holds, in order.
    pub(super) fn shown(
        &self,
        now: i64,
        which: impl Fn(&Assignment) -> bool,
    ) -> Vec<(String, bool)> {
        let listed = self.assignments.iter().filter(|made| which(made));
        let mut shown: Vec<_> = listed
            .map(|made| (self.segments[made.segment].name.clone(), self.holds(made, now)))
            .collect();
        shown.sort();
        shown
    }

    /// The assignments that the list of a customer shows: its own, and what clients did to its
    /// contact.
    pub(super) fn shown_of_customer(&self, visitor: usize, now: i64) -> Vec<(String, bool)> {
        let person = self.person(visitor);
        self.shown(now, |made| {
            if made.by_client {
                self.person(made.visitor) == person
            } else {
                made.visitor == visitor
            }
        })
    }

    /// The assignments that the list of a visitor's contact shows.
    pub(super) fn shown_of_contact(&self, visitor: usize, now: i64) -> Vec<(String, bool)> {
        let person = self.person(visitor);
        self.shown(now, |made| self.person(made.visitor) == person)
    }

    /// Whether a visitor has been seen.
    pub(super) fn knows(&self, visitor: usize) -> bool {
        self.sessions.iter().any(|session| session.visitor == visitor)
    }
}
