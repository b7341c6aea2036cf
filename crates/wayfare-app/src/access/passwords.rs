//! Passwords: hashed with argon2id, a few at a time, off the threads that serve requests.

use std::sync::Arc;
use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};
use wayfare_model::limits::{PASSWORDS_AT_ONCE, PASSWORDS_WAITING_MAX};
use wayfare_model::metrics::{Place, Waiting};
use wayfare_model::problem::{Problem, ProblemKind};

use crate::error::{Error, Result};
use crate::metrics::Queue;

/// What hashing a password costs. Kept in each hash, so that it can change later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for PasswordCost {
    /// What OWASP asks for argon2id at least.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

impl PasswordCost {
    /// The least that argon2 can do, for tests.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1 };

    fn argon2(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, 1, None).map_err(|error| {
            tracing::error!(%error, "the cost of passwords is not valid");
            Error::Problem(Problem::new(ProblemKind::Internal, "passwords cannot be hashed"))
        })?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }

    /// A hash that no password has, at this cost: it is verified against when a name is unknown, so
    /// that the answer takes as long as for a known one.
    fn nobody(self) -> String {
        let Self { memory_kib, passes } = self;
        let (salt, hash) = ("A".repeat(22), "A".repeat(43));
        format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${hash}")
    }
}

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    cost: PasswordCost,
    /// Places to wait in, those being hashed included.
    places: Semaphore,
    running: Semaphore,
    waiting: Arc<Waiting>,
}

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        Self {
            cost,
            places: Semaphore::new(PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX),
            running: Semaphore::new(PASSWORDS_AT_ONCE),
            waiting: Arc::default(),
        }
    }

    /// Waits for its turn; while it is held, at most [`PASSWORDS_AT_ONCE`] others are.
    ///
    /// # Errors
    /// [`ProblemKind::ServiceUnavailable`] when too many wait already.
    pub(crate) async fn turn(&self) -> Result<Turn<'_>> {
        let Ok(place) = self.places.try_acquire() else {
            return Err(Problem {
                retry_after_s: Some(1),
                ..Problem::new(ProblemKind::ServiceUnavailable, "too many people sign in at once")
            }
            .into());
        };
        let waiting = self.waiting.enter(Instant::now());
        let running = self.running.acquire().await.map_err(|_| Error::Stopping)?;
        Ok(Turn { cost: self.cost, _place: place, _waiting: waiting, _running: running })
    }

    /// How many wait or are hashed, and for how long.
    pub(crate) fn queue(&self, now: Instant) -> Queue {
        Queue {
            name: "passwords",
            depth: self.waiting.depth(),
            capacity: Some(PASSWORDS_AT_ONCE + PASSWORDS_WAITING_MAX),
            oldest_s: self.waiting.oldest(now).as_secs_f64(),
        }
    }
}

/// The right to hash one password.
pub(crate) struct Turn<'a> {
    cost: PasswordCost,
    _place: SemaphorePermit<'a>,
    _waiting: Place,
    _running: SemaphorePermit<'a>,
}

impl Turn<'_> {
    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// When the cost is not valid.
    pub(crate) async fn hash(self, password: &str, salt: [u8; 16]) -> Result<String> {
        let argon2 = self.cost.argon2()?;
        let password = password.as_bytes().to_vec();
        let hash = blocking(move || {
            argon2.hash_password_with_salt(&password, &salt).map(|hash| hash.to_string())
        });
        hash.await?.map_err(|error| {
            tracing::error!(%error, "a password was not hashed");
            Problem::new(ProblemKind::Internal, "passwords cannot be hashed").into()
        })
    }

    /// Whether `password` has this hash; without a hash it takes as long and says no.
    ///
    /// # Errors
    /// When the server is stopping.
    pub(crate) async fn verify(self, password: &str, stored: Option<&str>) -> Result<bool> {
        let argon2 = self.cost.argon2()?;
        let is_known = stored.is_some();
        let stored = stored.map_or_else(|| self.cost.nobody(), str::to_owned);
        let password = password.as_bytes().to_vec();
        let is_right = blocking(move || {
            let Ok(hash) = PasswordHash::new(&stored) else { return false };
            argon2.verify_password(&password, &hash).is_ok()
        });
        Ok(is_right.await? && is_known)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopping)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let passwords = Passwords::new(PasswordCost::LEAST);
        run(async {
            let hash =
                passwords.turn().await.unwrap().hash("correct horse", [7; 16]).await.unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
            let check = async |password, stored, expected| {
                let turn = passwords.turn().await.unwrap();
                assert_eq!(turn.verify(password, stored).await.unwrap(), expected, "{password}");
            };
            check("correct horse", Some(hash.as_str()), true).await;
            check("correct horsf", Some(hash.as_str()), false).await;
            check("", Some(hash.as_str()), false).await;
            check("correct horse", None, false).await;
            check("correct horse", Some("damaged"), false).await;
        });
    }

    #[test]
    fn a_hash_made_at_another_cost_still_works() {
        let (old, new) = (
            Passwords::new(PasswordCost::LEAST),
            Passwords::new(PasswordCost { memory_kib: 16, passes: 2 }),
        );
        run(async {
            let hash = old.turn().await.unwrap().hash("p", [0; 16]).await.unwrap();
            assert!(new.turn().await.unwrap().verify("p", Some(&hash)).await.unwrap());
        });
    }

    #[test]
    fn the_hash_of_nobody_costs_as_much_as_one_of_somebody() {
        for cost in [PasswordCost::LEAST, PasswordCost::default()] {
            let nobody = cost.nobody();
            let hash = PasswordHash::new(&nobody).unwrap();
            let params = Params::try_from(&hash).unwrap();
            assert_eq!((params.m_cost(), params.t_cost()), (cost.memory_kib, cost.passes));
            assert_eq!(hash.hash.unwrap().len(), 32);
        }
    }

    #[test]
    fn too_many_at_once_are_told_to_come_back() {
        let passwords = Passwords::new(PasswordCost::LEAST);
        let _all: Vec<_> = std::iter::from_fn(|| passwords.places.try_acquire().ok()).collect();
        let refused = run(passwords.turn()).err().unwrap().into_problem();
        assert_eq!(refused.kind, ProblemKind::ServiceUnavailable);
        assert_eq!(refused.retry_after_s, Some(1));
    }
}
