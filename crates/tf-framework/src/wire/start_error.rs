//! Why a process could not start, for the person who reads its stderr.

use std::error::Error;
use std::fmt;

/// An attempt that failed before the first call, with its cause.
#[derive(Debug)]
pub(crate) struct StartError {
    attempt: String,
    source: Box<dyn Error + Send + Sync>,
}

impl StartError {
    pub(crate) fn new(attempt: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { attempt: attempt.into(), source: source.into() }
    }
}

/// The attempt and every cause in one line: it is printed once, and nobody walks the chain.
impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.attempt, self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
