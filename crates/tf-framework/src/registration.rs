//! The provider's list of resources: what each of them is able to do beside its operations.

use std::marker::PhantomData;

use crate::{
    generate_config::Generator,
    move_state::Mover,
    resource::Resource,
    server::{
        identity::AnyIdentity,
        resource::{AnyResource, Typed},
    },
};

/// A resource in the provider's list.
///
/// [`ResourceType::of`] begins an entry, a word for each of the resource's abilities follows, and `into` ends it. The
/// compiler takes a word only where the resource implements the word's trait:
///
/// | word | trait |
/// | --- | --- |
/// | [`identified`](Registration::identified) | [`Identified`](crate::Identified) |
/// | [`moves_state`](Registration::moves_state) | [`MoveState`](crate::MoveState) |
/// | [`generates_config`](Registration::generates_config) | [`GenerateConfig`](crate::GenerateConfig) |
///
/// ```
/// # use tf_framework::{Identified, ResourceType};
/// # fn resources<Api: Send + Sync + 'static, Project: Identified<Api>, Tag: Identified<Api>>() -> Vec<ResourceType<Api>> {
/// vec![ResourceType::of::<Project>().identified().into(), ResourceType::of::<Tag>().into()]
/// # }
/// ```
pub struct ResourceType<Api> {
    pub(crate) resource: Box<dyn AnyResource<Api>>,
    pub(crate) identity: Option<Box<dyn AnyIdentity<Api>>>,
    pub(crate) mover: Option<Mover>,
    pub(crate) generator: Option<Generator>,
}

impl<Api: Send + Sync + 'static> ResourceType<Api> {
    /// Begins the list entry of `R`.
    pub fn of<R: Resource<Api>>() -> Registration<Api, R> {
        let resource = Box::new(Typed::<R>::new(PhantomData));
        Registration { entry: ResourceType { resource, identity: None, mover: None, generator: None }, of: PhantomData }
    }

    /// The type's full name.
    pub fn name(&self) -> &'static str {
        self.resource.name()
    }
}

/// The list entry of `R` in the making, to be told what `R` is able to do. Each word stands in the file of its trait.
#[must_use = "it is an entry for the provider's list; `into` ends it"]
pub struct Registration<Api, R> {
    pub(crate) entry: ResourceType<Api>,
    of: PhantomData<fn() -> R>,
}

impl<Api, R> From<Registration<Api, R>> for ResourceType<Api> {
    fn from(registration: Registration<Api, R>) -> ResourceType<Api> {
        registration.entry
    }
}
