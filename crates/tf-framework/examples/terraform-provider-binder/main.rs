//! A tiny provider whose service is a folder of JSON files, to copy from: a resource with an identity and a write-only
//! attribute, and one with a computed block.

mod index;
mod page;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::Value as Json;
use tf_framework::{Diagnostic, Diagnostics, Host, Model, Provider, ResourceType, Result, Value, serve};

fn main() -> ExitCode {
    serve::<Binder>()
}

struct Binder;

/// Notes are files in a folder.
#[derive(Clone, Debug, Model)]
struct Config {
    /// The folder that holds the notes.
    #[attr(required, length(1..=4096))]
    folder: Value<String>,
}

/// What every operation gets: the folder.
struct Folder(PathBuf);

impl Provider for Binder {
    type Config = Config;
    type Api = Folder;

    const NAME: &'static str = "binder";
    const ADDRESS: &'static str = "example/binder";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_binder"];

    fn configure(config: Config, _: &Host, _: &mut Diagnostics) -> Result<Folder> {
        Ok(Folder(config.folder.unwrap_or_default().into()))
    }

    fn resources() -> Vec<ResourceType<Folder>> {
        vec![ResourceType::of::<page::Page>().identified().into(), ResourceType::of::<index::Index>().into()]
    }
}

/// Whether a name can be that of a file.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|each| each.is_ascii_alphanumeric())
}

impl Folder {
    /// One note; `None` where there is none of that name.
    fn read(&self, kind: &str, name: &str) -> Result<Option<Json>> {
        match fs::read(self.file(kind, name)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(kind, name, error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(kind, name, error)),
        }
    }

    fn write(&self, kind: &str, name: &str, note: &Json) -> Result<()> {
        let file = self.file(kind, name);
        let parent = file.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&file, note.to_string()));
        written.map_err(|error| failed(kind, name, error))
    }

    fn remove(&self, kind: &str, name: &str) -> Result<()> {
        match fs::remove_file(self.file(kind, name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(kind, name, error)),
            _ => Ok(()),
        }
    }

    /// The names of all notes of a kind, sorted.
    fn names(&self, kind: &str) -> Vec<String> {
        let files = fs::read_dir(self.0.join(kind)).into_iter().flatten().flatten();
        let stem = |file: fs::DirEntry| Some(file.path().file_stem()?.to_str()?.to_owned());
        let mut names: Vec<String> = files.filter_map(stem).collect();
        names.sort();
        names
    }

    fn file(&self, kind: &str, name: &str) -> PathBuf {
        self.0.join(kind).join(format!("{name}.json"))
    }
}

fn failed(kind: &str, name: &str, error: io::Error) -> Diagnostics {
    let detail = format!("The {kind} {name:?} could not be read or written: {error}. Check the provider's folder.");
    Diagnostic::error("The folder did not do it", detail).into()
}
