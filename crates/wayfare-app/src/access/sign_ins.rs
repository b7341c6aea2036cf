//! Sign-ins: a browser in which a person has given a password. Tokens given there end with it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::{OrganisationId, UserId};
use wayfare_model::limits::{AUTHORIZATION_CODE_MS, TOKEN_LIFETIME_S};
use wayfare_model::organisation::Person;
use wayfare_model::time::Moment;
use wayfare_store::documents::{Document, Kind};

use super::{clients, documents};
use crate::app::App;
use crate::error::Result;

/// No token given at a sign-in outlives it: the last comes with a code given at the last moment.
const LIFETIME_MS: i64 = TOKEN_LIFETIME_S * 1_000 + AUTHORIZATION_CODE_MS;

#[derive(Serialize, Deserialize)]
struct StoredSignIn {
    user: Uuid,
}

impl App {
    /// Begins a sign-in, or goes on with the one of this browser if it is the same person's. Gives
    /// the secret that the browser keeps.
    pub(super) async fn begin_sign_in(
        &self,
        organisation: OrganisationId,
        user: UserId,
        kept: Option<&str>,
    ) -> Result<(Person, String)> {
        let now = self.now();
        let expires = now.plus_ms(LIFETIME_MS);
        if let Some(secret) = kept {
            let id = documents::secret_document_id(&clients::hash(secret));
            let documents = &self.stores.documents;
            let found = documents.fetch(organisation, Kind::SignIn, id).await?;
            if let Some(found) = found.filter(|found| !is_over(found, now)) {
                let stored: StoredSignIn = documents::body("sign-in", &found)?;
                let version = found.version;
                let longer = Document {
                    version: version + 1,
                    written: now,
                    expires: Some(expires),
                    ..found
                };
                if stored.user == user.as_uuid()
                    && documents.replace(organisation, Kind::SignIn, version, longer).await.is_ok()
                {
                    return Ok((Person { user, sign_in: id }, secret.to_owned()));
                }
            }
        }
        let secret = clients::new_secret(self);
        let id = documents::secret_document_id(&clients::hash(&secret));
        let stored = StoredSignIn { user: user.as_uuid() };
        let document = documents::document(id, now, Some(expires), &stored)?;
        self.stores.documents.insert(organisation, Kind::SignIn, document).await?;
        Ok((Person { user, sign_in: id }, secret))
    }

    /// Ends the sign-in of a browser: the tokens given at it are of no use from now on. Nothing
    /// happens when there is none.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, secret: &str) -> Result<()> {
        let id = documents::secret_document_id(&clients::hash(secret));
        let located = self.stores.documents.locate(Kind::SignIn, id).await?;
        let Some((organisation, _)) = located else { return Ok(()) };
        let removed = self.stores.documents.remove(organisation, Kind::SignIn, id).await;
        self.tokens.forget(|known| known.person.is_some_and(|person| person.sign_in == id));
        match removed {
            Err(wayfare_store::Error::NotFound) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Whether a browser may be sent to `uri` after it has signed out of `client_id`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn may_leave_to(&self, client_id: &str, uri: &str) -> Result<bool> {
        let found = self.find_client(client_id).await?;
        Ok(found.is_some_and(|(_, client)| client.redirect_uris.iter().any(|known| known == uri)))
    }
}

fn is_over(document: &Document, now: Moment) -> bool {
    document.expires.is_some_and(|expires| expires <= now)
}
