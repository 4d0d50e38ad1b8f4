//! Pages that are worked out before anybody asks for them.

use serde_json::{Value, json};
use tests::{Process, Reply, TestApp, eventually, fixture, on_each_engine};

const PAGE: &str = "query Page($after: String) {
  iconSet(prefix: \"garden\") {
    icons(first: 2, after: $after) { nodes { name body } pageInfo { hasNextPage endCursor } }
  }
}";

struct Scrolling {
    server: Process,
    client: reqwest::Client,
}

impl Scrolling {
    /// Over a process of its own: what is being answered counts for all that a process serves.
    async fn of(app: &TestApp, flags: &[&str]) -> Self {
        let scrolling = Self {
            server: Process::serve(env!("CARGO_BIN_EXE_iconql-under-test"), app.database().url(), flags),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        // Pages of a list are kept until there is another search index, as the first one is.
        let ready = format!("{}/api/health/ready", scrolling.server.base_url());
        eventually("it is ready", async || {
            scrolling.client.get(&ready).send().await.unwrap().status() == 200
        })
        .await;
        scrolling
    }

    async fn page(&self, after: &Value) -> Reply {
        let body = json!({ "query": PAGE, "variables": { "after": after } });
        let request = self
            .client
            .post(format!("{}/graphql", self.server.base_url()))
            .json(&body);
        let reply = Reply::read(request.send().await.unwrap()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply
    }

    /// Until so many pages were worked out.
    async fn foreseen(&self, pages: usize) {
        let line = format!("cache_foreseen_pages_total{{status=\"made\"}} {pages}");
        let url = format!("{}/metrics", self.server.base_url());
        eventually("the page is worked out", async || {
            let metrics = self.client.get(&url).send().await.unwrap().text().await.unwrap();
            metrics.lines().any(|found| found == line)
        })
        .await;
    }
}

fn end(reply: &Reply) -> &Value {
    reply.data("/iconSet/icons/pageInfo/endCursor")
}

on_each_engine! {
    async fn whoever_scrolls_finds_the_next_page_there(engine) {
        let app = TestApp::with_garden(engine).await;
        let with = Scrolling::of(&app, &[]).await;
        let without = Scrolling::of(&app, &["--cache-intelligence-enabled=false"]).await;
        let mut after = Value::Null;
        // There are fourteen names that are not hidden: seven pages, and none after the last.
        for page in 0..7 {
            let (found, expected) = (with.page(&after).await, without.page(&after).await);
            assert_eq!(found.text, expected.text);
            assert_eq!((found.is_whole_answer(), expected.is_whole_answer()), (page > 0, false), "{page}");
            assert_eq!(found.data("/iconSet/icons/pageInfo/hasNextPage"), page < 6, "{page}");
            if page < 6 {
                with.foreseen(page + 1).await;
            }
            after = end(&found).clone();
        }
    }

    async fn what_was_worked_out_goes_with_what_it_was_made_of(engine) {
        let app = TestApp::start(engine).await;
        app.import(&[fixture("garden.json")]).await;
        let scrolling = Scrolling::of(&app, &[]).await;
        let first = scrolling.page(&Value::Null).await;
        scrolling.foreseen(1).await;
        let set = json!({ "prefix": "garden", "icons": { "leaf": { "body": "<path d=\"M1 1h1\"/>" }, "rose": { "body": "<path d=\"M2 2h2\"/>" },
            "face": { "body": "<path d=\"M3 3h3\"/>" }, "oak": { "body": "<path d=\"M4 4h4\"/>" } } });
        app.import_json(&set).await;
        eventually("the other process has heard of it", async || {
            scrolling.page(&Value::Null).await.text != first.text
        })
        .await;
        let second = scrolling.page(end(&scrolling.page(&Value::Null).await)).await;
        let names = second.data("/iconSet/icons/nodes").as_array().unwrap().iter().map(|icon| icon["body"].clone());
        assert_eq!(names.collect::<Vec<_>>(), ["<path d=\"M4 4h4\"/>", "<path d=\"M2 2h2\"/>"]);
    }
}
