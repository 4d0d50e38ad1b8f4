use std::time::Duration;

use clap::Args;

/// Answers that last: over WebSocket, and as server-sent events.
#[derive(Debug, Clone, Args)]
pub struct WebsocketArgs {
    /// Sockets and event streams at a time, of everybody
    #[arg(long, global = true, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "WebSocket")]
    pub websocket_max_connections: u32,

    /// Sockets and event streams at a time, of one key or address
    #[arg(long, global = true, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "WebSocket")]
    pub websocket_max_connections_per_client: u32,

    /// Operations at a time on one socket
    #[arg(long, global = true, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "COUNT", help_heading = "WebSocket")]
    pub websocket_max_operations: u32,

    /// Events of one subscription that wait for a slow client; beyond it the oldest is dropped
    #[arg(long, global = true, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "COUNT", help_heading = "WebSocket")]
    pub websocket_queue_events: u32,

    /// Bytes of events, and again of answers, that wait for a slow client
    #[arg(long, global = true, default_value_t = 1_048_576, value_parser = clap::value_parser!(u32).range(1024..=268_435_456), value_name = "BYTES", help_heading = "WebSocket")]
    pub websocket_queue_bytes: u32,

    /// Milliseconds that a client has to send `connection_init`
    #[arg(long, global = true, default_value_t = 3000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "WebSocket")]
    pub websocket_init_timeout_ms: u64,

    /// Milliseconds between pings; a client that has not answered one by the next is gone
    #[arg(long, global = true, default_value_t = 12_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000), value_name = "MS", help_heading = "WebSocket")]
    pub websocket_ping_interval_ms: u64,

    /// Milliseconds after which a socket without operations is closed
    #[arg(long, global = true, default_value_t = 300_000, value_parser = clap::value_parser!(u64).range(10..=86_400_000), value_name = "MS", help_heading = "WebSocket")]
    pub websocket_idle_timeout_ms: u64,
}

impl WebsocketArgs {
    /// How long a client may take to send `connection_init`.
    pub fn init_timeout(&self) -> Duration {
        Duration::from_millis(self.websocket_init_timeout_ms)
    }

    /// The time between signs of life.
    pub fn ping_interval(&self) -> Duration {
        Duration::from_millis(self.websocket_ping_interval_ms)
    }

    /// How long a socket may be open for nothing.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.websocket_idle_timeout_ms)
    }
}
