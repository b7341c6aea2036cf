//! What the fuzzer calls for lists: bytes become cursors and numbers of pages. What a list never gave
//! out is refused, and what it gave out leads back to its place, in its one spelling. The file is part
//! of the tests and of the fuzzer's own crate.

use uuid::Uuid;
use wayfare_app::paging::cursor::{Cursors, Place};
use wayfare_app::paging::{PageRequest, bool_parameter, cursor_page_size};
use wayfare_http::problem::status;
use wayfare_model::id::IdSource;
use wayfare_model::limits::{PAGE_NUMBER_MAX, PAGE_SIZE_MAX};
use wayfare_model::problem::Problem;
use wayfare_model::time::Moment;

/// The lists of two organisations, with other secrets for each input: the fuzzer sees what is compared,
/// and would guess a code that it has seen once.
fn lists(data: &[u8]) -> Vec<Cursors> {
    let mut lists = Vec::new();
    for organisation in [Uuid::NAMESPACE_DNS, Uuid::NAMESPACE_URL] {
        let ids = IdSource::new(Uuid::new_v5(&organisation, data));
        lists.push(Cursors::of(&ids, "segments", &["name"]));
        lists.push(Cursors::of(&ids, "segments", &["nam", "e"]));
        lists.push(Cursors::of(&ids, "sessions of contact", &["name"]));
    }
    lists
}

fn check_refusal(problem: &Problem, parameter: &str, text: &str) {
    assert!(status(problem.kind).is_client_error(), "{problem:?}");
    assert!(problem.faults.iter().any(|fault| fault.field == parameter), "{problem:?}");
    assert!(problem.message.contains(text), "{problem:?} for {text}");
}

/// Reads a cursor from a list: only its own spelling of a place is one.
fn read(list: &Cursors, text: &str) -> Option<Place> {
    match list.read_parameter("after", Some(text)) {
        Ok(place) => {
            assert_eq!(place.is_none(), text.is_empty(), "{text}");
            if let Some(place) = place {
                assert_eq!(list.write(place), text);
            }
            place
        }
        Err(problem) => {
            check_refusal(&problem, "after", text);
            None
        }
    }
}

/// A place made of bytes, its cursor changed at some places; and the bytes as parameters themselves.
pub(crate) fn cursors(data: &[u8]) {
    let mut bytes = [0; 25];
    let length = data.len().min(bytes.len());
    bytes[..length].copy_from_slice(&data[..length]);
    let (moment, rest) = bytes.split_first_chunk::<8>().expect("long enough");
    let (kind, id) = rest.split_first().expect("long enough");
    let place = Place {
        moment: Moment::from_ms(i64::from_be_bytes(*moment)),
        kind: *kind,
        id: Uuid::from_slice(id).expect("sixteen bytes"),
    };
    let lists = lists(data);
    let given: Vec<String> = lists.iter().map(|list| list.write(place)).collect();
    for (list, own) in lists.iter().zip(&given) {
        for cursor in &given {
            assert_eq!(read(list, cursor), (cursor == own).then_some(place), "{cursor}");
        }
    }
    let changes = &data[length..];
    if let (Some(list), Some(own)) = (lists.first(), given.first()) {
        let mut changed = own.clone().into_bytes();
        for change in changes.chunks_exact(2) {
            let at = usize::from(change[0]) % (changed.len() + 1);
            match changed.get_mut(at) {
                Some(byte) => *byte ^= change[1],
                None => changed.push(change[1]),
            }
        }
        let changed = String::from_utf8_lossy(&changed);
        assert_eq!(read(list, &changed), (changed == *own).then_some(place), "{changed}");
        // Nobody can guess a code.
        assert_eq!(read(list, &String::from_utf8_lossy(data)), None);
    }
    parameters(&String::from_utf8_lossy(changes));
}

/// The other parameters of lists.
fn parameters(text: &str) {
    let (one, other) = text.split_once('&').unwrap_or((text, ""));
    match PageRequest::parse(Some(one), Some(other)) {
        Ok(page) => {
            assert!((1..=PAGE_NUMBER_MAX).contains(&page.number), "{text}");
            assert!((1..=PAGE_SIZE_MAX).contains(&page.size), "{text}");
        }
        Err(problem) => {
            assert!(status(problem.kind).is_client_error(), "{problem:?}");
            assert!(!problem.faults.is_empty(), "{problem:?}");
        }
    }
    if let Err(problem) = cursor_page_size(Some(one)) {
        check_refusal(&problem, "pageSize", one);
    }
    if let Err(problem) = bool_parameter("flag", Some(one)) {
        check_refusal(&problem, "flag", one);
    }
}
