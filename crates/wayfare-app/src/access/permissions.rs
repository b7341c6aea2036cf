//! Permissions: which exist, and that nobody gives what they do not have.

use std::collections::BTreeSet;

use wayfare_model::limits::{CLIENT_PERMISSIONS_MAX, NAME_CHARACTERS_MAX};
use wayfare_model::operation::KNOWN_PERMISSIONS;
use wayfare_model::organisation::ALL_PERMISSIONS;
use wayfare_model::problem::Fault;

use super::Caller;
use super::caller::covers;

/// Permissions of our own extensions under `/api/wayfare/v1/`.
pub const OWN_PERMISSIONS: &[&str] = &[
    "wayfare:actionTarget:add",
    "wayfare:actionTarget:edit",
    "wayfare:backup:add",
    "wayfare:backup:view",
    "wayfare:change:view",
    "wayfare:client:add",
    "wayfare:client:delete",
    "wayfare:client:view",
    "wayfare:contact:edit",
    "wayfare:contact:view",
    "wayfare:customer:delete",
    "wayfare:customer:view",
    "wayfare:deployment:add",
    "wayfare:deployment:view",
    "wayfare:import:add",
    "wayfare:metrics:view",
    "wayfare:role:add",
    "wayfare:role:delete",
    "wayfare:role:view",
    "wayfare:segmentBacktest:add",
    "wayfare:segmentBacktest:delete",
    "wayfare:segmentBacktest:view",
    "wayfare:segmentCount:view",
    "wayfare:user:add",
    "wayfare:user:delete",
    "wayfare:user:edit",
    "wayfare:user:view",
    "wayfare:webhook:add",
    "wayfare:webhook:delete",
    "wayfare:webhook:edit",
    "wayfare:webhook:view",
];

/// Faults of a name for people.
pub(super) fn name_faults(name: &str) -> Vec<Fault> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        let rule = format!("must have 1 to {NAME_CHARACTERS_MAX} characters");
        return vec![Fault::constraint("name", rule)];
    }
    if name.contains(char::is_control) {
        return vec![Fault::constraint("name", "must not hold control characters")];
    }
    Vec::new()
}

/// Faults of permissions that `caller` wants to give.
pub(super) fn faults(caller: &Caller, permissions: &[String], least: usize) -> Vec<Fault> {
    let mut faults = Vec::new();
    if permissions.len() < least || permissions.len() > CLIENT_PERMISSIONS_MAX {
        let rule = format!("must hold {least} to {CLIENT_PERMISSIONS_MAX} permissions");
        faults.push(Fault::constraint("permissions", rule));
    }
    for (place, permission) in permissions.iter().enumerate() {
        if !is_known(permission) {
            let field = format!("permissions[{place}]");
            let allowed = "*, a permission of the contract like journey:segment:view, or one with * \
                           in place of entity and action";
            faults.push(Fault::invalid_value(field, permission, allowed));
        }
    }
    if faults.is_empty()
        && let Some(beyond) = permissions.iter().find(|asked| !caller.may(asked))
    {
        let rule = format!("may not hold [{beyond}]: the caller does not have it");
        faults.push(Fault::constraint("permissions", rule));
    }
    faults
}

/// The first of `permissions` that `caller` does not have.
pub(super) fn first_beyond<'a>(
    caller: &Caller,
    permissions: &'a BTreeSet<String>,
) -> Option<&'a str> {
    permissions.iter().map(String::as_str).find(|asked| !caller.may(asked))
}

/// Whether a permission, or a pattern of permissions, covers at least one that exists.
fn is_known(permission: &str) -> bool {
    permission == ALL_PERMISSIONS
        || KNOWN_PERMISSIONS.iter().chain(OWN_PERMISSIONS).any(|known| covers(permission, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_known_when_it_covers_one_that_exists() {
        let check =
            |permission, expected| assert_eq!(is_known(permission), expected, "{permission}");
        check("*", true);
        check("journey:segment:view", true);
        check("journey:*:*", true);
        check("wayfare:user:edit", true);
        check("journey:segment:fly", false);
        check("nothing", false);
        check("", false);
    }

    #[test]
    fn own_permissions_are_sorted_and_there_once() {
        assert!(OWN_PERMISSIONS.is_sorted_by(|one, next| one < next));
    }
}
