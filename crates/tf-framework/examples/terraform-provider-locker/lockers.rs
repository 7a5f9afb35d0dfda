//! The service of this example: files in a folder. It knows nothing of Terraform but how to tell a person what went wrong.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    path::PathBuf,
};

use tf_framework::{Diagnostic, Path, Result};

/// What every operation gets.
pub(crate) struct Lockers {
    folder: Option<PathBuf>,
}

impl Lockers {
    pub(crate) fn new(folder: Option<String>) -> Lockers {
        Lockers { folder: folder.map(PathBuf::from) }
    }

    /// The code of a locker.
    pub(crate) fn code(&self, name: &str) -> Result<String> {
        let file = self.file(name, "code")?;
        match fs::read_to_string(&file) {
            Ok(code) => Ok(code),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let text = format!("There is no {}. Write the code of the locker {name:?} into it.", file.display());
                Err(Diagnostic::error("No such locker", text).at(Path::attribute("name")).into())
            }
            Err(error) => Err(failed(&format!("read {}", file.display()), &error)),
        }
    }

    /// Takes a locker that nobody else has.
    pub(crate) fn take(&self, name: &str) -> Result<()> {
        let file = self.file(name, "taken")?;
        match OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(_) => self.note(&format!("{name} taken")),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let text = format!(
                    "Another run has the locker {name:?}. Wait for its end; if there is none, remove {}.",
                    file.display()
                );
                Err(Diagnostic::error("The locker is taken", text).at(Path::attribute("name")).into())
            }
            Err(error) => Err(failed(&format!("take {}", file.display()), &error)),
        }
    }

    /// Keeps a locker that is taken.
    pub(crate) fn keep(&self, name: &str) -> Result<()> {
        self.note(&format!("{name} kept"))
    }

    /// Gives a locker back, and notes how often it was kept where that is known. One that is free already is a success.
    pub(crate) fn give_back(&self, name: &str, renewals: Option<i64>) -> Result<()> {
        let file = self.file(name, "taken")?;
        let known = renewals.map_or(String::new(), |renewals| format!(", kept {renewals} times"));
        match fs::remove_file(&file) {
            Ok(()) => self.note(&format!("{name} given back{known}")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(&format!("give back {}", file.display()), &error)),
        }
    }

    /// Sets the code of a safe; `None` removes it.
    pub(crate) fn set_safe(&self, name: &str, code: Option<&str>) -> Result<()> {
        let file = self.file(name, "safe")?;
        let done = match code {
            Some(code) => fs::write(&file, code),
            None => fs::remove_file(&file).or_else(|error| match error.kind() {
                ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            }),
        };
        done.map_err(|error| failed(&format!("change {}", file.display()), &error))
    }

    /// Whether there is such a safe.
    pub(crate) fn has_safe(&self, name: &str) -> Result<bool> {
        let file = self.file(name, "safe")?;
        file.try_exists().map_err(|error| failed(&format!("look for {}", file.display()), &error))
    }

    /// Adds a line to the history, which never holds a code.
    fn note(&self, line: &str) -> Result<()> {
        let file = self.folder()?.join("history");
        let opened = OpenOptions::new().append(true).create(true).open(&file);
        let written = opened.and_then(|mut history| writeln!(history, "{line}"));
        written.map_err(|error| failed(&format!("write {}", file.display()), &error))
    }

    fn file(&self, name: &str, kind: &str) -> Result<PathBuf> {
        Ok(self.folder()?.join(format!("{name}.{kind}")))
    }

    fn folder(&self) -> Result<&PathBuf> {
        self.folder.as_ref().ok_or_else(|| {
            let text = "The provider's `folder` depends on something that is made only in the apply. Write it out, or apply \
                        that something first with -target.";
            Diagnostic::error("The folder is not known yet", text).into()
        })
    }
}

fn failed(what: &str, error: &io::Error) -> tf_framework::Diagnostics {
    Diagnostic::error("The folder of lockers can't be used", format!("Unable to {what}: {error}.")).into()
}
