//! Who is asking.

use std::collections::BTreeSet;

use uuid::Uuid;
use wayfare_model::id::{ClientId, OrganisationId};
use wayfare_model::organisation::{ALL_PERMISSIONS, Person};
use wayfare_model::problem::{Problem, ProblemKind};

/// An authenticated client, or a person who signed in through one, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its organisation.
    pub organisation: OrganisationId,
    /// The client.
    pub client: ClientId,
    /// The person; absent when the client asks for itself.
    pub person: Option<Person>,
    /// Tells the token from others without telling the token.
    pub token: Uuid,
    /// Its permissions, of the form `domain:entity:action`; `*` in a place stands for everything.
    pub permissions: BTreeSet<String>,
}

impl Caller {
    /// Whether one of the caller's permissions covers `asked`.
    #[must_use]
    pub fn may(&self, asked: &str) -> bool {
        self.permissions.iter().any(|held| covers(held, asked))
    }

    /// Asks for one of `any_of`; none asked for is always granted.
    ///
    /// # Errors
    /// [`ProblemKind::MissingAnyPermissions`] naming those that would do.
    pub fn require_any(&self, any_of: &[&str]) -> Result<(), Problem> {
        if any_of.is_empty() || any_of.iter().any(|asked| self.may(asked)) {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::MissingAnyPermissions,
            format!(
                "unable to perform the requested action: you must have at least one of these \
                 permissions assigned: [{}]",
                any_of.join(", ")
            ),
        ))
    }
}

pub(super) fn covers(held: &str, asked: &str) -> bool {
    if held == ALL_PERMISSIONS {
        return true;
    }
    let mut held = held.split(':');
    let mut asked = asked.split(':');
    loop {
        match (held.next(), asked.next()) {
            (None, None) => return true,
            (Some(held), Some(asked)) if held == "*" || held == asked => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_permission_covers_what_it_names() {
        let check = |held, asked, expected| assert_eq!(covers(held, asked), expected, "{held}");
        check("*", "journey:segment:view", true);
        check("journey:segment:view", "journey:segment:view", true);
        check("journey:segment:*", "journey:segment:view", true);
        check("journey:*:*", "journey:segment:view", true);
        check("journey:*", "journey:segment:view", false);
        check("journey:segment:view", "journey:segment:edit", false);
        check("journey:segment", "journey:segment:view", false);
        check("", "journey:segment:view", false);
    }
}
