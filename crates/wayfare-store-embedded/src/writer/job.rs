//! What is done within a transaction, and who is told.

use rusqlite::Connection;
use tokio::sync::oneshot;
use wayfare_store::Error;
use wayfare_store::error::Result;

/// Something to do within a transaction, and somebody to tell what came of it.
pub(super) trait Job: Send {
    /// Does it, once. Whether what it did shall be kept.
    fn run(&mut self, connection: &Connection) -> bool;
    /// The transaction is committed: others see it, though it may not be durable yet.
    fn committed(&mut self);
    /// Tells that the transaction is durable.
    fn durable(self: Box<Self>);
    /// Tells that the job was not done or not kept, or is not known to be durable, for this reason.
    fn failed(self: Box<Self>, error: Error);
}

/// When somebody is told of what came of a job.
pub(super) enum Tell<T> {
    /// Once it is durable.
    WhenDurable(oneshot::Sender<Result<T>>),
    /// Once it is committed, and again once that is durable.
    WhenCommitted(oneshot::Sender<Result<T>>, oneshot::Sender<Result<()>>),
    /// The second time.
    Again(oneshot::Sender<Result<()>>),
}

/// A job of closures.
pub(super) struct Task<W, T, F, G> {
    work: Option<F>,
    written: Option<Result<W>>,
    then: Option<G>,
    result: Option<Result<T>>,
    tell: Option<Tell<T>>,
}

impl<W, T, F, G> Task<W, T, F, G> {
    pub(super) fn new(work: F, then: G, tell: Tell<T>) -> Self {
        Self { work: Some(work), written: None, then: Some(then), result: None, tell: Some(tell) }
    }
}

impl<W, T, F, G> Job for Task<W, T, F, G>
where
    W: Send,
    T: Send,
    F: FnOnce(&Connection) -> Result<W> + Send,
    G: FnOnce(W) -> T + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        self.written = self.work.take().map(|work| work(connection));
        matches!(self.written, Some(Ok(_)))
    }

    fn committed(&mut self) {
        let Some((written, then)) = self.written.take().zip(self.then.take()) else { return };
        let result = written.map(then);
        match self.tell.take() {
            Some(Tell::WhenCommitted(committed, durable)) => {
                // What was refused is told once.
                self.tell = result.is_ok().then_some(Tell::Again(durable));
                // Whoever asked may have gone away.
                let _gone = committed.send(result);
            }
            tell => {
                self.tell = tell;
                self.result = Some(result);
            }
        }
    }

    fn durable(self: Box<Self>) {
        match (self.tell, self.result) {
            (Some(Tell::WhenDurable(answer)), Some(result)) => drop(answer.send(result)),
            (Some(Tell::Again(answer)), _) => drop(answer.send(Ok(()))),
            _ => {}
        }
    }

    fn failed(self: Box<Self>, error: Error) {
        // A job that was refused keeps its own answer: it wrote nothing either way.
        let error = match (self.written, self.result) {
            (Some(Err(own)), _) | (_, Some(Err(own))) => own,
            _ => error,
        };
        match self.tell {
            Some(Tell::WhenDurable(answer) | Tell::WhenCommitted(answer, _)) => {
                drop(answer.send(Err(error)));
            }
            Some(Tell::Again(answer)) => drop(answer.send(Err(error))),
            None => {}
        }
    }
}
