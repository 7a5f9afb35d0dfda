//! The calls about data sources.

use super::{Service, unknown};
use crate::{
    diagnostics::Diagnostics,
    provider::Provider,
    server::data_source::AnyDataSource,
    wire::{
        convert::{diagnostics_to_wire, value_from_wire, value_to_wire},
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
        let configured = self.configured()?;
        let (state, diagnostics) = data_source.read(&configured.api, config).await;
        Ok(proto::read_data_source::Response {
            state: Some(value_to_wire(&state, ty)?),
            diagnostics: diagnostics_to_wire(diagnostics),
            ..Default::default()
        })
    }
}
