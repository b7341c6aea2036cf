//! Access tokens: random, stored hashed, for a day.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use wayfare_model::id::{ClientId, OrganisationId};
use wayfare_model::limits::TOKEN_LIFETIME_S;
use wayfare_model::organisation::{ALL_PERMISSIONS, Client, Grant, Organisation, Person, Token};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;

use super::requests::Counted;
use super::{Caller, clients, documents, roles};
use crate::app::App;
use crate::error::Result;

/// An access token, given once.
pub struct NewToken {
    /// The token.
    pub token: String,
    /// Seconds it lives.
    pub expires_in_s: i64,
}

/// What a token is.
pub struct TokenInfo {
    /// Whose it is.
    pub organisation: Organisation,
    /// The client it was given to; absent on a token that no client asked for.
    pub client: Option<Client>,
}

impl App {
    /// Gives a token for a client's id and secret (grant `client_credentials`), to whom is at `address`.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`], the same for an unknown client and for a wrong secret;
    /// [`ProblemKind::TooManyRequests`] after failures in a row; [`ProblemKind::BadRequest`] when
    /// the client has not this grant.
    pub async fn issue_token(
        &self,
        client_id: &str,
        secret: &str,
        address: Option<&str>,
    ) -> Result<NewToken> {
        let (organisation, client) = self.prove_client(client_id, secret, address).await?;
        if !client.grants.contains(&Grant::ClientCredentials) {
            let message = format!("client [{}] has not the grant client_credentials", client.name);
            return Err(Problem::new(ProblemKind::BadRequest, message).into());
        }
        let (token, _) = self.give_token(organisation, client.id, None).await?;
        Ok(token)
    }

    /// Makes and stores a token. Gives the id of its document too.
    pub(super) async fn give_token(
        &self,
        organisation: OrganisationId,
        client: ClientId,
        person: Option<Person>,
    ) -> Result<(NewToken, Uuid)> {
        let text = clients::new_secret(self);
        let issued = self.now();
        let expires = issued.plus_ms(TOKEN_LIFETIME_S * 1_000);
        let token = Token { hash: clients::hash(&text), client, person, issued, expires };
        let document = documents::token_document(&token)?;
        let id = document.id;
        self.stores.documents.insert(organisation, Kind::Token, document).await?;
        Ok((NewToken { token: text, expires_in_s: TOKEN_LIFETIME_S }, id))
    }

    /// A token of whoever holds the store: it may do everything in the first organisation; absent
    /// when there is none. It is known to this process only, and ends with it.
    #[must_use]
    pub fn administrator_token(&self) -> Option<NewToken> {
        let organisation = self.first_organisation()?;
        let text = clients::new_secret(self);
        let hash = clients::hash(&text);
        let caller = Caller {
            organisation,
            client: ClientId::from_uuid(self.entropy.uuid()),
            person: None,
            token: documents::secret_document_id(&hash),
            permissions: BTreeSet::from([ALL_PERMISSIONS.to_owned()]),
        };
        let expires = self.now().plus_ms(TOKEN_LIFETIME_S * 1_000);
        let generation = self.tokens.generation();
        self.tokens.remember(hash, &Arc::new(caller), expires, generation);
        Some(NewToken { token: text, expires_in_s: TOKEN_LIFETIME_S })
    }

    /// Who holds this token.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`] when it is unknown, expired or revoked, its client is
    /// revoked, or its person is deleted, has another password since, or signed out.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Caller>> {
        let refused = || Problem::new(ProblemKind::BadCredentials, "the access token is not valid");
        let hash = clients::hash(token);
        let now = self.now();
        if let Some(caller) = self.tokens.get(&hash, now) {
            return Ok(caller);
        }
        let generation = self.tokens.generation();
        let id = documents::secret_document_id(&hash);
        let located = self.stores.documents.locate(Kind::Token, id).await?;
        let (organisation, document) = located.ok_or_else(refused)?;
        let stored = documents::token(&document)?;
        if !bool::from(stored.hash.ct_eq(&hash)) || stored.expires <= now {
            return Err(refused().into());
        }
        let client = self
            .stores
            .documents
            .fetch(organisation, Kind::Client, stored.client.as_uuid())
            .await?
            .ok_or_else(refused)?;
        let client = documents::client(&client)?;
        let permissions = match stored.person {
            None => Some(client.permissions),
            Some(person) => self.permissions_of(organisation, person, stored.issued).await?,
        };
        let caller = Arc::new(Caller {
            organisation,
            client: client.id,
            person: stored.person,
            token: id,
            permissions: permissions.ok_or_else(refused)?,
        });
        self.tokens.remember(hash, &caller, stored.expires, generation);
        Ok(caller)
    }

    /// What a person may do with a token issued at this moment; nothing when the token is of no use.
    async fn permissions_of(
        &self,
        organisation: OrganisationId,
        person: Person,
        issued: Moment,
    ) -> Result<Option<BTreeSet<String>>> {
        let documents = &self.stores.documents;
        let user = documents.fetch(organisation, Kind::User, person.user.as_uuid()).await?;
        let Some(user) = user.as_ref().map(documents::user).transpose()? else { return Ok(None) };
        let sign_in = documents.fetch(organisation, Kind::SignIn, person.sign_in).await?;
        if sign_in.is_none() || issued < user.password_set {
            return Ok(None);
        }
        Ok(Some(roles::union(&self.roles(organisation, &user.roles).await?)))
    }

    /// Counts a request against the caller's limit; nothing when there is none.
    #[must_use]
    pub fn count_request(&self, caller: &Caller) -> Option<Counted> {
        self.access.requests.count(caller.token, self.now())
    }

    /// What the caller's token is.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn token_info(&self, caller: &Caller) -> Result<TokenInfo> {
        let id = caller.organisation;
        let documents = &self.stores.documents;
        let found = documents.fetch(id, Kind::Organisation, id.as_uuid()).await?;
        let document = found.ok_or(wayfare_store::Error::NotFound)?;
        let organisation = documents::organisation(id, &document)?;
        let found = documents.fetch(id, Kind::Client, caller.client.as_uuid()).await?;
        let client = found.as_ref().map(documents::client).transpose()?;
        Ok(TokenInfo { organisation, client })
    }

    /// Revokes the caller's token: it is of no use from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_token(&self, caller: &Caller) -> Result<()> {
        self.remove_token(caller.organisation, caller.token).await
    }

    /// Removes the token of this document id, if it is there.
    pub(super) async fn remove_token(&self, organisation: OrganisationId, id: Uuid) -> Result<()> {
        let removed = self.stores.documents.remove(organisation, Kind::Token, id).await;
        self.tokens.forget(|known| known.token == id);
        match removed {
            // Revoked by somebody else meanwhile, or never stored.
            Err(wayfare_store::Error::NotFound) => Ok(()),
            other => Ok(other?),
        }
    }
}

/// Tokens used lately, so that a request need not ask the store.
#[derive(Default)]
pub(crate) struct KnownTokens(RwLock<Remembered>);

#[derive(Default)]
struct Remembered {
    by_hash: HashMap<[u8; 32], (Arc<Caller>, Moment)>,
    /// Raised by every revocation: what was read before one is not remembered after it.
    generation: u64,
}

/// Tokens remembered. At the limit all are forgotten and read anew.
const KNOWN_MAX: usize = 10_000;

impl KnownTokens {
    fn get(&self, hash: &[u8; 32], now: Moment) -> Option<Arc<Caller>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known
            .by_hash
            .get(hash)
            .filter(|(_, expires)| now < *expires)
            .map(|(caller, _)| caller.clone())
    }

    fn generation(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    fn remember(&self, hash: [u8; 32], caller: &Arc<Caller>, expires: Moment, generation: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation {
            return;
        }
        if known.by_hash.len() >= KNOWN_MAX {
            known.by_hash.clear();
        }
        known.by_hash.insert(hash, (caller.clone(), expires));
    }

    /// Forgets the tokens of those callers.
    pub(crate) fn forget(&self, is_gone: impl Fn(&Caller) -> bool) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.generation += 1;
        known.by_hash.retain(|_, (caller, _)| !is_gone(caller));
    }
}
