//! Where a list with a cursor goes on: opaque to clients, and signed.
//!
//! A cursor is the place of the last entity that was given out, and a code that only this
//! organisation's server can make for it (HMAC-SHA256 under a key from the organisation's secret
//! seed). The code covers the list, so that a cursor of another list or another organisation is
//! refused like one that somebody made up. Nothing is kept for it: a cursor never ends, and is good
//! after a restart. A place is a moment and an id, not a number of entities, so that what is
//! inserted or changed meanwhile makes no later page repeat or miss anything that stood throughout.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use uuid::Uuid;
use wayfare_model::id::IdSource;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;

/// Bytes of a place.
const PLACE_BYTES: usize = 25;
/// Bytes of the code: half of an HMAC-SHA256, which nobody can guess either.
const CODE_BYTES: usize = 16;

/// A place in a list that is ordered by moment, then kind, then id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The moment of the last entity seen.
    pub moment: Moment,
    /// Its kind, where a list has several.
    pub kind: u8,
    /// Its id.
    pub id: Uuid,
}

/// The cursors of one list.
pub struct Cursors {
    mac: Hmac<Sha256>,
}

impl Cursors {
    /// The cursors of the list that `name` and `parts` describe. Parts count with their lengths, so
    /// that `["ab", "c"]` and `["a", "bc"]` are different lists.
    #[must_use]
    pub fn of(ids: &IdSource, name: &str, parts: &[&str]) -> Self {
        let mut key = [0; 64];
        for (number, share) in (0_u8..).zip(key.chunks_exact_mut(16)) {
            share.copy_from_slice(ids.derive("cursor key", &[&[number]]).as_bytes());
        }
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&key.into());
        for part in std::iter::once(&name).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Self { mac }
    }

    /// The cursor of a place.
    #[must_use]
    pub fn write(&self, place: Place) -> String {
        let mut bytes = Vec::with_capacity(PLACE_BYTES + CODE_BYTES);
        bytes.extend(place.moment.as_ms().to_be_bytes());
        bytes.push(place.kind);
        bytes.extend(place.id.as_bytes());
        let code = self.mac.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(code.iter().take(CODE_BYTES));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place of a cursor; `None` when there is none, or an empty one.
    ///
    /// # Errors
    /// [`ProblemKind::BadRequest`] for what this list never gave out (U31).
    pub fn read(&self, text: Option<&str>) -> Result<Option<Place>, Problem> {
        self.read_parameter("after", text)
    }

    /// As [`Cursors::read`], from the query parameter of this name.
    ///
    /// # Errors
    /// As [`Cursors::read`].
    pub fn read_parameter(
        &self,
        parameter: &str,
        text: Option<&str>,
    ) -> Result<Option<Place>, Problem> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        let refused = || {
            let message = format!(
                "value [{text}] is not valid for query parameter [{parameter}]: it is no cursor of \
                 this list"
            );
            Problem::from_faults(vec![Fault::new(ProblemKind::BadRequest, parameter, message)])
        };
        self.verified(text).map(Some).ok_or_else(refused)
    }

    fn verified(&self, text: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (place, code) = bytes.split_at_checked(PLACE_BYTES)?;
        if code.len() != CODE_BYTES {
            return None;
        }
        self.mac.clone().chain_update(place).verify_truncated_left(code).ok()?;
        let (moment, rest) = place.split_first_chunk::<8>()?;
        let (kind, id) = rest.split_first()?;
        Some(Place {
            moment: Moment::from_ms(i64::from_be_bytes(*moment)),
            kind: *kind,
            id: Uuid::from_slice(id).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { moment: Moment::from_ms(-5), kind: 1, id: Uuid::from_u128(7) };

    fn cursors(seed: u128, name: &str, parts: &[&str]) -> Cursors {
        Cursors::of(&IdSource::new(Uuid::from_u128(seed)), name, parts)
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let text = cursors(1, "events", &["a"]).write(PLACE);
        let after_a_restart = cursors(1, "events", &["a"]);
        assert_eq!(after_a_restart.read(Some(&text)), Ok(Some(PLACE)));
        assert_eq!(after_a_restart.read(Some("")), Ok(None));
        assert_eq!(after_a_restart.read(None), Ok(None));
    }

    #[test]
    fn a_cursor_of_another_list_or_organisation_is_refused() {
        let text = cursors(1, "events", &["ab", "c"]).write(PLACE);
        let others = [
            cursors(2, "events", &["ab", "c"]),
            cursors(1, "sessions", &["ab", "c"]),
            cursors(1, "events", &["a", "bc"]),
            cursors(1, "events", &["ab"]),
        ];
        for other in others {
            assert!(other.read(Some(&text)).is_err());
        }
    }

    #[test]
    fn a_cursor_changed_in_any_bit_is_refused_and_named() {
        let list = cursors(1, "events", &[]);
        let bytes = URL_SAFE_NO_PAD.decode(list.write(PLACE)).unwrap();
        let mut refused = vec!["x".to_owned(), "a+b/=".to_owned(), "AAAA".to_owned()];
        refused.push(list.write(PLACE) + "AAAA");
        refused.push(URL_SAFE_NO_PAD.encode(&bytes[..PLACE_BYTES]));
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            refused.push(URL_SAFE_NO_PAD.encode(changed));
        }
        for text in refused {
            let problem = list.read(Some(&text)).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::BadRequest);
            assert_eq!(problem.faults[0].field, "after");
            assert!(problem.message.contains(&text), "{}", problem.message);
        }
    }
}
