//! Keys of a [`TestApp`], and the clock that they end by.

use std::sync::atomic::Ordering;

use domain::access::{KeyStore, Keys, NewKey, Origin};
use reqwest::Method;
use serde_json::json;

use super::TestApp;
use crate::reply::Reply;

impl TestApp {
    /// As [`Self::graphql`], of whoever holds `key`.
    pub async fn graphql_as(&self, key: &str, query: &str) -> Reply {
        let request = self.request(Method::POST, "/graphql").bearer_auth(key);
        self.send(request.json(&json!({ "query": query }))).await
    }

    /// Makes a key with these scopes, which the server knows at once. Its id, and its secret.
    pub async fn create_key(&self, scopes: &[&str]) -> (i64, String) {
        self.create(&new_key(scopes)).await
    }

    /// As [`Self::create_key`], of one that ends at `expires_at_ms`.
    pub async fn create_key_until(&self, expires_at_ms: i64, scopes: &[&str]) -> (i64, String) {
        let expires_at_ms = Some(expires_at_ms);
        self.create(&NewKey {
            expires_at_ms,
            ..new_key(scopes)
        })
        .await
    }

    /// As [`Self::create_key`], of one for the pages of these origins.
    pub async fn create_publishable_key(&self, origins: &[&str]) -> (i64, String) {
        let origins = origins.iter().map(|origin| origin.parse::<Origin>());
        let origins: Result<Vec<_>, _> = origins.collect();
        let origins = Some(origins.unwrap_or_else(|error| panic!("{error}")));
        self.create(&NewKey {
            origins,
            ..new_key(&["usage:write"])
        })
        .await
    }

    async fn create(&self, key: &NewKey) -> (i64, String) {
        assert!(self.database.is_own(), "a shared database is only read");
        let (id, secret) = KeyStore::new(self.pool.clone())
            .create(key, self.now_ms())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        self.look_at_keys().await;
        (id, secret.reveal().to_owned())
    }

    /// Revokes a key, which the server knows at once.
    pub async fn revoke_key(&self, id: i64) {
        let revoked = KeyStore::new(self.pool.clone()).revoke(id, self.now_ms()).await;
        revoked.unwrap_or_else(|error| panic!("{error}"));
        self.look_at_keys().await;
    }

    /// The keys as the server knows them.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Has the server look at the keys, as the process does every second.
    pub async fn look_at_keys(&self) {
        let refreshed = self.keys.refresh().await;
        refreshed.unwrap_or_else(|error| panic!("{error}"));
    }

    /// What time it is to the server.
    pub fn now_ms(&self) -> i64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    /// Sets the clock that keys and sessions end by. It stands still otherwise.
    pub fn set_now_ms(&self, now_ms: i64) {
        self.clock_ms.store(now_ms, Ordering::Relaxed);
    }
}

fn new_key(scopes: &[&str]) -> NewKey {
    let scopes = scopes
        .iter()
        .map(|scope| scope.parse().unwrap_or_else(|error| panic!("{error}")));
    NewKey {
        name: "a test's".parse().expect("it is short"),
        scopes: scopes.collect(),
        origins: None,
        expires_at_ms: None,
    }
}
