//! Behaviour over real sockets, against a small server in the same process, through the public API alone.

mod acting;
mod addresses;
mod answers;
mod deadline;
mod leaks;
mod retries;
mod token;
mod tokens;
mod world;
