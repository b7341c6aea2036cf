//! What is counted.

use expect_test::expect;

use crate::print::{Part, check};

#[test]
fn a_session_is_one_fact_that_grows_with_it() {
    check(
        "
        any: 1x any
        buyer: 1x buy
        ",
        "
        10:00 ada page_viewed arrives=10:01
        10:05 ada buy device=mobile model=iPhone country=FR
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:01 of 10:00 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile DeviceType=iPhone IpGeolocationCountry=FR SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any+buyer SessionType=web
            nJourneySegmentsAssigned 10:05 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile DeviceType=iPhone IpGeolocationCountry=FR SegmentAssignmentState=Assigned SegmentId=buyer SegmentScope=Session SessionId=s1 SessionSegmentId=any+buyer SessionType=web
            nJourneySessions 10:01 of 10:00 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile DeviceType=iPhone IpGeolocationCountry=FR SessionId=s1 SessionSegmentId=any+buyer SessionType=web
        "#]],
    );
}

#[test]
fn replayed_history_is_emitted_at_its_own_time() {
    check(
        "any: 1x any",
        "
        10:00 ada page_viewed replay arrives=12:00
        09:50 ada page_viewed replay arrives=12:00
        9/00:00 due
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:00 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any SessionType=web
            nJourneySegmentsAssigned 10:20 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Unassigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any SessionType=web
            nJourneySessions 09:50 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=any SessionType=web
        "#]],
    );
}

#[test]
fn a_live_session_keeps_the_moment_it_was_emitted() {
    check(
        "any: 1x any",
        "
        10:00 ada page_viewed
        09:50 ada page_viewed arrives=10:30
        11:00 eve page_viewed arrives=11:01
        10:50 eve page_viewed replay arrives=11:02
        ",
        &[Part::Sessions, Part::Facts],
        expect![[r#"
            s1 ada web 09:50-10:00 open till 10:20, 2 events pages=2
            s2 eve web 10:50-11:00 open till 11:20, 2 events pages=2
            nJourneySegmentsAssigned 10:00 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any SessionType=web
            nJourneySegmentsAssigned 11:01 of 11:00 CustomerId=eve CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s2 SessionSegmentId=any SessionType=web
            nJourneySessions 10:00 of 09:50 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=any SessionType=web
            nJourneySessions 11:01 of 10:50 CustomerId=eve CustomerIdType=cookie SessionId=s2 SessionSegmentId=any SessionType=web
        "#]],
    );
}

#[test]
fn the_end_of_an_assignment_is_taken_back_with_the_end_of_the_session() {
    check(
        "any: 1x any",
        "
        10:00 ada page_viewed
        10:20 due
        10:15 ada page_viewed arrives=10:21
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:00 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any SessionType=web
            nJourneySessions 10:00 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=any SessionType=web
        "#]],
    );
}

#[test]
fn a_session_tells_its_segments_when_one_takes_the_place_of_another() {
    check(
        "
        any: 1x cart
        buyer: 1x buy
        forgot ordered: 1x cart ; 0x buy within=600
        ",
        "
        10:00 ada cart
        10:10 due
        10:05 ada buy arrives=10:11
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:00 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=any SegmentScope=Session SessionId=s1 SessionSegmentId=any+buyer SessionType=web
            nJourneySegmentsAssigned 10:11 of 10:05 CustomerId=ada CustomerIdType=cookie SegmentAssignmentState=Assigned SegmentId=buyer SegmentScope=Session SessionId=s1 SessionSegmentId=any+buyer SessionType=web
            nJourneySessions 10:00 CustomerId=ada CustomerIdType=cookie SessionId=s1 SessionSegmentId=any+buyer SessionType=web
        "#]],
    );
}

#[test]
fn an_assignment_by_a_client_has_no_session() {
    check(
        "vip customer: 1x buy",
        "
        10:00 assign bob vip
        10:05 unassign bob vip
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:00 SegmentAssignmentState=Assigned SegmentId=vip SegmentScope=Customer
            nJourneySegmentsAssigned 10:05 SegmentAssignmentState=Unassigned SegmentId=vip SegmentScope=Customer
        "#]],
    );
}

#[test]
fn scope_customer_ends_with_a_fact_of_the_session_it_was_matched_in() {
    check(
        "loyal customer 1d: 1x buy",
        "
        10:00 ada buy device=mobile
        2/12:00 due
        ",
        &[Part::Facts],
        expect![[r#"
            nJourneySegmentsAssigned 10:00 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile SegmentAssignmentState=Assigned SegmentId=loyal SegmentScope=Customer SessionId=s1 SessionSegmentId=loyal SessionType=web
            nJourneySegmentsAssigned 2/10:00 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile SegmentAssignmentState=Unassigned SegmentId=loyal SegmentScope=Customer SessionId=s1 SessionSegmentId=loyal SessionType=web
            nJourneySessions 10:00 CustomerId=ada CustomerIdType=cookie DeviceCategory=mobile SessionId=s1 SessionSegmentId=loyal SessionType=web
        "#]],
    );
}
