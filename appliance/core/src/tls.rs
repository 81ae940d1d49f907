//! TLS of our own listeners: version 1.3 alone, keys and certificates from PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use tokio_rustls::rustls::{Error as RustlsError, RootCertStore, ServerConfig, version};

use crate::config::TlsConfig;

/// Why keys or certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or does not hold what it shall.
    #[error("cannot read {what} from {}", path.display())]
    File {
        /// `certificates` or `a private key`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: PemError,
    },
    /// A certificate that clients are checked against is none.
    #[error("{} holds no certificate that clients can be checked against", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: RustlsError,
    },
    /// The certificates that clients are checked against cannot be used.
    #[error("the client authorities cannot be used")]
    Authorities(#[from] VerifierBuilderError),
    /// The key is another certificate's.
    #[error("the key in {} does not belong to {}", key.display(), certificate.display())]
    Pair {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
        /// Why.
        source: RustlsError,
    },
    /// This build does not have it.
    #[error("tls 1.3 is not available")]
    Version(#[source] RustlsError),
}

/// As [`tls_config`], for HTTP/1.1 (RFC 7301).
///
/// # Errors
/// As [`tls_config`].
pub fn http_tls_config(tls: &TlsConfig) -> Result<ServerConfig, TlsError> {
    let mut config = tls_config(tls)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// TLS 1.3 alone, as every listener here speaks it.
///
/// # Errors
/// When keys or certificates cannot be read, or do not belong together.
pub fn tls_config(tls: &TlsConfig) -> Result<ServerConfig, TlsError> {
    let certificates = certificates_of(&tls.certificate_file)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file).map_err(|source| TlsError::File {
        what: "a private key",
        path: tls.key_file.clone(),
        source,
    })?;
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(TlsError::Version)?;
    let builder = match &tls.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let roots = Arc::new(authorities_of(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
            let verifier =
                if tls.require_client_certificate { verifier } else { verifier.allow_unauthenticated() };
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    builder.with_single_cert(certificates, key).map_err(|source| TlsError::Pair {
        key: tls.key_file.clone(),
        certificate: tls.certificate_file.clone(),
        source,
    })
}

fn authorities_of(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for authority in certificates_of(file)? {
        roots.add(authority).map_err(|source| TlsError::Authority { path: file.to_owned(), source })?;
    }
    Ok(roots)
}

fn certificates_of(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(file).and_then(Iterator::collect).map_err(|source| TlsError::File {
        what: "certificates",
        path: file.to_owned(),
        source,
    })
}
