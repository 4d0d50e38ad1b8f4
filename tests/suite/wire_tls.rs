//! TLS, when there is a certificate.

use std::{fs, path::PathBuf, sync::Arc};

use tempfile::TempDir;
use tests::{Engine, Iconql, TestApp, TestDatabase, Wire, address};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

/// A certificate for 127.0.0.1 that signs itself, with its key, as files.
struct Identity {
    folder: TempDir,
    certificate: CertificateDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self {
            folder,
            certificate: made.cert.der().clone(),
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn server(&self, flags: &[&str]) -> TestApp {
        let builder = TestApp::build_with_garden(Engine::Sqlite).await;
        let builder = builder
            .flag(&format!("--tls-cert-file={}", self.file("cert.pem").display()))
            .flag(&format!("--tls-key-file={}", self.file("key.pem").display()));
        flags
            .iter()
            .fold(builder, |builder, flag| builder.flag(flag))
            .start()
            .await
    }

    /// A client that offers these protocols.
    async fn connect(&self, app: &TestApp, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let socket = TcpStream::connect(address(app.base_url())).await.unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, socket)
            .await
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_speaks_what_the_client_can() {
    let identity = Identity::new();
    let app = identity.server(&[]).await;
    for protocols in [&[&b"http/1.1"[..]][..], &[]] {
        let mut stream = identity.connect(&app, protocols).await;
        stream
            .write_all(b"GET /api/health/live HTTP/1.1\r\nhost: iconql\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        // To an end that is said, and not only to where the connection is gone.
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(
            answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"),
            "{answer}"
        );
    }
    let stream = identity.connect(&app, &[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (requests, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://127.0.0.1/api/health/live")
        .body(())
        .unwrap();
    let (response, _) = requests.ready().await.unwrap().send_request(request, true).unwrap();
    assert_eq!(response.await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_comes_in_time_and_nothing_else_is_spoken() {
    let identity = Identity::new();
    let app = identity.server(&["--header-read-timeout-ms=200"]).await;
    let mut silent = Wire::connect(app.base_url());
    assert_eq!(silent.rest(), "");
    let mut plain = Wire::connect(app.base_url());
    plain.send("GET /api/health/live HTTP/1.1\r\nhost: iconql\r\n\r\n");
    assert!(!plain.rest().contains("HTTP/1.1"), "only an alert");
    // One who shakes hands and then says nothing.
    let mut stream = identity.connect(&app, &[]).await;
    let mut nothing = Vec::new();
    let _ = stream.read_to_end(&mut nothing).await;
    assert!(nothing.is_empty());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start() {
    let (identity, other) = (Identity::new(), Identity::new());
    fs::write(identity.file("empty.pem"), "").unwrap();
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let complaint = async |certificate: Option<PathBuf>, key: Option<PathBuf>| {
        let mut command = Iconql::new(BINARY, &["serve", "--listen=127.0.0.1:0"]).database(database.url());
        for (variable, file) in [("TLS_CERT_FILE", certificate), ("TLS_KEY_FILE", key)] {
            if let Some(file) = file {
                command = command.env(variable, file.to_str().unwrap());
            }
        }
        command.run().await.complaint(1).to_owned()
    };
    let (certificate, key) = (Some(identity.file("cert.pem")), Some(identity.file("key.pem")));
    for (files, expected) in [
        (
            (Some(identity.file("none.pem")), key.clone()),
            format!(
                "cannot read TLS_CERT_FILE {}: No such file",
                identity.file("none.pem").display()
            ),
        ),
        (
            (certificate.clone(), Some(identity.file("none.pem"))),
            format!(
                "cannot read TLS_KEY_FILE {}: No such file",
                identity.file("none.pem").display()
            ),
        ),
        (
            (Some(identity.file("empty.pem")), key.clone()),
            format!(
                "cannot read TLS_CERT_FILE {}: there is nothing",
                identity.file("empty.pem").display()
            ),
        ),
        (
            (certificate.clone(), certificate.clone()),
            format!(
                "cannot read TLS_KEY_FILE {}: there is nothing",
                identity.file("cert.pem").display()
            ),
        ),
        (
            (certificate.clone(), Some(other.file("key.pem"))),
            format!(
                "cannot use the certificate of TLS_CERT_FILE {}",
                identity.file("cert.pem").display()
            ),
        ),
        (
            (certificate, None),
            "TLS_CERT_FILE and TLS_KEY_FILE belong together".to_owned(),
        ),
        ((None, key), "TLS_CERT_FILE and TLS_KEY_FILE belong together".to_owned()),
    ] {
        let complaint = complaint(files.0, files.1).await;
        assert!(complaint.starts_with(&expected), "{complaint}");
    }
}
