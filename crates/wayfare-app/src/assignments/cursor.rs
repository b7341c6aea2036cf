//! Where a list goes on: opaque to clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;
use wayfare_model::id::AssignmentId;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_store::journeys::AssignmentPlace;

pub(super) fn write(place: AssignmentPlace) -> String {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&place.assigned.as_ms().to_be_bytes());
    bytes[8..].copy_from_slice(place.id.as_uuid().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// # Errors
/// A cursor that was never given out (U31).
pub(super) fn read(text: &str) -> Result<AssignmentPlace, Problem> {
    let garbled = || {
        let message =
            format!("value [{text}] is not valid for query parameter [after]: not a cursor");
        Problem::from_faults(vec![Fault::new(ProblemKind::BadRequest, "after", message)])
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| garbled())?;
    let (assigned, id) = bytes.split_at_checked(8).ok_or_else(garbled)?;
    let assigned: [u8; 8] = assigned.try_into().map_err(|_| garbled())?;
    let id: [u8; 16] = id.try_into().map_err(|_| garbled())?;
    Ok(AssignmentPlace {
        assigned: Moment::from_ms(i64::from_be_bytes(assigned)),
        id: AssignmentId::from_uuid(Uuid::from_bytes(id)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        let place = AssignmentPlace {
            assigned: Moment::from_ms(-5),
            id: AssignmentId::from_uuid(Uuid::from_u128(7)),
        };
        assert_eq!(read(&write(place)), Ok(place));
    }

    #[test]
    fn a_garbled_cursor_is_named() {
        for text in ["x", "a+b/=", "AAAA", "None"] {
            let problem = read(text).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::BadRequest);
            assert!(problem.message.contains(text), "{}", problem.message);
        }
    }
}
