use wayfare_model::change_log::{Change, ChangeKind};

use super::*;

const NOW: Moment = Moment::from_ms(1_000_000);
const HOUR: i64 = 60 * 60 * 1_000;

fn logged(sequence: u64, customer: u32) -> LoggedChange {
    let change = Change {
        kind: ChangeKind::SegmentAssigned,
        happened: NOW,
        recorded: NOW,
        customer: Some(CustomerKey::cookie(customer.to_string())),
        contact: ContactId::from_uuid(uuid::Uuid::from_u128(1)),
        session: None,
        assignment: None,
    };
    LoggedChange { sequence, change }
}

/// A window in which the changes 1, 2, ... of these customers wait.
fn window(customers: &[u32]) -> Window {
    let mut window = Window::begin(1, 0);
    let changes = (1..).zip(customers).map(|(sequence, customer)| logged(sequence, *customer));
    window.take_in(changes, customers.len() as u64);
    window
}

/// Starts whatever can be started.
fn start(window: &mut Window, now: Moment) -> Vec<u64> {
    std::iter::from_fn(|| window.start_next(now)).map(|(logged, _)| logged.sequence).collect()
}

fn failed() -> Came {
    Came::Failed { wait_ms: None, error: "it answered 500".to_owned() }
}

#[test]
fn customers_go_side_by_side_and_each_in_order() {
    let mut window = window(&[1, 2, 1, 3, 2, 1]);
    assert_eq!(start(&mut window, NOW), [1, 2, 4]);
    assert_eq!(window.finish(2, Came::Delivered, NOW, 0.0), Follows::Done);
    assert_eq!(start(&mut window, NOW), [5]);
    window.finish(1, Came::Delivered, NOW, 0.0);
    assert_eq!(start(&mut window, NOW), [3]);
    assert_eq!(window.waiting.len(), 4);
    assert_eq!(window.next_attempt(), None);
}

#[test]
fn a_failure_holds_back_its_customer_only() {
    let mut window = window(&[1, 1, 2, 2]);
    assert_eq!(start(&mut window, NOW), [1, 3]);
    let Follows::Again(next) = window.finish(1, failed(), NOW, 0.0) else { panic!("given up") };
    assert_eq!(next, NOW.plus_ms(WEBHOOK_BACKOFF_MS_FIRST / 2));
    window.finish(3, Came::Delivered, NOW, 0.0);
    assert_eq!(start(&mut window, NOW), [4]);
    window.finish(4, Came::Delivered, NOW, 0.0);
    assert_eq!(start(&mut window, next.plus_ms(-1)), [0; 0]);
    assert_eq!(window.next_attempt(), Some(next));
    assert_eq!(
        window.start_next(next).map(|(logged, attempt)| (logged.sequence, attempt)),
        Some((1, 2))
    );
    assert_eq!(start(&mut window, next), [0; 0], "2 comes after 1");
    window.finish(1, Came::Delivered, next, 0.0);
    assert_eq!(start(&mut window, next), [2]);
}

#[test]
fn pauses_double_up_to_a_limit_and_are_spread() {
    let check = |attempts, random, expected| {
        assert_eq!(backoff_ms(attempts, random), expected, "{attempts} {random}");
    };
    check(1, 0.0, 2_500);
    check(1, 1.0, 5_000);
    check(2, 1.0, 10_000);
    check(3, 0.5, 15_000);
    check(10, 1.0, 2_560_000);
    check(11, 1.0, HOUR);
    check(u32::MAX, 1.0, HOUR);
    check(u32::MAX, 0.0, HOUR / 2);
}

#[test]
fn a_receiver_may_ask_for_more_time() {
    let mut window = window(&[1]);
    start(&mut window, NOW);
    let came = Came::Failed { wait_ms: Some(2 * HOUR), error: String::new() };
    assert_eq!(window.finish(1, came, NOW, 1.0), Follows::Again(NOW.plus_ms(2 * HOUR)));
}

#[test]
fn a_receiver_that_is_down_is_asked_once_at_a_time() {
    let mut window = window(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(start(&mut window, NOW).len(), WEBHOOK_REQUESTS_MAX);
    for sequence in 1..=8 {
        window.finish(sequence, failed(), NOW, 1.0);
    }
    assert_eq!(window.health.failures, 8);
    assert_eq!(window.health.failing_since, Some(NOW.as_ms()));
    // Four failures more than make it down: the fourth pause.
    let rests = NOW.plus_ms(8 * WEBHOOK_BACKOFF_MS_FIRST);
    assert_eq!(window.next_attempt(), Some(rests));
    assert_eq!(start(&mut window, rests.plus_ms(-1)), [0; 0]);
    // One that has never failed goes first.
    assert_eq!(start(&mut window, rests), [9]);
    window.finish(9, Came::Delivered, rests, 1.0);
    assert_eq!(window.health.failures, 0);
    assert_eq!(start(&mut window, rests), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn a_change_is_given_up_after_the_promised_time_and_a_dead_receiver_is_told() {
    let mut one_bad = window(&[1, 1]);
    let mut now = NOW;
    let follows = loop {
        assert_eq!(start(&mut one_bad, now), [1]);
        match one_bad.finish(1, failed(), now, 1.0) {
            Follows::Again(next) => now = next,
            follows => break follows,
        }
        // Others are delivered meanwhile.
        one_bad.health = Health::default();
    };
    assert_eq!(follows, Follows::GivenUp);
    assert!(now.ms_since(NOW) >= WEBHOOK_GIVE_UP_MS);
    assert_eq!(start(&mut one_bad, now), [2]);

    let mut dead = window(&[1, 2]);
    let mut now = NOW;
    let mut attempts = 0;
    loop {
        assert!(!start(&mut dead, now).is_empty());
        attempts += 1;
        let sequence = dead.waiting.iter().find(|(_, wait)| wait.is_under_way).map(|(n, _)| *n);
        let follows = dead.finish(sequence.unwrap(), failed(), now, 1.0);
        for wait in dead.waiting.values_mut() {
            wait.is_under_way = false;
        }
        dead.under_way = 0;
        if follows == Follows::Dead {
            break;
        }
        now = now.max(dead.next_attempt().unwrap());
    }
    assert!(now.ms_since(NOW) >= WEBHOOK_GIVE_UP_MS);
    assert!((60..150).contains(&attempts), "{attempts}");
    assert_eq!(dead.waiting.len(), 2, "what waits can be delivered when somebody enables it again");
    dead.forgive();
    assert_eq!(start(&mut dead, now), [1, 2]);
}

#[test]
fn what_is_stored_goes_on_where_it_was() {
    let mut before = window(&[1, 2, 1, 2]);
    start(&mut before, NOW);
    before.finish(1, Came::Delivered, NOW, 0.0);
    before.finish(2, failed(), NOW, 1.0);
    assert_eq!(start(&mut before, NOW), [3]);
    let stored = before.to_stored();
    let text = serde_json::to_string(&stored).unwrap();
    let read: Stored = serde_json::from_str(&text).unwrap();
    assert_eq!(read, stored);
    let found = [2, 4].map(|sequence| (sequence, logged(sequence, 2)));
    let mut log = BTreeMap::from(found.clone());
    log.insert(3, logged(3, 1));
    let mut after = Window::restore(read.clone(), log);
    // The attempt that was under way is made again; nobody knows what came of it.
    assert_eq!(start(&mut after, NOW), [3]);
    let next = NOW.plus_ms(WEBHOOK_BACKOFF_MS_FIRST);
    assert_eq!(start(&mut after, next), [2]);
    assert_eq!(after.read(), 4);
    // What has left the log meanwhile is no more.
    let after = Window::restore(read, BTreeMap::from(found));
    assert_eq!(after.waiting.len(), 2);
}
