//! Behaviour over real sockets, against a small server in the same process.
