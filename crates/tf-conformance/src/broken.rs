//! What went wrong: the rule that was broken, in a sentence.

use std::fmt;

/// A broken rule, told to a person: what was expected and what came.
#[derive(Clone, PartialEq, Eq)]
pub struct Broken(pub String);

/// What a step comes to.
pub type Result<T, E = Broken> = std::result::Result<T, E>;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

/// The rule holds, or is broken in the words that follow.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err($crate::broken::Broken(format!($($words)+)));
        }
    };
}

/// A broken rule in these words.
macro_rules! broken {
    ($($words:tt)+) => {
        $crate::broken::Broken(format!($($words)+))
    };
}

pub(crate) use {broken, ensure};
