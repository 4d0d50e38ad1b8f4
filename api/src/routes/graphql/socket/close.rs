//! Why a connection ends: the codes of graphql-transport-ws and the texts that belong to them.

use tokio_tungstenite::tungstenite::{Error, error::ProtocolError, protocol::CloseFrame};

/// Longest reason that fits into a frame of control.
const MAX_REASON_BYTES: usize = 123;

/// A code and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Close {
    fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        reason.truncate(reason.floor_char_boundary(MAX_REASON_BYTES));
        Self { code, reason }
    }

    pub(super) fn idle() -> Self {
        Self::new(1000, "Idle")
    }

    pub(super) fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    pub(super) fn too_big(max: usize) -> Self {
        Self::new(1009, format!("A message has at most {max} bytes"))
    }

    pub(super) fn bad_request(why: &str) -> Self {
        Self::new(4400, why)
    }

    pub(super) fn unauthorized() -> Self {
        Self::new(4401, "Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(4403, "Forbidden")
    }

    pub(super) fn subprotocol() -> Self {
        Self::new(4406, "Subprotocol not acceptable")
    }

    pub(super) fn init_timeout() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    pub(super) fn duplicate(id: &str) -> Self {
        const AROUND: usize = "Subscriber for  already exists".len();
        let id = &id[..id.floor_char_boundary(MAX_REASON_BYTES - AROUND)];
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    pub(super) fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    /// The client that the key in `connection_init` is of has enough sockets.
    pub(super) fn too_many(why: &str) -> Self {
        Self::new(4429, why)
    }

    /// A fault of the server, which the log has under `error_id`.
    pub(super) fn internal(error_id: &str) -> Self {
        Self::new(4500, format!("Internal server error, errorId {error_id}"))
    }

    /// What to answer to bytes that are no WebSocket. Nothing, where there is nobody left to hear it.
    pub(super) fn after(error: &Error, max_message_bytes: usize) -> Option<Self> {
        match error {
            Error::Capacity(_) => Some(Self::too_big(max_message_bytes)),
            Error::Utf8(_) => Some(Self::new(1007, "A text message is UTF-8")),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
            Error::Protocol(_) => Some(Self::new(1002, "This is not the WebSocket protocol")),
            _ => None,
        }
    }

    pub(super) fn into_frame(self) -> CloseFrame {
        CloseFrame {
            code: self.code.into(),
            reason: self.reason.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Close, MAX_REASON_BYTES};

    #[test]
    fn reasons_fit_into_a_frame() {
        assert_eq!(Close::duplicate("7").reason, "Subscriber for 7 already exists");
        for id in ["x".repeat(200), "ü".repeat(200), "🦀".repeat(200)] {
            let close = Close::duplicate(&id);
            assert!(close.reason.len() <= MAX_REASON_BYTES, "{}", close.reason);
            assert!(close.reason.ends_with(" already exists"), "{}", close.reason);
            assert!(Close::bad_request(&id).reason.len() <= MAX_REASON_BYTES);
        }
        let id = "00000000-0000-4000-8000-000000000000";
        assert!(Close::internal(id).reason.ends_with(id));
    }
}
