//! What is private, for the property tests and the fuzz targets: the codec, the planner, the calls of a provider without its
//! process, and what a process makes of its environment.

use std::{collections::BTreeSet, ops::RangeInclusive, sync::Arc};

use crate::{
    normal_form::{normal_form, open_computed_blocks},
    path::Path,
    plan,
    provider::Provider,
    schema::{Attribute, Schema},
    server::Server,
    types::Type,
    value::{Dynamic, ValueError},
    wire::{
        convert::schema_to_wire,
        environment::Environment,
        generated::tfplugin6::{self, provider_server},
        handshake::handshake_line,
        json::{self, Undefined},
        msgpack,
        service::Service,
        socket::{self, Address},
        tls,
    },
};

/// Reads MessagePack.
///
/// # Errors
/// [`ValueError`] when the bytes are no value of this type.
pub fn decode_msgpack(bytes: &[u8], ty: &Type) -> Result<Dynamic, ValueError> {
    msgpack::decode(bytes, ty)
}

/// Writes MessagePack.
///
/// # Errors
/// [`ValueError`] when the value is not of this type.
pub fn encode_msgpack(value: &Dynamic, ty: &Type) -> Result<Vec<u8>, ValueError> {
    msgpack::encode(value, ty)
}

/// Reads JSON, and refuses attributes that the type doesn't have.
///
/// # Errors
/// [`ValueError`] when the bytes are no value of this type.
pub fn decode_json(bytes: &[u8], ty: &Type) -> Result<Dynamic, ValueError> {
    json::decode(bytes, ty, Undefined::Refuse)
}

/// Reads stored JSON, and skips attributes that the type doesn't have.
///
/// # Errors
/// [`ValueError`] when the bytes are no value of this type.
pub fn decode_stored_json(bytes: &[u8], ty: &Type) -> Result<Dynamic, ValueError> {
    json::decode(bytes, ty, Undefined::Ignore)
}

/// Plans a change, before the resource has its say: the planned value, and the attributes that replace the object.
pub fn draft(
    attributes: &[Attribute],
    prior: &Dynamic,
    config: &Dynamic,
    proposed: Dynamic,
) -> (Dynamic, BTreeSet<Path>) {
    let draft = plan::draft(attributes.into(), prior, config, proposed);
    (draft.planned, draft.replace)
}

/// The same with blocks, between bytes as they come from Terraform and go back to it.
///
/// # Errors
/// [`ValueError`] when the bytes are no value of the schema.
pub fn plan_on_wire(
    schema: &Schema,
    prior: &[u8],
    config: &[u8],
    proposed: &[u8],
) -> Result<(Vec<u8>, BTreeSet<Path>), ValueError> {
    let (body, ty) = (schema.body(), schema.value_type());
    let prior = normal_form(body, msgpack::decode(prior, &ty)?);
    let config = open_computed_blocks(body, msgpack::decode(config, &ty)?);
    let draft = plan::draft(body, &prior, &config, msgpack::decode(proposed, &ty)?);
    Ok((msgpack::encode(&normal_form(body, draft.planned), &ty)?, draft.replace))
}

/// A schema as Terraform gets it.
pub fn schema_on_wire(schema: &Schema) -> tfplugin6::Schema {
    schema_to_wire(schema)
}

/// The value where the configuration has none.
pub fn default_of(attribute: &Attribute) -> Option<&Dynamic> {
    attribute.default_value()
}

/// Whether an update plans the prior value where it would plan an unknown one.
pub fn keeps_prior(attribute: &Attribute) -> bool {
    attribute.keeps_prior()
}

/// A provider's calls.
pub fn service<P: Provider>() -> impl provider_server::Provider {
    Service(Arc::new(Server::<P>::new()))
}

/// What a process makes of its environment: the ports that it may listen on, and its handshake line.
///
/// # Errors
/// What the process would end with.
pub fn shake_hands(variable: impl Fn(&str) -> Option<String>) -> Result<(RangeInclusive<u16>, String), String> {
    let environment = Environment::read(variable);
    let ports = socket::ports(&environment).map_err(|error| error.to_string())?;
    let tls = environment.client_certificate.as_deref().map(tls::mutual_tls).transpose();
    let tls = tls.map_err(|error| error.to_string())?;
    let address = Address { network: "tcp", address: format!("127.0.0.1:{}", ports.start()) };
    let certificate = tls.as_ref().map(|tls| &tls.certificate);
    Ok((ports, handshake_line(&address, certificate, environment.asks_for_multiplexing)))
}
