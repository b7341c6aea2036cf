//! How long an assignment holds.

use expect_test::expect;

use crate::notation::{contact_id, moment, segment_id};
use crate::print::{Part, check};
use crate::world::{ALL_TOGETHER, EACH_ALONE, Step, What, World};

const MEMBERS: &[Part] = &[Part::Effects, Part::Assignments];

#[test]
fn scope_session_ends_with_the_session_or_with_its_days() {
    check(
        "
        visit: 1x any
        short 0d: 1x any
        week 7d: 1x any
        person customer: 1x any
        person-week customer 7d: 1x any
        ",
        "
        10:00 ada page_viewed
        10:19 due
        10:20 due
        9/00:00 due
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, person@s1 assigned, week@s1 assigned, person-week@s1 assigned, short@s1 assigned, visit@s1 assigned
            10:19 short@s1 unassigned
            10:20 s1 ended, week@s1 unassigned, visit@s1 unassigned
            9/00:00 person-week@s1 unassigned
            person-week@s1 v1 ada 10:00, till 8/10:00, ended 8/10:00 Expired
            person@s1 v1 ada 10:00
            short@s1 v1 ada 10:00, till 10:00, ended 10:00 Expired
            visit@s1 v1 ada 10:00, ended 10:20 SessionEnded
            week@s1 v1 ada 10:00, till 8/10:00, ended 10:20 SessionEnded
        "#]],
    );
}

#[test]
fn days_may_run_out_before_a_long_session_ends() {
    check(
        "day 1d: 1x any",
        "
        10:00 ada a replay session=long
        2/09:50 ada b replay session=long
        2/09:59 due
        2/10:01 due
        2/10:05 ada c replay session=long
        9/00:00 due
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, day@s1 assigned
            2/09:50 to s1
            2/09:59
            2/10:01 day@s1 unassigned
            2/10:05 to s1
            9/00:00 s1 ended
            day@s1 v1 ada 10:00, till 2/10:00, ended 2/10:00 Expired
        "#]],
    );
}

#[test]
fn the_assignments_of_a_session_that_goes_on_hold_again() {
    check(
        "
        visit: 1x any
        person customer: 1x any
        ",
        "
        10:00 ada page_viewed
        10:20 due
        10:15 ada page_viewed arrives=10:21
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, person@s1 assigned, visit@s1 assigned
            10:20 s1 ended, visit@s1 unassigned
            10:21 to s1, s1 reopened, visit@s1 holds again
            person@s1 v1 ada 10:00
            visit@s1 v1 ada 10:00
        "#]],
    );
}

#[test]
fn what_a_client_ended_does_not_come_back() {
    check(
        "
        visit: 1x any
        person customer: 1x any
        ",
        "
        10:00 ada page_viewed
        10:05 unassign @ada visit
        10:05 unassign @ada person
        10:06 ada page_viewed
        10:30 due
        10:15 ada page_viewed replay
        11:00 ada page_viewed
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, person@s1 assigned, visit@s1 assigned
            10:05 visit@s1 unassigned
            10:05 person@s1 unassigned
            10:06 to s1
            10:30 s1 ended
            10:15 to s1, s1 reopened
            11:00 to s2, s2 opened, s1 ended, person@s2 assigned, visit@s2 assigned
            person@s1 v1 ada 10:00, ended 10:05 Api
            visit@s1 v1 ada 10:00, ended 10:05 Api
            person@s2 v1 ada 11:00
            visit@s2 v1 ada 11:00
        "#]],
    );
}

#[test]
fn a_client_ends_every_assignment_whoever_made_it() {
    check(
        "vip: 1x buy",
        "
        10:00 ada buy email=ada@example.org
        10:01 eve buy email=ada@example.org
        10:02 assign @eve vip
        10:03 bob buy
        10:10 unassign @ada vip
        10:11 unassign @ada vip
        10:12 assign @ada vip
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, vip@s1 assigned
            10:01 to s2, merged into ada/eve/ada@example.org, s2 opened, vip@s2 assigned
            10:02 vip@client assigned
            10:03 to s3, s3 opened, vip@s3 assigned
            10:10 vip@s1 unassigned, vip@s2 unassigned, vip@client unassigned
            10:11
            10:12 vip@client assigned
            vip@s1 v1 ada 10:00, ended 10:10 Api
            vip@s2 v1 eve 10:01, ended 10:10 Api
            vip@client v1 ada/eve/ada@example.org 10:02, ended 10:10 Api
            vip@s3 v1 bob 10:03
            vip@client v1 ada/eve/ada@example.org 10:12
        "#]],
    );
}

#[test]
fn a_late_match_in_a_session_that_was_cut_off_ends_at_once() {
    check(
        "buyer: 1x buy",
        "
        10:00 ada page_viewed source=mail
        10:10 ada page_viewed source=search
        10:05 ada buy replay
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened
            10:10 to s2, s1 ended, s2 opened
            10:05 to s1, buyer@s1 assigned, buyer@s1 unassigned
            buyer@s1 v1 ada 10:05, ended 10:10 SessionEnded
        "#]],
    );
}

#[test]
fn days_that_ran_out_are_put_right_when_the_session_turns_out_shorter() {
    // A session of more than a day. The day was over at 2/10:00, and that was written down; then a
    // late event tells that another campaign had ended the session before.
    let visit = (0..=1_436).step_by(19).map(|minute| {
        let (day, minute) = ((600 + minute) / 1_440 + 1, (600 + minute) % 1_440);
        format!("{day}/{:02}:{:02} ada a source=mail\n", minute / 60, minute % 60)
    });
    let history = visit.collect::<String>()
        + "2/10:05 due
           2/09:59 ada b source=search replay arrives=2/10:06";
    check(
        "day 1d: 1x a",
        &history,
        &[Part::Sessions, Part::Assignments],
        expect![[r#"
        s1 ada web 10:00-2/09:45 cut off 2/09:59, 76 events source=mail
        s2 ada web 2/09:59-2/09:59 open till 2/10:19, 1 events source=search
        day@s1 v1 ada 10:00, till 2/10:00, ended 2/09:59 SessionEnded
    "#]],
    );
}

#[test]
fn a_client_assigns_and_renews() {
    check(
        "
        vip customer 30d: 1x buy
        plain: 1x buy
        ",
        "
        10:00 assign bob vip
        2/10:00 assign bob vip
        2/10:00 assign bob plain
        3/10:00 edit vip customer 10d: 1x buy
        3/10:01 assign bob vip
        3/10:02 assign eve vip
        13/10:01 due
        14/10:00 assign bob vip
        ",
        MEMBERS,
        expect![[r#"
            10:00 vip@client assigned
            2/10:00 vip@client renewed
            2/10:00 plain@client assigned
            3/10:01 vip@client renewed
            3/10:02 vip@client assigned
            13/10:01 vip@client unassigned
            14/10:00 vip@client assigned
            vip@client v1 a stranger 10:00, till 13/10:01, ended 13/10:01 Expired
            plain@client v1 a stranger 2/10:00
            vip@client v2 a stranger 3/10:02, till 13/10:02
            vip@client v2 a stranger 14/10:00, till 24/10:00
        "#]],
    );
}

#[test]
fn what_ran_out_is_not_renewed_although_nobody_wrote_it_down() {
    check(
        "vip customer 1d: 1x buy",
        "
        10:00 assign bob vip
        2/10:00 assign bob vip
        3/10:00 unassign bob vip
        ",
        MEMBERS,
        expect![[r#"
            10:00 vip@client assigned
            2/10:00 vip@client unassigned, vip@client assigned
            3/10:00 vip@client unassigned
            vip@client v1 a stranger 10:00, till 2/10:00, ended 2/10:00 Expired
            vip@client v1 a stranger 2/10:00, till 3/10:00, ended 3/10:00 Expired
        "#]],
    );
}

#[test]
fn deleting_a_segment_unassigns_its_members() {
    check(
        "
        visit: 1x any
        day customer 1d: 1x any
        ",
        "
        10:00 ada page_viewed
        10:00 assign bob visit
        10:30 delete visit
        2/12:00 delete day
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, day@s1 assigned, visit@s1 assigned
            10:00 visit@client assigned
            10:30 s1 ended, visit@s1 unassigned, visit@client unassigned
            2/12:00 day@s1 unassigned
            day@s1 v1 ada 10:00, till 2/10:00, ended 2/10:00 Expired
            visit@client v1 a stranger 10:00, ended 10:30 SegmentDeleted
            visit@s1 v1 ada 10:00, ended 10:20 SessionEnded
        "#]],
    );
}

#[test]
fn an_assignment_is_stamped_with_the_version_that_matched() {
    check(
        "any: 1x any",
        "
        10:00 ada page_viewed
        10:01 edit any renamed: 1x any
        10:02 eve page_viewed
        10:03 assign bob any
        ",
        MEMBERS,
        expect![[r#"
            10:00 to s1, s1 opened, any@s1 assigned
            10:02 to s2, s2 opened, any@s2 assigned
            10:03 any@client assigned
            any@s1 v1 ada 10:00
            any@s2 v2 eve 10:02
            any@client v2 a stranger 10:03
        "#]],
    );
}

#[test]
fn assignments_made_and_ended_in_one_moment_are_several() {
    let segments = crate::notation::segments("vip customer: 1x buy");
    let (contact, segment) = (contact_id("bob"), segment_id("vip"));
    let (assign, unassign) =
        (What::Assign { contact, segment }, What::Unassign { contact, segment });
    let history = [&assign, &unassign, &assign, &unassign, &assign]
        .map(|what| Step { now: moment("10:00"), what: what.clone() });
    for cuts in [ALL_TOGETHER, EACH_ALONE] {
        let world = World::run(&segments, &history, cuts);
        let states: Vec<_> = world.store.assignments.values().map(|made| made.state()).collect();
        assert_eq!(states.len(), 3);
        assert_eq!(states.iter().filter(|state| state.as_str() == "Assigned").count(), 1);
    }
}

#[test]
fn no_assignment_ends_before_it_begins() {
    // The clock of the visitor's device is ahead of the server's.
    check(
        "vip: 1x any",
        "
        10:00 ada page_viewed arrives=09:58
        09:59 unassign @ada vip
        ",
        MEMBERS,
        expect![[r#"
            09:58 to s1, s1 opened, vip@s1 assigned
            09:59 vip@s1 unassigned
            vip@s1 v1 ada 10:00, ended 10:00 Api
        "#]],
    );
}
