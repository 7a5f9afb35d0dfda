//! A resource with an identity, which makes it importable by that identity and listable.

use tf_framework::{Context, Diagnostic, Identified, Model, Resource, Result, Value, async_trait};

use crate::notebook::Notebook;

/// A note: a text file in the notebook's folder.
#[derive(Clone, Model)]
pub(crate) struct Note {
    /// The title, 1 to 100 letters, digits, spaces and hyphens. It names the file.
    #[attr(required, length(1..=100), must("hold letters, digits, spaces and hyphens alone", is_title), replace_on_change)]
    pub(crate) title: Value<String>,
    /// What the note says.
    #[attr(required)]
    pub(crate) text: Value<String>,
    /// Its length in bytes.
    #[attr(computed)]
    pub(crate) size: Value<i64>,
}

/// What tells one note from all others in its folder.
#[derive(Clone, Model)]
pub(crate) struct NoteIdentity {
    /// The title.
    #[attr(required)]
    pub(crate) title: Value<String>,
}

impl Note {
    pub(crate) fn new(title: &str, text: String) -> Note {
        let size = i64::try_from(text.len()).unwrap_or(i64::MAX);
        Note { title: title.into(), text: text.into(), size: size.into() }
    }

    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }
}

pub(crate) fn is_title(title: &str) -> bool {
    title.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-'))
}

#[async_trait]
impl Resource<Notebook> for Note {
    const NAME: &'static str = "notebook_note";

    async fn create(notebook: &Notebook, plan: Note, _: &mut Context<Note>) -> Result<Note> {
        let text = plan.text.known().cloned().unwrap_or_default();
        notebook.add(plan.title(), &text)?;
        Ok(Note::new(plan.title(), text))
    }

    async fn read(notebook: &Notebook, state: Note, _: &mut Context<Note>) -> Result<Option<Note>> {
        let text = notebook.text(state.title())?;
        Ok(text.map(|text| Note::new(state.title(), text)))
    }

    async fn update(notebook: &Notebook, _: Note, plan: Note, _: &mut Context<Note>) -> Result<Note> {
        let text = plan.text.known().cloned().unwrap_or_default();
        notebook.change(plan.title(), &text)?;
        Ok(Note::new(plan.title(), text))
    }

    async fn delete(notebook: &Notebook, state: Note, _: &mut Context<Note>) -> Result<()> {
        notebook.remove(state.title())
    }

    async fn import(notebook: &Notebook, id: &str, _: &mut Context<Note>) -> Result<Note> {
        found(notebook, id)
    }
}

#[async_trait]
impl Identified<Notebook> for Note {
    type Identity = NoteIdentity;

    // Null and unknown pass through: the framework answers an identity once all of it is known.
    fn identity(&self) -> Option<NoteIdentity> {
        Some(NoteIdentity { title: self.title.clone() })
    }

    async fn import_by_identity(notebook: &Notebook, identity: NoteIdentity, _: &mut Context<Note>) -> Result<Note> {
        found(notebook, identity.title.as_deref().unwrap_or_default())
    }
}

fn found(notebook: &Notebook, title: &str) -> Result<Note> {
    // What a person types may be a path out of the folder.
    let text = if is_title(title) { notebook.text(title)? } else { None };
    text.map(|text| Note::new(title, text)).ok_or_else(|| {
        let text = format!("The notebook holds no note with the title {title:?}. See its folder for those there are.");
        Diagnostic::error("No such note", text).into()
    })
}
