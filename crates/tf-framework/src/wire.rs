//! The one room that speaks the protocol: the generated messages, and the process contract around them.

pub(crate) mod convert;
pub(crate) mod environment;
pub(crate) mod generated;
pub(crate) mod handshake;
pub(crate) mod json;
pub(crate) mod lifecycle;
pub(crate) mod msgpack;
pub(crate) mod service;
pub(crate) mod side_services;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod start_error;
pub(crate) mod tls;

/// The generated messages and both halves of each service, and the process without a framework around it: for tests that
/// play Terraform.
#[cfg(feature = "client")]
#[doc(hidden)]
pub mod proto {
    pub use super::generated::{goplugin, health, tfplugin6};
    pub use super::socket::Network;
    pub use crate::log::guarded;
    pub use crate::serve::{Program, serve};

    /// What admits the holder of the certificate (PEM) alone, and the certificate that it shows; none where it is no PEM.
    pub fn mutual_tls(host: &str) -> Option<(tokio_rustls::TlsAcceptor, rustls_pki_types::CertificateDer<'static>)> {
        super::tls::mutual_tls(host).ok().map(|tls| (tls.acceptor, tls.certificate))
    }
}
