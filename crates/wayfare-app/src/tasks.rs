//! Work behind the answers that breaks down: nobody waits for it, so that those who run the server must
//! be told.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::error::{Error, Result};
use crate::health::{Severity, Trouble};

/// The tasks of the server, and which of them broke down.
#[derive(Debug, Default)]
pub struct Tasks {
    broken: Mutex<BTreeMap<&'static str, Severity>>,
}

impl Tasks {
    /// Does the work of a task to its end. When it panics, what it had in memory may be wrong: the task
    /// is over, and that is told until the server is started anew.
    pub(crate) async fn run(&self, name: &'static str, work: impl Future<Output = ()>) {
        if let Err(panic) = caught(work).await {
            tracing::error!(task = name, panic, "a task broke down; only a new start helps");
            self.lock().insert(name, Severity::Broken);
        }
    }

    /// Does one turn of a task that begins anew each time. Gives nothing when it panics, which is told
    /// until a later turn comes to its end.
    pub async fn turn<T>(&self, name: &'static str, work: impl Future<Output = T>) -> Option<T> {
        match caught(work).await {
            Ok(done) => {
                self.lock().remove(name);
                Some(done)
            }
            Err(panic) => {
                tracing::error!(task = name, panic, "a task broke down; it is tried again");
                self.lock().insert(name, Severity::Degraded);
                None
            }
        }
    }

    /// What is wrong with them.
    pub(crate) fn troubles(&self) -> Vec<Trouble> {
        let trouble = |(name, severity): (&&'static str, &Severity)| Trouble {
            code: "task.broken",
            message: match severity {
                Severity::Degraded => {
                    format!("the background task '{name}' broke down; it is tried again")
                }
                _ => format!("the background task '{name}' broke down; only a new start helps"),
            },
            severity: *severity,
        };
        self.lock().iter().map(trouble).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Severity>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does one piece of a task's work. When it panics the piece fails, and the task goes on with the next.
///
/// # Errors
/// Those of the work; [`Error::BrokeDown`] when it panics.
pub(crate) async fn piece<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    caught(work).await.map_err(Error::BrokeDown).flatten()
}

/// Does some work; the text of its panic when there is one. What it was about to change is not used
/// after that, or begins anew.
async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        polled.map_or_else(|panic| Poll::Ready(Err(text_of(&*panic))), |polled| polled.map(Ok))
    })
    .await
}

/// What a panic says.
fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("of unknown content").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tasks: &Tasks) -> Vec<(String, Severity)> {
        tasks.troubles().into_iter().map(|it| (it.message, it.severity)).collect()
    }

    #[tokio::test]
    async fn a_task_that_breaks_down_is_told_by_its_name() {
        let tasks = Tasks::default();
        tasks.run("well", async {}).await;
        assert_eq!(told(&tasks), []);
        tasks.run("ill", async { panic!("of {}", "some text") }).await;
        let message = "the background task 'ill' broke down; only a new start helps".to_owned();
        assert_eq!(told(&tasks), [(message, Severity::Broken)]);
    }

    #[tokio::test]
    async fn a_turn_that_breaks_down_is_told_until_a_later_one_ends() {
        let tasks = Tasks::default();
        assert_eq!(tasks.turn("clock", async { panic!("once") }).await, None::<u8>);
        let message = "the background task 'clock' broke down; it is tried again".to_owned();
        assert_eq!(told(&tasks), [(message.clone(), Severity::Degraded)]);
        assert_eq!(tasks.turn("other", async { 1 }).await, Some(1));
        assert_eq!(told(&tasks), [(message, Severity::Degraded)]);
        assert_eq!(tasks.turn("clock", async { 2 }).await, Some(2));
        assert_eq!(told(&tasks), []);
    }

    #[tokio::test]
    async fn a_piece_that_breaks_down_fails() {
        let broken = piece::<u8>(async {
            tokio::task::yield_now().await;
            panic!("after a while")
        });
        let Err(Error::BrokeDown(text)) = broken.await else { panic!("it has not failed") };
        assert_eq!(text, "after a while");
        assert_eq!(piece(async { Ok(3) }).await.unwrap(), 3);
    }
}
