//! Who sends an event, besides what its body says.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use wayfare_app::ingest::accept::Sender;

use crate::Http;

/// The sender of a request.
pub(crate) struct From(pub(crate) Sender);

impl FromRequestParts<Http> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Http) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let agent = parts.headers.get(header::USER_AGENT);
        Ok(Self(Sender {
            address: peer.map(|peer| peer.0.ip().to_string()),
            user_agent: agent.and_then(|value| value.to_str().ok()).map(str::to_owned),
        }))
    }
}
