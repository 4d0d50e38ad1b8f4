//! The certificate: read once, at the start.

use std::{path::Path, sync::Arc};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    },
};

use crate::config::ConnectionArgs;

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("TLS_CERT_FILE and TLS_KEY_FILE belong together: set both or neither")]
    Incomplete,
    #[error("cannot read {variable} {file}: {reason}; give a PEM file")]
    Unreadable {
        variable: &'static str,
        file: String,
        reason: String,
    },
    #[error("cannot use the certificate of TLS_CERT_FILE {certificate} with the key of TLS_KEY_FILE {key}: {reason}")]
    Unusable {
        certificate: String,
        key: String,
        reason: rustls::Error,
    },
}

/// What speaks TLS, with HTTP/2 where the client can; none where no certificate is configured.
pub(super) fn acceptor(args: &ConnectionArgs) -> Result<Option<TlsAcceptor>, TlsError> {
    match (&args.tls_cert_file, &args.tls_key_file) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsAcceptor::from(Arc::new(configured(certificate, key)?)))),
        _ => Err(TlsError::Incomplete),
    }
}

fn configured(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let unreadable = |variable, file: &Path, reason: &dyn std::fmt::Display| TlsError::Unreadable {
        variable,
        file: file.display().to_string(),
        reason: reason.to_string(),
    };
    let of_certificate = |reason: pem::Error| unreadable("TLS_CERT_FILE", certificate, &explained(&reason));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(of_certificate)?;
    if chain.is_empty() {
        return Err(of_certificate(pem::Error::NoItemsFound));
    }
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|reason| unreadable("TLS_KEY_FILE", key, &explained(&reason)))?;
    let unusable = |reason| TlsError::Unusable {
        certificate: certificate.display().to_string(),
        key: key.display().to_string(),
        reason,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn explained(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "there is nothing of the kind in it".to_owned(),
        error => error.to_string(),
    }
}
