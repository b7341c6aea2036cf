//! Patterns that have an order, windows or a `never`.

use expect_test::expect;

use crate::print::{Part, check};

const MATCHES: &[Part] = &[Part::Effects];

#[test]
fn patterns_hold_in_the_order_of_the_list() {
    check(
        "
        in-order ordered: 1x look ; 2x cart ; 1x buy
        any-order: 1x look ; 2x cart ; 1x buy
        ",
        "
        10:00 ada cart
        10:01 ada look
        10:02 ada cart
        10:03 ada buy
        10:04 ada cart
        10:05 ada buy
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:02 to s1
            10:03 to s1, any-order@s1 assigned
            10:04 to s1
            10:05 to s1, in-order@s1 assigned
        "#]],
    );
}

#[test]
fn an_event_takes_a_run_one_step_further() {
    check(
        "
        thrice ordered: 1x any where eventName startsWith l ; 1x look ; 1x any
        once: 1x any where eventName startsWith l ; 1x look ; 1x any
        ",
        "
        10:00 ada look
        10:01 ada look
        10:02 ada look
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened, once@s1 assigned
            10:01 to s1
            10:02 to s1, thrice@s1 assigned
        "#]],
    );
}

#[test]
fn a_window_begins_where_the_pattern_before_it_held() {
    // At 10:11 the first run is out of time; the one from 10:05 is not.
    check(
        "
        soon ordered: 1x cart ; 2x buy within=600
        early ordered: 1x cart within=60
        ",
        "
        10:00 ada cart
        10:05 ada cart
        10:09 ada buy
        10:11 ada buy
        10:12 eve look
        10:14 eve cart
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened, early@s1 assigned
            10:05 to s1
            10:09 to s1
            10:11 to s1, soon@s1 assigned
            10:12 to s2, s2 opened
            10:14 to s2
        "#]],
    );
}

#[test]
fn without_order_a_window_begins_with_the_session() {
    check(
        "early: 2x look within=120 ; 1x buy",
        "
        10:00 ada page
        10:01 ada look
        10:02 ada look
        10:09 ada buy
        10:00 eve page
        10:01 eve look
        10:03 eve look
        10:09 eve buy
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:02 to s1
            10:09 to s1, early@s1 assigned
            10:00 to s2, s2 opened
            10:01 to s2
            10:03 to s2
            10:09 to s2
        "#]],
    );
}

#[test]
fn events_come_in_the_order_in_which_they_happened() {
    // The second visitor's events arrive the other way round.
    check(
        "both ordered: 1x look ; 1x buy within=120",
        "
        10:00 ada look
        10:01 ada buy
        10:01 eve buy replay
        10:00 eve look replay
        10:05 eve buy replay
        ",
        &[Part::Effects, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1, both@s1 assigned
            10:01 to s2, s2 opened
            10:00 to s2, both@s2 assigned
            10:05 to s2
            both@s1 v1 ada 10:01
            both@s2 v1 eve 10:01
        "#]],
    );
}

#[test]
fn what_never_happens_is_decided_when_the_window_is_over() {
    check(
        "forgot ordered: 1x cart ; 0x buy within=600",
        "
        10:00 ada cart
        10:05 eve cart
        10:08 eve buy
        10:10 due
        10:15:01 ada look
        10:40 due
        ",
        &[Part::Effects, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:05 to s2, s2 opened
            10:08 to s2
            10:10 forgot@s1 assigned
            10:15:01 to s1
            10:40 s1 ended, forgot@s1 unassigned, s2 ended
            forgot@s1 v1 ada 10:10, ended 10:35:01 SessionEnded
        "#]],
    );
}

#[test]
fn what_never_happens_is_decided_when_the_session_ends() {
    check(
        "
        idle: 0x buy
        mailed: 0x buy ; visit mktCampaign.source equal mail
        apps: 0x buy app
        ",
        "
        10:00 ada look source=mail
        10:00 eve look
        10:05 eve buy
        10:24 due
        10:25 due
        ",
        &[Part::Effects, Part::Assignments, Part::Facts],
        expect![[r#"
            10:00 to s1, s1 opened
            10:00 to s2, s2 opened
            10:05 to s2
            10:24 idle@s1 assigned, mailed@s1 assigned, s1 ended, idle@s1 unassigned, mailed@s1 unassigned
            10:25 s2 ended
            idle@s1 v1 ada 10:20, ended 10:20 SessionEnded
            mailed@s1 v1 ada 10:20, ended 10:20 SessionEnded
            nJourneySegmentsAssigned 10:20 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=idle SegmentScope=Session SessionId=s1 SessionSegmentId=idle+mailed SessionType=web
            nJourneySegmentsAssigned 10:20 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=mailed SegmentScope=Session SessionId=s1 SessionSegmentId=idle+mailed SessionType=web
            nJourneySegmentsAssigned 10:20 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Unassigned SegmentId=idle SegmentScope=Session SessionId=s1 SessionSegmentId=idle+mailed SessionType=web
            nJourneySegmentsAssigned 10:20 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Unassigned SegmentId=mailed SegmentScope=Session SessionId=s1 SessionSegmentId=idle+mailed SessionType=web
            nJourneySessions 10:00 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=idle+mailed SessionType=web
            nJourneySessions 10:00 CustomerId=eve CustomerIdType=cookie SessionId=s2 SessionType=web
        "#]],
    );
}

#[test]
fn a_late_event_takes_back_what_the_clock_decided() {
    check(
        "forgot ordered: 1x cart ; 0x buy within=600",
        "
        10:00 ada cart
        10:10 due
        10:05 ada buy arrives=10:11
        10:12 ada cart arrives=10:12
        10:22 due
        10:30 ada look
        10:20 ada buy replay
        ",
        &[Part::Effects, Part::Assignments, Part::Facts],
        expect![[r#"
            10:00 to s1, s1 opened
            10:10 forgot@s1 assigned
            10:11 to s1, taken back
            10:12 to s1
            10:22 forgot@s1 assigned
            10:30 to s1
            10:20 to s1
            forgot@s1 v1 ada 10:22
            nJourneySegmentsAssigned 10:22 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=forgot SegmentScope=Session SessionId=s1 SessionSegmentId=forgot SessionType=web
            nJourneySessions 10:00 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=forgot SessionType=web
        "#]],
    );
}

#[test]
fn never_between_two_patterns_lasts_until_the_second_holds() {
    check(
        "
        straight ordered: 1x cart ; 0x help ; 1x buy
        unaided ordered: 0x help ; 1x buy
        ",
        "
        10:00 ada cart
        10:01 ada help
        10:02 ada buy
        10:03 ada cart
        10:04 ada buy
        10:05 ada help
        10:00 eve cart
        10:01 eve buy
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:02 to s1
            10:03 to s1
            10:04 to s1, straight@s1 assigned
            10:05 to s1
            10:00 to s2, s2 opened
            10:01 to s2, unaided@s2 assigned, straight@s2 assigned
        "#]],
    );
}

#[test]
fn a_customer_is_followed_from_session_to_session() {
    check(
        "back customer ordered: 1x look ; 1x buy within=86400",
        "
        10:00 ada look
        12:00 ada buy
        10:00 eve look
        2/10:01 eve buy
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            12:00 to s2, s2 opened, s1 ended, back@s2 assigned
            10:00 to s3, s3 opened
            2/10:01 to s4, s4 opened, s3 ended
        "#]],
    );
}

#[test]
fn the_context_must_hold_when_time_decides() {
    check(
        "strangers: 0x buy within=600 ; visit authenticated notEqual true",
        "
        10:00 ada look
        10:05 ada look logged-in=yes
        10:12 ada look
        10:00 eve look
        10:12 eve look logged-in=yes
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:05 to s1
            10:12 to s1
            10:00 to s2, s2 opened
            10:12 to s2, strangers@s2 assigned
        "#]],
    );
}

#[test]
fn other_conditions_begin_anew_and_what_was_decided_stays() {
    check(
        "forgot ordered: 1x cart ; 0x buy within=600",
        "
        10:00 ada cart
        10:05 eve cart
        10:12 edit forgot ordered: 1x cart ; 0x pay within=60
        10:09 ada buy replay
        10:13 eve buy
        10:13 eve cart
        10:15 eve look
        ",
        &[Part::Effects, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:05 to s2, s2 opened
            10:12 forgot@s1 assigned
            10:09 to s1
            10:13 to s2
            10:13 to s2
            10:15 to s2, forgot@s2 assigned
            forgot@s1 v1 ada 10:10
            forgot@s2 v2 eve 10:14
        "#]],
    );
}

#[test]
fn an_event_that_comes_after_too_many_later_ones_finds_no_place() {
    let later: String = (0..33)
        .map(|number| format!("\n10:{:02}:{:02} ada buy", 1 + number / 60, number % 60))
        .collect();
    // One that is among the last 32 does.
    for (late, is_assigned) in [("10:00:30", false), ("10:01:01", true)] {
        let history = format!("10:00 ada page{later}\n{late} ada look replay\n10:05 ada page");
        let segments = crate::notation::segments("both ordered: 1x look ; 1x buy");
        let history = crate::notation::history(&history);
        let world = crate::world::World::run(&segments, &history, crate::world::EACH_ALONE);
        assert_eq!(!world.store.assignments.is_empty(), is_assigned, "{late}");
    }
}
