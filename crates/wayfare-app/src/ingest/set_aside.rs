//! What is due and cannot be read.
//!
//! A damaged row must not keep everything else from being ended. It is left as it is, and only answers
//! that would show it are refused, since it may be over by now. A new start looks at it again.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;
use wayfare_model::change::Due;
use wayfare_model::id::{AssignmentId, OrganisationId, SessionId};
use wayfare_model::limits::DUE_SET_ASIDE_MAX;
use wayfare_store::{Error, Result};

/// The sessions and assignments that are due and cannot be read, by organisation.
#[derive(Debug, Default)]
pub(super) struct SetAside(Mutex<HashMap<OrganisationId, HashSet<Uuid>>>);

impl SetAside {
    /// How many there are of an organisation.
    pub(super) fn number(&self, organisation: OrganisationId) -> usize {
        self.lock().get(&organisation).map_or(0, HashSet::len)
    }

    /// Adds what is due, if there is room.
    pub(super) fn add(&self, organisation: OrganisationId, due: &Due) -> bool {
        let mut all = self.lock();
        let of_organisation = all.entry(organisation).or_default();
        let has_room = of_organisation.len() < DUE_SET_ASIDE_MAX;
        if has_room {
            of_organisation.extend(due.sessions.iter().map(|id| id.as_uuid()));
            of_organisation.extend(due.assignments.iter().map(|id| id.as_uuid()));
        }
        has_room
    }

    /// What is due without what is set aside.
    pub(super) fn without(&self, organisation: OrganisationId, mut due: Due) -> Due {
        if let Some(aside) = self.lock().get(&organisation) {
            due.sessions.retain(|id| !aside.contains(&id.as_uuid()));
            due.assignments.retain(|id| !aside.contains(&id.as_uuid()));
        }
        due
    }

    /// Says whether some sessions and assignments are as they should be by now.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when one of them was due and could not be read.
    pub(super) fn check(
        &self,
        organisation: OrganisationId,
        sessions: impl IntoIterator<Item = SessionId>,
        assignments: impl IntoIterator<Item = AssignmentId>,
    ) -> Result<()> {
        let all = self.lock();
        let Some(aside) = all.get(&organisation) else { return Ok(()) };
        let sessions = sessions.into_iter().map(|id| id.as_uuid());
        let mut shown = sessions.chain(assignments.into_iter().map(|id| id.as_uuid()));
        match shown.find(|id| aside.contains(id)) {
            None => Ok(()),
            Some(id) => Err(Error::Corrupt { context: format!("{id} is due and cannot be read") }),
        }
    }

    /// As [`SetAside::check`], of all that an organisation has.
    ///
    /// # Errors
    /// As there.
    pub(super) fn check_all(&self, organisation: OrganisationId) -> Result<()> {
        match self.number(organisation) {
            0 => Ok(()),
            number => {
                let context = format!("{number} that are due cannot be read");
                Err(Error::Corrupt { context })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrganisationId, HashSet<Uuid>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_shows_something_that_was_set_aside_is_refused() {
        let [here, there] = [1, 2].map(|number| OrganisationId::from_uuid(Uuid::from_u128(number)));
        let [good, bad] = [3, 4].map(|number| SessionId::from_uuid(Uuid::from_u128(number)));
        let assignment = AssignmentId::from_uuid(Uuid::from_u128(5));
        let aside = SetAside::default();
        let due = Due { sessions: vec![bad], assignments: vec![assignment] };
        assert!(aside.add(here, &due));
        let all = Due { sessions: vec![good, bad], assignments: vec![assignment] };
        let left = Due { sessions: vec![good], assignments: Vec::new() };
        assert_eq!(aside.without(here, all.clone()), left);
        assert_eq!(aside.without(there, all.clone()), all);
        aside.check(here, [good], []).expect("it is readable");
        aside.check(here, [good, bad], []).expect_err("it may be over");
        aside.check(here, [], [assignment]).expect_err("it may be over");
        aside.check(there, [bad], []).expect("another organisation's");
        aside.check_all(here).expect_err("two are not as they should be");
        aside.check_all(there).expect("all are");
    }

    #[test]
    fn it_has_room_for_some() {
        let here = OrganisationId::from_uuid(Uuid::from_u128(1));
        let aside = SetAside::default();
        let session = |number| SessionId::from_uuid(Uuid::from_u128(number));
        let added = (0..=DUE_SET_ASIDE_MAX as u128)
            .map(|number| Due { sessions: vec![session(number)], assignments: Vec::new() })
            .filter(|due| aside.add(here, due))
            .count();
        assert_eq!(added, DUE_SET_ASIDE_MAX);
    }
}
