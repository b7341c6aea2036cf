//! Authorization codes: given to a browser after sign-in, and once by the client for a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use wayfare_model::id::{OrganisationId, UserId};
use wayfare_model::limits::AUTHORIZATION_CODE_MS;
use wayfare_model::organisation::{Grant, Person};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_store::documents::{Document, Kind};

use super::authorization::Authorization;
use super::tokens::NewToken;
use super::{clients, documents};
use crate::app::App;
use crate::error::Result;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredCode {
    client: Uuid,
    redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    user: Uuid,
    sign_in: Uuid,
    /// The token it was given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Uuid>,
}

/// What a person signs in with.
#[derive(Clone, Copy)]
pub struct SignInAttempt<'a> {
    /// The person's name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// The address it is sent from.
    pub address: Option<&'a str>,
    /// The secret that the browser has from an earlier sign-in.
    pub kept: Option<&'a str>,
}

/// A browser in which a person has signed in.
pub struct SignedIn {
    /// Where it is sent.
    pub place: String,
    /// The secret it keeps, so that it can sign out.
    pub secret: String,
}

/// What a client sends to get a token for a code.
#[derive(Clone, Default)]
pub struct CodeExchange {
    /// `client_id`, from HTTP Basic or the form.
    pub client_id: String,
    /// The client's secret; a browser has none.
    pub client_secret: Option<String>,
    /// `code`.
    pub code: String,
    /// `redirect_uri`, as in the authorization request.
    pub redirect_uri: String,
    /// `code_verifier` (RFC 7636).
    pub code_verifier: Option<String>,
    /// The address it is sent from.
    pub address: Option<String>,
}

impl App {
    /// Signs a person in and grants what was asked.
    ///
    /// # Errors
    /// [`ProblemKind::BadCredentials`], the same for an unknown name and for a wrong password;
    /// [`ProblemKind::TooManyRequests`] after failures in a row.
    pub async fn sign_in(
        &self,
        authorization: &Authorization,
        attempt: SignInAttempt<'_>,
    ) -> Result<SignedIn> {
        let SignInAttempt { name, password, address, kept } = attempt;
        let organisation = authorization.organisation;
        let user = self.prove_user(organisation, name, password, address).await?;
        let (person, secret) = self.begin_sign_in(organisation, user.id, kept).await?;
        let destination = authorization.destination();
        if authorization.grant == Grant::Token {
            let client = authorization.client.id;
            let (token, _) = self.give_token(organisation, client, Some(person)).await?;
            let seconds = token.expires_in_s.to_string();
            let place = destination.with(&[
                ("access_token", &token.token),
                ("expires_in", &seconds),
                ("token_type", "bearer"),
            ]);
            return Ok(SignedIn { place, secret });
        }
        let code = clients::new_secret(self);
        let stored = StoredCode {
            client: authorization.client.id.as_uuid(),
            redirect_uri: destination.uri.clone(),
            challenge: authorization.challenge.clone(),
            user: person.user.as_uuid(),
            sign_in: person.sign_in,
            token: None,
        };
        let now = self.now();
        let id = documents::secret_document_id(&clients::hash(&code));
        let expires = now.plus_ms(AUTHORIZATION_CODE_MS);
        let document = documents::document(id, now, Some(expires), &stored)?;
        self.stores.documents.insert(organisation, Kind::AuthorizationCode, document).await?;
        Ok(SignedIn { place: destination.with(&[("code", &code)]), secret })
    }

    /// Gives a token for a code (grant `authorization_code`). A code that comes a second time has
    /// been stolen: the token given for it is revoked.
    ///
    /// # Errors
    /// [`ProblemKind::BadRequest`] when the code is unknown, expired or used, or was not given for
    /// this client, place and verifier; [`ProblemKind::BadCredentials`] for a wrong secret.
    pub async fn exchange_code(&self, exchange: &CodeExchange) -> Result<NewToken> {
        let refused = |why: &str| Problem::new(ProblemKind::BadRequest, why);
        let proven = match &exchange.client_secret {
            Some(secret) => {
                let address = exchange.address.as_deref();
                Some(self.prove_client(&exchange.client_id, secret, address).await?)
            }
            None => self.find_client(&exchange.client_id).await?,
        };
        let unknown = || refused("the code is not valid for this client");
        let (organisation, client) = proven.ok_or_else(unknown)?;
        let id = documents::secret_document_id(&clients::hash(&exchange.code));
        let documents = &self.stores.documents;
        let found = documents.fetch(organisation, Kind::AuthorizationCode, id).await?;
        let document = found.ok_or_else(unknown)?;
        let mut stored: StoredCode = documents::body("code", &document)?;
        let now = self.now();
        if stored.client != client.id.as_uuid()
            || document.expires.is_none_or(|expires| expires <= now)
        {
            return Err(unknown().into());
        }
        if stored.redirect_uri != exchange.redirect_uri {
            return Err(refused("redirect_uri is not the one the code was asked for with").into());
        }
        match (&stored.challenge, &exchange.code_verifier) {
            (Some(challenge), Some(verifier)) if is_verified(challenge, verifier) => {}
            (None, None) if exchange.client_secret.is_some() => {}
            (None, None) => {
                return Err(refused("without PKCE the client's secret is required").into());
            }
            _ => return Err(refused("code_verifier does not match the code's challenge").into()),
        }
        if let Some(token) = stored.token {
            self.remove_token(organisation, token).await?;
            return Err(unknown().into());
        }
        let person = Person { user: UserId::from_uuid(stored.user), sign_in: stored.sign_in };
        let (token, token_id) = self.give_token(organisation, client.id, Some(person)).await?;
        stored.token = Some(token_id);
        self.mark_used(organisation, &document, &stored, token_id).await?;
        Ok(token)
    }

    /// Writes down which token a code was given for. Of two that come at once, one gets nothing.
    async fn mark_used(
        &self,
        organisation: OrganisationId,
        document: &Document,
        stored: &StoredCode,
        token: Uuid,
    ) -> Result<()> {
        let used = documents::document(document.id, document.written, document.expires, stored)?;
        let used = Document { version: document.version + 1, ..used };
        let expected = document.version;
        let kind = Kind::AuthorizationCode;
        match self.stores.documents.replace(organisation, kind, expected, used).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.remove_token(organisation, token).await?;
                let is_lost = matches!(
                    error,
                    wayfare_store::Error::Conflict { .. } | wayfare_store::Error::NotFound
                );
                if is_lost {
                    let message = "the code was used";
                    return Err(Problem::new(ProblemKind::BadRequest, message).into());
                }
                Err(error.into())
            }
        }
    }
}

/// RFC 7636, 4.6: the verifier's SHA-256 in base64url is the challenge.
fn is_verified(challenge: &str, verifier: &str) -> bool {
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let made = URL_SAFE_NO_PAD.encode(clients::hash(verifier));
    is_verifier && bool::from(made.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_checked_against_its_challenge() {
        // RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let check = |verifier: &str, expected| {
            assert_eq!(is_verified(challenge, verifier), expected, "{verifier}");
        };
        check("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", true);
        check("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj", false);
        check(challenge, false);
        check("", false);
        let long = "a".repeat(129);
        assert!(!is_verified(&URL_SAFE_NO_PAD.encode(clients::hash(&long)), &long));
        let short = "a".repeat(42);
        assert!(!is_verified(&URL_SAFE_NO_PAD.encode(clients::hash(&short)), &short));
    }
}
