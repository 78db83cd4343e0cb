//! A server behind TLS: who vouches for it is the system, or what `ca_file` names; nothing else, and nothing can be switched off.

use std::fs;
use std::sync::Arc;

use holdover::config;
use holdover::domain::FaultKind;
use holdover::sources::{self, TicketSource};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::fake_redmine::{ALICE, recorded};
use super::hostile::has;
use super::{clock, fault};

/// An authority of one's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server that this authority vouches for under a name, and says who anybody is; its port.
    async fn server(&self, name: &str) -> u16 {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        serve(certificate.der().clone(), &key).await
    }
}

async fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> u16 {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let tls = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key.into()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let body = recorded("current-user").to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // somebody who does not trust us leaves here
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

/// A source at an address that trusts what is in `pem` too.
fn source(url: &str, pem: Option<&str>) -> Arc<dyn TicketSource> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("config.toml");
    let ca_file = pem.map_or("", |pem| {
        fs::write(folder.path().join("ca.pem"), pem).unwrap();
        "ca_file = \"ca.pem\"\n"
    });
    fs::write(&path, format!("[[source]]\nname = \"desk\"\nkind = \"redmine\"\nurl = \"{url}\"\ntoken_env = \"KEY\"\n{ca_file}")).unwrap();
    let settings = config::load(&path, &[]).unwrap_or_else(|problems| panic!("{problems:?}"));
    sources::build(&settings.sources[0], clock(), &[("KEY".to_owned(), ALICE.to_owned())]).unwrap()
}

#[tokio::test]
async fn a_server_is_trusted_that_the_named_authority_vouches_for_and_no_other() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let url = format!("https://localhost:{}", ours.server("localhost").await);
    for pem in [ours.pem.clone(), format!("Some words\n{}{}", theirs.pem, ours.pem)] {
        assert_eq!(source(&url, Some(&pem)).whoami().await.unwrap().name.as_str(), "Redmine Admin");
    }
    for pem in [None, Some(&*theirs.pem)] {
        let fault = fault(&*source(&url, pem), ALICE).await;
        has(&fault, FaultKind::Unreachable, &["the server is not trusted – invalid peer certificate", "ca_file"]);
    }
}

#[tokio::test]
async fn a_server_that_speaks_the_other_of_http_and_https_is_told_as_such() {
    let port = Authority::new().server("localhost").await;
    let fault = fault(&*source(&format!("http://localhost:{port}"), None), ALICE).await;
    has(&fault, FaultKind::Unreachable, &["no answer", "is it https://?"]);
}

#[tokio::test]
async fn a_certificate_of_another_name_is_not_trusted() {
    let ours = Authority::new();
    let port = ours.server("redmine.example.com").await;
    for host in ["localhost", "127.0.0.1"] {
        let fault = fault(&*source(&format!("https://{host}:{port}"), Some(&ours.pem)), ALICE).await;
        has(&fault, FaultKind::Unreachable, &["the server is not trusted", "ca_file", "correct url"]);
    }
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_is_trusted_where_it_is_named() {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let url = format!("https://localhost:{}", serve(cert.der().clone(), &signing_key).await);
    has(&fault(&*source(&url, None), ALICE).await, FaultKind::Unreachable, &["the server is not trusted"]);
    assert_eq!(source(&url, Some(&cert.pem())).whoami().await.unwrap().name.as_str(), "Redmine Admin");
}

/// As `openssl req -x509` makes it: an authority that stands before us as a server.
#[tokio::test]
async fn a_certificate_of_an_authority_is_none_of_a_server_and_the_cure_is_told() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let url = format!("https://localhost:{}", serve(certificate.der().clone(), &key).await);
    let fault = fault(&*source(&url, Some(&certificate.pem())), ALICE).await;
    has(&fault, FaultKind::Unreachable, &["the server is not trusted", "make it one for the server (CA:FALSE)"]);
}
