//! Resource identity: what tells one object from all others of its type, apart from its state.

use async_trait::async_trait;

use crate::{
    Result, context::Context, model::Model, registration::Registration, resource::Resource, server::identity::Typed,
};

/// A resource whose objects have an identity. Needs Terraform 1.12 or OpenTofu 1.12; older ones never ask for it.
///
/// The identity is a function of the state, so the framework answers it wherever Terraform wants it: after a read, an apply
/// and an import, and in a plan as soon as all of it is known. It imports by identity too.
#[async_trait]
pub trait Identified<Api: Send + Sync + 'static>: Resource<Api> {
    /// The identity's attributes: strings, numbers, booleans and lists of these. A required one must stand in every import
    /// by identity, and the framework refuses null and the empty string there, which Terraform lets through; an optional one
    /// may be left out.
    type Identity: Model;

    /// Whether an object's identity may change as long as the object lives; `false` by default. An identity that changes
    /// although it may not is a bug, which the framework reports.
    const IS_MUTABLE: bool = false;

    /// The identity of an object in this state; `None` while part of it is not known.
    fn identity(&self) -> Option<Self::Identity>;

    /// Makes a state out of an identity that is complete enough for `read`, which follows at once.
    ///
    /// # Errors
    /// What the person should read.
    async fn import_by_identity(api: &Api, identity: Self::Identity, ctx: &mut Context<Self>) -> Result<Self>;
}

impl<Api: Send + Sync + 'static, R: Identified<Api>> Registration<Api, R> {
    /// Its objects have an identity.
    pub fn identified(mut self) -> Registration<Api, R> {
        self.entry.identity = Some(Box::new(Typed::<R>::new()));
        self
    }
}
