//! An answer, and the questions that tests ask of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer of the server, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Reply {
    /// Reads a response to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body that the server announced comes");
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self {
            status,
            headers,
            text,
            json,
        }
    }

    /// A header's text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header of ours is ASCII"))
    }

    /// The value at a JSON pointer below `data`, of an answer without errors.
    pub fn data(&self, pointer: &str) -> &Value {
        assert!(self.errors().is_empty(), "unexpected errors: {}", self.text);
        let data = self.json.pointer(&format!("/data{pointer}"));
        data.unwrap_or_else(|| panic!("nothing at {pointer} in {}", self.text))
    }

    /// The texts at `field` of each object in the list at a JSON pointer below `data`.
    pub fn texts(&self, pointer: &str, field: &str) -> Vec<String> {
        let list = self
            .data(pointer)
            .as_array()
            .unwrap_or_else(|| panic!("no list at {pointer} in {}", self.text));
        list.iter()
            .map(|item| {
                item[field]
                    .as_str()
                    .unwrap_or_else(|| panic!("no text {field} in {item}"))
                    .to_owned()
            })
            .collect()
    }

    pub fn errors(&self) -> &[Value] {
        self.json["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// `extensions.code` of every error. Fails where one has none.
    pub fn codes(&self) -> Vec<&str> {
        let codes: Option<Vec<&str>> = self
            .errors()
            .iter()
            .map(|error| error["extensions"]["code"].as_str())
            .collect();
        codes.unwrap_or_else(|| panic!("an error without a code: {}", self.text))
    }

    /// Whether the whole answer was kept, by `Server-Timing`.
    pub fn is_whole_answer(&self) -> bool {
        self.header("server-timing").ends_with("cache;desc=\"whole answer\"")
    }

    /// SQL statements that the request took, from `Server-Timing`.
    pub fn statements(&self) -> u32 {
        let timing = self.header("server-timing");
        let count = timing
            .split_once("db;desc=\"")
            .and_then(|(_, rest)| rest.split_once(' '));
        let (count, _) = count.unwrap_or_else(|| panic!("no statements in server-timing: {timing:?}"));
        count.parse().expect("a number of statements")
    }
}
