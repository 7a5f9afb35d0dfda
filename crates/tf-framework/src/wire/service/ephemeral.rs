//! The calls about ephemeral resources.

use super::{Service, unknown};
use crate::{
    diagnostics::Diagnostics,
    private::Private,
    provider::Provider,
    server::ephemeral::AnyEphemeralResource,
    value::Dynamic,
    wire::{
        convert::{deferred_to_wire, diagnostics_to_wire, value_from_wire, value_to_wire},
        generated::tfplugin6 as proto,
    },
};

impl<P: Provider> Service<P> {
    pub(super) fn ephemeral_resource(&self, name: &str) -> Result<&dyn AnyEphemeralResource<P::Api>, Diagnostics> {
        let found = self.0.ephemeral_resources.get(name).map(AsRef::as_ref);
        found.ok_or_else(|| unknown("ephemeral resource type", name).into())
    }

    pub(super) async fn open_ephemeral(
        &self,
        request: &proto::open_ephemeral_resource::Request,
    ) -> Result<proto::open_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let ty = ephemeral.value_type();
        let config = value_from_wire(request.config.as_ref(), ty)?;
        let configured = self.configured()?;
        // Whether it is allowed, the host said when it configured the provider; here Terraform says nothing at all.
        if let Some(reason) = configured.deferred {
            return Ok(proto::open_ephemeral_resource::Response {
                result: Some(value_to_wire(&Dynamic::Unknown, ty)?),
                deferred: deferred_to_wire(Some(reason)),
                ..Default::default()
            });
        }
        let opened = ephemeral.open(&configured.api, config).await;
        Ok(proto::open_ephemeral_resource::Response {
            result: Some(value_to_wire(&opened.result, ty)?),
            renew_at: opened.renew_at.map(Into::into),
            private: Some(opened.private.into_wire()),
            diagnostics: diagnostics_to_wire(opened.diagnostics),
            ..Default::default()
        })
    }

    pub(super) async fn renew_ephemeral(
        &self,
        request: &proto::renew_ephemeral_resource::Request,
    ) -> Result<proto::renew_ephemeral_resource::Response, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let configured = self.configured()?;
        let renewed = ephemeral.renew(&configured.api, private(request.private.as_deref())).await;
        Ok(proto::renew_ephemeral_resource::Response {
            renew_at: renewed.renew_at.map(Into::into),
            private: Some(renewed.private.into_wire()),
            diagnostics: diagnostics_to_wire(renewed.diagnostics),
        })
    }

    pub(super) async fn close_ephemeral(
        &self,
        request: &proto::close_ephemeral_resource::Request,
    ) -> Result<Diagnostics, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let configured = self.configured()?;
        Ok(ephemeral.close(&configured.api, private(request.private.as_deref())).await)
    }
}

/// Nothing and no bytes are the same: there was nothing to remember.
fn private(bytes: Option<&[u8]>) -> Private {
    Private::from_wire(bytes.unwrap_or_default())
}

#[cfg(test)]
mod tests;
