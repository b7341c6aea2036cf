//! How many connections there are, for those who run the server.

use std::sync::Arc;
use std::time::Instant;

use wayfare_app::metrics::{Queue, queues};
use wayfare_model::limits::CONNECTIONS_MAX;
use wayfare_model::metrics::{Family, Waiting};

use crate::tls::HANDSHAKES_MAX;

/// The connections of a server.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    /// Those that are served.
    pub(crate) open: Arc<Waiting>,
    /// Those whose TLS handshake is under way, or is done and that wait for a place. Others wait with
    /// the system, before they are accepted.
    pub(crate) handshakes: Arc<Waiting>,
}

impl Connections {
    /// What is measured of them.
    pub(crate) fn metrics(&self) -> Vec<Family> {
        let mut families = vec![
            Family::gauge("wayfare_connections_open", "Connections to the API that are open")
                .with(self.open.depth()),
            Family::gauge("wayfare_connections_max", "Connections that may be open")
                .with(CONNECTIONS_MAX),
        ];
        families.extend(queues(&[Queue {
            name: "tls_handshakes",
            depth: self.handshakes.depth(),
            capacity: Some(HANDSHAKES_MAX),
            oldest_s: self.handshakes.oldest(Instant::now()).as_secs_f64(),
        }]));
        families
    }
}
