//! What the files of `proto/` give, committed so that nobody needs a protobuf compiler.
//!
//! `tests/proto_is_fresh.rs` writes these files and proves them fresh. The client half exists under the feature `client` alone.

#![allow(dead_code, missing_docs, unreachable_pub, rustdoc::all, clippy::all)]

use std::fmt;

#[rustfmt::skip]
pub mod goplugin;
#[rustfmt::skip]
pub mod health;
#[rustfmt::skip]
pub mod tfplugin6;

/// Values may be secret, so only their size is shown, whatever prints a whole request.
impl fmt::Debug for tfplugin6::DynamicValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DynamicValue({} bytes of msgpack, {} of JSON)", self.msgpack.len(), self.json.len())
    }
}

/// As for [`DynamicValue`](tfplugin6::DynamicValue): a stored state holds secrets in clear.
impl fmt::Debug for tfplugin6::RawState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawState({} bytes of JSON, {} flat entries)", self.json.len(), self.flatmap.len())
    }
}
