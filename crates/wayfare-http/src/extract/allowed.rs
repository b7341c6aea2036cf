//! The caller, with or without one of an operation's permissions. A handler that takes one of these
//! cannot be reached without a token.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use wayfare_app::access::Caller;
use wayfare_model::operation::Operation;
use wayfare_model::problem::{Problem, ProblemKind};

use crate::Http;
use crate::middleware::RequestCount;
use crate::problem::Failure;

/// A caller that may do the operation `O`.
pub(crate) struct Allowed<O: Operation> {
    caller: Arc<Caller>,
    operation: PhantomData<O>,
}

impl<O: Operation> Deref for Allowed<O> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<O: Operation> FromRequestParts<Http> for Allowed<O> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Failure> {
        let caller = authenticate(parts, http).await?;
        caller.require_any(O::PERMISSIONS_ANY_OF)?;
        Ok(Self { caller, operation: PhantomData })
    }
}

/// A caller with a token, whatever it may do.
pub(crate) struct Authenticated(Arc<Caller>);

impl Deref for Authenticated {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl FromRequestParts<Http> for Authenticated {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Failure> {
        authenticate(parts, http).await.map(Self)
    }
}

/// The token of a request that an [`Allowed`] has let in, to ask again later whether it is still good.
pub(crate) struct Bearer(pub(crate) String);

impl FromRequestParts<Http> for Bearer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Http) -> Result<Self, Infallible> {
        Ok(Self(bearer(parts).unwrap_or_default().to_owned()))
    }
}

/// Who asks. The request counts against the token's limit, whatever becomes of it.
async fn authenticate(parts: &Parts, http: &Http) -> Result<Arc<Caller>, Failure> {
    let token = bearer(parts).ok_or_else(|| {
        Problem::new(
            ProblemKind::AuthenticationRequired,
            "no authentication bearer token specified in the authorization header",
        )
    })?;
    let caller = http.app.authenticate(token).await?;
    if let Some(counted) = http.app.count_request(&caller) {
        if let Some(count) = parts.extensions.get::<RequestCount>() {
            count.tell(counted);
        }
        counted.require_allowed()?;
    }
    Ok(caller)
}

/// The token of `Authorization: Bearer TOKEN`; SDKs without a token send nothing behind the word.
fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
