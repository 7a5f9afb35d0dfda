//! A schema that is built at its first use: a process that validates one resource needs no other's.

use std::sync::OnceLock;

use crate::{block::Body, model::Model, schema::Schema, types::Type};

/// The schema of a model. Whoever holds it asks for the same model each time.
#[derive(Default)]
pub(crate) struct LazySchema(OnceLock<Built>);

/// A schema, and the type of the values that it describes.
pub(crate) struct Built {
    pub(crate) schema: Schema,
    pub(crate) value_type: Type,
}

impl LazySchema {
    pub(crate) fn of<M: Model>(&self, version: i64) -> &Built {
        self.0.get_or_init(|| {
            let schema = M::schema(version);
            let value_type = schema.value_type();
            Built { schema, value_type }
        })
    }
}

impl Built {
    pub(crate) fn body(&self) -> Body<'_> {
        self.schema.body()
    }
}
