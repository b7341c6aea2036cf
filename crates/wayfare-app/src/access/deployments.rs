//! Deployments: who knows the id of one may send events.

use wayfare_model::id::{DeploymentId, OrganisationId};
use wayfare_model::limits::NAME_CHARACTERS_MAX;
use wayfare_model::organisation::Deployment;
use wayfare_model::problem::{Fault, Problem};
use wayfare_store::documents::Kind;

use super::{Caller, documents};
use crate::app::App;
use crate::error::Result;
use crate::paging::read_all;

impl App {
    /// Makes a deployment.
    ///
    /// # Errors
    /// A fault of the name.
    pub async fn create_deployment(&self, caller: &Caller, name: &str) -> Result<Deployment> {
        if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
            let rule = format!("must have 1 to {NAME_CHARACTERS_MAX} characters");
            return Err(Problem::from_faults(vec![Fault::constraint("name", rule)]).into());
        }
        let deployment = Deployment {
            id: DeploymentId::from_uuid(self.entropy.uuid()),
            name: name.to_owned(),
            created: self.now(),
        };
        let document = documents::deployment_document(&deployment)?;
        self.stores.documents.insert(caller.organisation, Kind::Deployment, document).await?;
        Ok(deployment)
    }

    /// The deployments of the caller's organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_deployments(&self, caller: &Caller) -> Result<Vec<Deployment>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::Deployment).await?;
        let mut deployments =
            all.iter().map(documents::deployment).collect::<Result<Vec<_>, _>>()?;
        deployments.sort_by_key(|deployment| (deployment.created, deployment.id));
        Ok(deployments)
    }

    /// Whose deployment this is.
    ///
    /// # Errors
    /// Not found.
    pub async fn organisation_of_deployment(&self, id: &str) -> Result<OrganisationId> {
        let not_found = || Problem::not_found("deployment", id);
        let deployment: DeploymentId = id.parse().map_err(|_| not_found())?;
        if let Some(known) = self.deployments.get(deployment) {
            return Ok(known);
        }
        let located = self.stores.documents.locate(Kind::Deployment, deployment.as_uuid()).await?;
        let (organisation, _) = located.ok_or_else(not_found)?;
        self.deployments.remember(deployment, organisation);
        Ok(organisation)
    }
}

/// Deployments seen lately and whose they are. A deployment never changes hands.
#[derive(Default)]
pub(crate) struct KnownDeployments(
    std::sync::RwLock<std::collections::HashMap<DeploymentId, OrganisationId>>,
);

/// Deployments remembered. At the limit all are forgotten and read anew.
const KNOWN_MAX: usize = 10_000;

impl KnownDeployments {
    fn get(&self, id: DeploymentId) -> Option<OrganisationId> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&id).copied()
    }

    fn remember(&self, id: DeploymentId, organisation: OrganisationId) {
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(id, organisation);
    }
}
