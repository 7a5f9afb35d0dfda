//! HTTPS with an authority that lives as long as the process: its certificate is shown, its key never leaves memory.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::call::Service;

/// A server's TLS settings, and the certificate that its callers must trust.
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) ca_certificate_pem: String,
}

/// Makes an authority, and a certificate of it for this address and for `localhost` with every service's name before it.
///
/// # Errors
/// What `rcgen` or `rustls` refuses.
pub(crate) fn new(ip: IpAddr) -> io::Result<Tls> {
    let authority_key = KeyPair::generate().map_err(io::Error::other)?;
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    authority.distinguished_name.push(DnType::CommonName, "Authority of the Pangea emulator");
    let ca_certificate_pem = authority.self_signed(&authority_key).map_err(io::Error::other)?.pem();
    let issuer = Issuer::new(authority, authority_key);

    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(Service::ALL.map(|service| format!("{}.localhost", service.label())));
    if !ip.is_loopback() && !ip.is_unspecified() {
        names.push(ip.to_string());
    }
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut leaf = CertificateParams::new(names).map_err(io::Error::other)?;
    leaf.distinguished_name.push(DnType::CommonName, "Pangea emulator");
    let certificate = leaf.signed_by(&key, &issuer).map_err(io::Error::other)?;

    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .map_err(io::Error::other)?;
    Ok(Tls { config: Arc::new(config), ca_certificate_pem })
}
