//! Ids and moments of things that are listed in the order in which they were made.
//!
//! Who counts through the pages of such a list sees everything that stood throughout once, whatever
//! is made meanwhile: nothing new may come in before what is there. So the pair of moment and id
//! increases with every one that is made, also when the clock stands still or goes back.

use uuid::{Builder, Uuid};
use wayfare_model::time::Moment;

use crate::clock::Entropy;

/// Bits at the end of a UUID of version 7 that are free.
const FREE_BITS: u32 = 62;

/// The moment and the id of the next thing behind `last`, which is made at `now`: a UUID of
/// version 7 (RFC 9562, 5.7), whose free bits count up within a millisecond by random steps. When
/// they cannot, or `last` has an id from elsewhere, the moment is a millisecond later.
pub(crate) fn next(
    last: Option<(Moment, Uuid)>,
    now: Moment,
    entropy: &dyn Entropy,
) -> (Moment, Uuid) {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let Some((moment, id)) = last.filter(|(moment, _)| *moment >= now) else {
        return (now, of(now, &random));
    };
    let step = u64::from(u32::from_be_bytes([random[0], random[1], random[2], random[3]])) + 1;
    let free = id.as_u64_pair().1 & ((1 << FREE_BITS) - 1);
    if is_of(moment, id) && free + step < 1 << FREE_BITS {
        return (moment, Uuid::from_u128(id.as_u128() + u128::from(step)));
    }
    let later = moment.plus_ms(1);
    (later, of(later, &random))
}

fn of(moment: Moment, random: &[u8; 10]) -> Uuid {
    let ms = u64::try_from(moment.as_ms()).unwrap_or_default();
    Builder::from_unix_timestamp_millis(ms, random).into_uuid()
}

/// Whether an id was made here at this moment.
fn is_of(moment: Moment, id: Uuid) -> bool {
    let ms = u64::try_from(moment.as_ms()).unwrap_or_default();
    id.get_version_num() == 7 && id.as_u64_pair().0 >> 16 == ms
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same bytes every time.
    struct Same(u8);

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    const NOW: Moment = Moment::from_ms(1_795_000_000_000);

    #[test]
    fn what_is_made_later_comes_later() {
        for byte in [0, 1, 0x7f, 0xff] {
            let mut last = None;
            // The clock stands, goes on and goes back.
            for ms in [0, 0, 0, 1, 1, 0, 0, 5, -1_000, 6] {
                let made = next(last, NOW.plus_ms(ms), &Same(byte));
                assert!(last.is_none_or(|last| last < made), "{last:?} {made:?}");
                assert_eq!(made.1.get_version_num(), 7);
                last = Some(made);
            }
        }
    }

    #[test]
    fn the_moment_is_that_of_the_clock_while_ids_last() {
        let first = next(None, NOW, &Same(7));
        let second = next(Some(first), NOW, &Same(7));
        assert_eq!((first.0, second.0), (NOW, NOW));
        // The free bits are used up.
        let full = Uuid::from_u128(first.1.as_u128() | ((1 << FREE_BITS) - 1));
        assert_eq!(next(Some((NOW, full)), NOW, &Same(7)).0, NOW.plus_ms(1));
        // So is an id that was not made here.
        let stranger = Uuid::from_u128(u128::MAX);
        assert_eq!(next(Some((NOW, stranger)), NOW, &Same(7)).0, NOW.plus_ms(1));
    }
}
