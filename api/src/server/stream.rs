//! A connection's bytes, read and written with patience that ends.
//!
//! Whoever reads or writes here need not know how long a client may take: a read or a write that takes too long fails.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

use super::{
    activity::{Activity, Overdue},
    ceiling::Place,
};

/// What a client is let go on sending after it was answered, so that it reads the answer: a connection that is closed with
/// bytes still to be read is reset, and the answer with it.
const DISCARDED_BYTES: usize = 64 << 20;
const DISCARDED_TIME: Duration = Duration::from_secs(5);

/// A socket, or TLS over one.
pub(super) struct Stream<S> {
    socket: S,
    activity: Arc<Activity>,
    reading: Alarm,
    writing: Alarm,
    write_blocked_since: Option<Instant>,
    closing: Closing,
    /// Kept as long as the socket is open, whoever has it: also once it is a WebSocket. None where there was none left.
    _place: Option<Place>,
}

/// A timer that is set seldom: it goes off early and looks again.
#[derive(Default)]
struct Alarm(Option<Pin<Box<Sleep>>>);

enum Closing {
    NotYet,
    /// Our end is closed; the client may not have noticed.
    Discarding {
        until: Instant,
        bytes_left: usize,
    },
    Done,
}

impl<S> Stream<S> {
    pub(super) fn new(socket: S, activity: Arc<Activity>, place: Option<Place>) -> Self {
        Self {
            socket,
            activity,
            reading: Alarm::default(),
            writing: Alarm::default(),
            write_blocked_since: None,
            closing: Closing::NotYet,
            _place: place,
        }
    }

    /// What a write comes to: a failure where it has been blocked for too long.
    fn written<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_blocked_since = None;
            return result;
        }
        let since = *self.write_blocked_since.get_or_insert_with(Instant::now);
        if self
            .writing
            .has_passed(context, since + self.activity.patience().answer)
        {
            return Poll::Ready(Err(given_up(Overdue::Answer)));
        }
        Poll::Pending
    }
}

impl Alarm {
    /// Whether it is past `deadline`; if not, the task is woken by then.
    fn has_passed(&mut self, context: &mut Context<'_>, deadline: Instant) -> bool {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        while sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return true;
            }
            sleep.as_mut().reset(deadline);
        }
        false
    }
}

fn given_up(why: Overdue) -> io::Error {
    let reason = match why {
        Overdue::Headers => "headers",
        Overdue::Idle => "idle",
        Overdue::Answer => "answer",
    };
    metrics::counter!("http_connections_given_up_total", "reason" => reason).increment(1);
    tracing::debug!(reason, "a connection was given up");
    io::Error::new(io::ErrorKind::TimedOut, reason)
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        if Pin::new(&mut this.socket).poll_read(context, buf)?.is_ready() {
            if buf.filled().len() > before {
                this.activity.heard();
            }
            return Poll::Ready(Ok(()));
        }
        let Some((deadline, why)) = this.activity.deadline() else {
            // An answer's end does not always bring the reader back here.
            let again = this.activity.patience().shortest();
            let _ = this.reading.has_passed(context, Instant::now() + again);
            return Poll::Pending;
        };
        if this.reading.has_passed(context, deadline) {
            return Poll::Ready(Err(given_up(why)));
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_flush(context);
        self.written(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if matches!(this.closing, Closing::NotYet) {
            let result = Pin::new(&mut this.socket).poll_shutdown(context);
            ready!(this.written(context, result))?;
            this.closing = Closing::Discarding {
                until: Instant::now() + DISCARDED_TIME,
                bytes_left: DISCARDED_BYTES,
            };
        }
        ready!(this.poll_discard(context));
        this.closing = Closing::Done;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> Stream<S> {
    /// Reads what the client goes on sending, until it stops or it is enough.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 16 << 10];
        while let Closing::Discarding { until, bytes_left } = &mut self.closing {
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut self.socket).poll_read(context, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() && buf.filled().len() < *bytes_left => {
                    *bytes_left -= buf.filled().len();
                    self.activity.left_unread();
                }
                Poll::Pending if self.activity.has_more_to_say() && !self.reading.has_passed(context, *until) => {
                    return Poll::Pending;
                }
                _ => break,
            }
        }
        Poll::Ready(())
    }
}
