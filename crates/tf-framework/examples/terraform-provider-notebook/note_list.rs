//! A list resource: finds the notes that are there already.

use tf_framework::{ListResource, Model, Result, Results, Value, async_trait};

use crate::{
    note::{Note, NoteIdentity, is_title},
    notebook::Notebook,
};

/// Which notes to list.
#[derive(Clone, Model)]
pub(crate) struct NoteList {
    /// Only notes whose title begins so; all by default.
    #[attr(optional)]
    title_prefix: Value<String>,
}

#[async_trait]
impl ListResource<Notebook> for NoteList {
    // The resource that is listed gives this list its name, and each result its identity.
    type Resource = Note;

    // Errors are returned as they come. Terraform then shows none of the notes, since a list with a hole would read as whole.
    async fn list(notebook: &Notebook, config: NoteList, results: &mut Results<Notebook, Note>) -> Result<()> {
        let prefix = config.title_prefix.as_deref().unwrap_or_default();
        let titles = notebook.titles()?;
        for title in titles.iter().filter(|title| title.starts_with(prefix) && is_title(title)) {
            let pushed = if results.wants_resource() {
                // Gone since its title was read: the next one.
                let Some(text) = notebook.text(title)? else { continue };
                results.push(title, Note::new(title, text)).await
            } else {
                // Nobody asked what it says, so its file stays shut.
                results.push_identity(title, NoteIdentity { title: title.as_str().into() }).await
            };
            // The limit is reached, or Terraform is gone.
            if pushed.is_break() {
                break;
            }
        }
        Ok(())
    }
}
