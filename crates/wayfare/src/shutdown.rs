//! When to stop: SIGTERM, or Ctrl-C.

use tokio::signal::unix::{SignalKind, signal};

/// Comes back when somebody asks the process to stop.
///
/// # Errors
/// When signals cannot be listened for.
pub(crate) async fn asked() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
