//! The changelog knows the version that is in the manifests.

use xshell::Shell;

use crate::Result;
use crate::tidy::dependencies::Package;

/// What is wrong with `CHANGELOG.md`.
pub(super) fn check(shell: &Shell, packages: &[Package]) -> Result<Vec<String>> {
    Ok(problems(&shell.read_file("CHANGELOG.md")?, packages))
}

fn problems(changelog: &str, packages: &[Package]) -> Vec<String> {
    let headings: Vec<&str> =
        changelog.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    packages
        .iter()
        .filter(|package| package.published)
        .filter(|package| {
            !headings
                .iter()
                .any(|heading| heading.split(' ').next() == Some(package.version.as_str()))
        })
        .map(|package| {
            format!("CHANGELOG.md: has no heading for {} {}", package.name, package.version)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::problems;
    use crate::tidy::dependencies::Package;

    #[test]
    fn a_version_without_a_heading_is_caught() {
        let packages = [Package::published("a", "1.2.0"), Package::published("b", "1.3.0")];
        let changelog = "# Changelog\n\n## 1.2.0 (unreleased)\n\n## 1.1.0\n";
        assert_eq!(problems(changelog, &packages), ["CHANGELOG.md: has no heading for b 1.3.0"]);
    }
}
