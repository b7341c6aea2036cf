//! Roles: permissions under a name, given to users.

use std::collections::BTreeSet;

use wayfare_model::id::{OrganisationId, RoleId};
use wayfare_model::limits::ROLES_MAX;
use wayfare_model::organisation::Role;
use wayfare_model::problem::Problem;
use wayfare_store::documents::Kind;

use super::{Caller, documents, permissions};
use crate::app::App;
use crate::error::Result;
use crate::paging::read_all;

impl App {
    /// Makes a role.
    ///
    /// # Errors
    /// Faults of the name or the permissions; [`wayfare_model::problem::ProblemKind::LimitExceeded`].
    pub async fn create_role(
        &self,
        caller: &Caller,
        name: &str,
        permissions: &[String],
    ) -> Result<Role> {
        let mut faults = permissions::name_faults(name);
        faults.extend(permissions::faults(caller, permissions, 1));
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        if self.list_roles(caller).await?.len() >= ROLES_MAX {
            return Err(Problem::limit_exceeded("roles", ROLES_MAX).into());
        }
        let role = Role {
            id: RoleId::from_uuid(self.entropy.uuid()),
            name: name.to_owned(),
            permissions: permissions.iter().cloned().collect(),
            created: self.now(),
        };
        let document = documents::role_document(&role)?;
        self.stores.documents.insert(caller.organisation, Kind::Role, document).await?;
        Ok(role)
    }

    /// The roles of the caller's organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_roles(&self, caller: &Caller) -> Result<Vec<Role>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::Role).await?;
        let mut roles = all.iter().map(documents::role).collect::<Result<Vec<_>, _>>()?;
        roles.sort_by_key(|role| (role.created, role.id));
        Ok(roles)
    }

    /// Deletes a role: whoever has it loses its permissions at once.
    ///
    /// # Errors
    /// Not found.
    pub async fn delete_role(&self, caller: &Caller, id: &str) -> Result<()> {
        let not_found = || Problem::not_found("role", id);
        let role: RoleId = id.parse().map_err(|_| not_found())?;
        let removed =
            self.stores.documents.remove(caller.organisation, Kind::Role, role.as_uuid()).await;
        match removed {
            Err(wayfare_store::Error::NotFound) => return Err(not_found().into()),
            other => other?,
        }
        let organisation = caller.organisation;
        self.tokens.forget(|known| known.organisation == organisation && known.person.is_some());
        Ok(())
    }

    /// Those of `ids` that exist.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn roles(
        &self,
        organisation: OrganisationId,
        ids: &BTreeSet<RoleId>,
    ) -> Result<Vec<Role>> {
        let mut roles = Vec::with_capacity(ids.len());
        for id in ids {
            let found = self.stores.documents.fetch(organisation, Kind::Role, id.as_uuid()).await?;
            if let Some(document) = found {
                roles.push(documents::role(&document)?);
            }
        }
        Ok(roles)
    }
}

/// What several roles permit together.
pub(super) fn union(roles: &[Role]) -> BTreeSet<String> {
    roles.iter().flat_map(|role| role.permissions.iter().cloned()).collect()
}
