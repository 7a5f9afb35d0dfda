//! A provider that panics where the configuration says so.

use std::process::ExitCode;

use tf_framework::{
    Context, Diagnostics, Host, Model, Plan, Provider, Resource, ResourceType, Result, Value, async_trait, serve,
};

fn main() -> ExitCode {
    serve::<Faulty>()
}

struct Faulty;

/// Nothing to configure.
#[derive(Clone, Debug, Model)]
struct Nothing {}

impl Provider for Faulty {
    type Config = Nothing;
    type Api = ();

    const NAME: &'static str = "faulty";
    const ADDRESS: &'static str = "example/faulty";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_faulty"];

    fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<()> {
        Ok(())
    }

    fn resources() -> Vec<ResourceType<()>> {
        vec![ResourceType::of::<Thing>().into()]
    }
}

/// A thing that exists in the state alone.
#[derive(Clone, Debug, Model)]
struct Thing {
    /// Its id.
    #[attr(computed, keep_when_unknown)]
    id: Value<String>,
    /// The operation that panics: `plan`, `create`, `read`, `update` or `delete`.
    #[attr(optional)]
    panics_in: Value<String>,
    /// What is known only once it is made.
    #[attr(computed, keep_when_unknown)]
    later: Value<String>,
    /// And something more.
    #[attr(computed, keep_when_unknown)]
    at_last: Value<String>,
}

impl Thing {
    fn go(&self, operation: &str) {
        if self.panics_in.as_deref() == Some(operation) {
            panic!("as the configuration says");
        }
    }
}

#[async_trait]
impl Resource<()> for Thing {
    const NAME: &'static str = "faulty_thing";

    fn modify_plan(_: Option<&()>, plan: &mut Plan<Thing>) {
        if let Some(config) = plan.config() {
            config.go("plan");
        }
    }

    async fn create(_: &(), plan: Thing, ctx: &mut Context<Thing>) -> Result<Thing> {
        let made = Thing { id: Value::from("made"), ..plan };
        ctx.save(made.clone());
        made.go("create");
        Ok(Thing { later: Value::from("known"), at_last: Value::from("known"), ..made })
    }

    async fn read(_: &(), state: Thing, _: &mut Context<Thing>) -> Result<Option<Thing>> {
        state.go("read");
        Ok(Some(state))
    }

    async fn update(_: &(), _: Thing, plan: Thing, _: &mut Context<Thing>) -> Result<Thing> {
        plan.go("update");
        Ok(plan)
    }

    async fn delete(_: &(), state: Thing, _: &mut Context<Thing>) -> Result<()> {
        state.go("delete");
        Ok(())
    }
}
