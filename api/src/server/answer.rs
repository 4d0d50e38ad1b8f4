//! Answers on their way: what the client has yet to take of them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use super::activity::{Activity, Owed, Running};

/// Most bytes that are handed over at once, so that whoever takes them slowly is seen to take them.
const PIECE_BYTES: usize = 64 << 10;

/// The body of an answer. Its request runs until it is dropped.
pub(super) struct Answer {
    body: Body,
    activity: Arc<Activity>,
    /// Of a frame that is longer than a piece.
    rest: Bytes,
    /// Since a frame was handed over and until another is asked for, the client is to move.
    owed: Option<Owed>,
    /// HTTP/1.1 writes to the socket, where a client that takes nothing is noticed. HTTP/2 keeps frames back for each client
    /// that opens no window for them.
    is_held_back: bool,
    _request: Running,
}

/// Bytes that are the client's to take until they are dropped.
struct Handed {
    bytes: Bytes,
    _owed: Owed,
}

impl AsRef<[u8]> for Handed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Answer {
    pub(super) fn new(body: Body, activity: Arc<Activity>, is_http2: bool, request: Running) -> Self {
        let is_held_back = is_http2 && !body.is_end_stream();
        Self {
            owed: is_held_back.then(|| activity.owe()),
            body,
            activity,
            rest: Bytes::new(),
            is_held_back,
            _request: request,
        }
    }

    fn handed(&mut self, mut bytes: Bytes) -> Frame<Bytes> {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        self.rest = bytes;
        self.owed = Some(self.activity.owe());
        Frame::data(Bytes::from_owner(Handed {
            bytes: piece,
            _owed: self.activity.owe(),
        }))
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.is_held_back {
            return Pin::new(&mut self.body).poll_frame(context);
        }
        self.owed = None;
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.handed(rest))));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| match frame.into_data() {
                Ok(bytes) => self.handed(bytes),
                Err(frame) => frame,
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
