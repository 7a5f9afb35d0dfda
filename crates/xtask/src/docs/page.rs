//! One page: what the schema and the examples say of it, around the prose that stands in it already.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Subject, schema};

/// The sections that are written anew. All others are somebody's prose.
const EXAMPLE: &str = "Example Usage";
const SCHEMA: &str = "Schema";
const SIGNATURE: &str = "Signature";
const ARGUMENTS: &str = "Arguments";
const IMPORT: &str = "Import";
const OWNED: [&str; 5] = [EXAMPLE, SCHEMA, SIGNATURE, ARGUMENTS, IMPORT];

/// The page of a subject. `present` is the page as it stands, or empty.
///
/// # Errors
///
/// Where an example or an import snippet that belongs on the page is missing.
pub(super) fn render(root: &Path, subject: &Subject<'_>, present: &str) -> Result<String> {
    let prose = Prose::of(present);
    let folder = root.join(subject.examples());
    let mut page = opening(subject);
    section(&mut page, EXAMPLE, &example(subject, &folder)?, prose.tail(EXAMPLE));
    for (title, text) in prose.before_schema() {
        section(&mut page, title, text, "");
    }
    if subject.is_function() {
        section(&mut page, SIGNATURE, &schema::signature(subject.name, subject.schema), prose.tail(SIGNATURE));
        section(&mut page, ARGUMENTS, &schema::arguments(subject.schema), "");
    } else {
        section(&mut page, SCHEMA, &schema::block(&subject.schema["block"]), "");
    }
    if subject.is_resource() {
        section(&mut page, IMPORT, &import(subject, &folder)?, prose.tail(IMPORT));
    }
    for (title, text) in prose.after_schema() {
        section(&mut page, title, text, "");
    }
    Ok(page)
}

fn section(page: &mut String, title: &str, text: &str, tail: &str) {
    *page += &format!("\n## {title}\n");
    for part in [text, tail].map(str::trim).iter().filter(|part| !part.is_empty()) {
        *page += &format!("\n{part}\n");
    }
}

/// Front matter, title and introduction.
fn opening(subject: &Subject<'_>) -> String {
    let text = schema::description(subject.schema);
    let first = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let (title, heading, subcategory, needs) = match subject.kind {
        Some(kind) => {
            let title = format!("{} {} - pangea", subject.name, kind.title);
            (title, format!("{} ({})", subject.name, kind.title), "subcategory: \"\"\n", kind.needs)
        }
        None => ("Pangea Provider".to_owned(), "Pangea Provider".to_owned(), "", super::NEEDS),
    };
    format!(
        "---\npage_title: \"{title}\"\n{subcategory}description: |-\n  {first}\n---\n\n# {heading}\n\n{text}\n\n{needs}\n"
    )
}

/// The example files as code blocks, in the order of their names.
fn example(subject: &Subject<'_>, folder: &Path) -> Result<String> {
    let (stem, ending) = subject.kind.map_or(("provider", "tf"), |kind| (kind.example, kind.ending));
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(stem) && name.ends_with(&format!(".{ending}")))
        .collect();
    files.sort();
    anyhow::ensure!(!files.is_empty(), "{} has no {stem}.{ending}", subject.examples().display());
    let blocks: Result<Vec<_>> = files.iter().map(|file| fenced(folder, file, "terraform")).collect();
    Ok(blocks?.join("\n\n"))
}

fn import(subject: &Subject<'_>, folder: &Path) -> Result<String> {
    let mut parts = Vec::new();
    if !subject.identity.is_null() {
        parts.push("By identity, with Terraform 1.12 or OpenTofu 1.12, or a newer one of either:".to_owned());
        parts.push(fenced(folder, "import-by-identity.tf", "terraform")?);
        parts.push(format!("### Identity Schema\n\n{}", schema::identity(subject.identity)));
    }
    parts.push("By id, in the configuration or on the command line:".to_owned());
    parts.push(fenced(folder, "import-by-string-id.tf", "terraform")?);
    parts.push(fenced(folder, "import.sh", "shell")?);
    Ok(parts.join("\n\n"))
}

fn fenced(folder: &Path, file: &str, language: &str) -> Result<String> {
    let text =
        fs::read_to_string(folder.join(file)).with_context(|| format!("{file} is missing among its examples"))?;
    Ok(format!("```{language}\n{}\n```", text.trim_end()))
}

/// What people wrote in a page.
struct Prose<'a> {
    /// Each section with its title, in the order of the page.
    sections: Vec<(&'a str, &'a str)>,
}

impl<'a> Prose<'a> {
    fn of(page: &'a str) -> Prose<'a> {
        let mut sections = Vec::new();
        let mut rest = page.find("\n## ").map_or("", |start| &page[start + 1..]);
        while let Some(text) = rest.strip_prefix("## ") {
            let end = next_heading(text);
            let (section, after) = text.split_at(end);
            let (title, body) = section.split_once('\n').unwrap_or((section, ""));
            sections.push((title.trim(), body));
            rest = after;
        }
        Prose { sections }
    }

    /// What stands below the last code block of an owned section.
    fn tail(&self, title: &str) -> &'a str {
        let body = self.sections.iter().find(|(name, _)| *name == title).map_or("", |(_, body)| body);
        let end = body.rfind("\n```\n").map(|at| at + "\n```\n".len());
        end.map_or("", |end| &body[end..])
    }

    fn before_schema(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let end = self.schema_at();
        self.sections[..end].iter().copied().filter(|(title, _)| !OWNED.contains(title))
    }

    fn after_schema(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let start = self.schema_at();
        self.sections[start..].iter().copied().filter(|(title, _)| !OWNED.contains(title))
    }

    fn schema_at(&self) -> usize {
        let found = self.sections.iter().position(|(title, _)| [SCHEMA, SIGNATURE].contains(title));
        found.unwrap_or(self.sections.len())
    }
}

/// Where the next section begins; a line that looks like a heading inside a code block is none.
fn next_heading(text: &str) -> usize {
    let (mut at, mut is_code) = (0, false);
    for line in text.split_inclusive('\n') {
        if line.starts_with("```") {
            is_code = !is_code;
        }
        if !is_code && line.starts_with("## ") {
            return at;
        }
        at += line.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "---\n---\n# T\n\nIntro.\n\n## Example Usage\n\n```terraform\n## no heading\n```\n\nTail.\n\n## Rules\n\n- One.\n\n\
                        ## Schema\n\n### Required\n\n## Import\n\n```shell\nx\n```\n\nNote.\n\n## More\n\nText.\n";

    #[test]
    fn prose_stays_where_it_stands() {
        let prose = Prose::of(PAGE);
        assert_eq!(prose.tail(EXAMPLE).trim(), "Tail.");
        assert_eq!(prose.tail(IMPORT).trim(), "Note.");
        assert_eq!(prose.before_schema().map(|(title, _)| title).collect::<Vec<_>>(), ["Rules"]);
        assert_eq!(prose.after_schema().map(|(title, _)| title).collect::<Vec<_>>(), ["More"]);
    }

    #[test]
    fn an_empty_page_has_no_prose() {
        let prose = Prose::of("");
        assert_eq!(prose.tail(EXAMPLE), "");
        assert_eq!(prose.before_schema().count() + prose.after_schema().count(), 0);
    }
}
