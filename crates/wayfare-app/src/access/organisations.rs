//! Organisations: making one, and what is kept of each in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;
use wayfare_model::id::{ActionTargetId, ClientId, DeploymentId, IdSource, OrganisationId};
use wayfare_model::organisation::{ALL_PERMISSIONS, Client, Deployment, Grant, Organisation};
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;

use super::{clients, documents};
use crate::app::App;
use crate::error::Result;
use crate::feed::tail::ChangeTail;
use crate::segments::book::Book;
use crate::targets;

/// Organisations read in one page at the start.
const PAGE: usize = 1_000;

/// An organisation that is served: its definitions, ready to use.
pub(crate) struct Served {
    /// The organisation.
    pub(crate) id: OrganisationId,
    /// When it was made.
    created: Moment,
    /// Makes ids from its secret seed.
    pub(crate) ids: IdSource,
    /// Its segments, compiled.
    pub(crate) segments: Book,
    /// Its latest changes, and who waits for more.
    pub(crate) changes: ChangeTail,
    /// Held while action targets are made.
    pub(crate) targets_writing: tokio::sync::Mutex<()>,
}

/// The keys of an organisation just made. The secret is nowhere else.
#[derive(Debug, Clone)]
pub struct FirstKeys {
    /// The administrator client.
    pub client: ClientId,
    /// Its secret.
    pub secret: String,
    /// The deployment to send events to.
    pub deployment: DeploymentId,
}

/// Keys that somebody wants instead of made ones.
#[derive(Clone, Default)]
pub struct WantedKeys {
    /// `WAYFARE_CLIENT_ID`.
    pub client: Option<ClientId>,
    /// `WAYFARE_CLIENT_SECRET`.
    pub secret: Option<String>,
    /// `WAYFARE_DEPLOYMENT_ID`.
    pub deployment: Option<DeploymentId>,
}

impl App {
    /// Makes an organisation with an administrator client, a deployment and an action target.
    ///
    /// # Errors
    /// When a wanted id is taken, or the store fails.
    pub async fn create_organisation(&self, name: &str, wanted: &WantedKeys) -> Result<FirstKeys> {
        let now = self.now();
        let organisation = Organisation {
            id: OrganisationId::from_uuid(self.entropy.uuid()),
            name: name.to_owned(),
            seed: self.entropy.uuid(),
            created: now,
        };
        let secret = wanted.secret.clone().unwrap_or_else(|| clients::new_secret(self));
        let client = Client {
            id: wanted.client.unwrap_or_else(|| ClientId::from_uuid(self.entropy.uuid())),
            name: "administrator".to_owned(),
            secret_hash: clients::hash(&secret),
            permissions: BTreeSet::from([ALL_PERMISSIONS.to_owned()]),
            grants: BTreeSet::from([Grant::ClientCredentials]),
            redirect_uris: Vec::new(),
            created: now,
        };
        let deployment = Deployment {
            id: wanted.deployment.unwrap_or_else(|| DeploymentId::from_uuid(self.entropy.uuid())),
            name: "default".to_owned(),
            created: now,
        };
        let target = targets::default_target(
            ActionTargetId::from_uuid(self.entropy.uuid()),
            self.entropy.uuid(),
            now,
        );
        let all = vec![
            (Kind::Organisation, documents::organisation_document(&organisation)?),
            (Kind::Client, documents::client_document(&client)?),
            (Kind::Deployment, documents::deployment_document(&deployment)?),
            (Kind::ActionTarget, targets::document::to_document(&target)?),
        ];
        self.stores.documents.insert_all(organisation.id, all).await?;
        self.serve_organisation(&organisation).await?;
        Ok(FirstKeys { client: client.id, secret, deployment: deployment.id })
    }

    /// Reads every organisation and makes its definitions ready. Gives how many there are.
    pub(crate) async fn serve_organisations(&self) -> Result<usize> {
        let mut after = None;
        let mut count = 0;
        loop {
            let page = self.stores.documents.organisations(after, PAGE).await?;
            for id in &page {
                let found =
                    self.stores.documents.fetch(*id, Kind::Organisation, id.as_uuid()).await?;
                let document = found.ok_or(wayfare_store::Error::NotFound)?;
                self.serve_organisation(&documents::organisation(*id, &document)?).await?;
            }
            count += page.len();
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(*last),
                _ => return Ok(count),
            }
        }
    }

    async fn serve_organisation(&self, organisation: &Organisation) -> Result<()> {
        let segments = Book::read(&*self.stores.documents, organisation.id).await?;
        let served = Served {
            id: organisation.id,
            created: organisation.created,
            ids: IdSource::new(organisation.seed),
            segments,
            changes: ChangeTail::default(),
            targets_writing: tokio::sync::Mutex::default(),
        };
        self.organisations.insert(Arc::new(served));
        Ok(())
    }

    /// Makes sure that the wanted client and deployment exist in the first organisation, so that
    /// keys set from outside work on a directory that was made before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ensure_keys(&self, wanted: &WantedKeys) -> Result<()> {
        let Some(first) = self.organisations.first() else { return Ok(()) };
        if let (Some(id), Some(secret)) = (wanted.client, &wanted.secret) {
            self.ensure_client(first.id, id, secret).await?;
        }
        if let Some(id) = wanted.deployment
            && self.stores.documents.locate(Kind::Deployment, id.as_uuid()).await?.is_none()
        {
            let deployment = Deployment { id, name: "configured".to_owned(), created: self.now() };
            let document = documents::deployment_document(&deployment)?;
            self.stores.documents.insert(first.id, Kind::Deployment, document).await?;
        }
        Ok(())
    }

    async fn ensure_client(
        &self,
        organisation: OrganisationId,
        id: ClientId,
        secret: &str,
    ) -> Result<()> {
        let secret_hash = clients::hash(secret);
        let stored = self.stores.documents.fetch(organisation, Kind::Client, id.as_uuid()).await?;
        let Some(document) = stored else {
            let client = Client {
                id,
                name: "configured".to_owned(),
                secret_hash,
                permissions: BTreeSet::from([ALL_PERMISSIONS.to_owned()]),
                grants: BTreeSet::from([Grant::ClientCredentials]),
                redirect_uris: Vec::new(),
                created: self.now(),
            };
            let document = documents::client_document(&client)?;
            self.stores.documents.insert(organisation, Kind::Client, document).await?;
            return Ok(());
        };
        let mut client = documents::client(&document)?;
        if client.secret_hash != secret_hash {
            client.secret_hash = secret_hash;
            let mut changed = documents::client_document(&client)?;
            changed.version = document.version + 1;
            let documents = &self.stores.documents;
            documents.replace(organisation, Kind::Client, document.version, changed).await?;
        }
        Ok(())
    }
}

/// The organisations that are served, by id.
#[derive(Default)]
pub(crate) struct Organisations(std::sync::RwLock<std::collections::BTreeMap<Uuid, Arc<Served>>>);

impl Organisations {
    fn insert(&self, served: Arc<Served>) {
        let mut all = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.insert(served.id.as_uuid(), served);
    }

    /// The organisation under this id.
    pub(crate) fn get(&self, id: OrganisationId) -> Option<Arc<Served>> {
        let all = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.get(&id.as_uuid()).cloned()
    }

    /// The organisation that was made first; of several at the same moment the one with the lowest
    /// id.
    pub(crate) fn first(&self) -> Option<Arc<Served>> {
        let all = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.values().min_by_key(|served| (served.created, served.id)).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Served>> {
        let all = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.values().cloned().collect()
    }
}
