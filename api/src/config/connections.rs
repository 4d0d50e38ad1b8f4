use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::Args;
use ipnet::IpNet;

/// How connections are taken, and what they may keep the server waiting for.
#[derive(Debug, Clone, Args)]
pub struct ConnectionArgs {
    /// File of the certificate and its chain, as PEM; with it the server speaks TLS, and nothing else
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connections")]
    pub tls_cert_file: Option<PathBuf>,

    /// File of the certificate's private key, as PEM
    #[arg(long, global = true, value_name = "FILE", help_heading = "Connections")]
    pub tls_key_file: Option<PathBuf>,

    /// Proxies that are believed when they say for whom they speak: addresses and networks as 10.0.0.0/8, comma-separated
    #[arg(long, global = true, value_delimiter = ',', value_parser = parse_network, value_name = "NETWORKS", help_heading = "Connections")]
    pub trusted_proxies: Vec<IpNet>,

    /// Connections that are open at once, sockets too
    #[arg(long, global = true, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "Connections")]
    pub max_connections: u32,

    /// Of those, connections of one client's address; a trusted proxy may have them all
    #[arg(long, global = true, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), value_name = "COUNT", help_heading = "Connections")]
    pub max_connections_per_client: u32,

    /// Bytes of a request's line and headers
    #[arg(long, global = true, default_value_t = 32_768, value_parser = clap::value_parser!(u32).range(4096..=1_048_576), value_name = "BYTES", help_heading = "Connections")]
    pub max_header_bytes: u32,

    /// Milliseconds from a request's first byte to the end of its headers; also for a TLS handshake
    #[arg(long, global = true, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "Connections")]
    pub header_read_timeout_ms: u64,

    /// Milliseconds until the body of a request must have come
    #[arg(long, global = true, default_value_t = 4000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "Connections")]
    pub body_read_timeout_ms: u64,

    /// Milliseconds that a client may take none of its answer
    #[arg(long, global = true, default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=600_000), value_name = "MS", help_heading = "Connections")]
    pub write_timeout_ms: u64,

    /// Milliseconds that a connection may wait for its next request; more than a load balancer in front keeps it
    #[arg(long, global = true, default_value_t = 75_000, value_parser = clap::value_parser!(u64).range(1..=3_600_000), value_name = "MS", help_heading = "Connections")]
    pub idle_timeout_ms: u64,
}

impl ConnectionArgs {
    /// How long a request's headers, and a handshake, may take.
    pub fn header_read_timeout(&self) -> Duration {
        Duration::from_millis(self.header_read_timeout_ms)
    }

    /// How long a request's body may take.
    pub fn body_read_timeout(&self) -> Duration {
        Duration::from_millis(self.body_read_timeout_ms)
    }

    /// How long a client may take none of its answer.
    pub fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms)
    }

    /// How long a connection may wait for a request.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms)
    }
}

/// A network, or an address as the network of itself.
fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "write it as 10.1.2.3, 10.0.0.0/8 or fd00::/8".to_owned())
}
