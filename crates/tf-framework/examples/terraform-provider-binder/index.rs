//! An index: a resource with a computed block. It needs Terraform 1.16.

use serde_json::{Value as Json, json};
use tf_framework::{Context, Model, Plan, Resource, Result, Value, async_trait};

use crate::{Folder, is_name};

/// Private state of a plan: the pages that it found.
const PAGES: &str = "pages";

/// A list of pages.
#[derive(Clone, Debug, Model)]
pub(crate) struct Index {
    /// Its name, letters and digits.
    #[attr(required, must("have letters and digits only", is_name), replace_on_change)]
    name: Value<String>,

    /// What stands above the list.
    #[attr(optional)]
    heading: Value<String>,

    /// The entries; without one, an entry for each page that there is.
    #[attr(block, computed)]
    entry: Value<Vec<Entry>>,
}

/// An entry of an index.
#[derive(Clone, Debug, Model)]
pub(crate) struct Entry {
    /// The page's name.
    #[attr(optional_computed)]
    page: Value<String>,

    /// What the entry says, by default the page's name.
    #[attr(optional_computed)]
    title: Value<String>,
}

#[async_trait]
impl Resource<Folder> for Index {
    const NAME: &'static str = "binder_index";

    fn modify_plan(folder: Option<&Folder>, plan: &mut Plan<Index>) {
        let planned_pages = plan.planned_private().and_then(|planned| planned.get(PAGES)).cloned();
        let (Some(folder), false) = (folder, plan.is_destroy()) else { return };
        // Looking through the whole folder is dear, and the plan at apply can do without where Terraform hands it on.
        let pages = planned_pages.unwrap_or_else(|| {
            tracing::info!("looking through the folder");
            folder.names("pages").into()
        });
        plan.private().set(PAGES, pages);
    }

    async fn create(folder: &Folder, plan: Index, _: &mut Context<Index>) -> Result<Index> {
        plan.written(folder)
    }

    async fn read(folder: &Folder, state: Index, _: &mut Context<Index>) -> Result<Option<Index>> {
        let note = folder.read("indexes", state.name())?;
        Ok(note.map(|note| Index { heading: text(&note["heading"]), entry: entries(&note["entries"]), ..state }))
    }

    async fn update(folder: &Folder, _: Index, plan: Index, _: &mut Context<Index>) -> Result<Index> {
        plan.written(folder)
    }

    async fn delete(folder: &Folder, state: Index, _: &mut Context<Index>) -> Result<()> {
        folder.remove("indexes", state.name())
    }
}

impl Index {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// Fills in what the plan left open, and writes it.
    fn written(self, folder: &Folder) -> Result<Index> {
        let all = || folder.names("pages").into_iter().map(|page| Entry { page: page.into(), title: Value::Unknown });
        let entries = self.entry.into_known().unwrap_or_else(|| all().collect());
        let entries: Vec<Entry> = entries.into_iter().map(Entry::completed).collect();
        let note = json!({
            "heading": self.heading.as_deref(),
            "entries": entries.iter().map(|entry| json!([entry.page.as_deref(), entry.title.as_deref()])).collect::<Json>(),
        });
        folder.write("indexes", self.name.as_deref().unwrap_or_default(), &note)?;
        Ok(Index { entry: Value::Known(entries), ..self })
    }
}

impl Entry {
    fn completed(self) -> Entry {
        let page = if self.page.is_unknown() { Value::Null } else { self.page };
        let title = if self.title.is_unknown() { page.clone() } else { self.title };
        Entry { page, title }
    }
}

fn entries(note: &Json) -> Value<Vec<Entry>> {
    let entries = note.as_array().into_iter().flatten();
    Value::Known(entries.map(|entry| Entry { page: text(&entry[0]), title: text(&entry[1]) }).collect())
}

fn text(json: &Json) -> Value<String> {
    json.as_str().map(str::to_owned).into()
}
