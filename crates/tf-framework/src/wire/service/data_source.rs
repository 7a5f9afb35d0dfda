//! The calls about data sources.

use super::{Service, unknown};
use crate::{
    diagnostics::Diagnostics,
    provider::Provider,
    server::data_source::AnyDataSource,
    value::Dynamic,
    wire::{
        convert::{capabilities_from_wire, deferred_to_wire, diagnostics_to_wire, value_from_wire, value_to_wire},
        generated::tfplugin6 as proto,
    },
};

impl<P: Provider> Service<P> {
    pub(super) fn data_source(&self, name: &str) -> Result<&dyn AnyDataSource<P::Api>, Diagnostics> {
        self.0.data_sources.get(name).map(AsRef::as_ref).ok_or_else(|| unknown("data source type", name).into())
    }

    pub(super) async fn read_data(
        &self,
        request: &proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostics> {
        let data_source = self.data_source(&request.type_name)?;
        let ty = data_source.value_type();
        let config = value_from_wire(request.config.as_ref(), ty)?;
        let client = capabilities_from_wire(request.client_capabilities.as_ref());
        if let Some(reason) = self.deferred(&format!("The read of a {}", request.type_name), client)? {
            return Ok(proto::read_data_source::Response {
                state: Some(value_to_wire(&Dynamic::Unknown, ty)?),
                deferred: deferred_to_wire(Some(reason)),
                diagnostics: Vec::new(),
            });
        }
        let configured = self.configured()?;
        let read = data_source.read(&configured.api, config, client).await;
        Ok(proto::read_data_source::Response {
            state: Some(value_to_wire(&read.state, ty)?),
            deferred: deferred_to_wire(read.deferred),
            diagnostics: diagnostics_to_wire(read.diagnostics),
        })
    }
}
