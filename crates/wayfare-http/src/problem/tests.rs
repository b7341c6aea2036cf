use std::fmt::Write as _;

use expect_test::expect_file;

use super::*;

/// Codes of the contract that are never answered, and why.
const NEVER: [(&str, &str); 13] = [
    ("invalid.property", "unknown properties are ignored, as the SDKs of every generation do"),
    ("ip.not.authorized", "addresses are not restricted; a proxy can do that"),
    ("missing.permissions", "no operation served needs several permissions at once"),
    ("missing.division.permission", "there are no divisions"),
    ("missing.any.division.permissions", "there are no divisions"),
    ("not.authorized", "the code that says why is answered instead"),
    ("app.not.authorized.for.scope", "scopes are not enforced: permissions are"),
    ("authz.policy.denied", "there are no policies beyond permissions"),
    ("invalid.action.state", "belongs to action events, which are not served yet"),
    ("too.many.requests", "the older name of `too.many.requests.retry.after`"),
    ("server.unavailable", "belongs to the ping, which is not served yet"),
    ("authentication.request.timeout", "tokens are checked by the same process"),
    ("general.conflict", "the older name of `request.conflict`"),
];

#[test]
fn every_kind_has_one_row_its_own_code_and_a_status_of_an_error() {
    let mut codes: Vec<_> = ProblemKind::ALL.iter().map(|kind| kind.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), ProblemKind::ALL.len());
    for kind in ProblemKind::ALL {
        let rows = TABLE.iter().filter(|row| row.kind == kind).count();
        assert_eq!(rows, 1, "{kind:?}");
        let status = status(kind);
        assert!(status.is_client_error() || status.is_server_error(), "{kind:?}");
        assert!(NEVER.iter().all(|(code, _)| *code != kind.code()), "{kind:?}");
    }
}

/// `cargo xtask docs` writes the page; this test fails when it is stale.
#[test]
fn the_page_is_fresh() {
    let mut page = include_str!("errors.md").to_owned();
    page.push_str("\n## Codes\n| status | code | meaning | what to do |\n|---|---|---|---|\n");
    for row in TABLE {
        let Row { kind, status, meaning, advice } = row;
        let _ =
            writeln!(page, "| {} | `{}` | {meaning} | {advice} |", status.as_u16(), kind.code());
    }
    page.push_str(
        "\n## Codes of the original that are never answered\n| code | why |\n|---|---|\n",
    );
    for (code, why) in NEVER {
        let _ = writeln!(page, "| `{code}` | {why} |");
    }
    expect_file!["../../../../docs/errors.md"].assert_eq(&page);
}
