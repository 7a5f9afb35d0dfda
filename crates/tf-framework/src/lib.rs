//! Placeholder.

mod number;
mod path;
mod types;
mod value;
pub mod wire;

pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use types::{Type, TypeError};
pub use value::{Dynamic, Set, Value, ValueError};
