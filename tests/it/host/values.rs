//! Values of the conformance suite, for types that hold nothing dynamic and tests that stop at the first surprise.

use serde_json::Value;
use tf_conformance::value;
use tf_framework::wire::proto::tfplugin6::DynamicValue;

pub use tf_conformance::value::{UNKNOWN, UNKNOWN_NOT_NULL, complete, has_unknown};

/// The value as Terraform sends it.
pub fn to_wire(value: &Value) -> DynamicValue {
    value::to_wire(value, &Value::Null)
}

/// The value that a provider answered. It must be of the type, with every attribute there.
pub fn from_wire(value: Option<&DynamicValue>, ty: &Value) -> Value {
    value::from_wire(value, ty).unwrap()
}
