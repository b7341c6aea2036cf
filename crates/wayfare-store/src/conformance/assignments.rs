//! What [`Journeys::assignments`](crate::journeys::Journeys::assignments) and
//! [`segment_counts`](crate::journeys::Journeys::segment_counts) promise.

use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::change::Changes;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::AssignmentId;
use wayfare_model::segment::Scope;

use super::Outcome;
use super::samples::{
    HERE, THERE, assignment, assignment_id, at, commit, contact_id, customer, ended, in_session,
    segment_id, session_id,
};
use crate::Stores;
use crate::error::Result;
use crate::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject, SegmentCount};

async fn store(stores: &Stores, assignments: Vec<Assignment>) -> Outcome {
    commit(stores, HERE, Changes { assignments, ..Changes::default() }).await
}

/// The ids of all assignments of a subject, read at once.
async fn list(stores: &Stores, subject: AssignmentSubject) -> Result<Vec<AssignmentId>> {
    filtered(stores, subject, None, None).await
}

async fn filtered(
    stores: &Stores,
    subject: AssignmentSubject,
    scope: Option<Scope>,
    state: Option<AssignmentState>,
) -> Result<Vec<AssignmentId>> {
    let query = AssignmentQuery { subject, scope, state };
    let found = stores.journeys.assignments(HERE, &query, None, 100).await?;
    Ok(found.into_iter().map(|assignment| assignment.id).collect())
}

/// Those made in the session.
pub async fn assignments_of_a_session(stores: &Stores) -> Outcome {
    let stored = vec![
        Assignment { session: in_session(1), assigned: at(3), ..assignment(1) },
        Assignment { session: in_session(1), unassigned: ended(), ..assignment(2) },
        Assignment { session: in_session(2), ..assignment(3) },
        Assignment { session: None, ..assignment(4) },
    ];
    store(stores, stored).await?;
    let of_session = |number| AssignmentSubject::Session(session_id(number));
    assert_eq!(list(stores, of_session(1)).await?, [2, 1].map(assignment_id));
    assert_eq!(list(stores, of_session(9)).await?, []);
    Ok(())
}

/// Those made for the customer, and those that clients made on its contact, but none made for other
/// customers of the contact.
pub async fn assignments_of_a_customer(stores: &Stores) -> Outcome {
    let of_another_type = CustomerKey::new(CustomerKey::EMAIL, customer(1).id);
    let on_contact = |number| Assignment { contact: contact_id(7), ..assignment(number) };
    let stored = vec![
        Assignment { customer: Some(customer(1)), assigned: at(2), ..on_contact(1) },
        Assignment { customer: None, session: None, assigned: at(1), ..on_contact(2) },
        Assignment { customer: Some(customer(2)), ..on_contact(3) },
        Assignment { customer: Some(of_another_type), ..on_contact(4) },
        Assignment { customer: None, session: None, ..assignment(5) },
        Assignment { customer: Some(customer(1)), assigned: at(3), ..assignment(6) },
    ];
    store(stores, stored).await?;
    let subject = AssignmentSubject::Customer { customer: customer(1), contact: contact_id(7) };
    assert_eq!(list(stores, subject).await?, [2, 1, 6].map(assignment_id));
    Ok(())
}

/// Those of all customers of the contact, and those made on it.
pub async fn assignments_of_a_contact(stores: &Stores) -> Outcome {
    let on_contact = |number| Assignment { contact: contact_id(7), ..assignment(number) };
    let stored = vec![
        Assignment { assigned: at(2), ..on_contact(1) },
        Assignment { customer: None, session: None, assigned: at(1), ..on_contact(2) },
        Assignment { unassigned: ended(), assigned: at(3), ..on_contact(3) },
        assignment(4),
    ];
    store(stores, stored).await?;
    let subject = AssignmentSubject::Contact(contact_id(7));
    assert_eq!(list(stores, subject).await?, [2, 1, 3].map(assignment_id));
    Ok(())
}

/// The members of a segment, past ones too.
pub async fn assignments_of_a_segment(stores: &Stores) -> Outcome {
    let in_segment = |number| Assignment { segment: segment_id(7), ..assignment(number) };
    let stored = vec![
        Assignment { assigned: at(2), ..in_segment(1) },
        Assignment { unassigned: ended(), assigned: at(1), ..in_segment(2) },
        Assignment { customer: None, session: None, assigned: at(3), ..in_segment(3) },
        assignment(4),
    ];
    store(stores, stored).await?;
    let subject = AssignmentSubject::Segment(segment_id(7));
    assert_eq!(list(stores, subject).await?, [2, 1, 3].map(assignment_id));
    Ok(())
}

/// Whoever's they are, assignments can be asked for by scope and by state.
pub async fn assignments_of_a_scope_or_in_a_state(stores: &Stores) -> Outcome {
    let same = |number: u8| Assignment {
        segment: segment_id(1),
        session: in_session(1),
        customer: Some(customer(1)),
        contact: contact_id(1),
        assigned: at(number.into()),
        ..assignment(number)
    };
    let stored = vec![
        same(1),
        Assignment { unassigned: ended(), ..same(2) },
        Assignment { scope: Scope::Customer, ..same(3) },
        Assignment { scope: Scope::Customer, unassigned: ended(), ..same(4) },
    ];
    store(stores, stored).await?;
    let subjects = [
        AssignmentSubject::Session(session_id(1)),
        AssignmentSubject::Customer { customer: customer(1), contact: contact_id(1) },
        AssignmentSubject::Contact(contact_id(1)),
        AssignmentSubject::Segment(segment_id(1)),
    ];
    let (session, customer) = (Some(Scope::Session), Some(Scope::Customer));
    let (assigned, unassigned) =
        (Some(AssignmentState::Assigned), Some(AssignmentState::Unassigned));
    for subject in subjects {
        for (scope, state, expected) in [
            (None, None, [1, 2, 3, 4].as_slice()),
            (session, None, &[1, 2]),
            (customer, None, &[3, 4]),
            (None, assigned, &[1, 3]),
            (None, unassigned, &[2, 4]),
            (session, assigned, &[1]),
            (customer, unassigned, &[4]),
        ] {
            let found = filtered(stores, subject.clone(), scope, state).await?;
            let expected: Vec<_> = expected.iter().copied().map(assignment_id).collect();
            assert_eq!(found, expected, "{subject:?} {scope:?} {state:?}");
        }
    }
    Ok(())
}

/// Pages follow one another in the order of `assigned`, then of the id, without a gap or a repeat.
pub async fn assignments_are_paged_in_the_order_they_were_made(stores: &Stores) -> Outcome {
    let same = |number, ms| Assignment {
        segment: segment_id(1),
        session: in_session(1),
        customer: Some(customer(1)),
        contact: contact_id(1),
        assigned: at(ms),
        ..assignment(number)
    };
    let on_contact = Assignment { customer: None, session: in_session(1), ..same(150, 10) };
    let over = Assignment { unassigned: ended(), ..same(3, 10) };
    let stored = vec![
        same(200, 10),
        same(2, 20),
        same(1, 20),
        over,
        on_contact,
        same(5, -10),
        same(130, 10),
    ];
    store(stores, stored).await?;
    let expected = [5, 3, 130, 150, 200, 1, 2].map(assignment_id);
    let subjects = [
        AssignmentSubject::Session(session_id(1)),
        AssignmentSubject::Customer { customer: customer(1), contact: contact_id(1) },
        AssignmentSubject::Contact(contact_id(1)),
        AssignmentSubject::Segment(segment_id(1)),
    ];
    for subject in subjects {
        for limit in [1, 2, 3, 100] {
            let query = AssignmentQuery { subject: subject.clone(), scope: None, state: None };
            let mut listed = Vec::new();
            let mut after = None;
            loop {
                let page = stores.journeys.assignments(HERE, &query, after, limit).await?;
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = Some(AssignmentPlace { assigned: last.assigned, id: last.id });
                listed.extend(page.into_iter().map(|assignment| assignment.id));
            }
            assert_eq!(listed, expected, "{subject:?} {limit}");
        }
    }
    Ok(())
}

/// Each session and each customer counts once for a segment, however often it was assigned and
/// whether or not it holds.
pub async fn segments_count_their_sessions_and_customers(stores: &Stores) -> Outcome {
    assert_eq!(stores.journeys.segment_counts(HERE).await?, []);
    let of_segment =
        |segment, number, session: Option<u8>, customer_number: Option<u8>| Assignment {
            segment: segment_id(segment),
            session: session.and_then(in_session),
            customer: customer_number.map(customer),
            ..assignment(number)
        };
    let first = vec![
        of_segment(200, 1, Some(1), Some(1)),
        of_segment(200, 2, Some(1), Some(1)),
        of_segment(3, 3, Some(1), Some(1)),
    ];
    store(stores, first).await?;
    let second = vec![
        // The same session and customer as before, in another scope and over.
        Assignment {
            scope: Scope::Customer,
            unassigned: ended(),
            ..of_segment(200, 4, Some(1), Some(1))
        },
        // It was stored before.
        Assignment { unassigned: ended(), ..of_segment(200, 2, Some(1), Some(1)) },
        of_segment(200, 5, Some(2), Some(1)),
        of_segment(200, 6, Some(3), Some(2)),
        of_segment(200, 7, None, Some(3)),
        // Made on a contact: neither a session nor a customer.
        of_segment(200, 8, None, None),
        of_segment(5, 9, None, None),
    ];
    store(stores, second).await?;
    let changes =
        Changes { assignments: vec![of_segment(3, 1, Some(9), Some(9))], ..Changes::default() };
    commit(stores, THERE, changes).await?;
    let count = |segment, sessions, customers| SegmentCount {
        segment: segment_id(segment),
        sessions,
        customers,
    };
    let counts = stores.journeys.segment_counts(HERE).await?;
    assert_eq!(counts, [count(3, 1, 1), count(200, 3, 3)]);

    // An assignment that turns out to be another customer's, of another segment.
    store(stores, vec![of_segment(5, 7, Some(4), Some(4))]).await?;
    let counts = stores.journeys.segment_counts(HERE).await?;
    assert_eq!(counts, [count(3, 1, 1), count(5, 1, 1), count(200, 3, 2)]);
    Ok(())
}
