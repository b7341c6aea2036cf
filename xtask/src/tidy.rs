//! The house rules that neither the compiler nor clippy keeps: [`walls`] between the rooms,
//! and what a source file may be called, how long it may be and what it may name.

mod sources;
mod walls;

use std::path::Path;

use anyhow::Result;

/// One line for each breach, sorted by kind and place.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let mut findings = walls::findings(root)?;
    findings.extend(sources::findings(root)?);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_is_tidy() {
        let root = crate::repository_root().unwrap();
        let findings = super::findings(&root).unwrap();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}
