//! What instances tell each other, for those that listen at the moment: nothing is kept for anybody.

use futures_util::StreamExt as _;

use super::{
    Redis, RedisConfig, RedisError,
    circuit::{FIRST_PAUSE, LONGEST_PAUSE, rest},
    nodes::Nodes,
};

/// What whoever listens is told.
pub(crate) enum Heard<'a> {
    /// The connection has come about: what was told before is lost.
    Begun,
    Message(&'a [u8]),
}

/// Calls `heard` for each message of `channel`, and whenever the connection has come about. Never ends.
pub(crate) async fn listen(redis: Redis, channel: String, heard: impl Fn(Heard<'_>) + Send + Sync) {
    let mut pause = FIRST_PAUSE;
    loop {
        if listen_once(&redis.nodes, &channel, &heard).await {
            pause = FIRST_PAUSE;
        }
        rest(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Listens until the connection is lost. Whether there was one.
async fn listen_once(nodes: &Nodes, channel: &str, heard: &(impl Fn(Heard<'_>) + Send + Sync)) -> bool {
    let Ok(mut connection) = nodes.connect_to_listen().await else {
        return false;
    };
    if connection.subscribe(channel).await.is_err() {
        return false;
    }
    heard(Heard::Begun);
    let mut messages = connection.into_on_message();
    while let Some(message) = messages.next().await {
        heard(Heard::Message(message.get_payload_bytes()));
    }
    tracing::debug!("the channel of redis is lost, and is opened again");
    true
}

/// Tells every instance that listens to `channel`, from a process that has no handle of its own.
///
/// # Errors
/// Also where Redis does not answer within two seconds.
pub async fn announce(config: &RedisConfig, channel: &str, message: &str) -> Result<(), RedisError> {
    let mut connection = Nodes::parse(&config.url)?.connect().await?;
    let mut command = ::redis::cmd("PUBLISH");
    command.arg(channel).arg(message);
    let told = super::nodes::in_time(command.query_async::<()>(&mut connection)).await;
    told.map_err(RedisError::from)
}
