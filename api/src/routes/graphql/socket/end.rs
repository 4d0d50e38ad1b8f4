//! How a socket ends.

use std::{pin::pin, time::Duration};

use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{io::AsyncWriteExt as _, time::timeout};
use tokio_tungstenite::tungstenite::Message;

use super::{close::Close, handshake::Socket, writing::to_message};
use crate::routes::graphql::outbox::Outbox;

/// How long saying good-bye may take.
const CLOSING_TIME: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// By us.
    Close(Close),
    /// By the client, with this code.
    ByClient(u16),
    /// Nobody is there.
    Lost,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl End {
    /// The code, as a label: clients can invent codes, and must not invent labels.
    fn label(&self) -> String {
        match self {
            Self::Close(close) => close.code.to_string(),
            Self::ByClient(code @ (1000 | 1001 | 1005)) => code.to_string(),
            Self::ByClient(_) => "other".to_owned(),
            Self::Lost => "1006".to_owned(),
        }
    }

    /// Sends what waits, says good-bye or hears it, and closes the connection.
    pub(super) async fn come(
        self,
        outbox: &Outbox,
        mut sink: SplitSink<Socket, Message>,
        mut stream: SplitStream<Socket>,
    ) {
        metrics::counter!("websocket_closes_total", "code" => self.label()).increment(1);
        outbox.cancel_all();
        let is_lost = matches!(self, Self::Lost);
        let _ = timeout(CLOSING_TIME, self.say(outbox, &mut sink, &mut stream)).await;
        if !is_lost && let Ok(mut socket) = sink.reunite(stream) {
            // Who is told in the middle of a message goes on sending it: cut off, it would not get to read why.
            let _ = socket.get_mut().shutdown().await;
        }
    }

    async fn say(self, outbox: &Outbox, sink: &mut SplitSink<Socket, Message>, stream: &mut SplitStream<Socket>) {
        match self {
            Self::Lost => return,
            Self::Close(close) => {
                tracing::debug!(code = close.code, reason = close.reason, "closing a socket");
                while let Some(outgoing) = outbox.take() {
                    if let Some(message) = to_message(outgoing)
                        && sink.feed(message).await.is_err()
                    {
                        return;
                    }
                }
                if sink.send(Message::Close(Some(close.into_frame()))).await.is_err() {
                    return;
                }
            }
            Self::ByClient(_) => {
                let _ = sink.flush().await;
            }
        }
        let mut stream = pin!(stream);
        while let Some(Ok(_)) = stream.next().await {}
    }
}
