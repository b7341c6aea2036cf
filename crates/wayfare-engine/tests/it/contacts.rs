//! The person behind the visitors.

use expect_test::expect;

use crate::print::{Part, check};

const PEOPLE: &[Part] = &[Part::Effects, Part::Contacts];

#[test]
fn a_visitor_is_a_person_until_a_trait_links_it_to_another() {
    check(
        "",
        "
        10:00 ada page_viewed
        10:01 phone page_viewed email=Ada@Example.org
        10:02 laptop page_viewed
        10:03 laptop page_viewed email=ada@example.org
        10:04 laptop page_viewed email=ada@example.org
        ",
        PEOPLE,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            10:02 to s3, s3 opened
            10:03 to s3, merged into laptop/phone/ada@example.org
            10:04 to s3
            ada 10:00
            laptop/phone/ada@example.org 10:01
            one of 10:02 merged into laptop/phone/ada@example.org
        "#]],
    );
}

#[test]
fn the_younger_contact_is_merged_into_the_older() {
    check(
        "vip customer: 1x buy",
        "
        10:00 a page_viewed
        10:01 b page_viewed email=b@example.org
        10:02 b buy
        10:03 a page_viewed email=b@example.org
        10:04 c page_viewed cellPhone=+1(317)555-0100
        10:05 c buy
        10:06 b page_viewed phone=+13175550100
        10:07 c page_viewed email=c@example.org
        ",
        &[Part::Effects, Part::Contacts, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            10:02 to s2, vip@s2 assigned
            10:03 to s1, merged into a/b/c/b@example.org/c@example.org/+13175550100
            10:04 to s3, s3 opened
            10:05 to s3, vip@s3 assigned
            10:06 to s2, merged into a/b/c/b@example.org/c@example.org/+13175550100
            10:07 to s3
            a/b/c/b@example.org/c@example.org/+13175550100 10:00
            one of 10:01 merged into a/b/c/b@example.org/c@example.org/+13175550100
            one of 10:04 merged into a/b/c/b@example.org/c@example.org/+13175550100
            vip@s2 v1 b 10:02
            vip@s3 v1 c 10:05
        "#]],
    );
}

#[test]
fn one_event_may_link_several() {
    check(
        "",
        "
        10:00 a page_viewed email=a@example.org
        10:01 b page_viewed phone=+13175550100
        10:02 c page_viewed phone=+13175550100 email=a@example.org
        ",
        PEOPLE,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            10:02 to s3, merged into a/b/c/a@example.org/+13175550100, merged into a/b/c/a@example.org/+13175550100, s3 opened
            a/b/c/a@example.org/+13175550100 10:00
            one of 10:01 merged into a/b/c/a@example.org/+13175550100
            one of 10:02 merged into a/b/c/a@example.org/+13175550100
        "#]],
    );
}

#[test]
fn what_is_no_address_and_no_number_links_nobody() {
    check(
        "",
        "
        10:00 a page_viewed email=none phone=0
        10:01 b page_viewed email=none phone=0
        ",
        PEOPLE,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            a 10:00
            b 10:01
        "#]],
    );
}

#[test]
fn a_client_reaches_a_merged_contact_under_its_old_id() {
    check(
        "vip customer 30d: 9x buy",
        "
        10:00 ada page_viewed
        10:01 eve page_viewed
        10:02 assign @eve vip
        10:03 ada page_viewed email=one@example.org
        10:04 eve page_viewed email=one@example.org
        10:05 assign @ada vip
        10:06 assign @eve vip
        10:07 unassign nobody vip
        10:08 unassign @eve vip
        ",
        &[Part::Effects, Part::Contacts, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            10:02 vip@client assigned
            10:03 to s1
            10:04 to s2, merged into ada/eve/one@example.org
            10:05 vip@client renewed
            10:06 vip@client renewed
            10:07
            10:08 vip@client unassigned
            ada/eve/one@example.org 10:00
            one of 10:01 merged into ada/eve/one@example.org
            vip@client v1 ada/eve/one@example.org 10:02, till 31/10:06, ended 10:08 Api
        "#]],
    );
}

#[test]
fn what_was_merged_by_mistake_goes_back_and_stays_apart() {
    // Eve's visitor, what happened with it since, and what was assigned under its name go back; the
    // address that joined the two stays with whom it belongs to, and joins them no more.
    check(
        "vip customer: 1x buy; 1x any",
        "
        10:00 ada page_viewed email=one@example.org
        10:01 eve buy
        10:02 assign @eve vip
        10:03 eve page_viewed email=one@example.org phone=+13175550100
        10:04 eve page_viewed cellPhone=+13175550199
        10:05 assign @eve vip
        10:40 eve page_viewed
        11:00 unmerge @eve
        11:01 eve page_viewed email=one@example.org
        11:02 ada page_viewed phone=+13175550100
        ",
        &[Part::Effects, Part::Contacts, Part::Assignments],
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened, vip@s2 assigned
            10:02 vip@client assigned
            10:03 to s2, merged into ada/one@example.org
            10:04 to s2
            10:05 vip@client renewed
            10:40 to s3, s3 opened, s2 ended
            11:00
            11:01 to s4, s4 opened, s3 ended
            11:02 to s5, s5 opened, s1 ended
            ada/one@example.org 10:00
            eve/+13175550100/+13175550199 10:01
            vip@s2 v1 eve 10:01
            vip@client v1 eve/+13175550100/+13175550199 10:02, modified 10:05
        "#]],
    );
}

#[test]
fn a_merge_is_undone_together_with_the_merges_before_it() {
    // a takes in c, which has taken in d; cutting c off leaves d with c.
    check(
        "",
        "
        10:00 a page_viewed email=a@example.org
        10:01 c page_viewed email=c@example.org
        10:02 d page_viewed email=c@example.org
        10:03 c page_viewed email=a@example.org
        10:04 unmerge @c
        10:05 d page_viewed phone=+13175550100
        10:06 d page_viewed email=a@example.org
        10:07 unmerge @d
        10:08 unmerge nobody
        10:09 unmerge @a
        10:10 d page_viewed email=a@example.org
        ",
        PEOPLE,
        expect![[r#"
            10:00 to s1, s1 opened
            10:01 to s2, s2 opened
            10:02 to s3, merged into c/c@example.org, s3 opened
            10:03 to s2, merged into a/d/a@example.org/+13175550100
            10:04
            10:05 to s3
            10:06 to s3
            10:07
            10:08
            10:09
            10:10 to s3, merged into a/d/a@example.org/+13175550100
            a/d/a@example.org/+13175550100 10:00
            c/c@example.org 10:01
            one of 10:02 merged into a/d/a@example.org/+13175550100
        "#]],
    );
}

#[test]
fn what_is_kept_apart_stays_so_when_either_is_merged_elsewhere() {
    check(
        "",
        "
        09:00 z page_viewed email=z@example.org
        10:00 a page_viewed email=a@example.org
        10:01 b page_viewed email=a@example.org
        10:02 unmerge @b
        10:03 a page_viewed email=z@example.org
        10:04 b page_viewed email=a@example.org
        10:05 b page_viewed email=z@example.org
        10:06 c page_viewed email=c@example.org
        10:07 b page_viewed email=c@example.org
        10:08 c page_viewed email=z@example.org
        ",
        PEOPLE,
        expect![[r#"
            09:00 to s1, s1 opened
            10:00 to s2, s2 opened
            10:01 to s3, merged into a stranger, s3 opened
            10:02
            10:03 to s2, merged into a/z/a@example.org/z@example.org
            10:04 to s3
            10:05 to s3
            10:06 to s4, s4 opened
            10:07 to s3, merged into b/c/c@example.org
            10:08 to s4
            a/z/a@example.org/z@example.org 09:00
            one of 10:00 merged into a/z/a@example.org/z@example.org
            b/c/c@example.org 10:01
            one of 10:06 merged into b/c/c@example.org
        "#]],
    );
}
