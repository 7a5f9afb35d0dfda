//! A tiny provider with nested blocks in each nesting, to copy from. It manages nothing but what stands in the state.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
};

use tf_framework::{
    Context, Diagnostics, Host, Model, Plan, Provider, Resource, ResourceType, Result, Value, async_trait, serve,
};

fn main() -> ExitCode {
    serve::<Firewall>()
}

struct Firewall;

/// A firewall on paper.
#[derive(Clone, Debug, Model)]
struct Config {}

/// What every operation gets.
struct Api;

impl Provider for Firewall {
    type Config = Config;
    type Api = Api;

    const NAME: &'static str = "firewall";
    const ADDRESS: &'static str = "example/firewall";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_firewall"];

    fn configure(_: Config, _: &Host, _: &mut Diagnostics) -> Result<Api> {
        Ok(Api)
    }

    fn resources() -> Vec<ResourceType<Api>> {
        vec![ResourceType::of::<Policy>().into()]
    }
}

/// Who may pass.
#[derive(Clone, Debug, Model)]
struct Policy {
    /// Its name.
    #[attr(required)]
    name: Value<String>,

    /// Where passages are recorded; nowhere without the block.
    #[attr(block)]
    log: Value<Entry>,

    /// What holds for every passage.
    #[attr(block, group)]
    limits: Value<Entry>,

    /// The rules, in order.
    #[attr(block, max_items(3))]
    rule: Value<Vec<Entry>>,

    /// The exceptions, in no order.
    #[attr(block)]
    exception: Value<BTreeSet<Entry>>,

    /// The zones, each under its name.
    #[attr(block, deprecated("Write a `rule` instead."))]
    zone: Value<BTreeMap<String, Entry>>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
struct Entry {
    /// A network.
    #[attr(optional, must("contain a `/`", |network| network.contains('/')))]
    network: Value<String>,

    /// What is done with it: `allow` by default, or `deny`.
    #[attr(optional_computed, one_of(&["allow", "deny"]), default("allow"))]
    verdict: Value<String>,

    /// Both in one line.
    #[attr(computed)]
    summary: Value<String>,

    /// The ports; all without one.
    #[attr(block)]
    port: Value<Vec<Port>>,
}

/// A port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
struct Port {
    /// Its number.
    #[attr(required, between(1..=65535))]
    number: Value<i64>,

    /// Its protocol, `tcp` by default.
    #[attr(optional_computed, default("tcp"))]
    protocol: Value<String>,
}

#[async_trait]
impl Resource<Api> for Policy {
    const NAME: &'static str = "firewall_policy";

    fn modify_plan(_: Option<&Api>, plan: &mut Plan<Policy>) {
        // The summaries are known as soon as what they sum up is.
        if let Ok(Some(planned)) = plan.planned() {
            let summarized = planned.summarized();
            plan.set("log", summarized.log);
            plan.set("limits", summarized.limits);
        }
    }

    async fn create(_: &Api, plan: Policy, _: &mut Context<Policy>) -> Result<Policy> {
        Ok(plan.summarized())
    }

    async fn read(_: &Api, state: Policy, _: &mut Context<Policy>) -> Result<Option<Policy>> {
        Ok(Some(state))
    }

    async fn update(_: &Api, _: Policy, plan: Policy, _: &mut Context<Policy>) -> Result<Policy> {
        Ok(plan.summarized())
    }

    async fn delete(_: &Api, _: Policy, _: &mut Context<Policy>) -> Result<()> {
        Ok(())
    }
}

impl Policy {
    fn summarized(self) -> Policy {
        Policy {
            log: self.log.map(Entry::summarized),
            limits: self.limits.map(Entry::summarized),
            rule: self.rule.map(|rules| rules.into_iter().map(Entry::summarized).collect()),
            exception: self.exception.map(|exceptions| exceptions.into_iter().map(Entry::summarized).collect()),
            zone: self.zone.map(|zones| zones.into_iter().map(|(name, zone)| (name, zone.summarized())).collect()),
            ..self
        }
    }
}

impl Entry {
    fn summarized(self) -> Entry {
        let summary = match (&self.network, &self.verdict) {
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            (network, verdict) => {
                let (network, verdict) = (network.as_deref().unwrap_or("all"), verdict.as_deref().unwrap_or("none"));
                format!("{network}: {verdict}").into()
            }
        };
        Entry { summary, ..self }
    }
}
