//! Rows that the database has and that were looked at or written lately.
//!
//! Whoever is there now comes with batch after batch: their rows are not read, and their bodies not
//! parsed, each time. A row in here is the one that the database has, unless one that waits is
//! younger. Two ways lead into the database: what waits brings its rows here when it gets there, and
//! before any other write everything in here is forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use quick_cache::unsync::Cache;
use wayfare_model::change::Loaded;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, OrganisationId, SessionId};
use wayfare_model::session::{Session, Visitor};

use super::overlay::Overlay;
use super::pending::Pending;

/// Rows of a kind of an organisation that are kept. Sessions are the largest, 3 kB or so.
const KEPT_MAX: usize = 16_384;
/// Organisations whose rows are kept.
const ORGANISATIONS_MAX: usize = 8;

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    organisations: BTreeMap<OrganisationId, RecentOf>,
}

/// That of an organisation.
#[derive(Debug)]
pub(crate) struct RecentOf {
    pub(super) visitors: Kept<CustomerKey, Visitor>,
    pub(super) sessions: Kept<SessionId, Session>,
    pub(super) contacts: Kept<ContactId, Contact>,
    pub(super) identifiers: Kept<CustomerKey, Identifier>,
}

/// Rows by key, those that are looked at again before the others.
pub(super) type Kept<K, T> = Cache<K, Arc<T>>;

impl Default for RecentOf {
    fn default() -> Self {
        Self {
            visitors: Kept::new(KEPT_MAX),
            sessions: Kept::new(KEPT_MAX),
            contacts: Kept::new(KEPT_MAX),
            identifiers: Kept::new(KEPT_MAX),
        }
    }
}

impl Recent {
    pub(super) fn of(&self, organisation: OrganisationId) -> Option<&RecentOf> {
        self.organisations.get(&organisation)
    }

    fn of_mut(&mut self, organisation: OrganisationId) -> &mut RecentOf {
        if self.organisations.len() >= ORGANISATIONS_MAX
            && !self.organisations.contains_key(&organisation)
        {
            self.organisations.clear();
        }
        self.organisations.entry(organisation).or_default()
    }

    /// Keeps the rows of what the database has now.
    pub(super) fn keep_flushed(&mut self, flushed: &Pending) {
        for (organisation, rows) in flushed.each() {
            let kept = self.of_mut(organisation);
            for (key, (row, _)) in &rows.visitors {
                kept.visitors.insert(key.clone(), Arc::clone(row));
            }
            for (key, (row, _)) in &rows.sessions {
                kept.sessions.insert(*key, Arc::clone(row));
            }
            for (key, (row, _)) in &rows.contacts {
                kept.contacts.insert(*key, Arc::clone(row));
            }
            for (key, (row, _)) in &rows.identifiers {
                kept.identifiers.insert(key.clone(), Arc::clone(row));
            }
        }
    }

    /// Keeps the rows that were just read from the database.
    pub(super) fn keep_loaded(&mut self, organisation: OrganisationId, read: Read) {
        let kept = self.of_mut(organisation);
        for row in read.visitors {
            kept.visitors.insert(row.customer.clone(), Arc::new(row));
        }
        for row in read.sessions {
            kept.sessions.insert(row.id, Arc::new(row));
        }
        for row in read.contacts {
            kept.contacts.insert(row.id, Arc::new(row));
        }
        for row in read.identifiers {
            kept.identifiers.insert(row.customer.clone(), Arc::new(row));
        }
    }
}

/// What a loading read from the database.
pub(super) struct Read {
    visitors: Vec<Visitor>,
    sessions: Vec<Session>,
    contacts: Vec<Contact>,
    identifiers: Vec<Identifier>,
}

impl Read {
    /// All of what was loaded that was in memory nowhere.
    pub(super) fn new(loaded: &Loaded, overlay: Overlay<'_>) -> Self {
        fn absent<T: Clone>(all: &[T], is_there: impl Fn(&T) -> bool) -> Vec<T> {
            all.iter().filter(|row| !is_there(row)).cloned().collect()
        }
        Self {
            visitors: absent(&loaded.visitors, |it| overlay.visitor(&it.customer).is_some()),
            sessions: absent(&loaded.sessions, |it| overlay.session(it.id).is_some()),
            contacts: absent(&loaded.contacts, |it| overlay.contact(it.id).is_some()),
            identifiers: absent(&loaded.identifiers, |it| {
                overlay.identifier(&it.customer).is_some()
            }),
        }
    }
}
