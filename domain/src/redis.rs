//! The way to Redis, through which instances share what none of them depends on.
//!
//! Whoever asks gets an answer, or a failure, within the configured milliseconds; and at once while Redis is away, for
//! then the circuit is open: a task in the background looks for Redis, less and less often, and closes it with a
//! connection that has answered. So a dead, slow or silent Redis costs a few requests those milliseconds, once.
//!
//! What instances tell each other goes over a connection of its own (`channel`), which is opened again where it was lost.
//!
//! It knows no key. Rooms that share something name their keys `iconql:v1:…` themselves.

mod channel;
mod circuit;
mod nodes;

use std::{future::Future, sync::Arc, time::Duration};

use ::redis::{Cmd, FromRedisValue, RedisResult, ScriptInvocation, aio::ConnectionLike as _};
use futures_util::future::join_all;
use tokio::task::AbortHandle;

pub use channel::announce;
pub(crate) use channel::{Heard, listen};
use circuit::Circuit;
use nodes::{Connection, Nodes};

/// How Redis is reached.
#[derive(Clone)]
pub struct RedisConfig {
    /// `redis://` or `rediss://`; of a cluster, those of some nodes with commas.
    pub url: String,
    /// The longest that a request waits for it.
    pub timeout: Duration,
}

/// A handle to one Redis or one cluster. Clones share its connection, which carries all their commands at once.
#[derive(Clone)]
pub struct Redis {
    circuit: Arc<Circuit>,
    nodes: Arc<Nodes>,
    timeout: Duration,
    _keeper: Arc<Keeper>,
}

/// Why Redis could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    #[error("it is no URL of Redis: write redis://HOST or rediss://HOST, or a cluster's nodes with commas: {0}")]
    Url(String),
    #[error(
        "the certificate of Redis is always checked: leave out #insecure, and name the authority that signed it in SSL_CERT_FILE"
    )]
    Insecure,
    #[error("redis is away")]
    Away,
    #[error("redis did not answer within {} ms", .0.as_millis())]
    Silent(Duration),
    #[error("redis failed: {0}")]
    Failed(#[from] ::redis::RedisError),
}

/// Ends the task that looks for Redis when nobody can ask any more.
struct Keeper(AbortHandle);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether a URL can be used, without trying it.
///
/// # Errors
/// [`RedisError::Url`] or [`RedisError::Insecure`], which do not repeat the URL: it may hold a password.
pub fn check_url(url: &str) -> Result<(), RedisError> {
    Nodes::parse(url).map(|_| ())
}

impl Redis {
    /// Looks for Redis in the background, and goes on when it is not there. Called on a runtime.
    ///
    /// # Errors
    /// As of [`check_url`].
    pub fn open(config: &RedisConfig) -> Result<Self, RedisError> {
        let nodes = Arc::new(Nodes::parse(&config.url)?);
        let circuit = Arc::new(Circuit::default());
        let keeper = tokio::spawn(circuit::keep(Arc::clone(&circuit), Arc::clone(&nodes), config.timeout));
        Ok(Self {
            circuit,
            nodes,
            timeout: config.timeout,
            _keeper: Arc::new(Keeper(keeper.abort_handle())),
        })
    }

    /// Whether it answers, as far as is known.
    pub fn is_up(&self) -> bool {
        self.circuit.connection().is_some()
    }

    /// The longest that anybody waits for it.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The values of `keys`, in their order, by one command. Of a cluster, by one for each: there, what lies on a node that is
    /// away is missing, and the rest is not.
    pub(crate) async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, RedisError> {
        self.ask(|connection| async move {
            if let Connection::Cluster(_) = connection {
                let each = keys.chunks(1).map(|key| get(connection.clone(), key));
                return of_nodes(join_all(each).await);
            }
            get(connection, keys).await
        })
        .await
    }

    /// Runs commands of one key each, all at once; what one of them is refused concerns no other. Whether each was answered with
    /// anything; none where it could not be done, as in a Redis that is full or on a node that is away.
    pub(crate) async fn each(&self, commands: Vec<Cmd>) -> Result<Vec<Option<bool>>, RedisError> {
        let answered = |answer: RedisResult<Option<String>>| Some(answer.ok()?.is_some());
        self.ask(|connection| async move {
            if let Connection::Cluster(_) = connection {
                let all = commands.into_iter().map(|command| {
                    let mut connection = connection.clone();
                    async move { command.query_async(&mut connection).await }
                });
                return Ok(join_all(all).await.into_iter().map(answered).collect());
            }
            let mut connection = connection;
            let mut pipeline = ::redis::pipe();
            pipeline.ignore_errors();
            for command in commands {
                pipeline.add_command(command);
            }
            let answers: Vec<RedisResult<Option<String>>> = pipeline.query_async(&mut connection).await?;
            Ok(answers.into_iter().map(answered).collect())
        })
        .await
    }

    /// Tells every instance that listens to `channel`.
    pub(crate) async fn tell(&self, channel: &str, message: &[u8]) -> Result<(), RedisError> {
        let mut command = ::redis::cmd("PUBLISH");
        command.arg(channel).arg(message);
        self.ask(|mut connection| async move { command.query_async(&mut connection).await })
            .await
    }

    /// Runs a script, which Redis remembers by its hash.
    pub(crate) async fn script<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, RedisError> {
        self.ask(|mut connection| async move { script.invoke_async(&mut connection).await })
            .await
    }

    async fn ask<T, F>(&self, question: impl FnOnce(Connection) -> F) -> Result<T, RedisError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (connection, number) = self.circuit.connection().ok_or(RedisError::Away)?;
        // A cluster mends its connections itself: one node of it is not all of it.
        let mends_itself = matches!(connection, Connection::Cluster(_));
        match tokio::time::timeout(self.timeout, question(connection)).await {
            Ok(Ok(answer)) => {
                self.circuit.succeeded(number);
                Ok(answer)
            }
            Ok(Err(error)) => {
                metrics::counter!("redis_failures_total", "kind" => "error").increment(1);
                self.circuit
                    .failed(number, error.is_unrecoverable_error() && !mends_itself);
                Err(error.into())
            }
            Err(_) => {
                metrics::counter!("redis_failures_total", "kind" => "timeout").increment(1);
                self.circuit.failed(number, false);
                Err(RedisError::Silent(self.timeout))
            }
        }
    }
}

async fn get(mut connection: Connection, keys: &[String]) -> RedisResult<Vec<Option<Vec<u8>>>> {
    let mut command = ::redis::cmd("MGET");
    command.arg(keys);
    command.query_async(&mut connection).await
}

/// What nodes have answered, each for a part. A failure where none of them has.
fn of_nodes(parts: Vec<RedisResult<Vec<Option<Vec<u8>>>>>) -> RedisResult<Vec<Option<Vec<u8>>>> {
    let is_away = parts.iter().all(Result::is_err);
    let values = parts.into_iter().map(|part| match part {
        Err(error) if is_away => Err(error),
        part => Ok(part.ok().and_then(|mut values| values.pop()).flatten()),
    });
    values.collect()
}

/// Whether a new connection is one to Redis, and to one that answers in time. Of a cluster some node may be away, which its
/// commands find out.
async fn answers(connection: Connection, timeout: Duration) -> bool {
    let Connection::Single(mut single) = connection else {
        return true;
    };
    let ping = ::redis::cmd("PING");
    let answer = tokio::time::timeout(timeout, single.req_packed_command(&ping)).await;
    matches!(answer, Ok(Ok(_)))
}
