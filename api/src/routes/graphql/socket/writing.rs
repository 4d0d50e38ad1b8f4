//! What goes out over a socket.

use std::{convert::Infallible, future::poll_fn};

use futures_util::{SinkExt as _, stream::SplitSink};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{handshake::Socket, message};
use crate::routes::graphql::{
    operation::tell_dropped,
    outbox::{Outbox, Outgoing, Part},
};

/// Writes what waits, until the connection breaks.
pub(super) async fn write(outbox: &Outbox, sink: &mut SplitSink<Socket, Message>) {
    let written = async {
        loop {
            // Nothing is taken before it can be handed over, so that nothing is lost between.
            poll_fn(|context| sink.poll_ready_unpin(context)).await?;
            if let Some(outgoing) = outbox.take() {
                sink.start_send_unpin(to_message(outgoing))?;
            } else {
                sink.flush().await?;
                outbox.filled().await;
            }
        }
    };
    let Err(error): Result<Infallible, Error> = written.await;
    tracing::debug!(%error, "a socket broke");
}

pub(super) fn to_message(outgoing: Outgoing) -> Message {
    let text = match outgoing {
        Outgoing::Ping => return Message::Ping(Vec::new().into()),
        Outgoing::Reply(text) => text,
        Outgoing::Of(id, Part::Next { response, dropped }) => {
            message::next(&id, &String::from_utf8_lossy(&tell_dropped(response, dropped)))
        }
        Outgoing::Of(id, Part::Error(errors)) => message::error(&id, &errors),
        Outgoing::Of(id, Part::Complete) => message::complete(&id),
    };
    metrics::counter!("websocket_messages_total", "direction" => "out").increment(1);
    Message::text(text)
}
