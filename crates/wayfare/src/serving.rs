//! Connections: how many there may be, and how long one may take to say something.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service as _;
use wayfare_model::limits::{CONNECTIONS_MAX, REQUEST_HEAD_TIME_S_MAX};
use wayfare_model::metrics::Waiting;

/// What a connection may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Connections at once; further ones wait with the system.
    pub(crate) connections: usize,
    /// Time for the head of a request, from the end of the answer before it on: so long a connection
    /// may be silent.
    pub(crate) head_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS_MAX,
            head_time: Duration::from_secs(REQUEST_HEAD_TIME_S_MAX),
        }
    }
}

/// Serves a router on a listener until it is told to stop, and then what is under way. Dropping the
/// future cuts that off. Connections are in `open` while they are served.
pub(crate) async fn serve<L: Listener<Addr = SocketAddr>>(
    mut listener: L,
    router: Router,
    limits: Limits,
    open: Arc<Waiting>,
    stopping: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            Some(_) = connections.join_next() => {}
            (place, stream, peer) = next(&mut listener, &places) => {
                let router = router.clone();
                let stopping = stopping.clone();
                let counted = open.enter(Instant::now());
                connections.spawn(async move {
                    let _held = (place, counted);
                    talk(stream, peer, router, limits, stopping).await;
                });
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The next connection, once there is a place for it.
async fn next<L: Listener>(
    listener: &mut L,
    places: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, L::Io, L::Addr) {
    // An error says that the semaphore is closed, which nobody does.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, peer) = listener.accept().await;
    (place, stream, peer)
}

/// Answers the requests of one connection.
async fn talk<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    stopping: CancellationToken,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let response: Result<_, Infallible> = router.call(request).await;
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
