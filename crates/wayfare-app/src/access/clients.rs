//! OAuth clients.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use wayfare_model::id::ClientId;
use wayfare_model::limits::{CLIENT_PERMISSIONS_MAX, NAME_CHARACTERS_MAX};
use wayfare_model::operation::KNOWN_PERMISSIONS;
use wayfare_model::organisation::{ALL_PERMISSIONS, Client};
use wayfare_model::problem::{Fault, Problem};
use wayfare_store::documents::Kind;

use super::{Caller, documents};
use crate::app::App;
use crate::error::Result;
use crate::paging::read_all;

/// Permissions of our own extensions under `/api/wayfare/v1/`.
pub const OWN_PERMISSIONS: &[&str] = &[
    "wayfare:actionTarget:add",
    "wayfare:client:add",
    "wayfare:client:delete",
    "wayfare:client:view",
    "wayfare:deployment:add",
    "wayfare:deployment:view",
    "wayfare:import:add",
    "wayfare:segmentCount:view",
];

/// Random bytes of a secret or token.
const SECRET_BYTES: usize = 32;

/// A new secret: 256 random bits as text.
pub(crate) fn new_secret(app: &App) -> String {
    let mut bytes = [0; SECRET_BYTES];
    app.entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 of a secret. Secrets and tokens are random, so that no slower hash is needed.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

impl App {
    /// Makes a client. Its secret is given once.
    ///
    /// # Errors
    /// Faults of the name or the permissions.
    pub async fn create_client(
        &self,
        caller: &Caller,
        name: &str,
        permissions: &[String],
    ) -> Result<(Client, String)> {
        let faults = client_faults(name, permissions);
        if !faults.is_empty() {
            return Err(Problem::from_faults(faults).into());
        }
        let beyond: Vec<&str> =
            permissions.iter().map(String::as_str).filter(|asked| !caller.may(asked)).collect();
        if let [first, ..] = beyond.as_slice() {
            return Err(Problem::from_faults(vec![Fault::constraint(
                "permissions",
                format!("may not hold [{first}]: the caller does not have it"),
            )])
            .into());
        }
        let secret = new_secret(self);
        let client = Client {
            id: ClientId::from_uuid(self.entropy.uuid()),
            name: name.to_owned(),
            secret_hash: hash(&secret),
            permissions: permissions.iter().cloned().collect::<BTreeSet<_>>(),
            created: self.now(),
        };
        let document = documents::client_document(&client)?;
        self.stores.documents.insert(caller.organisation, Kind::Client, document).await?;
        Ok((client, secret))
    }

    /// The clients of the caller's organisation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_clients(&self, caller: &Caller) -> Result<Vec<Client>> {
        let all = read_all(&*self.stores.documents, caller.organisation, Kind::Client).await?;
        let mut clients = all.iter().map(documents::client).collect::<Result<Vec<_>, _>>()?;
        clients.sort_by_key(|client| (client.created, client.id));
        Ok(clients)
    }

    /// Revokes a client: its tokens are of no use from now on.
    ///
    /// # Errors
    /// Not found.
    pub async fn revoke_client(&self, caller: &Caller, id: &str) -> Result<()> {
        let not_found = || Problem::not_found("client", id);
        let client: ClientId = id.parse().map_err(|_| not_found())?;
        let removed =
            self.stores.documents.remove(caller.organisation, Kind::Client, client.as_uuid()).await;
        match removed {
            Err(wayfare_store::Error::NotFound) => return Err(not_found().into()),
            other => other?,
        }
        self.tokens.forget_client(client);
        Ok(())
    }
}

fn client_faults(name: &str, permissions: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS_MAX {
        let rule = format!("must have 1 to {NAME_CHARACTERS_MAX} characters");
        faults.push(Fault::constraint("name", rule));
    }
    if permissions.is_empty() || permissions.len() > CLIENT_PERMISSIONS_MAX {
        let rule = format!("must hold 1 to {CLIENT_PERMISSIONS_MAX} permissions");
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
    faults
}

/// Whether a permission, or a pattern of permissions, covers at least one that exists.
fn is_known(permission: &str) -> bool {
    if permission == ALL_PERMISSIONS {
        return true;
    }
    let caller = Caller {
        organisation: wayfare_model::id::OrganisationId::from_uuid(uuid::Uuid::nil()),
        client: ClientId::from_uuid(uuid::Uuid::nil()),
        permissions: BTreeSet::from([permission.to_owned()]),
    };
    KNOWN_PERMISSIONS.iter().chain(OWN_PERMISSIONS).any(|known| caller.may(known))
}
