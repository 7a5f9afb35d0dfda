//! The documents: one table per kind, each a map from id to a JSON object, in memory and, if wanted, in one file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// One object of the API, with what the emulator notes beside the API's own fields.
pub(crate) type Document = Map<String, Value>;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Organizations,
    Projects,
    Clients,
    Secrets,
    /// Access tokens by their value, since that is how a request names them.
    Tokens,
    /// Tokens of the console for one service of one project, by their value.
    ServiceTokens,
    /// Keys that sign a project's JWTs, public halves only, by `kid`.
    Keys,
    /// Configurations of services in a project.
    Configs,
}

/// All documents. Whoever changes one calls [`Store::save`] before the change is answered for.
#[derive(Default)]
pub(crate) struct Store {
    tables: BTreeMap<Table, BTreeMap<String, Document>>,
    file: Option<PathBuf>,
    changed: bool,
}

impl Store {
    /// The documents of `file`, or none where the file does not exist yet.
    ///
    /// # Errors
    /// A file that cannot be read, or that no emulator wrote.
    pub(crate) fn open(file: PathBuf) -> io::Result<Store> {
        let mut store = Store { file: Some(file.clone()), ..Store::default() };
        match fs::read(&file) {
            Ok(bytes) => store.tables = decode(&bytes).map_err(|why| unreadable(&file, &why))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&file, &error.to_string())),
        }
        Ok(store)
    }

    pub(crate) fn get(&self, table: Table, id: &str) -> Option<&Document> {
        self.tables.get(&table)?.get(id)
    }

    pub(crate) fn get_mut(&mut self, table: Table, id: &str) -> Option<&mut Document> {
        self.changed = true;
        self.tables.get_mut(&table)?.get_mut(id)
    }

    /// Every document of a kind, by id.
    pub(crate) fn all(&self, table: Table) -> impl Iterator<Item = (&String, &Document)> {
        self.tables.get(&table).into_iter().flatten()
    }

    /// Every document of a kind, oldest first.
    pub(crate) fn by_age(&self, table: Table) -> Vec<&Document> {
        let mut documents: Vec<&Document> = self.all(table).map(|(_, document)| document).collect();
        documents.sort_by_cached_key(|document| text(document, "created_at"));
        documents
    }

    pub(crate) fn insert(&mut self, table: Table, id: &str, document: Document) {
        self.changed = true;
        self.tables.entry(table).or_default().insert(id.to_owned(), document);
    }

    pub(crate) fn remove(&mut self, table: Table, id: &str) -> Option<Document> {
        self.changed = true;
        self.tables.get_mut(&table)?.remove(id)
    }

    /// Drops every document that `keep` refuses.
    pub(crate) fn retain(&mut self, table: Table, keep: impl Fn(&Document) -> bool) {
        self.changed = true;
        if let Some(documents) = self.tables.get_mut(&table) {
            documents.retain(|_, document| keep(document));
        }
    }

    /// Writes the documents to the file, if there is one and something changed since the last time.
    ///
    /// # Errors
    /// What the file system says. The file then still holds what it held before.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let Some(file) = &self.file else { return Ok(()) };
        let saved = write_atomically(file, &encode(&self.tables));
        self.changed = saved.is_err();
        saved
    }
}

/// A field's text; empty where the field is absent or no text.
pub(crate) fn text<'a>(document: &'a Document, field: &str) -> &'a str {
    document.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether the document was there before anybody called: made by the seed, not through the API.
pub(crate) fn is_seeded(document: &Document) -> bool {
    document.get("seeded").and_then(Value::as_bool).unwrap_or_default()
}

/// A half-written file would lose every document, so the new one is written beside the old one and renamed over it.
/// The end of the process cannot tear it apart; only a power failure could, and waiting for the disk at each call would cost more than that.
/// The documents hold live secrets: `tempfile` makes the file with mode 0600, and renaming keeps that.
fn write_atomically(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    beside.write_all(bytes)?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

fn encode(tables: &BTreeMap<Table, BTreeMap<String, Document>>) -> Vec<u8> {
    let tables: Document =
        tables.iter().map(|(table, documents)| (name(*table).to_owned(), json!(documents))).collect();
    let mut text = format!("{:#}", json!({ "format": FORMAT, "tables": tables }));
    text.push('\n');
    text.into_bytes()
}

fn decode(bytes: &[u8]) -> Result<BTreeMap<Table, BTreeMap<String, Document>>, String> {
    let whole: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if whole["format"].as_u64() != Some(FORMAT) {
        return Err(format!("its format is not {FORMAT}"));
    }
    let tables = whole["tables"].as_object().ok_or("it has no tables")?;
    tables.iter().map(|(name, documents)| Ok((table(name)?, rows(name, documents)?))).collect()
}

fn rows(name: &str, documents: &Value) -> Result<BTreeMap<String, Document>, String> {
    let wrong = || format!("its table {name} does not hold objects");
    let rows = documents.as_object().ok_or_else(wrong)?;
    rows.iter().map(|(id, row)| Ok((id.clone(), row.as_object().ok_or_else(wrong)?.clone()))).collect()
}

fn table(name_in_file: &str) -> Result<Table, String> {
    TABLES
        .into_iter()
        .find(|table| name(*table) == name_in_file)
        .ok_or_else(|| format!("it has an unknown table {name_in_file}"))
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Organizations => "organizations",
        Table::Projects => "projects",
        Table::Clients => "clients",
        Table::Secrets => "secrets",
        Table::Tokens => "tokens",
        Table::ServiceTokens => "service_tokens",
        Table::Keys => "keys",
        Table::Configs => "configs",
    }
}

fn unreadable(file: &Path, why: &str) -> io::Error {
    io::Error::other(format!("cannot read the emulator's data from {}: {why}", file.display()))
}

const TABLES: [Table; 8] = [
    Table::Organizations,
    Table::Projects,
    Table::Clients,
    Table::Secrets,
    Table::Tokens,
    Table::ServiceTokens,
    Table::Keys,
    Table::Configs,
];

/// Raised when an older file can no longer be understood.
const FORMAT: u64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str) -> Document {
        Document::from_iter([("name".to_owned(), json!(name))])
    }

    #[test]
    fn what_was_saved_is_there_after_opening_the_file_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.json");
        let mut store = Store::open(file.clone()).unwrap();
        store.insert(Table::Projects, "ppi_a", document("one"));
        store.save().unwrap();

        let again = Store::open(file).unwrap();
        assert_eq!(again.get(Table::Projects, "ppi_a"), Some(&document("one")));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file_and_nothing_is_left_beside_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.json");
        let mut store = Store::open(file.clone()).unwrap();
        for name in ["one", "two"] {
            store.insert(Table::Projects, "ppi_a", document(name));
            store.save().unwrap();
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_no_emulator_wrote_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "[]", r#"{"format": 2}"#, r#"{"format": 1, "tables": {"cats": {}}}"#] {
            let file = folder.path().join("data.json");
            fs::write(&file, text).unwrap();
            let error = Store::open(file).err().expect("refused").to_string();
            assert!(error.contains("data.json"), "{error}");
        }
    }
}
