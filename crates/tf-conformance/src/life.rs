//! The life of a managed object, in the steps in which Terraform leads it.
//!
//! A step fails where there is no going on: a status, an error, a value that can't be read. Whether what it answered keeps the
//! rules is for the checks to say.

use std::collections::BTreeMap;

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::{
    self as proto, ClientCapabilities, RawState, apply_resource_change, import_resource_state, plan_resource_change,
    read_resource,
};

use crate::broken::{Result, broken, ensure};
use crate::core::{Action, action, prepared, proposed_new, shown};
use crate::session::{CAPABILITIES, Kind, Session, errors, no_errors};
use crate::value::{complete, from_wire, has_unknown, to_wire};

/// An object as Terraform stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub type_name: String,
    pub state: Value,
    pub private: Vec<u8>,
    /// Null where it has none.
    pub identity: Value,
}

/// One plan: what was asked, what was answered, and what Terraform takes it for.
#[derive(Clone, Debug)]
pub struct Plan {
    pub type_name: String,
    pub prior: Value,
    pub config: Value,
    pub planned: Value,
    pub identity: Value,
    pub action: Action,
    /// The attributes that cause a replacement.
    pub replaces: Vec<String>,
    pub request: plan_resource_change::Request,
    pub answer: plan_resource_change::Response,
}

/// The answer to an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    pub planned: Value,
    pub new: Value,
    pub identity: Value,
    pub answer: apply_resource_change::Response,
}

impl Applied {
    /// What Terraform stores after it; nothing where the new state is null.
    pub fn object(&self, type_name: &str) -> Option<Object> {
        (!self.new.is_null()).then(|| Object {
            type_name: type_name.to_owned(),
            state: self.new.clone(),
            private: self.answer.private.clone(),
            identity: self.identity.clone(),
        })
    }
}

/// The answer to a read, and the object as it is stored after it; none where it is gone.
#[derive(Clone, Debug)]
pub struct Read {
    pub object: Option<Object>,
    pub identity: Value,
    pub answer: read_resource::Response,
}

/// How an object is imported.
#[derive(Clone, Debug)]
pub enum By<'a> {
    Id(&'a str),
    Identity(&'a Value),
}

impl Session {
    /// A resource's configuration with what was left out as null.
    ///
    /// # Errors
    /// Where there is no such type.
    pub fn configuration(&self, kind: Kind, type_name: &str, config: &Value) -> Result<Value> {
        if config.is_null() {
            return Ok(Value::Null);
        }
        let ty = self.value_type(kind, type_name)?;
        Ok(complete(config.clone(), &ty))
    }

    /// ValidateResourceConfig; the errors.
    ///
    /// # Errors
    /// A status, or no answer at all.
    pub async fn validated(
        &mut self,
        type_name: &str,
        config: &Value,
        capabilities: Option<ClientCapabilities>,
    ) -> Result<Vec<String>> {
        let ty = self.value_type(Kind::Resource, type_name)?;
        let request = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(to_wire(&complete(config.clone(), &ty), &ty)),
            client_capabilities: capabilities,
        };
        Ok(errors(&self.validate_resource_config(request).await?.diagnostics))
    }

    /// What Terraform sends to plan this. A null configuration destroys.
    ///
    /// # Errors
    /// Where there is no such type.
    pub fn plan_request(
        &self,
        type_name: &str,
        prior: Option<&Object>,
        config: &Value,
    ) -> Result<plan_resource_change::Request> {
        let (block, ty) = (self.block(Kind::Resource, type_name)?, self.value_type(Kind::Resource, type_name)?);
        let state = prior.map_or(Value::Null, |object| object.state.clone());
        let config = self.configuration(Kind::Resource, type_name, config)?;
        let proposed = if config.is_null() { Value::Null } else { proposed_new(block, &state, &config) };
        Ok(plan_resource_change::Request {
            type_name: type_name.to_owned(),
            proposed_new_state: Some(to_wire(&prepared(block, &proposed), &ty)),
            prior_state: Some(to_wire(&state, &ty)),
            config: Some(to_wire(&prepared(block, &config), &ty)),
            prior_private: prior.map_or(Vec::new(), |object| object.private.clone()),
            prior_identity: prior.and_then(|object| self.identity_to_wire(type_name, &object.identity)),
            client_capabilities: Some(CAPABILITIES),
            ..Default::default()
        })
    }

    /// Plans once.
    ///
    /// # Errors
    /// An error, or what makes the answer unreadable.
    pub async fn plan(&mut self, type_name: &str, prior: Option<&Object>, config: &Value) -> Result<Plan> {
        let request = self.plan_request(type_name, prior, config)?;
        let answer = self.plan_resource_change(request.clone()).await?;
        no_errors("PlanResourceChange", &answer.diagnostics)?;
        let ty = self.value_type(Kind::Resource, type_name)?;
        let planned =
            from_wire(answer.planned_state.as_ref(), &ty).map_err(|problem| broken!("the planned state: {problem}"))?;
        let block = self.block(Kind::Resource, type_name)?;
        let prior = prior.map_or(Value::Null, |object| object.state.clone());
        Ok(Plan {
            type_name: type_name.to_owned(),
            config: prepared(block, &self.configuration(Kind::Resource, type_name, config)?),
            identity: self.identity(type_name, answer.planned_identity.as_ref())?,
            action: action(block, &prior, &planned, &answer.requires_replace),
            replaces: answer.requires_replace.iter().map(shown).collect(),
            prior,
            planned,
            request,
            answer,
        })
    }

    /// Plans the second half of a replacement: the same configuration, and no prior state.
    ///
    /// # Errors
    /// An error, or what makes the answer unreadable.
    pub async fn plan_again(&mut self, first: &Plan, config: &Value) -> Result<Plan> {
        let again = Object {
            type_name: first.type_name.clone(),
            state: Value::Null,
            private: first.answer.planned_private.clone(),
            identity: first.identity.clone(),
        };
        self.plan(&first.type_name, Some(&again), config).await
    }

    /// Applies a plan, or one half of a replacement: `prior` and `planned` say which.
    ///
    /// # Errors
    /// A status, or what makes the answer unreadable. Errors of the provider are in the answer.
    pub async fn apply(&mut self, plan: &Plan, prior: &Value, planned: &Value) -> Result<Applied> {
        let ty = self.value_type(Kind::Resource, &plan.type_name)?;
        let config = if planned.is_null() { &Value::Null } else { &plan.config };
        // A computed block that nothing was written for is empty again here.
        let config = complete_blocks(config, &ty);
        let request = apply_resource_change::Request {
            type_name: plan.type_name.clone(),
            prior_state: Some(to_wire(prior, &ty)),
            planned_state: Some(to_wire(planned, &ty)),
            config: Some(to_wire(&config, &ty)),
            planned_private: plan.answer.planned_private.clone(),
            planned_identity: plan.answer.planned_identity.clone(),
            ..Default::default()
        };
        let answer = self.apply_resource_change(request).await?;
        let new = from_wire(answer.new_state.as_ref(), &ty).map_err(|problem| broken!("the new state: {problem}"))?;
        let identity = self.identity(&plan.type_name, answer.new_identity.as_ref())?;
        Ok(Applied { planned: planned.clone(), new, identity, answer })
    }

    /// Upgrades a stored state.
    ///
    /// # Errors
    /// An error, or what makes the answer unreadable.
    pub async fn upgraded(&mut self, type_name: &str, version: i64, json: &[u8]) -> Result<Value> {
        let request = proto::upgrade_resource_state::Request {
            type_name: type_name.to_owned(),
            version,
            raw_state: Some(RawState { json: json.to_owned(), flatmap: BTreeMap::new() }),
        };
        let answer = self.upgrade_resource_state(request).await?;
        no_errors("UpgradeResourceState", &answer.diagnostics)?;
        let ty = self.value_type(Kind::Resource, type_name)?;
        from_wire(answer.upgraded_state.as_ref(), &ty).map_err(|problem| broken!("the upgraded state: {problem}"))
    }

    /// Reads an object.
    ///
    /// # Errors
    /// An error, or what makes the answer unreadable.
    pub async fn read(&mut self, object: &Object) -> Result<Read> {
        let type_name = &object.type_name;
        let ty = self.value_type(Kind::Resource, type_name)?;
        let request = read_resource::Request {
            type_name: type_name.clone(),
            current_state: Some(to_wire(&object.state, &ty)),
            private: object.private.clone(),
            client_capabilities: Some(CAPABILITIES),
            current_identity: self.identity_to_wire(type_name, &object.identity),
            ..Default::default()
        };
        let answer = self.read_resource(request).await?;
        no_errors("ReadResource", &answer.diagnostics)?;
        let state = from_wire(answer.new_state.as_ref(), &ty)
            .map_err(|problem| broken!("the state after a read: {problem}"))?;
        ensure!(!has_unknown(&state), "a read answered something unknown");
        let identity = self.identity(type_name, answer.new_identity.as_ref())?;
        let object = (!state.is_null()).then(|| Object {
            type_name: type_name.clone(),
            state,
            private: answer.private.clone(),
            identity: identity.clone(),
        });
        Ok(Read { object, identity, answer })
    }

    /// ImportResourceState as Terraform asks for it.
    ///
    /// # Errors
    /// A status, or no answer at all.
    pub async fn import(&mut self, type_name: &str, by: &By<'_>) -> Result<import_resource_state::Response> {
        let request = import_resource_state::Request {
            type_name: type_name.to_owned(),
            id: if let By::Id(id) = by { (*id).to_owned() } else { String::new() },
            identity: match by {
                By::Identity(identity) => {
                    let ty = self.identity_type(type_name)?.unwrap_or_default();
                    self.identity_to_wire(type_name, &complete((*identity).clone(), &ty))
                }
                By::Id(_) => None,
            },
            client_capabilities: Some(CAPABILITIES),
        };
        self.import_resource_state(request).await
    }

    /// Imports one object, not yet read.
    ///
    /// # Errors
    /// An error, or anything but one object of the type.
    pub async fn imported(&mut self, type_name: &str, by: &By<'_>) -> Result<Object> {
        let answer = self.import(type_name, by).await?;
        no_errors("ImportResourceState", &answer.diagnostics)?;
        let [imported] = answer.imported_resources.as_slice() else {
            return Err(broken!("an import of one id gave {} objects", answer.imported_resources.len()));
        };
        ensure!(
            imported.type_name == type_name,
            "an import of {type_name} is said to be of type {:?}",
            imported.type_name
        );
        let ty = self.value_type(Kind::Resource, type_name)?;
        let state =
            from_wire(imported.state.as_ref(), &ty).map_err(|problem| broken!("the imported state: {problem}"))?;
        ensure!(!state.is_null(), "the imported state is null, which Terraform refuses");
        let identity = self.identity(type_name, imported.identity.as_ref())?;
        Ok(Object { type_name: type_name.to_owned(), state, private: imported.private.clone(), identity })
    }

    /// Makes an object that a sample needs.
    ///
    /// # Errors
    /// Whatever goes wrong on the way.
    pub async fn create(&mut self, type_name: &str, config: &Value) -> Result<Object> {
        let plan = self.plan(type_name, None, config).await?;
        let applied = self.apply(&plan, &Value::Null, &plan.planned).await?;
        no_errors("ApplyResourceChange", &applied.answer.diagnostics)?;
        applied.object(type_name).ok_or_else(|| broken!("nothing was created"))
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// Whatever goes wrong on the way.
    pub async fn destroy(&mut self, object: &Object) -> Result<()> {
        let plans = self.schema.server_capabilities.is_some_and(|capabilities| capabilities.plan_destroy);
        let plan = match plans {
            true => self.plan(&object.type_name, Some(object), &Value::Null).await?,
            false => self.unplanned_destroy(object)?,
        };
        let applied = self.apply(&plan, &object.state, &Value::Null).await?;
        no_errors("ApplyResourceChange", &applied.answer.diagnostics)
    }

    /// The plan of a destroy that Terraform makes by itself, where a provider doesn't want to.
    ///
    /// # Errors
    /// Where there is no such type.
    pub fn unplanned_destroy(&self, object: &Object) -> Result<Plan> {
        let request = self.plan_request(&object.type_name, Some(object), &Value::Null)?;
        Ok(Plan {
            type_name: object.type_name.clone(),
            prior: object.state.clone(),
            config: Value::Null,
            planned: Value::Null,
            identity: Value::Null,
            action: Action::Delete,
            replaces: Vec::new(),
            answer: plan_resource_change::Response { planned_private: object.private.clone(), ..Default::default() },
            request,
        })
    }
}

/// The configuration with computed blocks that are null as empty ones.
fn complete_blocks(config: &Value, ty: &Value) -> Value {
    let Value::Object(fields) = config else { return config.clone() };
    let kept = fields.iter().filter(|(name, value)| !(value.is_null() && ty[1][name.as_str()][2] == "block"));
    complete(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()), ty)
}
