//! The dependency table: who may depend on whom.

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::Result;

/// What one crate of the workspace may depend on.
pub(super) struct Row {
    name: &'static str,
    /// Crates of this workspace.
    inside: &'static [&'static str],
    outside: Outside,
    /// More crates from outside, allowed behind a feature only.
    optional: &'static [&'static str],
    /// A crate for ourselves has `publish = false`.
    published: bool,
}

/// What a crate may depend on outside of the workspace.
pub(super) enum Outside {
    Only(&'static [&'static str]),
    Any,
}

/// The stack, from the bottom up: a row names only rows above it.
///
/// ARCHITECTURE.md shows it as a picture. A new entry is a decision, so it is discussed before it is written here.
pub(super) const TABLE: &[Row] = &[
    Row {
        name: "socketserver",
        inside: &[],
        // `libc` for what fork needs, and for nothing else.
        outside: Outside::Only(&["libc", "polling", "rustix", "socket2", "thiserror"]),
        optional: &["log"],
        published: true,
    },
    Row {
        name: "http-server",
        inside: &["socketserver"],
        // `rustix` for `openat2`, which resolves a path below a directory without a race.
        outside: Outside::Only(&["httpdate", "percent-encoding", "rustix", "thiserror"]),
        optional: &["flate2", "http", "mime_guess", "pkcs8", "rustls"],
        published: true,
    },
    Row {
        name: "wsgi-util",
        inside: &[],
        outside: Outside::Only(&["percent-encoding", "thiserror"]),
        optional: &[],
        published: true,
    },
    Row {
        name: "wsgi-handlers",
        inside: &["wsgi-util"],
        outside: Outside::Only(&["httpdate", "thiserror"]),
        optional: &[],
        published: true,
    },
    Row {
        name: "wsgi-simple-server",
        inside: &["socketserver", "http-server", "wsgi-util", "wsgi-handlers"],
        outside: Outside::Only(&["percent-encoding", "thiserror"]),
        optional: &[],
        published: true,
    },
    Row {
        name: "wsgi-cli",
        inside: &[
            "socketserver",
            "http-server",
            "wsgi-util",
            "wsgi-handlers",
            "wsgi-simple-server",
        ],
        outside: Outside::Any,
        optional: &[],
        published: true,
    },
    Row {
        name: "wsgiref-tests",
        inside: &[
            "socketserver",
            "http-server",
            "wsgi-util",
            "wsgi-handlers",
            "wsgi-simple-server",
            "wsgi-cli",
        ],
        outside: Outside::Any,
        optional: &[],
        published: false,
    },
    Row {
        name: "wsgiref-conformance",
        inside: &[
            "socketserver",
            "http-server",
            "wsgi-util",
            "wsgi-handlers",
            "wsgi-simple-server",
            "wsgi-cli",
            "wsgiref-tests",
        ],
        outside: Outside::Any,
        optional: &[],
        published: false,
    },
    Row {
        name: "wsgiref-benches",
        inside: &[
            "socketserver",
            "http-server",
            "wsgi-util",
            "wsgi-handlers",
            "wsgi-simple-server",
            "wsgi-cli",
        ],
        outside: Outside::Any,
        optional: &[],
        published: false,
    },
    Row {
        name: "xtask",
        inside: &[],
        outside: Outside::Only(&["serde_json", "xshell"]),
        optional: &[],
        published: false,
    },
];

/// What `cargo metadata` says about one crate of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) published: bool,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    name: String,
    inside: bool,
    optional: bool,
    /// Needed by the tests and examples only.
    dev: bool,
}

#[cfg(test)]
impl Package {
    /// A crate without dependencies.
    pub(super) fn published(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            published: true,
            dependencies: Vec::new(),
        }
    }
}

/// The crates of the workspace.
pub(super) fn packages(shell: &Shell) -> Result<Vec<Package>> {
    let metadata = cmd!(shell, "cargo metadata --format-version 1 --no-deps").quiet().read()?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    Ok(list(&metadata["packages"]).map(package).collect())
}

fn package(value: &Value) -> Package {
    Package {
        name: text(&value["name"]),
        version: text(&value["version"]),
        // `publish` is null for "anywhere" and an empty list for `publish = false`.
        published: value["publish"].is_null(),
        dependencies: list(&value["dependencies"]).map(dependency).collect(),
    }
}

fn dependency(value: &Value) -> Dependency {
    Dependency {
        name: text(&value["name"]),
        inside: value["path"].is_string(),
        optional: value["optional"] == true,
        dev: value["kind"] == "dev",
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// Where the crates and the table disagree.
pub(super) fn check(packages: &[Package], table: &[Row]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let Some(row) = table.iter().find(|row| row.name == package.name) else {
            problems.push(format!("{}: is not in the dependency table of xtask", package.name));
            continue;
        };
        if package.published != row.published {
            let wanted = if row.published { "must not have" } else { "must have" };
            problems.push(format!("{}: {wanted} `publish = false`", package.name));
        }
        for dependency in &package.dependencies {
            if let Some(problem) = refusal(dependency, row) {
                problems.push(format!("{}: {problem}", package.name));
            }
        }
    }
    for row in table {
        if !packages.iter().any(|package| package.name == row.name) {
            problems.push(format!(
                "{}: is in the dependency table of xtask, but not in the workspace",
                row.name
            ));
        }
    }
    problems
}

/// Why this row does not allow this dependency.
fn refusal(dependency: &Dependency, row: &Row) -> Option<String> {
    let Dependency { name, inside, optional, dev } = dependency;
    if *inside {
        // Tests and examples keep to the stack as well.
        return (!row.inside.contains(&name.as_str()))
            .then(|| format!("must not depend on {name}, by the stack"));
    }
    let allowed = match row.outside {
        Outside::Any => true,
        Outside::Only(names) => names.contains(&name.as_str()),
    };
    if *dev || allowed {
        None
    } else if !row.optional.contains(&name.as_str()) {
        Some(format!("depends on {name}, which its row of the dependency table does not list"))
    } else if !optional {
        Some(format!("must depend on {name} behind a feature only"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Dependency, Outside, Package, Row, TABLE, check};

    const ROWS: &[Row] = &[
        Row {
            name: "low",
            inside: &[],
            outside: Outside::Only(&["good"]),
            optional: &["extra"],
            published: true,
        },
        Row {
            name: "high",
            inside: &["low"],
            outside: Outside::Any,
            optional: &[],
            published: false,
        },
    ];

    fn package(name: &str, published: bool, dependencies: Vec<Dependency>) -> Package {
        Package { published, dependencies, ..Package::published(name, "0.1.0") }
    }

    fn inside(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), inside: true, optional: false, dev: false }
    }

    fn outside(name: &str) -> Dependency {
        Dependency { inside: false, ..inside(name) }
    }

    fn problems(low: Vec<Dependency>) -> Vec<String> {
        check(
            &[
                package("low", true, low),
                package("high", false, vec![inside("low"), outside("whatever")]),
            ],
            ROWS,
        )
    }

    #[test]
    fn what_the_table_allows_passes() {
        let feature = Dependency { optional: true, ..outside("extra") };
        let test_tool = Dependency { dev: true, ..outside("anything") };
        assert_eq!(problems(vec![outside("good"), feature, test_tool]), Vec::<String>::new());
    }

    #[test]
    fn a_dependency_up_the_stack_is_caught_in_tests_too() {
        let expected = ["low: must not depend on high, by the stack"];
        assert_eq!(problems(vec![inside("high")]), expected);
        assert_eq!(problems(vec![Dependency { dev: true, ..inside("high") }]), expected);
    }

    #[test]
    fn an_unlisted_dependency_is_caught() {
        let expected =
            ["low: depends on evil, which its row of the dependency table does not list"];
        assert_eq!(problems(vec![outside("evil")]), expected);
    }

    #[test]
    fn a_feature_dependency_must_be_optional() {
        assert_eq!(
            problems(vec![outside("extra")]),
            ["low: must depend on extra behind a feature only"]
        );
    }

    #[test]
    fn crates_and_rows_must_match() {
        let expected = [
            "new: is not in the dependency table of xtask",
            "low: is in the dependency table of xtask, but not in the workspace",
            "high: is in the dependency table of xtask, but not in the workspace",
        ];
        assert_eq!(check(&[package("new", true, Vec::new())], ROWS), expected);
    }

    #[test]
    fn a_crate_for_ourselves_must_not_be_published() {
        let packages = [package("low", false, Vec::new()), package("high", true, Vec::new())];
        let expected =
            ["low: must not have `publish = false`", "high: must have `publish = false`"];
        assert_eq!(check(&packages, ROWS), expected);
    }

    #[test]
    fn the_table_is_a_stack() {
        for (index, row) in TABLE.iter().enumerate() {
            for name in row.inside {
                assert!(
                    TABLE[..index].iter().any(|below| below.name == *name),
                    "{} names {name}",
                    row.name
                );
            }
        }
    }
}
