//! When a segment matches.

use expect_test::expect;
use wayfare_engine::segments::Rules;

use crate::notation::segments;
use crate::print::{Part, check};

const MATCHES: &[Part] = &[Part::Effects];
const COUNTS: &[Part] = &[Part::Sessions, Part::Visitors, Part::Assignments];

#[test]
fn a_pattern_counts_events_of_one_session() {
    check(
        "reader: 3x page_viewed where page.pathname startsWith /blog",
        "
        10:00 ada page_viewed path=/blog/1
        10:01 ada page_viewed path=/shop
        10:02 ada order_placed path=/blog/2
        10:03 ada page_viewed path=/blog/2
        10:30 ada page_viewed path=/blog/3
        10:31 ada page_viewed path=/blog/4
        10:32 ada page_viewed path=/blog/5
        10:33 ada page_viewed path=/blog/6
        ",
        &[Part::Effects, Part::Sessions],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:02 to s1
            10:03 to s1
            10:30 to s2, s2 opened, s1 ended
            10:31 to s2
            10:32 to s2, reader@s2 assigned
            10:33 to s2
            s1 ada web 10:00-10:03 ended 10:23, 4 events pages=3 last-page=/blog/2
              reader [2]
            s2 ada web 10:30-10:33 open till 10:53, 4 events pages=4 last-page=/blog/6
        "#]],
    );
}

#[test]
fn all_criteria_hold_on_one_event_and_all_patterns_in_any_order() {
    check(
        "
        one-event: 1x any where eventName equal buy & attributes.price.value greaterThan 10
        two-events: 1x buy ; 1x any where attributes.price.value greaterThan 10
        ",
        "
        10:00 ada look price=20
        10:01 ada buy price=5
        10:02 ada buy price=15
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1, two-events@s1 assigned
            10:02 to s1, one-event@s1 assigned
        "#]],
    );
}

#[test]
fn a_pattern_looks_at_one_stream() {
    check(
        "
        web: 1x any
        app: 1x any app
        ",
        "
        10:00 ada page_viewed
        10:01 ada screen_viewed app=Shop
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened, web@s1 assigned
            10:01 to s2, s2 opened, app@s2 assigned
        "#]],
    );
}

#[test]
fn context_is_the_session_as_it_is_now() {
    // The behaviour waits for the context, however often it comes in between.
    check(
        "
        campaign: visit mktCampaign.source equal mail
        buyer: 1x buy ; visit mktCampaign.source equal mail & authenticated equal true
        nobody: 1x buy ; visit mktCampaign.source notEqual mail & authenticated equal true
        ",
        "
        10:00 ada buy
        10:01 ada page_viewed source=mail
        10:02 ada page_viewed
        10:03 ada page_viewed logged-in=yes
        10:04 ada buy
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1, campaign@s1 assigned
            10:02 to s1
            10:03 to s1, buyer@s1 assigned
            10:04 to s1
        "#]],
    );
}

#[test]
fn a_field_that_is_missing_satisfies_negations_only() {
    check(
        "
        not-fr: visit geolocation.country notEqual FR
        not-any: 1x any where attributes.x.value notContainsAny a|b
        not-all: 1x any where attributes.x.value notContainsAll a|b
        fr: visit geolocation.country equal FR
        any-text: 1x any where attributes.x.value containsAny a|b
        small: 1x any where attributes.x.value lessThan 1
        ",
        "
        10:00 ada page_viewed
        10:00 eve page_viewed country=FR x=ab
        10:00 bob page_viewed country=DE x=b
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened, not-any@s1 assigned, not-all@s1 assigned, not-fr@s1 assigned
            10:00 to s2, s2 opened, any-text@s2 assigned, fr@s2 assigned
            10:00 to s3, s3 opened, not-all@s3 assigned, any-text@s3 assigned, not-fr@s3 assigned
        "#]],
    );
}

#[test]
fn a_segment_matches_once_in_a_session() {
    check(
        "any: 1x any",
        "
        10:00 ada page_viewed
        10:01 ada page_viewed
        10:30 ada page_viewed
        ",
        MATCHES,
        expect![[r#"
            10:00 to s1, s1 opened, any@s1 assigned
            10:01 to s1
            10:30 to s2, s2 opened, s1 ended, any@s1 unassigned, any@s2 assigned
        "#]],
    );
}

#[test]
fn what_is_inactive_or_without_conditions_never_matches() {
    check(
        "
        inactive off: 1x any
        empty:
        empty-pattern: visit
        ",
        "10:00 ada page_viewed",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:00 open till 10:20, 1 events pages=1
            ada 10:00-10:00, 1 events, 1 pages, recent s1
        "#]],
    );
}

#[test]
fn a_late_event_counts_in_the_session_it_belongs_to() {
    check(
        "twice: 2x page_viewed",
        "
        10:00 ada page_viewed
        10:30 ada page_viewed
        10:05 ada page_viewed replay
        9/00:00 due
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:05 ended 10:25, 2 events pages=2
            s2 ada web 10:30-10:30 ended 10:50, 1 events pages=1
              twice [1]
            ada 10:00-10:30, 3 events, 3 pages, recent s2 s1
            twice@s1 v1 ada 10:05, ended 10:25 SessionEnded
        "#]],
    );
}

#[test]
fn counts_go_on_when_the_name_changes() {
    check(
        "
        thrice: 3x page_viewed
        often customer: 3x page_viewed
        ",
        "
        10:00 ada page_viewed
        10:01 ada page_viewed
        10:02 edit thrice renamed: 3x page_viewed
        10:02 edit often customer renamed: 3x page_viewed
        10:03 ada page_viewed
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:03 open till 10:23, 3 events pages=3
            ada 10:00-10:03, 3 events, 3 pages, recent s1
            often@s1 v2 ada 10:03
            thrice@s1 v2 ada 10:03
        "#]],
    );
}

#[test]
fn counts_start_at_zero_when_the_conditions_change() {
    check(
        "
        thrice: 3x page_viewed
        often customer: 3x page_viewed
        ",
        "
        10:00 ada page_viewed
        10:01 ada page_viewed
        10:02 edit thrice: 2x page_viewed
        10:02 edit often customer: 2x page_viewed
        10:03 ada order_placed
        10:04 ada page_viewed
        10:05 ada page_viewed
        10:06 edit thrice: 1x page_viewed
        10:07 ada page_viewed
        ",
        &[Part::Effects, Part::Sessions, Part::Visitors, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s1
            10:03 to s1
            10:04 to s1
            10:05 to s1, thrice@s1 assigned, often@s1 assigned
            10:07 to s1
            s1 ada web 10:00-10:07 open till 10:27, 6 events pages=5
            ada 10:00-10:07, 6 events, 5 pages, recent s1
            often@s1 v2 ada 10:05
            thrice@s1 v2 ada 10:05
        "#]],
    );
}

#[test]
fn a_segment_that_becomes_active_matches_from_the_next_event_on() {
    check(
        "late off: visit device.category equal mobile",
        "
        10:00 ada page_viewed device=mobile
        10:01 edit late: visit device.category equal mobile
        10:02 eve page_viewed device=mobile
        10:03 ada page_viewed
        10:04 edit late off: visit device.category equal mobile
        10:05 bob page_viewed device=mobile
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:03 open till 10:23, 2 events pages=2 device=mobile
            s2 eve web 10:02-10:02 open till 10:22, 1 events pages=1 device=mobile
            s3 bob web 10:05-10:05 open till 10:25, 1 events pages=1 device=mobile
            ada 10:00-10:03, 2 events, 2 pages, recent s1
            bob 10:05-10:05, 1 events, 1 pages, recent s3
            eve 10:02-10:02, 1 events, 1 pages, recent s2
            late@s2 v2 eve 10:02
            late@s1 v2 ada 10:03
        "#]],
    );
}

#[test]
fn scope_customer_counts_over_all_sessions() {
    check(
        "loyal customer: 3x order_placed ; 1x page_viewed",
        "
        10:00 ada order_placed
        11:00 ada order_placed
        11:01 ada page_viewed
        11:02 eve order_placed
        12:00 ada order_placed
        13:00 ada order_placed
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:00 ended 10:20, 1 events
            s2 ada web 11:00-11:01 ended 11:21, 2 events pages=1
            s3 eve web 11:02-11:02 open till 11:22, 1 events
            s4 ada web 12:00-12:00 ended 12:20, 1 events
            s5 ada web 13:00-13:00 open till 13:20, 1 events
            ada 10:00-13:00, 5 events, 1 pages, recent s1 s2 s4 s5
            eve 11:02-11:02, 1 events, 0 pages, recent s3
              loyal [1, 0]
            loyal@s4 v1 ada 12:00
        "#]],
    );
}

#[test]
fn scope_customer_counts_nothing_while_it_holds_and_anew_afterwards() {
    check(
        "loyal customer 1d: 2x order_placed",
        "
        10:00 ada order_placed
        10:01 ada order_placed
        20:00 ada order_placed
        2/10:00:59 ada order_placed
        2/10:01 ada order_placed
        2/10:02 ada order_placed
        2/20:00 ada order_placed
        9/00:00 due
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:01 ended 10:21, 2 events
            s2 ada web 20:00-20:00 ended 20:20, 1 events
            s3 ada web 2/10:00:59-2/10:02 ended 2/10:22, 3 events
            s4 ada web 2/20:00-2/20:00 ended 2/20:20, 1 events
            ada 10:00-2/20:00, 7 events, 0 pages, recent s1 s2 s3 s4
            loyal@s1 v1 ada 10:01, till 2/10:01, ended 2/10:01 Expired
            loyal@s3 v1 ada 2/10:02, till 3/10:02, ended 3/10:02 Expired
        "#]],
    );
}

#[test]
fn a_late_event_from_while_it_held_is_not_counted() {
    // The last two orders come after the end was written down; the first of them is from before
    // it.
    check(
        "loyal customer 1d: 1x order_placed",
        "
        10:00 ada order_placed
        2/12:00 due
        2/09:00 ada order_placed replay
        09:00 ada order_placed replay
        2/11:00 ada order_placed replay
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:00 ended 10:20, 1 events
            s2 ada web 2/09:00-2/09:00 ended 2/09:20, 1 events
            s3 ada web 09:00-09:00 ended 09:20, 1 events
            s4 ada web 2/11:00-2/11:00 open till 2/11:20, 1 events
            ada 09:00-2/11:00, 4 events, 0 pages, recent s1 s2 s3 s4
            loyal@s1 v1 ada 10:00, till 2/10:00, ended 2/10:00 Expired
            loyal@s4 v1 ada 2/11:00, till 3/11:00
        "#]],
    );
}

#[test]
fn a_late_event_from_before_the_last_assignment_is_not_counted() {
    // It belongs to the count that led to that assignment, even if a client has ended that since.
    check(
        "loyal customer: 1x order_placed",
        "
        10:00 ada order_placed
        10:05 unassign @ada loyal
        09:00 ada order_placed replay
        11:00 ada order_placed
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:00 ended 10:20, 1 events
            s2 ada web 09:00-09:00 ended 09:20, 1 events
            s3 ada web 11:00-11:00 open till 11:20, 1 events
            ada 09:00-11:00, 3 events, 0 pages, recent s1 s2 s3
            loyal@s1 v1 ada 10:00, ended 10:05 Api
            loyal@s3 v1 ada 11:00
        "#]],
    );
}

#[test]
fn scope_customer_matches_at_most_once_in_a_session() {
    check(
        "often customer 0d: 1x order_placed",
        "
        10:00 ada order_placed
        10:01 ada order_placed
        10:30 ada order_placed
        ",
        COUNTS,
        expect![[r#"
            s1 ada web 10:00-10:01 ended 10:21, 2 events
            s2 ada web 10:30-10:30 open till 10:50, 1 events
            ada 10:00-10:30, 3 events, 0 pages, recent s1 s2
            often@s1 v1 ada 10:00, till 10:00, ended 10:00 Expired
            often@s2 v1 ada 10:30, till 10:30
        "#]],
    );
}

#[test]
fn the_counts_of_a_segment_that_is_gone_are_forgotten() {
    check(
        "
        gone customer: 3x order_placed
        stays customer: 3x order_placed
        ",
        "
        10:00 ada order_placed
        10:01 delete gone
        10:02 ada order_placed
        ",
        &[Part::Visitors],
        expect![[r#"
            ada 10:00-10:02, 2 events, 0 pages, recent s1
              stays [2]
        "#]],
    );
}

#[test]
fn a_condition_that_cannot_be_compiled_is_named() {
    let check = |text: &str, expected: &str| {
        let mut segments = segments(text);
        for criterion in segments[0].conditions.context.iter_mut().flat_map(|p| &mut p.criteria) {
            criterion.values.retain(|value| value != "none");
        }
        let error = Rules::compile(&segments).unwrap_err();
        assert_eq!(error.to_string(), format!("segment {}, {expected}", segments[0].id));
    };
    check(
        "a: visit device.category equal mobile & page.url equal x",
        "context.patterns[0].criteria[1]: unknown context key 'page.url'",
    );
    check(
        "a: 1x any ; 1x any app where page.url equal x",
        "journey.patterns[1].criteria[0]: unknown journey key 'page.url'",
    );
    check(
        "a: 1x any where attributes.x.value lessThan many",
        "journey.patterns[0].criteria[0]: 'many' is not a number",
    );
    check("a: visit ipOrganization equal none", "context.patterns[0].criteria[0]: no values");
    check("a customer: 1x any ; 0x buy", "journey.patterns[1]: a count of 0 in scope Customer");
    check(
        "a customer ordered: 1x any within=60 ; 1x buy within=60",
        "journey.patterns[0]: a window since the beginning of the session in scope Customer",
    );
    check(
        "a ordered: 1x any ; 0x look within=60 ; 1x buy",
        "journey.patterns[1]: a window of a count of 0 before another pattern",
    );
}
