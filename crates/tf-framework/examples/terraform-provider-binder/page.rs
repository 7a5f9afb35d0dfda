//! A page: a resource with an identity, and with a password that stands in no plan and no state.

use serde_json::json;
use tf_framework::{Context, Identified, Model, Resource, Result, Value, async_trait};

use crate::{Folder, is_name};

/// A page of the binder.
#[derive(Clone, Debug, Model)]
pub(crate) struct Page {
    /// Its name, letters and digits. Another name is another page.
    #[attr(required, must("have letters and digits only", is_name), replace_on_change)]
    name: Value<String>,

    /// What is written on it.
    #[attr(optional)]
    text: Value<String>,

    /// Opens the page; it stands in no plan and no state. Needs Terraform 1.11.
    #[attr(optional, write_only, versioned_by("password_wo_version"))]
    password_wo: Value<String>,

    /// Any number; a new one says that `password_wo` has a new value.
    #[attr(optional)]
    password_wo_version: Value<i64>,
}

/// What tells a page from every other.
#[derive(Clone, Debug, Model)]
pub(crate) struct PageIdentity {
    /// Its name.
    #[attr(required)]
    name: Value<String>,
}

#[async_trait]
impl Resource<Folder> for Page {
    const NAME: &'static str = "binder_page";

    async fn create(folder: &Folder, plan: Page, ctx: &mut Context<Page>) -> Result<Page> {
        plan.write(folder, password(ctx))?;
        Ok(plan)
    }

    async fn read(folder: &Folder, state: Page, _: &mut Context<Page>) -> Result<Option<Page>> {
        let note = folder.read("pages", state.name())?;
        Ok(note.map(|note| Page { text: note["text"].as_str().map(str::to_owned).into(), ..state }))
    }

    async fn update(folder: &Folder, prior: Page, plan: Page, ctx: &mut Context<Page>) -> Result<Page> {
        let is_new = prior.password_wo_version != plan.password_wo_version;
        let password = match is_new {
            true => password(ctx),
            false => folder.read("pages", plan.name())?.and_then(|note| note["password"].as_str().map(str::to_owned)),
        };
        plan.write(folder, password)?;
        Ok(plan)
    }

    async fn delete(folder: &Folder, state: Page, _: &mut Context<Page>) -> Result<()> {
        folder.remove("pages", state.name())
    }

    async fn import(_: &Folder, id: &str, _: &mut Context<Page>) -> Result<Page> {
        Ok(Page::named(id.into()))
    }
}

#[async_trait]
impl Identified<Folder> for Page {
    type Identity = PageIdentity;

    fn identity(&self) -> Option<PageIdentity> {
        self.name.is_known().then(|| PageIdentity { name: self.name.clone() })
    }

    async fn import_by_identity(_: &Folder, identity: PageIdentity, _: &mut Context<Page>) -> Result<Page> {
        Ok(Page::named(identity.name))
    }
}

impl Page {
    fn named(name: Value<String>) -> Page {
        Page { name, text: Value::Null, password_wo: Value::Null, password_wo_version: Value::Null }
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn write(&self, folder: &Folder, password: Option<String>) -> Result<()> {
        folder.write("pages", self.name(), &json!({ "text": self.text.as_deref(), "password": password }))
    }
}

/// The configuration is the only place where a write-only value can be read.
fn password(ctx: &Context<Page>) -> Option<String> {
    ctx.config().and_then(|config| config.password_wo.as_deref()).map(str::to_owned)
}
