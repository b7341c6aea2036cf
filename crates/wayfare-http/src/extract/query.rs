//! Query parameters, as texts. What they mean is the use case's to say; unknown ones are ignored.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::Http;

/// The parameters of a query in order.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of a parameter; an empty one is one not given (the SDKs of 2020 and 2021
    /// write `isActive=` for false and `pageSize=` for nothing), and so is the word `None`.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        (!value.is_empty() && value != "None").then_some(value)
    }

    /// All values of a parameter that may be repeated; SDKs also write them as one, with commas.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(known, _)| known == name);
        let words = values.flat_map(|(_, value)| value.split(','));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// All values of a parameter that may be repeated, and that may hold commas.
    pub(crate) fn repeated(&self, name: &str) -> Vec<String> {
        let values = self.0.iter().filter(|(known, value)| known == name && !value.is_empty());
        values.map(|(_, value)| value.clone()).collect()
    }

    /// As [`Query::first`], owned.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.first(name).map(str::to_owned)
    }
}

impl FromRequestParts<Http> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Http) -> Result<Self, Infallible> {
        let text = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect()))
    }
}
