//! An action: something that is done, and leaves no object for Terraform to manage.

use tf_framework::{Action, Diagnostic, Diagnostics, Model, Path, Progress, Result, Value, async_trait};

use crate::{note::is_title, notebook::Notebook};

/// Copies every note to the end of one file.
#[derive(Clone, Model)]
pub(crate) struct Archive {
    /// Name of the file, in the notebook's folder: letters, digits, spaces and hyphens, with no ending.
    #[attr(required, length(1..=100), must("hold letters, digits, spaces and hyphens alone", is_title))]
    name: Value<String>,
}

#[async_trait]
impl Action<Notebook> for Archive {
    const NAME: &'static str = "notebook_archive";

    // What can be known before anything is changed is said in the plan. Here a value may be unknown still, and then there is
    // nothing to say yet.
    async fn plan(notebook: Option<&Notebook>, _: &Archive, diagnostics: &mut Diagnostics) {
        let folder = notebook.and_then(|notebook| notebook.folder().ok());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let text = format!(
                "{} is no folder, so there is nothing to archive. Make it, or change `folder`.",
                folder.display()
            );
            diagnostics.error("There is no notebook", text);
        }
    }

    async fn invoke(notebook: &Notebook, config: Archive, progress: &mut Progress) -> Result<()> {
        let name = config.name.as_deref().unwrap_or_default();
        let titles = notebook.titles()?;
        if titles.is_empty() {
            // Terraform shows no warning of an action that succeeded; said so, it is shown as progress.
            progress.warn("Nothing to archive", "The notebook has no notes.").await;
        }
        for (title, number) in titles.iter().zip(1..) {
            // What is copied so far stays copied: an action has nothing that could be rolled back.
            let text = notebook.text(title)?.ok_or_else(|| gone(title))?;
            notebook.append(name, &format!("# {title}\n\n{text}\n\n"))?;
            progress.say(format!("{title:?} archived, {number} of {}", titles.len())).await;
        }
        Ok(())
    }
}

fn gone(title: &str) -> Diagnostic {
    let text = format!("The note {title:?} was removed while the notes were archived. Run the action again.");
    Diagnostic::error("A note is gone", text).at(Path::attribute("name"))
}
