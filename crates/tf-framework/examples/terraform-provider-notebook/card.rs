//! A resource that takes over objects of another type, with JSON that may be written in any way, and with timeouts.

use std::time::Duration;

use serde_json::Value as Json;
use tf_framework::{
    Context, Diagnostic, Diagnostics, Identified, Model, MoveSource, MoveState, Path, Resource, Result, Timeouts,
    Value, async_trait,
};

use crate::{note::NoteIdentity, note::is_title, notebook::Notebook};

/// How long writing a card may take where the configuration does not say.
const PATIENCE: Duration = Duration::from_secs(60);

/// A card: a note that holds JSON.
#[derive(Clone, Default, Model)]
pub(crate) struct Card {
    /// The title, 1 to 100 letters, digits, spaces and hyphens. It names the file.
    #[attr(required, length(1..=100), must("hold letters, digits, spaces and hyphens alone", is_title), replace_on_change)]
    title: Value<String>,
    /// What stands on the card, as JSON.
    #[attr(required, json)]
    fields: Value<String>,
    /// The number of fields.
    #[attr(computed)]
    field_count: Value<i64>,
    /// How long operations may take.
    #[attr(optional)]
    timeouts: Value<Timeouts>,
}

#[async_trait]
impl Resource<Notebook> for Card {
    const NAME: &'static str = "notebook_card";

    async fn create(notebook: &Notebook, plan: Card, _: &mut Context<Card>) -> Result<Card> {
        let write = async { notebook.add(plan.title(), &plan.file()) };
        within(plan.timeouts.create(PATIENCE), write).await?;
        Ok(plan.counted())
    }

    // The framework keeps the state's own wording where the file only writes the same JSON in another way. No file knows the
    // timeouts, so they stay what they were.
    async fn read(notebook: &Notebook, state: Card, _: &mut Context<Card>) -> Result<Option<Card>> {
        let read = async { notebook.text(state.title()) };
        let text = within(state.timeouts.read(PATIENCE), read).await?;
        Ok(text.map(|text| Card { fields: text.into(), ..state }.counted()))
    }

    async fn update(notebook: &Notebook, _: Card, plan: Card, _: &mut Context<Card>) -> Result<Card> {
        let write = async { notebook.change(plan.title(), &plan.file()) };
        within(plan.timeouts.update(PATIENCE), write).await?;
        Ok(plan.counted())
    }

    async fn delete(notebook: &Notebook, state: Card, _: &mut Context<Card>) -> Result<()> {
        within(state.timeouts.delete(PATIENCE), async { notebook.remove(state.title()) }).await
    }

    async fn import(_: &Notebook, id: &str, _: &mut Context<Card>) -> Result<Card> {
        Ok(Card { title: id.into(), ..Card::default() })
    }
}

#[async_trait]
impl Identified<Notebook> for Card {
    type Identity = NoteIdentity;

    fn identity(&self) -> Option<NoteIdentity> {
        Some(NoteIdentity { title: self.title.clone() })
    }

    async fn import_by_identity(_: &Notebook, identity: NoteIdentity, _: &mut Context<Card>) -> Result<Card> {
        Ok(Card { title: identity.title, ..Card::default() })
    }
}

/// What is needed of a `notebook_note`.
#[derive(Clone, Model)]
struct Note {
    /// The title.
    #[attr(required)]
    title: Value<String>,
    /// What the note says.
    #[attr(required)]
    text: Value<String>,
}

impl MoveState<Notebook> for Card {
    fn move_state(source: &MoveSource, _: &mut Context<Card>) -> Result<Option<Card>> {
        if !source.is("example/notebook", "notebook_note") {
            return Ok(None);
        }
        let note: Note = source.read()?;
        if json(&note.text).is_none() {
            let text =
                "Its text is not JSON, and a card holds JSON. Change the text first, or remove the `moved` block.";
            return Err(Diagnostic::error("The note can't become a card", text).into());
        }
        Ok(Some(Card { title: note.title, fields: note.text, ..Card::default() }))
    }
}

impl Card {
    fn title(&self) -> &str {
        self.title.as_deref().unwrap_or_default()
    }

    /// The card as its file holds it.
    fn file(&self) -> String {
        format!("{:#}\n", json(&self.fields).unwrap_or_default())
    }

    fn counted(self) -> Card {
        let count =
            json(&self.fields).and_then(|fields| fields.as_object().map(serde_json::Map::len)).unwrap_or_default();
        Card { field_count: i64::try_from(count).unwrap_or(i64::MAX).into(), ..self }
    }
}

fn json(text: &Value<String>) -> Option<Json> {
    text.as_deref().and_then(|text| serde_json::from_str(text).ok())
}

/// Keeps to the limit that the configuration sets: the framework only reads it.
async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let slow = |_| -> Diagnostics {
        let text = format!("The folder did not answer within {limit:?}. Set a longer time, or see what slows it down.");
        Diagnostic::error("The notebook is too slow", text).at(Path::attribute("timeouts")).into()
    };
    tokio::time::timeout(limit, work).await.map_err(slow)?
}
