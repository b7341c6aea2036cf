//! The connections that read: a fixed number, each lent to one blocking task at a time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use wayfare_model::metrics::Waiting;
use wayfare_store::Error;
use wayfare_store::error::Result;

use crate::durability::Durability;
use crate::failure::{closed, failed};

type Idle = Arc<Mutex<Vec<Connection>>>;

/// The connections that read.
pub(crate) struct Readers {
    /// One permit per connection: who holds one finds a connection.
    permits: Arc<Semaphore>,
    idle: Idle,
    number: u32,
    durability: Arc<Durability>,
    waiting: Arc<Waiting>,
}

impl Readers {
    pub(crate) fn new(connections: Vec<Connection>, durability: Arc<Durability>) -> Self {
        Self {
            durability,
            permits: Arc::new(Semaphore::new(connections.len())),
            number: u32::try_from(connections.len()).unwrap_or(u32::MAX),
            idle: Arc::new(Mutex::new(connections)),
            waiting: Arc::default(),
        }
    }

    /// Who reads, or waits for a connection.
    pub(crate) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    /// How many connections there are.
    pub(crate) fn number(&self) -> usize {
        self.number as usize
    }

    /// Runs `work` on one snapshot of the database, and answers when that is durable.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let _place = self.waiting.enter(Instant::now());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let idle = Arc::clone(&self.idle);
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let lent = Lent::take(idle).ok_or_else(closed)?;
            lent.snapshot(work)
        });
        let read = task.await.map_err(|error| Error::Unavailable {
            context: "a read was broken off".to_owned(),
            source: Box::new(error),
        })??;
        self.durability.wait().await?;
        Ok(read)
    }

    /// Waits for the reads under way and closes the connections. Later reads are refused.
    pub(crate) async fn close(&self) {
        // An error says that they are closed already.
        if let Ok(all) = self.permits.acquire_many(self.number).await {
            self.permits.close();
            all.forget();
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A connection on loan: goes back even when the work panics.
struct Lent {
    connection: Option<Connection>,
    idle: Idle,
}

impl Lent {
    fn take(idle: Idle) -> Option<Self> {
        let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Self { connection: Some(connection), idle })
    }

    fn snapshot<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.connection.as_ref().ok_or_else(closed)?;
        let transaction = connection
            .unchecked_transaction()
            .map_err(|error| failed("beginning a read", error))?;
        work(&transaction)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
