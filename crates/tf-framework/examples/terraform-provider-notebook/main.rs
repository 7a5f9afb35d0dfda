//! A provider to copy from: a resource with an identity, its list, and an action.
//!
//! A folder is a notebook, and each `TITLE.txt` in it a note. `terraform query` finds the notes that are there already, and writes
//! the configuration to import them. The README beside this file says how to run it.

mod archive;
mod card;
mod note;
mod note_list;
mod notebook;

use std::process::ExitCode;

use tf_framework::{
    ActionType, Diagnostics, Host, ListResourceType, Model, Provider, ResourceType, Result, Value, serve,
};

use crate::{archive::Archive, card::Card, note::Note, note_list::NoteList, notebook::Notebook};

fn main() -> ExitCode {
    serve::<NotebookProvider>()
}

struct NotebookProvider;

/// Notes are files in a folder.
#[derive(Clone, Model)]
struct Config {
    /// The folder, which must be there.
    #[attr(required, length(1..=4096))]
    folder: Value<String>,
}

impl Provider for NotebookProvider {
    type Config = Config;
    type Api = Notebook;

    const NAME: &'static str = "notebook";
    const ADDRESS: &'static str = "example/notebook";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_notebook"];

    // Nothing is opened here: the folder may be unknown during a plan, and not each run needs it.
    fn configure(config: Config, _: &Host, _: &mut Diagnostics) -> Result<Notebook> {
        Ok(Notebook::new(config.folder.into_known()))
    }

    // A resource can be listed where it is `identified`: what the list finds is imported by its identity.
    fn resources() -> Vec<ResourceType<Notebook>> {
        vec![
            ResourceType::of::<Note>().identified().into(),
            ResourceType::of::<Card>().identified().moves_state().into(),
        ]
    }

    fn list_resources() -> Vec<ListResourceType<Notebook>> {
        vec![ListResourceType::of::<NoteList>()]
    }

    fn actions() -> Vec<ActionType<Notebook>> {
        vec![ActionType::of::<Archive>()]
    }
}
