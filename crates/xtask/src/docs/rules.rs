//! What the registries demand of `docs/`: folders, names, sizes, front matter, and a page for each object and an object for each page.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{KINDS, subjects};

/// Terraform's registry cuts a longer page, in bytes.
const LONGEST_PAGE: u64 = 500 * 1024;
/// The registries look at no more files.
const MOST_PAGES: usize = 2000;
/// Folders beside those of the kinds.
const GUIDES: &str = "guides";

/// What is wrong with the pages under `root`, in sentences; nothing where they may be published.
pub fn problems(root: &Path, schemas: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    if root.join("website/docs").exists() {
        problems.push("website/docs is the old layout, and may not stand beside docs".to_owned());
    }
    let pages = files(&root.join("docs"));
    if pages.len() > MOST_PAGES {
        problems.push(format!("docs holds {} files, and the registries look at {MOST_PAGES}", pages.len()));
    }
    let wanted: BTreeSet<PathBuf> = subjects(schemas).iter().map(super::Subject::page).collect();
    for page in &pages {
        let name = page.strip_prefix(root).unwrap_or(page);
        problems.extend(misplaced(name, &wanted).map(|problem| format!("{} {problem}", name.display())));
        problems.extend(malformed(page, name).into_iter().map(|problem| format!("{} {problem}", name.display())));
    }
    let missing = wanted.iter().filter(|page| !root.join(page).is_file());
    problems.extend(missing.map(|page| format!("{} is missing", page.display())));
    problems
}

/// Why a file may not stand where it does.
fn misplaced(name: &Path, wanted: &BTreeSet<PathBuf>) -> Option<String> {
    let parts: Vec<_> = name.iter().skip(1).map(|part| part.to_string_lossy()).collect();
    if name.extension().is_none_or(|ending| ending != "md") {
        return Some("does not end in .md".to_owned());
    }
    match parts.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] {
        ["index.md"] | [GUIDES, _] => None,
        [folder, _] if KINDS.iter().any(|kind| kind.folder == folder) => {
            (!wanted.contains(name)).then(|| "is about nothing that the provider has".to_owned())
        }
        [_] => Some("stands beside index.md, where the registries look at nothing else".to_owned()),
        [_, _] => Some("stands in a folder that the registries don't know".to_owned()),
        _ => Some("stands too deep".to_owned()),
    }
}

/// What is wrong inside a page.
fn malformed(page: &Path, name: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    if fs::metadata(page).is_ok_and(|found| found.len() > LONGEST_PAGE) {
        problems.push(format!("is longer than {LONGEST_PAGE} bytes, and would be cut"));
    }
    let text = fs::read_to_string(page).unwrap_or_default();
    let Some((matter, body)) = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) else {
        problems.push("has no front matter".to_owned());
        return problems;
    };
    let value = |key: &str| matter.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
    for key in ["page_title", "description"] {
        if value(key).is_none_or(|value| value.trim_matches('"').is_empty()) {
            problems.push(format!("has no {key}"));
        }
    }
    for key in ["layout", "sidebar_current"] {
        if value(key).is_some() {
            problems.push(format!("has {key}, which the registries no longer take"));
        }
    }
    if name.ends_with("docs/index.md") && value("subcategory").is_some() {
        problems.push("has a subcategory, and the provider's own page has none".to_owned());
    }
    if !body.lines().any(|line| line.starts_with("# ")) {
        problems.push("has no title".to_owned());
    }
    problems
}

/// Every file below a folder, in the order of their paths.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() { open.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    const PAGE: &str = "---\npage_title: \"t\"\ndescription: |-\n  d\n---\n\n# t\n";

    /// A folder of pages in order: the provider's, a resource's, a guide.
    fn sound() -> (TempDir, Value) {
        let root = tempfile::tempdir().unwrap();
        for page in ["docs/index.md", "docs/resources/thing.md", "docs/guides/start.md"] {
            put(&root, page, PAGE);
        }
        (root, json!({ "resource_schemas": { "pangea_thing": {} } }))
    }

    fn put(root: &TempDir, file: &str, text: &str) {
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn pages_in_order_have_no_problem() {
        let (root, schemas) = sound();
        assert_eq!(problems(root.path(), &schemas), Vec::<String>::new());
    }

    #[test]
    fn each_planted_problem_is_found_and_nothing_else() {
        let plants: [(&str, &str, &str); 13] = [
            ("docs/resources/other.md", PAGE, "docs/resources/other.md is about nothing that the provider has"),
            ("docs/resources/thing.markdown", PAGE, "docs/resources/thing.markdown does not end in .md"),
            ("docs/howto/a.md", PAGE, "docs/howto/a.md stands in a folder that the registries don't know"),
            ("docs/guides/deep/a.md", PAGE, "docs/guides/deep/a.md stands too deep"),
            ("docs/other.md", PAGE, "docs/other.md stands beside index.md, where the registries look at nothing else"),
            ("website/docs/index.md", PAGE, "website/docs is the old layout, and may not stand beside docs"),
            ("docs/index.md", "# t\n", "docs/index.md has no front matter"),
            ("docs/guides/start.md", "---\ndescription: d\n---\n# t\n", "docs/guides/start.md has no page_title"),
            ("docs/resources/thing.md", "---\npage_title: t\n---\n# t\n", "docs/resources/thing.md has no description"),
            (
                "docs/resources/thing.md",
                "---\nlayout: x\npage_title: t\ndescription: d\n---\n# t\n",
                "docs/resources/thing.md has layout, which the registries no longer take",
            ),
            (
                "docs/guides/start.md",
                "---\npage_title: t\nsidebar_current: x\ndescription: d\n---\n# t\n",
                "docs/guides/start.md has sidebar_current, which the registries no longer take",
            ),
            (
                "docs/index.md",
                "---\npage_title: t\nsubcategory: x\ndescription: d\n---\n# t\n",
                "docs/index.md has a subcategory, and the provider's own page has none",
            ),
            (
                "docs/resources/thing.md",
                "---\npage_title: t\ndescription: d\n---\n",
                "docs/resources/thing.md has no title",
            ),
        ];
        for (file, text, problem) in plants {
            let (root, schemas) = sound();
            put(&root, file, text);
            assert_eq!(problems(root.path(), &schemas), [problem]);
        }
    }

    #[test]
    fn a_page_that_is_missing_or_too_long_is_found() {
        let (root, schemas) = sound();
        fs::remove_file(root.path().join("docs/resources/thing.md")).unwrap();
        assert_eq!(problems(root.path(), &schemas), ["docs/resources/thing.md is missing"]);
        put(&root, "docs/resources/thing.md", &(PAGE.to_owned() + &"x".repeat(500 * 1024)));
        assert_eq!(
            problems(root.path(), &schemas),
            ["docs/resources/thing.md is longer than 512000 bytes, and would be cut"]
        );
    }
}
