//! Who may know whom: the dependencies between the rooms, and the libraries kept out of some.
//!
//! Development dependencies count like all others: a test that needs a room beyond the wall
//! belongs into the tests of the `wayfare` crate, which knows every room.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// Each package of the workspace and the packages of the workspace it may depend on.
const WALLS: &[(&str, &[&str])] = &[
    ("wayfare-model", &[]),
    ("wayfare-engine", &["wayfare-model"]),
    ("wayfare-store", &["wayfare-model"]),
    ("wayfare-store-embedded", &["wayfare-store", "wayfare-model", "wayfare-engine"]),
    ("wayfare-store-cluster", &["wayfare-store", "wayfare-model", "wayfare-engine"]),
    ("wayfare-app", &["wayfare-model", "wayfare-engine", "wayfare-store"]),
    ("wayfare-http", &["wayfare-app", "wayfare-model"]),
    ("wayfare-webhooks", &["wayfare-app", "wayfare-model"]),
    ("wayfare-console", &[]),
    (
        "wayfare",
        &[
            "wayfare-model",
            "wayfare-engine",
            "wayfare-store",
            "wayfare-store-embedded",
            "wayfare-store-cluster",
            "wayfare-app",
            "wayfare-http",
            "wayfare-webhooks",
            "wayfare-console",
        ],
    ),
    ("xtask", &[]),
];

/// Libraries that bring one kind of work with them, and the only packages that do that work.
const LIBRARY_OWNERS: &[(&str, &[&str])] = &[
    ("axum", &["wayfare-http", "wayfare"]),
    ("rusqlite", &["wayfare-store-embedded"]),
    ("rand", &["wayfare"]),
];

/// Rooms without I/O, async, clock or randomness, and what would bring them in.
const PURE_ROOMS: &[&str] = &["wayfare-model", "wayfare-engine"];
const IMPURE_LIBRARIES: &[&str] = &["async-trait", "tokio", "tokio-util", "tower", "ureq"];

pub(super) fn findings(root: &Path) -> Result<Vec<String>> {
    Ok(packages(root)?.iter().flat_map(check).collect())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .output()
        .context("cannot start cargo metadata")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata failed: {complaint}");
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    Ok(metadata.packages)
}

fn check(package: &Package) -> Vec<String> {
    let from = &package.name;
    let Some((_, allowed)) = WALLS.iter().find(|(name, _)| name == from) else {
        return vec![format!("{from}: no wall is drawn around this package in xtask")];
    };
    let mut findings = Vec::new();
    for Dependency { name: to } in &package.dependencies {
        let is_room = WALLS.iter().any(|(name, _)| name == to);
        let owners = LIBRARY_OWNERS.iter().find(|(name, _)| name == to).map(|(_, owners)| owners);
        if is_room && !allowed.contains(&&**to) {
            findings.push(format!("{from}: must not know {to}"));
        }
        if owners.is_some_and(|owners| !owners.contains(&&**from)) {
            findings.push(format!("{from}: {to} belongs to other rooms"));
        }
        if PURE_ROOMS.contains(&&**from) && IMPURE_LIBRARIES.contains(&&**to) {
            findings.push(format!("{from}: a pure room has no use for {to}"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(name: &str, dependencies: &[&str]) -> Vec<String> {
        let dependencies =
            dependencies.iter().map(|name| Dependency { name: (*name).to_owned() }).collect();
        check(&Package { name: name.to_owned(), dependencies })
    }

    #[test]
    fn a_room_knows_only_the_rooms_of_the_design() {
        assert!(check_one("wayfare-app", &["wayfare-engine", "serde"]).is_empty());
        let findings = check_one("wayfare-http", &["wayfare-app", "wayfare-store"]);
        assert_eq!(findings, ["wayfare-http: must not know wayfare-store"]);
    }

    #[test]
    fn a_library_stays_with_its_owner() {
        let findings = check_one("wayfare-app", &["rusqlite"]);
        assert_eq!(findings, ["wayfare-app: rusqlite belongs to other rooms"]);
        let findings = check_one("wayfare-engine", &["tokio"]);
        assert_eq!(findings, ["wayfare-engine: a pure room has no use for tokio"]);
    }

    #[test]
    fn an_unknown_package_needs_a_wall() {
        let findings = check_one("wayfare-extra", &[]);
        assert_eq!(findings, ["wayfare-extra: no wall is drawn around this package in xtask"]);
    }
}
