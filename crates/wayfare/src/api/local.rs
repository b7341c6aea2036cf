//! The API in this process, on a data directory that no server runs on.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{self, header};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use wayfare_app::access::organisations::FirstKeys;
use wayfare_http::Http;

use super::{Answer, ApiError, Request};
use crate::wiring::Product;

/// An open data directory, asked as a server would be.
pub(crate) struct Local {
    product: Product,
    router: Router,
    writes: TaskTracker,
}

impl From<Product> for Local {
    fn from(product: Product) -> Self {
        let writes = TaskTracker::new();
        let http = Http::new(product.app.clone(), writes.clone());
        Self { router: wayfare_http::router::router(http), product, writes }
    }
}

impl Local {
    /// The keys made for an empty directory.
    pub(crate) fn first_keys(&self) -> Option<&FirstKeys> {
        self.product.first_keys.as_ref()
    }

    /// Whoever can open a data directory may do everything in it.
    pub(super) fn token(&self) -> Result<String, ApiError> {
        let token = self.product.app.administrator_token();
        let none = || ApiError::Broken("the data directory has no organisation".to_owned());
        Ok(token.ok_or_else(none)?.token)
    }

    pub(super) async fn send(&self, request: &Request, token: &str) -> Result<Answer, ApiError> {
        let broken = |error: &dyn std::error::Error| ApiError::Broken(error.to_string());
        let built = http::Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, request.content_type)
            .body(request.body.clone().map_or_else(Body::empty, Body::from))
            .map_err(|error| broken(&error))?;
        let response = match self.router.clone().oneshot(built).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after_s = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
        let body = to_bytes(response.into_body(), usize::MAX).await;
        let body = body.map_err(|error| broken(&error))?.to_vec();
        Ok(Answer { status, retry_after_s, body })
    }

    pub(super) async fn close(self) {
        self.writes.close();
        self.writes.wait().await;
        drop(self.router);
        self.product.close().await;
    }
}
