//! What waits for the pipeline, and in which order it comes.
//!
//! Imports have a line of their own: one request of theirs may be ten thousand events, and nobody who
//! sends a single event waits for more than one of them.

use tokio::sync::{mpsc, oneshot};
use wayfare_engine::journey::Command;
use wayfare_model::deletion::Deletion;
use wayfare_model::event::Arrival;
use wayfare_model::id::{ContactId, OrganisationId, SegmentId};
use wayfare_model::limits::{INGEST_BATCH_MAX, INGEST_QUEUE_MAX};

use super::apply::Reply;
use crate::error::Result;

/// Commands of one request, all or none of them in one batch, each with its reply.
pub(super) struct Request {
    pub(super) organisation: OrganisationId,
    pub(super) commands: Vec<Command>,
    pub(super) reply: oneshot::Sender<Result<Vec<Reply>>>,
}

/// What waits in the queue.
pub(super) enum Job {
    Apply(Request),
    /// Whatever is due must be ended before the reply.
    Settle {
        organisation: OrganisationId,
        reply: oneshot::Sender<Result<()>>,
    },
    /// A segment's members leave it, and its document goes.
    DeleteSegment {
        organisation: OrganisationId,
        segment: SegmentId,
        reply: oneshot::Sender<Result<()>>,
    },
    /// A merge of a contact is undone.
    Unmerge {
        organisation: OrganisationId,
        contact: ContactId,
        reply: oneshot::Sender<Result<()>>,
    },
    /// Some of the rows of a customer go; the reply says whether all have gone.
    DeleteCustomerRows {
        organisation: OrganisationId,
        deletion: Deletion,
        reply: oneshot::Sender<Result<bool>>,
    },
}

/// Why a request was not queued.
pub(super) enum NotQueued {
    /// So many wait already as may.
    Full,
    /// Nobody works on them any more.
    Closed,
}

/// Where jobs come in.
#[derive(Clone)]
pub(super) struct Entrance {
    jobs: mpsc::Sender<Job>,
    imports: mpsc::Sender<Request>,
}

/// Where they are taken out.
pub(super) struct Queue {
    jobs: mpsc::Receiver<Job>,
    imports: mpsc::Receiver<Request>,
}

/// What is worked on next: the jobs first.
#[derive(Default)]
pub(super) struct Next {
    pub(super) jobs: Vec<Job>,
    pub(super) imports: Vec<Request>,
}

/// A queue without anything in it.
pub(super) fn new() -> (Entrance, Queue) {
    let (jobs, jobs_out) = mpsc::channel(INGEST_QUEUE_MAX);
    let (imports, imports_out) = mpsc::channel(INGEST_QUEUE_MAX);
    (Entrance { jobs, imports }, Queue { jobs: jobs_out, imports: imports_out })
}

impl Entrance {
    /// Adds a request, if there is room.
    pub(super) fn offer(&self, request: Request) -> Result<(), NotQueued> {
        fn why<T>(error: mpsc::error::TrySendError<T>) -> NotQueued {
            match error {
                mpsc::error::TrySendError::Closed(_) => NotQueued::Closed,
                mpsc::error::TrySendError::Full(_) => NotQueued::Full,
            }
        }
        if request.is_import() {
            return self.imports.try_send(request).map_err(why);
        }
        self.jobs.try_send(Job::Apply(request)).map_err(why)
    }

    /// Adds a job once there is room.
    pub(super) async fn send(&self, job: Job) -> Result<(), NotQueued> {
        self.jobs.send(job).await.map_err(|_| NotQueued::Closed)
    }
}

impl Queue {
    /// Waits until there is something, and takes it: of the jobs at most [`INGEST_BATCH_MAX`], of the
    /// imports one, and as many more as together are no more commands than that. Nothing comes any
    /// more when it gives nothing.
    pub(super) async fn next(&mut self) -> Option<Next> {
        let mut next = Next::default();
        tokio::select! {
            biased;
            received = self.jobs.recv_many(&mut next.jobs, INGEST_BATCH_MAX) => {
                if received == 0 {
                    // Both have the same owners, so that this one has no new ones either.
                    next.imports.extend(self.imports.recv().await);
                }
            }
            Some(import) = self.imports.recv() => next.imports.push(import),
        }
        let commands = |imports: &[Request]| imports.iter().map(Request::len).sum::<usize>();
        while commands(&next.imports) < INGEST_BATCH_MAX
            && let Ok(import) = self.imports.try_recv()
        {
            next.imports.push(import);
        }
        (!next.jobs.is_empty() || !next.imports.is_empty()).then_some(next)
    }
}

impl Request {
    /// How many commands it has.
    pub(super) const fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether it is history that is replayed.
    pub(super) fn is_import(&self) -> bool {
        let is_replay = |command: &Command| matches!(command, Command::Event(event) if event.arrival == Arrival::Replay);
        self.commands.iter().any(is_replay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;
    use wayfare_model::change::Due;

    /// A request of so many commands, for which nobody waits.
    fn request(commands: usize) -> Request {
        let organisation = OrganisationId::from_uuid(Uuid::nil());
        let commands = vec![Command::Due(Due::default()); commands];
        Request { organisation, commands, reply: oneshot::channel().0 }
    }

    fn import(entrance: &Entrance, commands: usize) {
        assert!(entrance.imports.try_send(request(commands)).is_ok(), "there is no room");
    }

    /// How many jobs come next, and how many commands of each import.
    async fn taken(queue: &mut Queue) -> Option<(usize, Vec<usize>)> {
        let next = queue.next().await?;
        Some((next.jobs.len(), next.imports.iter().map(Request::len).collect()))
    }

    #[tokio::test]
    async fn beside_jobs_comes_one_large_import_at_a_time() {
        let (entrance, mut queue) = new();
        for _ in 0..3 {
            import(&entrance, 10_000);
            assert!(entrance.offer(request(1)).is_ok(), "there is no room");
        }
        assert_eq!(taken(&mut queue).await, Some((3, vec![10_000])));
        assert!(entrance.offer(request(1)).is_ok(), "there is no room");
        assert_eq!(taken(&mut queue).await, Some((1, vec![10_000])));
        assert_eq!(taken(&mut queue).await, Some((0, vec![10_000])));
    }

    #[tokio::test]
    async fn small_imports_come_together() {
        let (entrance, mut queue) = new();
        for commands in [500, 500, 500, 1_024, 20] {
            import(&entrance, commands);
        }
        assert_eq!(taken(&mut queue).await, Some((0, vec![500, 500, 500])));
        assert_eq!(taken(&mut queue).await, Some((0, vec![1_024])));
        assert_eq!(taken(&mut queue).await, Some((0, vec![20])));
    }

    #[tokio::test]
    async fn what_waits_is_taken_also_when_nobody_can_add_any_more() {
        let (entrance, mut queue) = new();
        import(&entrance, 2_000);
        import(&entrance, 3_000);
        assert!(entrance.offer(request(1)).is_ok(), "there is no room");
        drop(entrance);
        assert_eq!(taken(&mut queue).await, Some((1, vec![2_000])));
        assert_eq!(taken(&mut queue).await, Some((0, vec![3_000])));
        assert_eq!(taken(&mut queue).await, None);
    }
}
