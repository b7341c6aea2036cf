//! Access tokens: random, stored hashed, for a day.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use subtle::ConstantTimeEq as _;
use wayfare_model::id::ClientId;
use wayfare_model::limits::TOKEN_LIFETIME_S;
use wayfare_model::organisation::{ALL_PERMISSIONS, Token};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;

use super::{Caller, clients, documents};
use crate::app::App;
use crate::error::Result;

/// An access token, given once.
pub struct NewToken {
    /// The token.
    pub token: String,
    /// Seconds it lives.
    pub expires_in_s: i64,
}

impl App {
    /// Gives a token for a client's id and secret (grant `client_credentials`).
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`], the same for an unknown client and for a wrong secret.
    pub async fn issue_token(&self, client_id: &str, secret: &str) -> Result<NewToken> {
        let refused =
            || Problem::new(ProblemKind::BadCredentials, "client id or secret is not valid");
        let id: ClientId = client_id.parse().map_err(|_| refused())?;
        let located = self.stores.documents.locate(Kind::Client, id.as_uuid()).await?;
        // An unknown client costs the same comparison as a wrong secret.
        let expected = match &located {
            Some((_, document)) => documents::client(document)?.secret_hash,
            None => [0; 32],
        };
        let is_right = bool::from(clients::hash(secret).ct_eq(&expected));
        let Some((organisation, _)) = located.filter(|_| is_right) else {
            return Err(refused().into());
        };
        let text = clients::new_secret(self);
        let now = self.now();
        let token = Token {
            hash: clients::hash(&text),
            client: id,
            expires: now.plus_ms(TOKEN_LIFETIME_S * 1_000),
        };
        let document = documents::token_document(&token, now)?;
        self.stores.documents.insert(organisation, Kind::Token, document).await?;
        Ok(NewToken { token: text, expires_in_s: TOKEN_LIFETIME_S })
    }

    /// A token of whoever holds the store: it may do everything in the first organisation; absent
    /// when there is none. It is known to this process only, and ends with it.
    #[must_use]
    pub fn administrator_token(&self) -> Option<NewToken> {
        let organisation = self.first_organisation()?;
        let text = clients::new_secret(self);
        let caller = Caller {
            organisation,
            client: ClientId::from_uuid(self.entropy.uuid()),
            permissions: BTreeSet::from([ALL_PERMISSIONS.to_owned()]),
        };
        let expires = self.now().plus_ms(TOKEN_LIFETIME_S * 1_000);
        let generation = self.tokens.generation();
        self.tokens.remember(clients::hash(&text), &Arc::new(caller), expires, generation);
        Some(NewToken { token: text, expires_in_s: TOKEN_LIFETIME_S })
    }

    /// Who holds this token.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`] when it is unknown, expired, or its client is revoked.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Caller>> {
        let refused = || Problem::new(ProblemKind::BadCredentials, "the access token is not valid");
        let hash = clients::hash(token);
        let now = self.now();
        if let Some(caller) = self.tokens.get(&hash, now) {
            return Ok(caller);
        }
        let id = documents::token_document_id(&hash);
        let located = self.stores.documents.locate(Kind::Token, id).await?;
        let (organisation, document) = located.ok_or_else(refused)?;
        let stored = documents::token(&document)?;
        if !bool::from(stored.hash.ct_eq(&hash)) || stored.expires <= now {
            return Err(refused().into());
        }
        let generation = self.tokens.generation();
        let client = self
            .stores
            .documents
            .fetch(organisation, Kind::Client, stored.client.as_uuid())
            .await?
            .ok_or_else(refused)?;
        let client = documents::client(&client)?;
        let caller =
            Arc::new(Caller { organisation, client: client.id, permissions: client.permissions });
        self.tokens.remember(hash, &caller, stored.expires, generation);
        Ok(caller)
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

    pub(crate) fn forget_client(&self, client: ClientId) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.generation += 1;
        known.by_hash.retain(|_, (caller, _)| caller.client != client);
    }
}
