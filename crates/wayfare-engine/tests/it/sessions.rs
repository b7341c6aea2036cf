//! Which session an event goes to, when sessions end, and what they show.

use expect_test::expect;

use crate::print::{Part, check};

const SESSIONS: &[Part] = &[Part::Effects, Part::Sessions];

#[test]
fn twenty_minutes_of_silence_divide_sessions() {
    check(
        "",
        "
        10:00 ada page_viewed
        10:19:59 ada page_viewed
        10:39:59 ada page_viewed
        10:45 eve page_viewed
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:19:59 to s1
            10:39:59 to s2, s2 opened, s1 ended
            10:45 to s3, s3 opened
            s1 ada web 10:00-10:19:59 ended 10:39:59, 2 events pages=2
            s2 ada web 10:39:59-10:39:59 open till 10:59:59, 1 events pages=1
            s3 eve web 10:45-10:45 open till 11:05, 1 events pages=1
        "#]],
    );
}

#[test]
fn types_of_sessions_do_not_mix() {
    check(
        "",
        "
        10:00 ada page_viewed path=/
        10:05 ada screen_viewed app=Shop screen=cart
        10:10 ada page_viewed path=/cart
        10:15 ada screen_viewed app=Shop screen=pay
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:05 to s2, s2 opened
            10:10 to s1
            10:15 to s2
            s1 ada web 10:00-10:10 open till 10:30, 2 events pages=2 last-page=/cart
            s2 ada app 10:05-10:15 open till 10:35, 2 events screens=2 app=Shop last-screen=pay
        "#]],
    );
}

#[test]
fn time_ends_a_session_and_a_late_event_opens_it_again() {
    check(
        "",
        "
        10:00 ada page_viewed
        10:19 due
        10:20 due
        10:15 ada page_viewed arrives=10:21
        10:34 due
        10:35 due
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:19
            10:20 s1 ended
            10:21 to s1, s1 reopened
            10:34
            10:35 s1 ended
            s1 ada web 10:00-10:15 ended 10:35, 2 events pages=2
        "#]],
    );
}

#[test]
fn an_event_of_the_visitor_ends_other_sessions_that_are_over() {
    check(
        "",
        "
        10:00 ada page_viewed
        10:00 eve page_viewed
        10:30 ada screen_viewed app=Shop screen=cart
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:00 to s2, s2 opened
            10:30 to s3, s3 opened, s1 ended
            s1 ada web 10:00-10:00 ended 10:20, 1 events pages=1
            s2 eve web 10:00-10:00 open till 10:20, 1 events pages=1
            s3 ada app 10:30-10:30 open till 10:50, 1 events screens=1 app=Shop last-screen=cart
        "#]],
    );
}

#[test]
fn replayed_events_may_come_in_any_order() {
    check(
        "",
        "
        10:00 ada c replay
        10:10 ada e replay
        09:50 ada b replay
        10:30 ada g replay
        10:05 ada d replay
        10:28 ada f replay
        09:29 ada a replay
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:10 to s1
            09:50 to s1
            10:30 to s2, s2 opened, s1 ended
            10:05 to s1, s1 reopened
            10:28 to s1
            09:29 to s3, s3 opened
            s1 ada web 09:50-10:28 open till 10:48, 5 events
            s2 ada web 10:30-10:30 open till 10:50, 1 events
            s3 ada web 09:29-09:29 open till 09:49, 1 events
        "#]],
    );
}

#[test]
fn an_event_between_two_sessions_prefers_the_one_that_began_before_it() {
    check(
        "",
        "
        10:00 ada a replay
        10:35 ada d replay
        10:19 ada b replay
        10:36 ada e replay
        10:34 ada c replay
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:35 to s2, s2 opened, s1 ended
            10:19 to s1, s1 reopened
            10:36 to s2
            10:34 to s1
            s1 ada web 10:00-10:34 open till 10:54, 3 events
            s2 ada web 10:35-10:36 open till 10:56, 2 events
        "#]],
    );
}

#[test]
fn silence_before_a_session_is_as_long_as_silence_after_it() {
    check(
        "",
        "
        10:00 ada a replay
        09:40 ada b replay
        09:20:01 ada c replay
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            09:40 to s2, s2 opened
            09:20:01 to s2
            s1 ada web 10:00-10:00 open till 10:20, 1 events
            s2 ada web 09:20:01-09:40 open till 10:00, 2 events
        "#]],
    );
}

#[test]
fn a_live_event_older_than_the_active_session_is_refused() {
    check(
        "all: visit authenticated notEqual true",
        "
        10:00 ada page_viewed
        09:59 ada page_viewed arrives=10:01 email=ada@example.org
        10:19 ada page_viewed
        09:58 eve page_viewed arrives=10:20
        09:58 ada screen_viewed app=Shop arrives=10:20
        09:50 ada page_viewed arrives=10:40
        ",
        &[Part::Effects, Part::Sessions, Part::Contacts],
        expect![[r#"
            10:00 to s1, s1 opened, all@s1 assigned
            10:01 refused: the event of 2026-03-01T09:59:00.000Z is older than the active session s1, which began at 2026-03-01T10:00:00.000Z
            10:19 to s1
            10:20 to s2, s2 opened, all@s2 assigned
            10:20 to s3, s3 opened, all@s3 assigned
            10:40 to s1
            s1 ada web 09:50-10:19 open till 10:39, 3 events pages=3
            s2 eve web 09:58-09:58 open till 10:18, 1 events pages=1
            s3 ada app 09:58-09:58 open till 10:18, 1 events screens=1 app=Shop
            eve 09:58
            ada 10:00
        "#]],
    );
}

#[test]
fn lateness_is_judged_by_the_first_active_session() {
    // The clock of the second event's device is ahead, so two sessions are active at once.
    check(
        "",
        "
        10:00 ada a
        10:21 ada c arrives=10:17
        10:18 ada b
        09:59 ada z arrives=10:18:30
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:17 to s2, s2 opened, s1 ended
            10:18 to s1, s1 reopened
            10:18:30 refused: the event of 2026-03-01T09:59:00.000Z is older than the active session s1, which began at 2026-03-01T10:00:00.000Z
            s1 ada web 10:00-10:18 open till 10:38, 2 events
            s2 ada web 10:21-10:21 open till 10:41, 1 events
        "#]],
    );
}

#[test]
fn an_import_names_its_sessions() {
    check(
        "",
        "
        10:00 ada a replay session=basket source=mail
        12:00 ada b replay session=basket source=search
        09:00 ada c replay session=basket
        10:05 ada d
        10:06 eve e replay session=basket
        10:07 ada f replay session=basket app=Shop
        13:00 due
        13:00 ada g replay session=basket
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            12:00 to s1
            09:00 to s1
            10:05 to s2, s2 opened
            10:06 refused: the session s1 belongs to another customer
            10:07 refused: the session s1 is of type 'web'
            13:00 s2 ended, s1 ended
            13:00 to s1, s1 reopened
            s1 ada web 09:00-13:00 open till 13:20, 4 events recorded=yes source=mail
            s2 ada web 10:05-10:05 ended 10:25, 1 events
        "#]],
    );
}

#[test]
fn another_campaign_begins_another_session() {
    check(
        "",
        "
        10:00 ada page_viewed
        10:01 ada page_viewed source=mail
        10:02 ada page_viewed
        10:03 ada page_viewed source=mail
        10:04 ada page_viewed source=search
        10:05 ada page_viewed
        10:06 ada page_viewed click=xyz
        10:07 ada page_viewed source=mail
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:02 to s1
            10:03 to s1
            10:04 to s2, s1 ended, s2 opened
            10:05 to s2
            10:06 to s2
            10:07 to s3, s2 ended, s3 opened
            s1 ada web 10:00-10:03 cut off 10:04, 4 events pages=4 source=mail
            s2 ada web 10:04-10:06 cut off 10:07, 3 events pages=3 source=search
            s3 ada web 10:07-10:07 open till 10:27, 1 events pages=1 source=mail
        "#]],
    );
}

#[test]
fn a_campaign_divides_only_at_the_last_event() {
    check(
        "",
        "
        10:00 ada a replay source=mail
        10:10 ada c replay
        10:05 ada b replay source=search
        10:20 ada e replay source=search
        10:19 ada d replay
        10:15 ada x replay source=social
        ",
        SESSIONS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:10 to s1
            10:05 to s1
            10:20 to s2, s1 ended, s2 opened
            10:19 to s1
            10:15 to s1
            s1 ada web 10:00-10:19 cut off 10:20, 5 events source=mail
            s2 ada web 10:20-10:20 open till 10:40, 1 events source=search
        "#]],
    );
}

#[test]
fn a_campaign_divides_events_of_one_moment_in_the_order_they_came() {
    check(
        "at-once 0d: 1x any",
        "
        10:00 ada a source=mail
        10:00 ada b source=search
        10:01 ada c
        ",
        &[Part::Effects, Part::Sessions, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened, at-once@s1 assigned
            10:00 to s2, s1 ended, at-once@s1 unassigned, s2 opened, at-once@s2 assigned
            10:01 to s2
            s1 ada web 10:00-10:00 cut off 10:00, 1 events source=mail
            s2 ada web 10:00-10:01 open till 10:21, 2 events source=search
            at-once@s1 v1 ada 10:00, till 10:00, ended 10:00 Expired
            at-once@s2 v1 ada 10:00, till 10:00
        "#]],
    );
}

#[test]
fn a_session_that_was_cut_off_is_not_active() {
    // The clock of the second event's device is ahead of the server's.
    check(
        "",
        "
        10:00 ada a source=mail
        10:05 ada b source=search arrives=10:01
        10:02 ada c
        ",
        &[Part::Effects],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s1 ended, s2 opened
            10:02 refused: the event of 2026-03-01T10:02:00.000Z is older than the active session s2, which began at 2026-03-01T10:05:00.000Z
        "#]],
    );
}

#[test]
fn a_session_ended_by_time_is_cut_off_earlier_by_a_late_campaign() {
    check(
        "here: 1x any",
        "
        10:00 ada a source=mail
        10:30 due
        10:10 ada b source=search arrives=10:31
        ",
        &[Part::Effects, Part::Sessions, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened, here@s1 assigned
            10:30 s1 ended, here@s1 unassigned
            10:31 to s2, s2 opened, here@s2 assigned
            s1 ada web 10:00-10:00 cut off 10:10, 1 events source=mail
            s2 ada web 10:10-10:10 open till 10:30, 1 events source=search
            here@s1 v1 ada 10:00, ended 10:10 SessionEnded
            here@s2 v1 ada 10:10
        "#]],
    );
}

#[test]
fn a_session_shows_what_its_first_events_said_of_the_visitor() {
    check(
        "",
        "
        10:00 ada page_viewed agent=Firefox ip=10.0.0.0 referrer=https://a.example
        10:01 ada page_viewed agent=Chrome ip=10.1.1.0 device=mobile country=FR
        10:02 ada page_viewed device=desktop country=DE browser=99 organization=ISP external=x1
        10:03 ada page_viewed external=x2 organization=other browser=98 referrer=https://b.example
        10:04 eve page_viewed
        10:05 eve page_viewed referrer=https://a.example
        ",
        &[Part::Sessions],
        expect![[r#"
            s1 ada web 10:00-10:03 open till 10:23, 4 events pages=4 external=x1 agent=Firefox browser=99 device=mobile ip=10.0.0.0 organization=ISP country=FR referrer=https://a.example
            s2 eve web 10:04-10:05 open till 10:25, 2 events pages=2
        "#]],
    );
}

#[test]
fn a_session_shows_the_last_values_of_what_changes() {
    check(
        "",
        "
        10:00 ada page_viewed path=/ price=1 search=shoes
        10:05 ada page_viewed path=/c price=2 search=boots logged-in=no
        10:03 ada page_viewed path=/b price=3 search=shoes arrives=10:06
        10:07 ada logged_in logged-in=yes
        10:08 ada page_viewed logged-in=no color=red
        10:10 ada screen_viewed app=Shop screen=b
        10:09 ada screen_viewed app=Shop screen=a replay
        10:10 ada screen_viewed app=Shop screen=c
        ",
        &[Part::Sessions, Part::Visitors],
        expect![[r#"
            s1 ada web 10:00-10:08 open till 10:28, 5 events pages=4 logged-in=true last-page=/c searches=shoes|boots color=red price=3
            s2 ada app 10:09-10:10 open till 10:30, 3 events screens=3 app=Shop last-screen=c
            ada 10:00-10:10, 8 events, 4 pages, recent s1 s2
        "#]],
    );
}

#[test]
fn a_visitor_has_four_recent_sessions() {
    // Sessions begin an hour apart. The first is touched again, so the second is forgotten.
    check(
        "",
        "
        10:00 ada a replay
        11:00 ada b replay
        12:00 ada c replay
        13:00 ada d replay
        10:05 ada a replay
        14:00 ada e replay
        10:06 ada a replay
        11:05 ada b replay
        9/00:00 due
        ",
        &[Part::Sessions, Part::Visitors],
        expect![[r#"
            s1 ada web 10:00-10:06 ended 10:26, 3 events
            s2 ada web 11:00-11:00 ended 11:20, 1 events
            s3 ada web 12:00-12:00 ended 12:20, 1 events
            s4 ada web 13:00-13:00 ended 13:20, 1 events
            s5 ada web 14:00-14:00 ended 14:20, 1 events
            s6 ada web 11:05-11:05 ended 11:25, 1 events
            ada 10:00-14:00, 8 events, 0 pages, recent s4 s5 s1 s6
        "#]],
    );
}

#[test]
fn an_event_delivered_again_changes_nothing() {
    check(
        "twice: 2x page_viewed",
        "
        10:00 ada page_viewed
        10:00 ada page_viewed
        10:01 ada order_placed
        10:30 due
        10:00 ada page_viewed
        ",
        &[Part::Effects, Part::Sessions, Part::Visitors],
        expect![[r#"
            10:00 to s1, s1 opened
            10:00 known in s1
            10:01 to s1
            10:30 s1 ended
            10:00 known in s1
            s1 ada web 10:00-10:01 ended 10:21, 2 events pages=1
              twice [1]
            ada 10:00-10:01, 2 events, 1 pages, recent s1
        "#]],
    );
}
