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
            match outbox.take().map(to_message) {
                Some(Some(message)) => sink.start_send_unpin(message)?,
                Some(None) => sink.flush().await?,
                None => {
                    sink.flush().await?;
                    outbox.filled().await;
                }
            }
        }
    };
    let Err(error): Result<Infallible, Error> = written.await;
    tracing::debug!(%error, "a socket broke");
}

/// None where there is nothing to send but what the transport has.
pub(super) fn to_message(outgoing: Outgoing) -> Option<Message> {
    let text = match outgoing {
        Outgoing::Ping => return Some(Message::Ping(Vec::new().into())),
        Outgoing::Flush => return None,
        Outgoing::Reply(text) => text,
        Outgoing::Of(id, Part::Next { response, dropped }) => {
            message::next(&id, &String::from_utf8_lossy(&tell_dropped(response, dropped)))
        }
        Outgoing::Of(id, Part::Error(errors)) => message::error(&id, &errors),
        Outgoing::Of(id, Part::Complete) => message::complete(&id),
    };
    metrics::counter!("websocket_messages_total", "direction" => "out").increment(1);
    Some(Message::text(text))
}
