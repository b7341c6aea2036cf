//! Places in a change log, as clients know them.
//!
//! A place is the number of the last change seen, with the moment at which that was written down: after
//! an older backup was restored, numbers are given once more, to other changes.

use uuid::Uuid;
use wayfare_model::change_log::{ChangePage, LoggedChange};
use wayfare_model::id::IdSource;
use wayfare_model::time::Moment;

use crate::paging::cursor::{Cursors, Place};

/// A place in a change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// The number of the last change before it.
    pub(crate) sequence: u64,
    /// When that was written down, where it is known.
    recorded: Option<Moment>,
}

/// What a place is to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Everything after it is there.
    Good,
    /// Some of what came after it has left the log.
    LeftTheLog,
    /// It is ahead of the log, or of changes that a restored backup does not have.
    NotInTheLog,
}

impl Position {
    /// The place after a change of which nothing but its number is known.
    pub(crate) const fn after_number(sequence: u64) -> Self {
        Self { sequence, recorded: None }
    }

    /// The place after a change.
    pub(crate) const fn after(logged: &LoggedChange) -> Self {
        Self { sequence: logged.sequence, recorded: Some(logged.change.recorded) }
    }

    /// The end of the log that a page was read in.
    pub(crate) fn end_of_log(page: &ChangePage) -> Self {
        let last = page.changes.last().filter(|last| last.sequence == page.span.last);
        // The last change may have been deleted with its customer.
        last.map_or(Self::after_number(page.span.last), Self::after)
    }

    /// What it is to a log, of which `page` is read from the change before it.
    pub(crate) fn standing(self, page: &ChangePage) -> Standing {
        let is_another = |logged: &LoggedChange| {
            logged.sequence == self.sequence
                && self.recorded.is_some_and(|recorded| recorded != logged.change.recorded)
        };
        if self.sequence > page.span.last || page.changes.first().is_some_and(is_another) {
            Standing::NotInTheLog
        } else if self.sequence < page.span.trimmed {
            Standing::LeftTheLog
        } else {
            Standing::Good
        }
    }

    /// The place that a client knows by an id.
    pub(crate) fn read(place: Place) -> Self {
        let recorded = i64::try_from(place.id.as_u128()).ok().filter(|ms| *ms > 0);
        Self {
            sequence: u64::try_from(place.moment.as_ms()).unwrap_or(0),
            recorded: recorded.map(Moment::from_ms),
        }
    }

    /// Its id.
    pub(crate) fn write(self, places: &Cursors) -> String {
        let number = i64::try_from(self.sequence).unwrap_or(i64::MAX);
        let recorded = self.recorded.map_or(0, |recorded| recorded.as_ms().max(0));
        let id = Uuid::from_u128(u128::from(recorded.unsigned_abs()));
        places.write(Place { moment: Moment::from_ms(number), kind: 0, id })
    }
}

/// The places in an organisation's log, as clients know them.
pub(crate) fn places(ids: &IdSource) -> Cursors {
    Cursors::of(ids, "changes", &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_model::change_log::{Change, ChangeKind, ChangeSpan};
    use wayfare_model::id::ContactId;

    fn logged(sequence: u64, recorded_ms: i64) -> LoggedChange {
        let recorded = Moment::from_ms(recorded_ms);
        let change = Change {
            kind: ChangeKind::SegmentAssigned,
            happened: recorded,
            recorded,
            customer: None,
            contact: ContactId::from_uuid(Uuid::nil()),
            session: None,
            assignment: None,
        };
        LoggedChange { sequence, change }
    }

    #[test]
    fn a_place_is_known_by_its_number_and_its_moment() {
        let span = ChangeSpan { last: 9, trimmed: 4 };
        let check = |sequence, recorded: Option<i64>, found: &[LoggedChange], expected| {
            let place = Position { sequence, recorded: recorded.map(Moment::from_ms) };
            let page = ChangePage { changes: found.to_vec(), span };
            assert_eq!(place.standing(&page), expected, "{place:?} {found:?}");
        };
        check(9, Some(5), &[logged(9, 5)], Standing::Good);
        check(9, Some(5), &[logged(9, 6)], Standing::NotInTheLog);
        // Older ids had no moment, and of a change that was deleted it is not known any more.
        check(9, None, &[logged(9, 6)], Standing::Good);
        check(7, Some(5), &[logged(8, 6)], Standing::Good);
        check(4, Some(5), &[], Standing::Good);
        check(3, Some(5), &[logged(5, 6)], Standing::LeftTheLog);
        check(0, None, &[], Standing::LeftTheLog);
        check(10, Some(5), &[], Standing::NotInTheLog);
        let empty = ChangePage::default();
        assert_eq!(Position::default().standing(&empty), Standing::Good);
    }

    #[test]
    fn the_end_of_the_log_is_its_last_change_where_that_is_there() {
        let check = |changes: Vec<LoggedChange>, expected| {
            let page = ChangePage { changes, span: ChangeSpan { last: 9, trimmed: 0 } };
            assert_eq!(Position::end_of_log(&page), expected);
        };
        check(vec![logged(8, 1), logged(9, 2)], Position::after(&logged(9, 2)));
        check(vec![logged(7, 1)], Position::after_number(9));
        check(Vec::new(), Position::after_number(9));
    }

    #[test]
    fn an_id_says_all_of_it() {
        let ids = IdSource::new(Uuid::nil());
        let places = places(&ids);
        for position in [Position::after(&logged(7, 1_795_000_000_000)), Position::after_number(3)]
        {
            let read = places.read(Some(&position.write(&places))).expect("an id");
            assert_eq!(read.map(Position::read), Some(position));
        }
    }
}
