//! One connection, from its handshake to its end.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, StatusCode, Version, header},
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::{
    activity::{Activity, Patience},
    answer::Answer,
    ceiling::{Full, Place},
    draining::{Draining, Phase},
    stream::Stream,
};
use crate::{
    config::ConnectionArgs,
    http_cache::HttpCache,
    middleware::{headers::MAX_HEADERS, request},
    router::is_health,
};

/// Requests of one HTTP/2 connection that run at once.
const MAX_STREAMS: u32 = 100;

/// Bytes of a request that HTTP/2 keeps while nobody reads them: of one request, and of a connection's together.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// How often an HTTP/2 client is asked whether it is there, and how long it has to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// What a header counts beyond its name and its value in HTTP/2. Source: RFC 9113, section 6.5.2.
const HEADER_OVERHEAD_BYTES: u32 = 32;

/// Beyond what is allowed, so that a little too much can still be answered in words.
const HEADER_SLACK_BYTES: u32 = 4 << 10;

/// How long a connection without a place is listened to.
const TURNING_AWAY_TIME: Duration = Duration::from_secs(2);

/// How long a connection that waits for its next request is kept once it has to close: the request may be on its way.
const LAST_REQUEST_TIME: Duration = Duration::from_millis(300);

/// A connection that has come, and whether there is a place for it.
struct Guest {
    peer: SocketAddr,
    activity: Arc<Activity>,
    welcome: Result<Place, Full>,
}

/// What all connections share.
pub(super) struct Connections {
    router: Router,
    http_cache: Option<HttpCache>,
    protocols: Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    patience: Patience,
    draining: Draining,
}

impl Connections {
    pub(super) fn new(
        (router, http_cache): (Router, Option<HttpCache>),
        args: &ConnectionArgs,
        tls: Option<TlsAcceptor>,
        draining: Draining,
    ) -> Self {
        Self {
            router,
            http_cache,
            protocols: protocols(args),
            tls,
            patience: Patience {
                headers: args.header_read_timeout(),
                idle: args.idle_timeout(),
                answer: args.write_timeout(),
            },
            draining,
        }
    }

    /// What a new connection is doing: nothing yet.
    pub(super) fn new_activity(&self) -> Arc<Activity> {
        Activity::new(self.patience)
    }

    /// Answers on a connection until it ends, or the server does, or another needs its place.
    pub(super) async fn serve(self: Arc<Self>, socket: TcpStream, peer: SocketAddr, place: Place) {
        let activity = place.activity();
        let (draining, ended) = (self.draining.clone(), Arc::clone(&activity));
        let guest = Guest {
            peer,
            activity,
            welcome: Ok(place),
        };
        tokio::select! {
            () = Arc::clone(&self).greet(socket, guest) => {}
            () = ended.given_up() => tracing::debug!("a connection made room for another"),
            () = draining.reached(Phase::Cut) => {}
        }
    }

    /// Answers one request for which there is no place: whether the server is well, or that it is full.
    pub(super) async fn turn_away(
        self: Arc<Self>,
        socket: TcpStream,
        standing: Place,
        (peer, full): (SocketAddr, Full),
    ) {
        let activity = standing.activity();
        let ended = Arc::clone(&activity);
        let guest = Guest {
            peer,
            activity,
            welcome: Err(full),
        };
        tokio::select! {
            _ = tokio::time::timeout(TURNING_AWAY_TIME, Arc::clone(&self).greet(socket, guest)) => {}
            () = ended.given_up() => {}
        }
    }

    async fn greet(self: Arc<Self>, socket: TcpStream, guest: Guest) {
        // Answers are written whole: waiting for more to send only delays them.
        let _ = socket.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.speak(socket, guest).await;
        };
        match tokio::time::timeout(self.patience.headers, tls.accept(socket)).await {
            Ok(Ok(socket)) => self.speak(socket, guest).await,
            failed => {
                metrics::counter!("http_connections_refused_total", "reason" => "tls").increment(1);
                let error = failed.map_or_else(
                    |late| late.to_string(),
                    |failed| failed.err().map_or_else(String::new, |error| error.to_string()),
                );
                tracing::debug!(error, "no TLS handshake");
            }
        }
    }

    async fn speak<S>(self: &Arc<Self>, socket: S, guest: Guest)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Guest {
            peer,
            activity,
            welcome,
        } = guest;
        let (place, full) = match welcome {
            Ok(place) => (Some(place), None),
            Err(full) => (None, Some(full)),
        };
        let stream = TokioIo::new(Stream::new(socket, Arc::clone(&activity), place));
        let service = service_fn(|request| self.answer(request, (peer, full), &activity));
        let mut connection = pin!(self.protocols.serve_connection_with_upgrades(stream, service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.told_to_close(&activity) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(error, "a connection ended badly");
        }
    }

    async fn told_to_close(&self, activity: &Activity) {
        self.draining.reached(Phase::Closing).await;
        let _ = tokio::time::timeout(LAST_REQUEST_TIME, activity.busy()).await;
    }

    fn answer(
        self: &Arc<Self>,
        request: Request<Incoming>,
        (peer, full): (SocketAddr, Option<Full>),
        activity: &Arc<Activity>,
    ) -> impl Future<Output = Result<Response<Answer>, Infallible>> + Send + use<> {
        let is_http2 = request.version() == Version::HTTP_2;
        let running = activity.begin(is_http2);
        let (shared, activity) = (Arc::clone(self), Arc::clone(activity));
        let request = request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else if is_http2 {
                Body::new(body)
            } else {
                Body::new(Asked::new(body, Arc::clone(&activity)))
            }
        });
        async move {
            let by_router = async |mut request: Request<Body>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                let Ok(response) = shared.router.clone().oneshot(request).await;
                response
            };
            let mut response = match (full, &shared.http_cache) {
                (Some(full), _) if !is_health(request.uri().path()) => {
                    request::dress(full.into_response(), request.headers())
                }
                (_, Some(cache)) => cache.answer(request, peer, by_router).await,
                (_, None) => by_router(request).await,
            };
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                activity.upgraded();
            } else if !is_http2 && (full.is_some() || shared.draining.is_announced()) {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Answer::new(body, activity, is_http2, running)))
        }
    }
}

fn protocols(args: &ConnectionArgs) -> Builder<TokioExecutor> {
    let header_bytes = args.max_header_bytes + HEADER_SLACK_BYTES;
    let mut protocols = Builder::new(TokioExecutor::new());
    protocols
        .http1()
        .timer(TokioTimer::new())
        // It would count the time between requests too: `Stream` tells them apart.
        .header_read_timeout(None)
        .max_buf_size(header_bytes as usize);
    // Streams that are reset before anybody answers them are bounded by the library: beyond 20 the connection ends.
    // So are frames of headers without an end.
    protocols
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(header_bytes + HEADER_OVERHEAD_BYTES * (MAX_HEADERS + 1))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    protocols
}

/// The body of an HTTP/1.1 request, which notes when nobody reads it to its end: the client then goes on sending.
struct Asked {
    body: Incoming,
    has_ended: bool,
    activity: Arc<Activity>,
}

impl Asked {
    fn new(body: Incoming, activity: Arc<Activity>) -> Self {
        Self {
            body,
            has_ended: false,
            activity,
        }
    }
}

impl HttpBody for Asked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.has_ended |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.activity.left_unread();
        }
    }
}
