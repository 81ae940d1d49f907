//! TLS for stream inputs (RFC 5425): rustls without I/O of its own, driven by the connection's task.

use std::io::{self, Read};
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection};

/// One TLS connection: encrypted bytes in, plain bytes out.
pub struct TlsSession {
    connection: ServerConnection,
}

impl std::fmt::Debug for TlsSession {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TlsSession").finish_non_exhaustive()
    }
}

impl TlsSession {
    /// A session that waits for the client's hello.
    ///
    /// # Errors
    /// When the configuration cannot serve.
    pub fn new(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        Ok(Self { connection: ServerConnection::new(config)? })
    }

    /// Takes encrypted bytes; appends what they decrypt to onto `plain`. Returns whether the peer has closed.
    ///
    /// # Errors
    /// When the bytes are not TLS, or the peer is refused: the connection is to be closed after what
    /// [`TlsSession::take_reply`] has (the alert) is sent.
    pub fn receive(&mut self, mut encrypted: &[u8], plain: &mut Vec<u8>) -> io::Result<bool> {
        while !encrypted.is_empty() {
            let taken = self.connection.read_tls(&mut encrypted)?;
            let state = self
                .connection
                .process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let available = state.plaintext_bytes_to_read();
            if available > 0 {
                let start = plain.len();
                plain.resize(start + available, 0);
                self.connection.reader().read_exact(&mut plain[start..])?;
            }
            if state.peer_has_closed() {
                return Ok(true);
            }
            if taken == 0 {
                break;
            }
        }
        Ok(false)
    }

    /// What is to be sent to the peer now: handshake messages and alerts.
    pub fn take_reply(&mut self) -> io::Result<Vec<u8>> {
        let mut reply = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut reply)?;
        }
        Ok(reply)
    }

    /// Says to the peer that nothing more will be sent; [`TlsSession::take_reply`] has it.
    pub fn close(&mut self) {
        self.connection.send_close_notify();
    }

    /// Whether the handshake is still going on.
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }
}
