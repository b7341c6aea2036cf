//! What [`Journeys::due`](crate::journeys::Journeys::due) and
//! [`next_due`](crate::journeys::Journeys::next_due) promise.

use wayfare_model::assignment::Assignment;
use wayfare_model::change::{Changes, Due};
use wayfare_model::session::Session;

use super::Outcome;
use super::samples::{
    HERE, THERE, assignment, assignment_id, at, commit, ended, session, session_id,
};
use crate::Stores;

fn ending(number: u8, ms: i64) -> Session {
    Session { ends: at(ms), ..session(number) }
}

fn expiring(number: u8, ms: i64) -> Assignment {
    Assignment { expires: Some(at(ms)), ..assignment(number) }
}

/// Due is what ends at this moment or earlier, the earliest first.
pub async fn what_is_due_comes_in_the_order_of_its_ends(stores: &Stores) -> Outcome {
    let changes = Changes {
        sessions: vec![ending(1, 30), ending(2, 10), ending(3, 31), ending(200, 20)],
        assignments: vec![expiring(1, 20), expiring(200, 10), expiring(3, 31)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let expected = Due {
        sessions: [2, 200, 1].map(session_id).to_vec(),
        assignments: [200, 1].map(assignment_id).to_vec(),
    };
    assert_eq!(stores.journeys.due(HERE, at(30), 10).await?, expected);
    assert!(stores.journeys.due(HERE, at(9), 10).await?.is_empty());
    assert!(stores.journeys.due(THERE, at(30), 10).await?.is_empty());
    Ok(())
}

/// A session that ended is due no more, until an event opens it again; nor is an assignment that
/// holds no more, or that never expires.
pub async fn what_ended_is_not_due(stores: &Stores) -> Outcome {
    let over = Session { ended: Some(at(11)), ..ending(1, 10) };
    let changes = Changes {
        sessions: vec![over],
        assignments: vec![Assignment { unassigned: ended(), ..expiring(1, 10) }, assignment(2)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    assert!(stores.journeys.due(HERE, at(100), 10).await?.is_empty());
    assert_eq!(stores.journeys.next_due().await?, None);

    let changes = Changes { sessions: vec![ending(1, 50)], ..Changes::default() };
    commit(stores, HERE, changes).await?;
    let due = stores.journeys.due(HERE, at(100), 10).await?;
    assert_eq!(due.sessions, [session_id(1)]);
    assert_eq!(stores.journeys.next_due().await?, Some(at(50)));

    let changes = Changes {
        sessions: vec![Session { ended: Some(at(50)), ..ending(1, 50) }],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    assert!(stores.journeys.due(HERE, at(100), 10).await?.is_empty());
    Ok(())
}

/// The limit is one for the sessions and one for the assignments.
pub async fn the_limit_holds_for_sessions_and_assignments_each(stores: &Stores) -> Outcome {
    let changes = Changes {
        sessions: vec![ending(1, 3), ending(2, 2), ending(3, 1)],
        assignments: vec![expiring(1, 3), expiring(2, 2), expiring(3, 1)],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await?;
    let due = stores.journeys.due(HERE, at(10), 2).await?;
    assert_eq!(due.sessions, [3, 2].map(session_id));
    assert_eq!(due.assignments, [3, 2].map(assignment_id));
    Ok(())
}

/// A session is due as well when something is decided in it, unless it ended.
pub async fn a_session_in_which_something_is_decided_is_due(stores: &Stores) -> Outcome {
    let deciding =
        |number, ends, decides| Session { decides: Some(at(decides)), ..ending(number, ends) };
    let sessions = vec![deciding(1, 50, 20), deciding(2, 10, 30), ending(3, 25)];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;
    let due = stores.journeys.due(HERE, at(30), 10).await?;
    assert_eq!(due.sessions, [2, 1, 3].map(session_id));
    assert_eq!(stores.journeys.next_due().await?, Some(at(10)));

    let sessions = vec![
        Session { ended: Some(at(10)), ..deciding(2, 10, 30) },
        ending(1, 50),
        deciding(3, 40, 35),
    ];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;
    assert!(stores.journeys.due(HERE, at(34), 10).await?.is_empty());
    assert_eq!(stores.journeys.next_due().await?, Some(at(35)));
    Ok(())
}

/// The next moment at which something is due, whatever it is and whoever's.
pub async fn the_next_moment_is_the_earliest_of_all_organisations(stores: &Stores) -> Outcome {
    let journeys = &stores.journeys;
    assert_eq!(journeys.next_due().await?, None);
    let assignments = vec![expiring(1, 40)];
    commit(stores, HERE, Changes { assignments, ..Changes::default() }).await?;
    assert_eq!(journeys.next_due().await?, Some(at(40)));
    let sessions = vec![ending(1, 30)];
    commit(stores, THERE, Changes { sessions, ..Changes::default() }).await?;
    assert_eq!(journeys.next_due().await?, Some(at(30)));
    let sessions = vec![ending(1, 50), ending(2, 20)];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;
    assert_eq!(journeys.next_due().await?, Some(at(20)));
    // More events came, so that it ends later.
    let sessions = vec![ending(2, 60)];
    commit(stores, HERE, Changes { sessions, ..Changes::default() }).await?;
    assert_eq!(journeys.next_due().await?, Some(at(30)));
    Ok(())
}
