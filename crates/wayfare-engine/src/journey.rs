//! The journey: commands go in, changes come out.
//!
//! A batch is: the [`Touch`] of all its commands, what the store has [`Loaded`] for it, a [`State`]
//! made of that, each command [applied](State::apply) in turn, and the [`Changes`] to commit.
//!
//! What a history comes to does not depend on how it is cut into batches, nor on when
//! [`Command::Due`] runs: the times of the events decide everything, and a `Due` writes down only
//! what is so already.

mod decisions;
mod due;
mod event;
mod facts;
mod log;
mod matching;
mod membership;
mod person;
pub mod replay;
mod rows;
mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;
use wayfare_model::assignment::Assignment;
use wayfare_model::change::{
    AppliedEvent, Changes, ContactMerge, ContactUnmerge, Due, Loaded, Touch,
};
use wayfare_model::change_log::Change;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::id::{AssignmentId, ContactId, EventId, IdSource, SegmentId, SessionId};
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;

use crate::contacts;
use crate::segments::{Rules, Scratch};
use crate::sessions::Settings;
use matching::Judged;
use rows::Rows;
pub use work::Work;
use work::Worked;

pub use facts::{assignment_facts, session_fact};

/// Something that is to happen.
#[derive(Debug, Clone)]
pub enum Command {
    /// An event came in.
    Event(Box<Event>),
    /// A client assigns a segment to a contact, or renews that.
    Assign {
        /// The contact; it exists as soon as it is named here.
        contact: ContactId,
        /// The segment.
        segment: Arc<Segment>,
        /// A random id of this one wish: a new assignment takes its id from it.
        request: Uuid,
    },
    /// A client ends every assignment of a segment on a contact.
    Unassign {
        /// The contact.
        contact: ContactId,
        /// The segment.
        segment: SegmentId,
    },
    /// A merge of a contact is undone. It is alone in its batch: see [`Changes::unmerges`].
    Unmerge {
        /// The contact that was merged into another.
        contact: ContactId,
    },
    /// Time passed.
    Due(Due),
    /// A segment was deleted.
    SegmentDeleted {
        /// Its assignments that hold.
        assignments: Vec<AssignmentId>,
    },
}

impl Command {
    /// The keys of what must be loaded to apply it; see [`Touch::merge`] for a batch.
    #[must_use]
    pub fn touch(&self) -> Touch {
        match self {
            Self::Event(event) => {
                let mut identifiers = contacts::identifiers(event);
                identifiers.push(event.customer.clone());
                Touch {
                    events: vec![event.id],
                    customers: vec![event.customer.clone()],
                    identifiers,
                    sessions: event.recorded_session.into_iter().collect(),
                    ..Touch::default()
                }
            }
            Self::Assign { contact, .. }
            | Self::Unassign { contact, .. }
            | Self::Unmerge { contact } => Touch { contacts: vec![*contact], ..Touch::default() },
            Self::Due(due) => Touch {
                sessions: due.sessions.clone(),
                assignments: due.assignments.clone(),
                ..Touch::default()
            },
            Self::SegmentDeleted { assignments } => {
                Touch { assignments: assignments.clone(), ..Touch::default() }
            }
        }
    }
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// Where the event went; absent for other commands.
    pub event: Option<AppliedTo>,
    /// What happened, in order.
    pub effects: Vec<Effect>,
}

/// Where an event went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedTo {
    /// The event.
    pub event: EventId,
    /// The session it belongs to.
    pub session: SessionId,
    /// Whether it had been applied before; this time it changed nothing.
    pub duplicate: bool,
}

/// Something that happened, for those who watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A session began.
    SessionOpened(SessionId),
    /// A session ended.
    SessionEnded(SessionId),
    /// A session that had ended goes on, and its assignments hold again.
    SessionReopened(SessionId),
    /// A segment was assigned.
    Assigned(AssignmentId),
    /// A client's assignment was renewed.
    Renewed(AssignmentId),
    /// An assignment no longer holds.
    Unassigned(AssignmentId),
    /// An assignment that ended with its session holds again.
    Restored(AssignmentId),
    /// An assignment that time decided is undone: a late event showed that it never held.
    TakenBack(AssignmentId),
    /// Two contacts turned out to be one person.
    ContactsMerged(ContactMerge),
}

/// Why a command is refused. A refused command changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A live event happened before the visitor's active session began (contract: 422).
    #[error(
        "the event of {event_created} is older than the active session {session}, which began at \
         {session_started}"
    )]
    OlderThanSession {
        /// When the event happened.
        event_created: Moment,
        /// When the session began.
        session_started: Moment,
        /// The session.
        session: SessionId,
    },
    /// The session that the record names belongs to another customer.
    #[error("the session {session} belongs to another customer")]
    SessionOfAnotherCustomer {
        /// The session.
        session: SessionId,
    },
    /// The session that the record names has another type than the event.
    #[error("the session {session} is of type '{session_type}'")]
    SessionOfAnotherType {
        /// The session.
        session: SessionId,
        /// Its type.
        session_type: String,
    },
}

/// What is known while a batch is applied.
#[derive(Debug)]
pub struct State {
    ids: IdSource,
    settings: Settings,
    known_events: BTreeMap<EventId, SessionId>,
    events: Vec<AppliedEvent>,
    visitors: Rows<CustomerKey, Visitor>,
    sessions: Rows<SessionId, Session>,
    assignments: Rows<AssignmentId, Assignment>,
    /// The assignment of scope Customer that was made last, by customer and segment.
    last_of_customer: HashMap<CustomerKey, BTreeMap<SegmentId, AssignmentId>>,
    contacts: Rows<ContactId, Contact>,
    identifiers: Rows<CustomerKey, Identifier>,
    merges: Vec<ContactMerge>,
    unmerges: Vec<ContactUnmerge>,
    /// What goes into the change log.
    log: Vec<Change>,
    /// Assignments that the command under way has taken back, as they were.
    taken_back: Vec<Assignment>,
    /// The sessions of which is known which segments their context satisfies.
    judged: HashMap<SessionId, Judged>,
    scratch: Scratch,
    worked: Worked,
}

impl State {
    /// The state before a batch. `loaded` must hold what [`Loaded`] says for the [`Touch`] of every
    /// command that will be applied; of what it does not hold, nothing is known.
    #[must_use]
    pub fn new(ids: IdSource, settings: Settings, loaded: Loaded) -> Self {
        let known = loaded.known_events.into_iter().map(|event| (event.id, event.session));
        let mut state = Self {
            ids,
            settings,
            known_events: known.collect(),
            events: Vec::new(),
            visitors: Rows::loaded(loaded.visitors, |visitor| visitor.customer.clone()),
            sessions: Rows::loaded(loaded.sessions, |session| session.id),
            assignments: Rows::loaded(loaded.assignments, |assignment| assignment.id),
            last_of_customer: HashMap::new(),
            contacts: Rows::loaded(loaded.contacts, |contact| contact.id),
            identifiers: Rows::loaded(loaded.identifiers, |known| known.customer.clone()),
            merges: Vec::new(),
            unmerges: Vec::new(),
            log: Vec::new(),
            taken_back: Vec::new(),
            judged: HashMap::new(),
            scratch: Scratch::default(),
            worked: Worked::default(),
        };
        let of_customers = state.assignments.values().filter(|made| made.scope == Scope::Customer);
        for id in of_customers.map(|made| made.id).collect::<Vec<_>>() {
            state.remember_last(id);
        }
        state
    }

    /// Applies a command at `now`, under the rules of this moment.
    ///
    /// `now` never decreases from one command to the next. What is due at `now` must have been
    /// written down (by a [`Command::Due`]) before a command of a client, and before other rules:
    /// what was decided under the old ones stays so.
    ///
    /// # Errors
    /// [`Rejection`]; nothing has changed then, and further commands can be applied.
    pub fn apply(
        &mut self,
        rules: &Rules,
        command: Command,
        now: Moment,
    ) -> Result<Applied, Rejection> {
        let mut effects = Vec::new();
        let event = match command {
            Command::Event(event) => Some(self.apply_event(rules, *event, &mut effects)?),
            Command::Assign { contact, segment, request } => {
                self.assign(rules, (contact, &segment, request), now, &mut effects);
                None
            }
            Command::Unassign { contact, segment } => {
                self.unassign(rules, contact, segment, now, &mut effects);
                None
            }
            Command::Unmerge { contact } => {
                self.unmerge(contact);
                None
            }
            Command::Due(due) => {
                self.apply_due(rules, &due, now, &mut effects);
                None
            }
            Command::SegmentDeleted { assignments } => {
                self.segment_deleted(rules, &assignments, now, &mut effects);
                None
            }
        };
        self.log_effects(&effects, now);
        Ok(Applied { event, effects })
    }

    /// A session, as it is now.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// A visitor, as it is now.
    #[must_use]
    pub fn visitor(&self, customer: &CustomerKey) -> Option<&Visitor> {
        self.visitors.get(customer)
    }

    /// An assignment, as it is now.
    #[must_use]
    pub fn assignment(&self, id: AssignmentId) -> Option<&Assignment> {
        self.assignments.get(&id)
    }

    /// What matching took so far, by segment.
    #[must_use]
    pub fn work(&self) -> &BTreeMap<SegmentId, Work> {
        self.worked.by_segment()
    }

    /// What is different from what was loaded: events and merges in the order they came, everything
    /// else in the order of its key.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        let (facts, removed_facts) = self.changed_facts();
        let removed_assignments = self.assignments.removed().map(|removed| removed.id).collect();
        Changes {
            events: self.events,
            visitors: self.visitors.into_changed(),
            sessions: self.sessions.into_changed(),
            assignments: self.assignments.into_changed(),
            removed_assignments,
            contacts: self.contacts.into_changed(),
            identifiers: self.identifiers.into_changed(),
            merges: self.merges,
            unmerges: self.unmerges,
            facts,
            removed_facts,
            log: self.log,
        }
    }

    /// Keeps the index of the last assignments of scope Customer.
    fn remember_last(&mut self, id: AssignmentId) {
        let Some(made) = self.assignments.get(&id) else { return };
        let (Scope::Customer, Some(customer)) = (made.scope, &made.customer) else { return };
        let by_segment = self.last_of_customer.entry(customer.clone()).or_default();
        let last = by_segment.entry(made.segment).or_insert(id);
        let is_later =
            self.assignments.get(last).is_none_or(|known| known.assigned < made.assigned);
        if is_later {
            *last = id;
        }
    }
}
