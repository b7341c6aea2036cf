//! Runs histories through the engine: cut into batches, with ends written down in between.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;
use wayfare_engine::journey::{Applied, Command, Rejection, State};
use wayfare_engine::segments::Rules;
use wayfare_engine::sessions::Settings;
use wayfare_model::change::{Due, Touch};
use wayfare_model::event::Event;
use wayfare_model::id::{ContactId, IdSource, SegmentId};
use wayfare_model::segment::Segment;
use wayfare_model::time::Moment;

use crate::store::Store;

/// Something that happens in a history, at a moment of the server's clock.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) now: Moment,
    pub(crate) what: What,
}

impl fmt::Debug for Step {
    /// On one line, without the fields that are not there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.what);
        let fields = text.split(", ").filter(|field| !field.ends_with(": None"));
        write!(formatter, "{} {}", self.now, fields.collect::<Vec<_>>().join(", "))
    }
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Event(Box<Event>),
    Assign {
        contact: ContactId,
        segment: SegmentId,
    },
    Unassign {
        contact: ContactId,
        segment: SegmentId,
    },
    Unmerge(ContactId),
    /// The segment in its new form.
    Edit(Box<Segment>),
    Delete(SegmentId),
    Due,
}

/// Where a history is cut, and where ends are written down: `true` before the step of that index.
#[derive(Clone, Copy)]
pub(crate) struct Cuts<'a> {
    pub(crate) batch: &'a dyn Fn(usize) -> bool,
    pub(crate) due: &'a dyn Fn(usize) -> bool,
}

pub(crate) const EACH_ALONE: Cuts<'static> = Cuts { batch: &|_| true, due: &|_| false };
pub(crate) const ALL_TOGETHER: Cuts<'static> = Cuts { batch: &|_| false, due: &|_| false };

pub(crate) struct World {
    pub(crate) store: Store,
    segments: BTreeMap<SegmentId, Arc<Segment>>,
    rules: Arc<Rules>,
    waiting: Vec<(Moment, Arc<Rules>, Command)>,
    /// Assignments that clients asked for so far.
    requests: u128,
    /// What each command did, in order.
    pub(crate) outcomes: Vec<(Moment, Result<Applied, Rejection>)>,
}

pub(crate) fn ids() -> IdSource {
    IdSource::new(Uuid::from_u128(7))
}

impl World {
    pub(crate) fn new(segments: &[Segment]) -> Self {
        let mut world = Self {
            store: Store::default(),
            segments: BTreeMap::new(),
            rules: Arc::default(),
            waiting: Vec::new(),
            requests: 0,
            outcomes: Vec::new(),
        };
        for segment in segments {
            world.segments.insert(segment.id, Arc::new(segment.clone()));
        }
        world.compile();
        world
    }

    /// Runs a whole history.
    pub(crate) fn run(segments: &[Segment], history: &[Step], cuts: Cuts<'_>) -> Self {
        let mut world = Self::new(segments);
        for (index, step) in history.iter().enumerate() {
            if (cuts.batch)(index) {
                world.flush();
            }
            if (cuts.due)(index) {
                world.due(step.now);
            }
            world.take(step);
        }
        world.flush();
        world
    }

    /// Writes down everything that will ever be over.
    pub(crate) fn end(mut self) -> Self {
        let end = Moment::parse("2099-01-01T00:00:00Z").unwrap();
        while !self.store.due(end).is_empty() {
            self.due(end);
            self.flush();
        }
        self
    }

    pub(crate) fn take(&mut self, step: &Step) {
        // As the application does: what clients and editors find was decided before.
        let decides = |segment: &Arc<Segment>| {
            segment.conditions.journey.iter().any(|pattern| pattern.count == 0)
        };
        let is_client = !matches!(step.what, What::Event(_) | What::Due);
        if is_client && self.segments.values().any(decides) {
            self.due(step.now);
            self.flush();
        }
        let command = match &step.what {
            What::Event(event) => Command::Event(event.clone()),
            What::Assign { contact, segment } => match self.segments.get(segment) {
                Some(segment) => {
                    self.requests += 1;
                    Command::Assign {
                        contact: *contact,
                        segment: segment.clone(),
                        request: Uuid::from_u128(self.requests),
                    }
                }
                // The application refuses a segment that is not there.
                None => return,
            },
            What::Unassign { contact, segment } => {
                Command::Unassign { contact: *contact, segment: *segment }
            }
            What::Unmerge(contact) => {
                // It is alone in its batch.
                self.flush();
                self.command(step.now, Command::Unmerge { contact: *contact });
                return self.flush();
            }
            What::Edit(segment) => {
                self.segments.insert(segment.id, Arc::new((**segment).clone()));
                return self.compile();
            }
            What::Delete(segment) => {
                self.flush();
                self.segments.remove(segment);
                self.compile();
                Command::SegmentDeleted { assignments: self.store.members(*segment) }
            }
            What::Due => return self.due(step.now),
        };
        self.waiting.push((step.now, self.rules.clone(), command));
    }

    fn due(&mut self, now: Moment) {
        self.flush();
        self.command(now, Command::Due(self.store.due(now)));
    }

    /// Adds a command to the batch that is being collected.
    pub(crate) fn command(&mut self, now: Moment, command: Command) {
        self.waiting.push((now, self.rules.clone(), command));
    }

    pub(crate) fn flush(&mut self) {
        let touch = Touch::merge(self.waiting.iter().map(|(_, _, command)| command.touch()));
        let mut state = State::new(ids(), Settings::default(), self.store.load(&touch));
        for (now, rules, command) in self.waiting.drain(..) {
            self.outcomes.push((now, state.apply(&rules, command, now)));
        }
        self.store.commit(state.into_changes());
    }

    fn compile(&mut self) {
        let segments = self.segments.values().map(|segment| &**segment);
        self.rules = Arc::new(Rules::compile(segments).unwrap());
    }
}

/// A `Due` that names things which are not due.
pub(crate) fn everything(store: &Store) -> Due {
    Due {
        sessions: store.sessions.keys().copied().collect(),
        assignments: store.assignments.keys().copied().collect(),
    }
}
