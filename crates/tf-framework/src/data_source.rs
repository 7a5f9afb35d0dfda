//! A data source: something that Terraform only reads.

use std::marker::PhantomData;

use async_trait::async_trait;

use crate::{
    Result,
    context::Context,
    diagnostics::Diagnostics,
    model::Model,
    server::data_source::{AnyDataSource, Typed},
};

/// One kind of thing that Terraform reads without managing it.
#[async_trait]
pub trait DataSource<Api: Send + Sync + 'static>: Model {
    /// The type's full name, such as `pangea_jwks`.
    const NAME: &'static str;

    /// Checks what no rule of a single attribute can. Values may be unknown. Nothing is asked of the service here.
    fn validate(_config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Reads it. The answer repeats what the configuration set and holds no unknown.
    ///
    /// # Errors
    /// What the person should read.
    async fn read(api: &Api, config: Self, ctx: &mut Context<Self>) -> Result<Self>;
}

/// A data source in the provider's list.
pub struct DataSourceType<Api>(pub(crate) Box<dyn AnyDataSource<Api>>);

impl<Api: Send + Sync + 'static> DataSourceType<Api> {
    /// The list entry of `D`.
    pub fn of<D: DataSource<Api>>() -> DataSourceType<Api> {
        DataSourceType(Box::new(Typed::<D>::new(PhantomData)))
    }

    /// The type's full name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}
