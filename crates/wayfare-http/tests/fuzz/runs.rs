//! Running the targets.

use crate::corpus::{Numbers, run};
use crate::{bodies, cursors};

#[test]
fn event_bodies() {
    run("event_bodies", bodies::event_bodies);
}

#[test]
fn import_lines() {
    run("import_lines", bodies::import_lines);
}

#[test]
fn cursors() {
    run("cursors", cursors::cursors);
}

#[test]
fn what_is_changed_is_right_before() {
    for input in [&[0, 0][..], &[1, 0]] {
        assert_eq!(bodies::accepted_bodies(input), (1, 0));
    }
    assert_eq!(bodies::accepted_lines(&[0, 2, 0]), (1, 0));
}

#[test]
fn inputs_reach_what_matters() {
    let mut numbers = Numbers(7);
    let mut accepted = [0; 2];
    let mut refused = [0; 2];
    for _ in 0..1_000 {
        let input = numbers.bytes(40);
        for (door, accept) in [bodies::accepted_bodies, bodies::accepted_lines].iter().enumerate() {
            let (good, bad) = accept(&input);
            accepted[door] += good;
            refused[door] += bad;
        }
    }
    for count in accepted.iter().chain(&refused) {
        assert!(*count > 100, "{accepted:?} {refused:?}");
    }
}
