//! What [`Changes`](crate::changes::Changes) promises.

use std::pin::Pin;

use wayfare_model::assignment::{AssignmentOrigin, UnassignReason};
use wayfare_model::change::Changes;
use wayfare_model::change_log::{
    Change, ChangeKind, ChangeSpan, ChangedAssignment, ChangedSession, LoggedChange,
};
use wayfare_model::id::OrganisationId;
use wayfare_model::segment::Scope;
use wayfare_model::session::Visitor;

use super::Outcome;
use super::samples::{
    HERE, THERE, assignment_id, at, commit, contact_id, customer, segment_id, session_id,
    side_by_side, visitor,
};
use crate::changes::ChangeBounds;
use crate::error::Result;
use crate::{Error, Stores};

/// Bounds that let everything stay.
const ALL_STAY: ChangeBounds =
    ChangeBounds { recorded_from: at(-1_000_000), changes_max: 1_000, batch_max: 1_000 };

/// The n-th customer's session began, written down then.
pub(super) fn opened(number: u8, recorded: i64) -> Change {
    Change {
        kind: ChangeKind::SessionOpened,
        happened: at(recorded - 5),
        recorded: at(recorded),
        customer: Some(customer(number)),
        contact: contact_id(number),
        session: Some(ChangedSession { id: session_id(number), session_type: "web".to_owned() }),
        assignment: None,
    }
}

/// A change of every kind, each with as much in it as it may have, and one with as little.
fn of_every_kind() -> Vec<Change> {
    let reasons = [
        UnassignReason::SessionEnded,
        UnassignReason::Expired,
        UnassignReason::Api,
        UnassignReason::SegmentDeleted,
    ];
    let assignment = ChangedAssignment {
        id: assignment_id(200),
        segment: segment_id(3),
        segment_version: 7,
        scope: Scope::Customer,
        origin: AssignmentOrigin::Matched,
        assigned: at(-9),
        expires: Some(at(9_000)),
        reason: None,
    };
    let mut all: Vec<Change> = ChangeKind::ALL
        .into_iter()
        .map(|kind| {
            let is_of_segment = kind >= ChangeKind::SegmentAssigned;
            let assignment = is_of_segment.then(|| assignment.clone());
            Change { kind, assignment, ..opened(1, 0) }
        })
        .collect();
    for reason in reasons {
        let assignment = ChangedAssignment {
            scope: Scope::Session,
            origin: AssignmentOrigin::Api,
            expires: None,
            reason: Some(reason),
            ..assignment.clone()
        };
        all.push(Change {
            kind: ChangeKind::SegmentUnassigned,
            customer: None,
            session: None,
            assignment: Some(assignment),
            ..opened(2, 0)
        });
    }
    all
}

pub(super) async fn log(
    stores: &Stores,
    organisation: OrganisationId,
    log: Vec<Change>,
) -> Outcome {
    commit(stores, organisation, Changes { log, ..Changes::default() }).await
}

/// The numbers of the changes after a place.
async fn numbers(stores: &Stores, after: u64) -> Result<Vec<u64>> {
    let page = stores.changes.changes(HERE, after, 100).await?;
    Ok(page.changes.iter().map(|logged| logged.sequence).collect())
}

async fn span(stores: &Stores) -> Result<ChangeSpan> {
    stores.changes.changes(HERE, 0, 0).await.map(|page| page.span)
}

/// Changes are read just as they were written, from any place, as many as wanted.
pub async fn changes_come_back_in_their_order(stores: &Stores) -> Outcome {
    assert_eq!(stores.changes.changes(HERE, 0, 9).await?.changes, []);
    assert_eq!(span(stores).await?, ChangeSpan::default());
    let written = of_every_kind();
    let (first, second) = written.split_at(5);
    log(stores, HERE, first.to_vec()).await?;
    log(stores, HERE, second.to_vec()).await?;
    let expected: Vec<LoggedChange> =
        (1..).zip(written).map(|(sequence, change)| LoggedChange { sequence, change }).collect();
    let page = stores.changes.changes(HERE, 0, 100).await?;
    assert_eq!(page.changes, expected);
    assert_eq!(page.span, ChangeSpan { last: 12, trimmed: 0 });
    let page = stores.changes.changes(HERE, 4, 3).await?;
    assert_eq!(page.changes, expected[4..7]);
    assert_eq!(page.span, ChangeSpan { last: 12, trimmed: 0 });
    assert_eq!(numbers(stores, 12).await?, [0_u64; 0]);
    assert_eq!(numbers(stores, u64::MAX).await?, [0_u64; 0]);
    Ok(())
}

/// The log tells nothing of what was refused.
pub async fn a_refused_batch_logs_nothing(stores: &Stores) -> Outcome {
    log(stores, HERE, vec![opened(1, 0)]).await?;
    let visitors = vec![Visitor { revision: 4, ..visitor(1) }];
    let refused = Changes { visitors, log: vec![opened(2, 1)], ..Changes::default() };
    let refused = commit(stores, HERE, refused).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(span(stores).await?.last, 1);
    log(stores, HERE, vec![opened(3, 2)]).await?;
    assert_eq!(numbers(stores, 0).await?, [1, 2]);
    Ok(())
}

/// The oldest go first, and the log tells from where it is complete.
pub async fn changes_that_are_too_old_or_too_many_leave(stores: &Stores) -> Outcome {
    // The clock went back once: what came before a change that is too old goes with it, and what
    // came after one that is not stays.
    for (number, recorded) in [(1, 10), (2, 20), (3, 15), (4, 30), (5, 12), (6, 40)] {
        log(stores, HERE, vec![opened(number, recorded)]).await?;
    }
    let trim = async |bounds| stores.changes.trim_changes(HERE, bounds).await;
    assert_eq!(trim(ALL_STAY).await?, 0);
    assert_eq!(span(stores).await?, ChangeSpan { last: 6, trimmed: 0 });
    let by_age = ChangeBounds { recorded_from: at(20), ..ALL_STAY };
    assert_eq!(trim(by_age).await?, 1);
    assert_eq!(span(stores).await?, ChangeSpan { last: 6, trimmed: 1 });
    assert_eq!(trim(by_age).await?, 0);
    let by_number = ChangeBounds { changes_max: 2, batch_max: 2, ..ALL_STAY };
    assert_eq!(trim(by_number).await?, 2);
    assert_eq!(span(stores).await?, ChangeSpan { last: 6, trimmed: 3 });
    assert_eq!(trim(by_number).await?, 1);
    assert_eq!(trim(by_number).await?, 0);
    assert_eq!(numbers(stores, 0).await?, [5, 6]);
    assert_eq!(span(stores).await?, ChangeSpan { last: 6, trimmed: 4 });
    Ok(())
}

/// An empty log goes on counting.
pub async fn numbers_are_not_used_again(stores: &Stores) -> Outcome {
    log(stores, HERE, vec![opened(1, 0), opened(2, 1)]).await?;
    let none_stays = ChangeBounds { recorded_from: at(100), ..ALL_STAY };
    assert_eq!(stores.changes.trim_changes(HERE, none_stays).await?, 2);
    assert_eq!(span(stores).await?, ChangeSpan { last: 2, trimmed: 2 });
    log(stores, HERE, vec![opened(3, 200)]).await?;
    let none_stays_later = ChangeBounds { recorded_from: at(201), ..ALL_STAY };
    assert_eq!(numbers(stores, 0).await?, [3]);
    assert_eq!(stores.changes.trim_changes(HERE, none_stays_later).await?, 1);
    log(stores, HERE, vec![opened(4, 201)]).await?;
    assert_eq!(numbers(stores, 0).await?, [4]);
    Ok(())
}

/// Each organisation counts by itself, and reads and trims its own.
pub async fn organisations_have_logs_of_their_own(stores: &Stores) -> Outcome {
    log(stores, HERE, vec![opened(1, 0), opened(2, 0)]).await?;
    log(stores, THERE, vec![opened(3, 0)]).await?;
    let there = stores.changes.changes(THERE, 0, 9).await?;
    assert_eq!(there.changes, [LoggedChange { sequence: 1, change: opened(3, 0) }]);
    assert_eq!(there.span, ChangeSpan { last: 1, trimmed: 0 });
    let none_stays = ChangeBounds { recorded_from: at(100), ..ALL_STAY };
    assert_eq!(stores.changes.trim_changes(THERE, none_stays).await?, 1);
    assert_eq!(numbers(stores, 0).await?, [1, 2]);
    assert_eq!(span(stores).await?, ChangeSpan { last: 2, trimmed: 0 });
    Ok(())
}

/// Commits that come together share no number.
pub async fn commits_side_by_side_are_numbered_without_a_gap(stores: &Stores) -> Outcome {
    let commits = (1..=20_u8).map(|number| -> Pin<Box<dyn Future<Output = _> + Send>> {
        Box::pin(log(stores, HERE, vec![opened(number, 0)]))
    });
    for outcome in side_by_side(commits.collect()).await {
        outcome?;
    }
    assert_eq!(numbers(stores, 0).await?, (1..=20).collect::<Vec<u64>>());
    Ok(())
}
