//! The service of this example: text files in a folder. It knows nothing of Terraform but how to tell a person what went wrong.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    path::PathBuf,
};

use tf_framework::{Diagnostic, Diagnostics, Path, Result};

/// What every operation gets. Its files are small, so it reads and writes them where it stands; a service that takes its time
/// would be asked with `await`.
pub(crate) struct Notebook {
    folder: Option<PathBuf>,
}

impl Notebook {
    pub(crate) fn new(folder: Option<String>) -> Notebook {
        Notebook { folder: folder.map(PathBuf::from) }
    }

    /// The titles of all notes, in alphabetical order.
    pub(crate) fn titles(&self) -> Result<Vec<String>> {
        let folder = self.folder()?;
        let read = || -> io::Result<Vec<String>> {
            let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
            let names = names.collect::<io::Result<Vec<_>>>()?;
            Ok(names.iter().filter_map(|name| Some(name.to_str()?.strip_suffix(".txt")?.to_owned())).collect())
        };
        let mut titles = read().map_err(|error| failed(&format!("read {}", folder.display()), &error))?;
        titles.sort();
        Ok(titles)
    }

    /// What a note says; `None` where there is no such note.
    pub(crate) fn text(&self, title: &str) -> Result<Option<String>> {
        let file = self.file(title)?;
        match fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&format!("read {}", file.display()), &error)),
        }
    }

    /// Writes a note that is not there yet.
    pub(crate) fn add(&self, title: &str, text: &str) -> Result<()> {
        let file = self.file(title)?;
        let opened = OpenOptions::new().write(true).create_new(true).open(&file);
        opened.and_then(|mut note| note.write_all(text.as_bytes())).map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                let text =
                    format!("{} is there already. Import the note {title:?}, or choose another title.", file.display());
                return Diagnostic::error("The note exists", text).at(Path::attribute("title")).into();
            }
            failed(&format!("write {}", file.display()), &error)
        })
    }

    /// Writes a note over.
    pub(crate) fn change(&self, title: &str, text: &str) -> Result<()> {
        let file = self.file(title)?;
        fs::write(&file, text).map_err(|error| failed(&format!("write {}", file.display()), &error))
    }

    /// Removes a note. One that is gone is a success.
    pub(crate) fn remove(&self, title: &str) -> Result<()> {
        let file = self.file(title)?;
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed(&format!("remove {}", file.display()), &error))
            }
            _ => Ok(()),
        }
    }

    /// Adds to a file of the folder that is no note.
    pub(crate) fn append(&self, name: &str, text: &str) -> Result<()> {
        let file = self.folder()?.join(name);
        let opened = OpenOptions::new().append(true).create(true).open(&file);
        let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| failed(&format!("write {}", file.display()), &error))
    }

    /// The folder itself. The error is what to tell where the provider block leaves it open.
    pub(crate) fn folder(&self) -> Result<&PathBuf> {
        self.folder.as_ref().ok_or_else(|| {
            let text = "The provider's `folder` depends on something that is made only in the apply. Write it out, or apply \
                        that something first with -target.";
            Diagnostic::error("The folder is not known yet", text).into()
        })
    }

    fn file(&self, title: &str) -> Result<PathBuf> {
        Ok(self.folder()?.join(format!("{title}.txt")))
    }
}

fn failed(what: &str, error: &io::Error) -> Diagnostics {
    let text = format!(
        "Unable to {what}: {error}. See that the provider's `folder` is there, and whether you may write there."
    );
    Diagnostic::error("The notebook can't be used", text).into()
}
