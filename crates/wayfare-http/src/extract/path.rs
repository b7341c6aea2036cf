//! Values of a path, percent-decoded once.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use wayfare_model::problem::{Problem, ProblemKind};

use crate::Http;
use crate::problem::Failure;

/// The values of a path's parameters, by name.
pub(crate) struct PathValues(Vec<(String, String)>);

impl PathValues {
    /// The value of a parameter; empty when the route has none of that name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl FromRequestParts<Http> for PathValues {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Failure> {
        let bad = |error: RawPathParamsRejection| {
            Problem::new(ProblemKind::BadRequest, format!("the path cannot be read: {error}"))
        };
        let raw = RawPathParams::from_request_parts(parts, http).await.map_err(bad)?;
        Ok(Self(raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }
}
