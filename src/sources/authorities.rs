//! Certificates of a `ca_file`: whom a source trusts beside the authorities of the system.

use reqwest::{Certificate, Client};

/// The certificates of one file.
#[derive(Debug, Clone)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads certificates in PEM.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(pem: &str) -> Result<Self, &'static str> {
        const NOT_UNDERSTOOD: &str = "has a certificate in it that is not understood";
        let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| NOT_UNDERSTOOD)?;
        if certificates.is_empty() {
            return Err("has no certificate in it");
        }
        // what is inside of them is looked at only when a client is made
        let client = Client::builder().tls_certs_only(certificates.clone()).build();
        client.map(|_| Self(certificates)).map_err(|_| NOT_UNDERSTOOD)
    }

    /// The certificates.
    pub(super) fn certificates(&self) -> impl Iterator<Item = Certificate> {
        self.0.iter().cloned()
    }
}
