use std::time::Duration;

use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, Pipeline, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection, PubSub},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};

use super::RedisError;
use crate::url_list;

/// How long a connection may take to come about, names, TLS and password included. No request waits for it.
const CONNECTING_TIME: Duration = Duration::from_secs(2);

/// What is connected to.
pub(super) enum Nodes {
    Single(Box<Client>),
    /// The cluster, and the nodes that it was named by.
    Cluster(Box<ClusterClient>, Vec<Client>),
}

/// A connection that many commands use at once.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Nodes {
    pub(super) fn parse(urls: &str) -> Result<Self, RedisError> {
        let unusable = |error: ::redis::RedisError| RedisError::Url(error.to_string());
        let urls = url_list::split(urls);
        let open = |url: &&str| {
            let client = Client::open(*url).map_err(unusable)?;
            match client.get_connection_info().addr() {
                ConnectionAddr::TcpTls { insecure: true, .. } => Err(RedisError::Insecure),
                _ => Ok(client),
            }
        };
        if let [url] = urls.as_slice() {
            return open(url).map(|client| Self::Single(Box::new(client)));
        }
        let named = urls.iter().map(open).collect::<Result<Vec<Client>, _>>()?;
        let cluster = ClusterClient::builder(urls)
            .connection_timeout(CONNECTING_TIME)
            // Nobody waits for a second try.
            .retries(0);
        cluster
            .build()
            .map(|client| Self::Cluster(Box::new(client), named))
            .map_err(unusable)
    }

    /// # Errors
    /// Also when it takes longer than two seconds.
    pub(super) async fn connect(&self) -> RedisResult<Connection> {
        let connecting = async {
            match self {
                Self::Single(client) => {
                    // Each command has its own.
                    let config = AsyncConnectionConfig::new().set_response_timeout(None);
                    let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
                    Ok(Connection::Single(connection))
                }
                Self::Cluster(client, _) => client.get_async_connection().await.map(Connection::Cluster),
            }
        };
        in_time(connecting).await
    }

    /// A connection that only listens, to the first node that gives one: in a cluster, what one is told all are told.
    pub(super) async fn connect_to_listen(&self) -> RedisResult<PubSub> {
        let nodes = match self {
            Self::Single(client) => std::slice::from_ref(&**client),
            Self::Cluster(_, nodes) => nodes,
        };
        let mut failure = None;
        for node in nodes {
            match in_time(node.get_async_pubsub()).await {
                Ok(connection) => return Ok(connection),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(timed_out))
    }
}

pub(super) async fn in_time<T>(connecting: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let connected = tokio::time::timeout(CONNECTING_TIME, connecting).await;
    connected.unwrap_or_else(|_| Err(timed_out()))
}

fn timed_out() -> ::redis::RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Nodes;

    #[test]
    fn what_is_no_url_of_redis_is_refused_without_repeating_it() {
        for (url, is_usable) in [
            ("redis://127.0.0.1:6379/0", true),
            ("rediss://user:secret@example.com", true),
            ("redis://a,redis://b", true),
            ("http://secret", false),
            ("secret", false),
            ("", false),
            ("redis://a,rediss://secret", false),
            ("rediss://:secret@a/#insecure", false),
            ("rediss://:secret@a#insecure", false),
            ("rediss://a,rediss://:secret@b/#insecure", false),
        ] {
            match Nodes::parse(url) {
                Ok(_) => assert!(is_usable, "{url}"),
                Err(error) => {
                    assert!(!is_usable, "{url}: {error}");
                    assert!(!error.to_string().contains("secret"), "{error}");
                }
            }
        }
    }
}
