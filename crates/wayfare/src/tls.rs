//! TLS: a certificate and a key from files, and a listener that speaks it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::Listener;
use clap::Args;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use wayfare_http::OverTls;
use wayfare_model::metrics::{Place, Waiting};

/// Time a handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Handshakes under way, and connections that wait for a place after theirs; further ones wait with the
/// system.
pub(crate) const HANDSHAKES_MAX: usize = 512;

/// Whether a server speaks TLS.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TlsArguments {
    /// Serve https: a PEM file with the certificate, and those that vouch for it behind it; make one
    /// for this machine with: wayfare dev-cert
    #[arg(long, value_name = "FILE", env = "WAYFARE_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,

    /// A PEM file with the certificate's private key
    #[arg(long, value_name = "FILE", env = "WAYFARE_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

impl TlsArguments {
    /// What takes connections, if TLS is wanted.
    ///
    /// # Errors
    /// When a file cannot be read or the two do not fit.
    pub(crate) fn acceptor(&self) -> anyhow::Result<Option<TlsAcceptor>> {
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else {
            return Ok(None);
        };
        Ok(Some(acceptor(certificate, key)?))
    }
}

fn acceptor(certificate: &Path, key: &Path) -> anyhow::Result<TlsAcceptor> {
    let cannot_read = |path: &Path| format!("cannot read {}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| cannot_read(certificate))?;
    ensure!(!chain.is_empty(), "there is no certificate in {}", certificate.display());
    let private = PrivateKeyDer::from_pem_file(key).with_context(|| cannot_read(key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| {
            let (certificate, key) = (certificate.display(), key.display());
            format!("the key {key} does not go with the certificate {certificate}")
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Takes connections and gives those whose handshake is done. Slow ones hold up nobody.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr, Place)>>,
    waiting: Arc<Waiting>,
}

impl TlsListener {
    /// Speaks TLS on a listener. Connections are in `waiting` from when they are accepted until they
    /// are given.
    pub(crate) fn new(tcp: TcpListener, acceptor: TlsAcceptor, waiting: Arc<Waiting>) -> Self {
        Self { tcp, acceptor, handshakes: JoinSet::new(), waiting }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let has_room = self.handshakes.len() < HANDSHAKES_MAX;
            tokio::select! {
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Some((stream, peer, _place))) = done {
                        return (stream, peer);
                    }
                }
                (stream, peer) = Listener::accept(&mut self.tcp), if has_room => {
                    let acceptor = self.acceptor.clone();
                    let place = self.waiting.enter(Instant::now());
                    self.handshakes.spawn(async move {
                        let stream = shake(acceptor, stream, peer).await?;
                        Some((stream, peer, place))
                    });
                }
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

async fn shake(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
) -> Option<TlsStream<TcpStream>> {
    match tokio::time::timeout(HANDSHAKE_TIME_MAX, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "no TLS connection");
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a TLS handshake took too long");
            None
        }
    }
}

/// Tells the routes that a request came over TLS.
pub(crate) async fn tell(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(OverTls);
    next.run(request).await
}
