//! Long work: who may start and cancel it, who is told of it, and that it is done once, whoever dies meanwhile.

use reqwest::Method;
use serde_json::{Map, Value, json};
use tests::{Engine, Iconql, OwnRedis, Process, Reply, Socket, TestApp, TestDatabase, eventually, on_each_engine};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const WARM: &str =
    "mutation($top: Int! = 1000, $prefixes: [String!]! = []) { warmCache(input: { top: $top, prefixes: $prefixes }) {
    job { id kind state done total failures { item message } startedAt endedAt } userErrors { field code message } } }";

const JOB: &str = "query($id: ID!) { node(id: $id) { id ... on Job { kind state done total failures(first: 2) { item message } startedAt endedAt } } }";

const CANCEL: &str =
    "mutation($id: ID!) { cancelJob(input: { id: $id }) { job { id state } userErrors { field code message } } }";

/// A set of so many icons.
fn set(prefix: &str, icons: usize) -> Value {
    let icon = |place: usize| {
        (
            format!("icon-{place:05}"),
            json!({ "body": format!("<path d=\"M{place} 0h1z\"/>") }),
        )
    };
    json!({ "prefix": prefix, "icons": (0..icons).map(icon).collect::<Map<_, _>>() })
}

async fn with_sets(engine: Engine) -> TestApp {
    let app = TestApp::build(engine)
        .await
        .cached()
        .flag("--response-cache-enabled=false")
        .start()
        .await;
    for (prefix, icons) in [("small", 3), ("large", 620), ("middle", 20)] {
        app.import_json(&set(prefix, icons)).await;
    }
    app
}

async fn send(base_url: &str, query: &str, variables: &Value) -> Reply {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("{base_url}/graphql"))
        .json(&json!({ "query": query, "variables": variables }));
    Reply::read(request.send().await.unwrap()).await
}

/// Starts a job; its id.
async fn start(base_url: &str, variables: &Value) -> String {
    let reply = send(base_url, WARM, variables).await;
    assert_eq!(reply.data("/warmCache/userErrors"), &json!([]), "{}", reply.text);
    let job = reply.data("/warmCache/job");
    assert_eq!((&job["kind"], &job["failures"]), (&json!("warmCache"), &json!([])));
    job["id"].as_str().unwrap().to_owned()
}

async fn job(base_url: &str, id: &str) -> Value {
    send(base_url, JOB, &json!({ "id": id })).await.data("/node").clone()
}

/// The job once it has ended.
async fn ended(base_url: &str, id: &str) -> Value {
    let mut found = Value::Null;
    eventually("the job ends", async || {
        found = job(base_url, id).await;
        !["QUEUED", "RUNNING"].contains(&found["state"].as_str().unwrap())
    })
    .await;
    found
}

fn assert_succeeded(job: &Value, done: i64) {
    assert_eq!(
        (&job["state"], &job["done"], &job["total"]),
        (&json!("SUCCEEDED"), &json!(done), &json!(done)),
        "{job}"
    );
    let [started, ended] = ["startedAt", "endedAt"].map(|at| job[at].as_str().unwrap().trim_end_matches('Z'));
    assert!(started <= ended, "{job}");
}

async fn is_kept(app: &TestApp, name: &str) -> bool {
    let query = format!("{{ icon(by: {{ name: \"{name}\" }}) {{ body set {{ name }} }} }}");
    let reply = app.graphql(&query).await;
    assert!(reply.data("/icon").is_object());
    reply.statements() == 0
}

/// Has whoever takes the first batch of icons stand still, until it is let go: PostgreSQL's readers wait for a lock of the table.
async fn hold_icons(database: &TestDatabase) -> tests::Held {
    database.hold_table("icon").await
}

on_each_engine! {
    async fn icons_are_read_before_anybody_asks(engine) {
        let app = with_sets(engine).await;
        let url = app.base_url();
        for (variables, done, kept, others) in [
            (json!({ "top": 2, "prefixes": ["small"] }), 2, &["small:icon-00000", "small:icon-00001"][..], &["small:icon-00002", "large:icon-00000"][..]),
            (json!({ "prefixes": ["small", "middle"] }), 23, &["small:icon-00002", "middle:icon-00019"], &["large:icon-00000"]),
            // The largest set first, a batch and some of the next.
            (json!({ "top": 510 }), 510, &["large:icon-00000", "large:icon-00509"], &["large:icon-00510", "small:icon-00000"]),
            (json!({}), 643, &["large:icon-00619", "middle:icon-00000", "small:icon-00002"], &[]),
        ] {
            app.forget();
            let id = start(url, &variables).await;
            assert_succeeded(&ended(url, &id).await, done);
            for name in kept {
                assert!(is_kept(&app, name).await, "{name} after {variables}");
            }
            for name in others {
                assert!(!is_kept(&app, name).await, "{name} after {variables}");
            }
        }
    }

    async fn no_more_is_read_than_memory_holds(engine) {
        let app = TestApp::build(engine).await.flag("--cache-memory-bytes=400000").start().await;
        app.import_json(&set("large", 2000)).await;
        let id = start(app.base_url(), &json!({ "top": 2000 })).await;
        // Half of the memory is for icons, and one batch fills that.
        assert_succeeded(&ended(app.base_url(), &id).await, 500);
        let none = TestApp::build(engine).await.flag("--cache-memory-bytes=0").start().await;
        none.import_json(&set("large", 20)).await;
        let id = start(none.base_url(), &json!({})).await;
        assert_succeeded(&ended(none.base_url(), &id).await, 0);
    }

    async fn what_cannot_be_meant_is_refused(engine) {
        let app = TestApp::build(engine).await.cached().flag("--environment=production").flag("--batch-max-size=2").start().await;
        app.import_json(&set("small", 3)).await;
        let (_, admin) = app.create_key(&["admin"]).await;
        let (_, other) = app.create_key(&["usage:write", "analytics:read", "metrics:read"]).await;
        let ask = async |key: &str, document: &str, variables: Value| {
            let body = json!({ "query": document, "variables": variables });
            app.send(app.request(Method::POST, "/graphql").bearer_auth(key).json(&body)).await
        };
        for document in [WARM, CANCEL] {
            let refused = ask(&other, document, json!({ "id": "x" })).await;
            assert_eq!(refused.codes(), ["FORBIDDEN"], "{}", refused.text);
        }
        for (variables, field, code) in [
            (json!({ "top": 0 }), json!(["top"]), "INVALID"),
            (json!({ "top": -1 }), json!(["top"]), "INVALID"),
            (json!({ "top": 100_001 }), json!(["top"]), "TOO_LARGE"),
            (json!({ "prefixes": ["small", "no such"] }), json!(["prefixes", "1"]), "INVALID"),
            (json!({ "prefixes": ["nothing", "small"] }), json!(["prefixes", "0"]), "NOT_FOUND"),
            (json!({ "prefixes": ["small", "small", "small"] }), json!(["prefixes"]), "TOO_LARGE"),
        ] {
            let reply = ask(&admin, WARM, variables.clone()).await;
            let error = reply.data("/warmCache/userErrors/0");
            assert_eq!((&error["field"], &error["code"]), (&field, &json!(code)), "{variables}");
            assert_eq!(reply.data("/warmCache/job"), &Value::Null);
        }
        assert_eq!(app.database().number("SELECT COUNT(*) FROM job").await, 0);
        for variables in [json!({ "top": 1 }), json!({ "top": 100_000 }), json!({ "prefixes": ["small", "small"] })] {
            let reply = ask(&admin, WARM, variables).await;
            assert_eq!(reply.data("/warmCache/userErrors"), &json!([]), "{}", reply.text);
        }
        let off = "mutation { setSwitch(input: { switch: MEMORY_CACHE, on: false }) { userErrors { code } } }";
        ask(&admin, off, json!({})).await;
        let reply = ask(&admin, WARM, json!({})).await;
        assert_eq!(reply.data("/warmCache/userErrors/0/code"), "CONFLICT", "{}", reply.text);
    }

    async fn a_job_is_looked_at_by_its_id(engine) {
        let app = with_sets(engine).await;
        let url = app.base_url();
        let id = start(url, &json!({ "top": 1 })).await;
        let found = ended(url, &id).await;
        assert_eq!(found["id"], id.as_str());
        let unknown = global_id("Job:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293");
        assert_eq!(job(url, &unknown).await, Value::Null);
        for malformed in ["Job:1", "Job:0F3A1C52-7d4e-4a8b-9c1d-2e5f60718293", "Job:"] {
            let reply = send(url, JOB, &json!({ "id": global_id(malformed) })).await;
            assert_eq!(reply.codes(), ["BAD_USER_INPUT"], "{malformed}");
        }
        // Several by one statement, and nothing of them is kept for anybody.
        let both = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Job { state } } }";
        let other = start(url, &json!({ "top": 1 })).await;
        let reply = send(url, both, &json!({ "ids": [id, unknown, other] })).await;
        assert_eq!((reply.statements(), reply.data("/nodes/1")), (1, &Value::Null));
        let get = app.request(Method::GET, "/graphql").query(&[("query", JOB), ("variables", &json!({ "id": id }).to_string())]);
        assert_eq!(app.send(get).await.header("cache-control"), "no-store");
        // An icon it is not.
        let icon = send(url, "query($id: ID!) { icon(by: { id: $id }) { name } }", &json!({ "id": id })).await;
        assert_eq!(icon.codes(), ["BAD_USER_INPUT"]);
        // After a week it is forgotten, by whoever starts next.
        app.database().run("UPDATE job SET ended_at_ms = ended_at_ms - 604800000 - 60000").await;
        let kept = start(url, &json!({ "top": 1 })).await;
        ended(url, &kept).await;
        let another = Process::serve(BINARY, app.database().url(), &[]);
        eventually("old jobs go", async || app.database().number("SELECT COUNT(*) FROM job").await == 1).await;
        assert_eq!(job(another.base_url(), &kept).await["state"], "SUCCEEDED");
    }

    async fn a_job_that_failed_is_tried_again(engine) {
        let app = with_sets(engine).await;
        let url = app.base_url();
        app.database().run("ALTER TABLE icon RENAME TO icon_gone").await;
        let again = start(url, &json!({ "prefixes": ["small"] })).await;
        let attempts = async || app.database().number("SELECT CAST(MAX(attempts) AS BIGINT) FROM job").await;
        eventually("it has failed once", async || attempts().await == 1 && job(url, &again).await["state"] == "QUEUED").await;
        app.database().run("ALTER TABLE icon_gone RENAME TO icon").await;
        assert_succeeded(&ended(url, &again).await, 3);
        assert_eq!(attempts().await, 2);
        // Three times, and no more.
        app.database().run("ALTER TABLE icon RENAME TO icon_gone").await;
        let never = start(url, &json!({ "prefixes": ["small"] })).await;
        let failed = ended(url, &never).await;
        assert_eq!((&failed["state"], &failed["failures"][0]["item"]), (&json!("FAILED"), &json!("job")), "{failed}");
        assert!(!failed.to_string().contains("icon_gone"), "what the database said is not told: {failed}");
        assert_eq!(attempts().await, 3);
    }

    async fn jobs_are_bounded(engine) {
        let app = with_sets(engine).await;
        let url = app.base_url();
        // None of these comes to its turn.
        let sql = "INSERT INTO job (id, kind, input, priority, state, attempts, is_cancelled, done, failures, due_at_ms, created_at_ms) VALUES";
        let rows: Vec<String> = (0..99)
            .map(|place| format!("('00000000-0000-4000-8000-0000000000{place:02}', 'x', '{{}}', 0, 0, 0, FALSE, 0, '[]', 9000000000000, 0)"))
            .collect();
        app.database().run(&format!("{sql} {}", rows.join(", "))).await;
        app.database().run("UPDATE job SET state = 1 WHERE id LIKE '%0'").await;
        let last = start(url, &json!({ "top": 1 })).await;
        assert_succeeded(&ended(url, &last).await, 1);
        app.database().run(&format!("{sql} {}", rows[0].replace("0000000000", "1111111111"))).await;
        let reply = send(url, WARM, &json!({})).await;
        let error = reply.data("/warmCache/userErrors/0");
        assert_eq!((&error["field"], &error["code"]), (&Value::Null, &json!("CONFLICT")), "{}", reply.text);
        // What this version does not know is not done.
        app.database().run("UPDATE job SET due_at_ms = 0 WHERE id LIKE '%01'").await;
        let unknown = ended(url, &global_id("Job:00000000-0000-4000-8000-000000000001")).await;
        assert_eq!(unknown["state"], "FAILED");
    }

    async fn a_job_that_waits_is_cancelled_at_once(engine) {
        let app = with_sets(engine).await;
        let url = app.base_url();
        app.database().run("ALTER TABLE icon RENAME TO icon_gone").await;
        let id = start(url, &json!({ "prefixes": ["small"] })).await;
        eventually("it waits to be tried again", async || app.database().number("SELECT CAST(attempts + 10 * state AS BIGINT) FROM job").await == 1).await;
        let cancel = async |id: &str| send(url, CANCEL, &json!({ "id": id })).await.data("/cancelJob").clone();
        let cancelled = cancel(&id).await;
        assert_eq!(cancelled, json!({ "job": { "id": id, "state": "CANCELLED" }, "userErrors": [] }));
        let again = cancel(&id).await;
        assert_eq!((&again["userErrors"][0]["code"], &again["job"]["state"]), (&json!("CONFLICT"), &json!("CANCELLED")));
        for (id, code) in [
            (global_id("Job:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293"), "NOT_FOUND"),
            (global_id("Icon:small:icon-00000"), "INVALID"),
            ("x".to_owned(), "INVALID"),
        ] {
            let refused = cancel(&id).await;
            assert_eq!((&refused["job"], &refused["userErrors"][0]["code"], &refused["userErrors"][0]["field"]), (&Value::Null, &json!(code), &json!(["id"])));
        }
        let found = job(url, &id).await;
        assert_eq!((found["state"].as_str(), found["endedAt"].is_string()), (Some("CANCELLED"), true));
    }

    async fn two_instances_do_each_job_once(engine) {
        let app = with_sets(engine).await;
        let servers = [(); 3].map(|()| Process::serve(BINARY, app.database().url(), &[]));
        let mut ids = Vec::new();
        for place in 0..24 {
            ids.push(start(servers[place % 3].base_url(), &json!({ "top": 30 })).await);
        }
        for id in &ids {
            assert_succeeded(&ended(servers[0].base_url(), id).await, 30);
        }
        assert_eq!(app.database().number("SELECT CAST(MAX(attempts) AS BIGINT) FROM job").await, 1);
    }

    async fn progress_is_told_until_the_end(engine) {
        let app = with_sets(engine).await;
        let other = Process::serve(BINARY, app.database().url(), &[]);
        // It fails until it does not.
        app.database().run("ALTER TABLE icon RENAME TO icon_gone").await;
        let id = start(app.base_url(), &json!({ "prefixes": ["small"] })).await;
        let mut sockets = Vec::new();
        for url in [app.base_url(), other.base_url()] {
            // Nobody in particular.
            let mut socket = Socket::open_with(url, &[("x-forwarded-for", "192.0.2.7")]).await.unwrap();
            socket.send(&json!({ "type": "connection_init" })).await;
            socket.receive().await;
            socket.subscribe("a", &format!("subscription {{ job(id: \"{id}\") {{ id state done total }} }}")).await;
            let first = socket.receive().await;
            assert_eq!(first["payload"]["data"]["job"]["id"], id.as_str(), "{first}");
            sockets.push(socket);
        }
        app.database().run("ALTER TABLE icon_gone RENAME TO icon").await;
        for socket in &mut sockets {
            let mut last = Value::Null;
            loop {
                let message = socket.receive().await;
                if message["type"] == "complete" {
                    break;
                }
                last = message["payload"]["data"]["job"].clone();
            }
            assert_eq!(last, json!({ "id": id, "state": "SUCCEEDED", "done": 3, "total": 3 }));
            // One that has ended is told once.
            socket.subscribe("b", &format!("subscription {{ job(id: \"{id}\") {{ state }} }}")).await;
            let told = socket.receive().await;
            assert_eq!(told["payload"]["data"]["job"]["state"], "SUCCEEDED", "{told}");
            assert_eq!(socket.receive().await["type"], "complete");
            for id in [global_id("Job:0f3a1c52-7d4e-4a8b-9c1d-2e5f60718293"), global_id("IconSet:small"), "x".to_owned()] {
                socket.subscribe("c", &format!("subscription {{ job(id: \"{id}\") {{ state }} }}")).await;
                let refused = socket.receive().await;
                assert_eq!(refused["payload"]["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{refused}");
                socket.receive().await;
            }
        }
    }
}

/// Its instance is killed in the middle; another goes on with it, and the first did not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_of_a_killed_instance_is_done_by_another() {
    let mut app = with_sets(Engine::Postgres).await;
    // The app's own server does jobs too: only the first may have this one.
    drop(app.take_server());
    let serve = || {
        let flags = [
            "serve",
            "--listen=127.0.0.1:0",
            "--query-timeout-ms=60000",
            "--request-timeout-ms=60000",
        ];
        Iconql::new(BINARY, &flags).database(app.database().url()).spawn()
    };
    let mut first = serve();
    let first_url = first.base_url().await;
    let held = hold_icons(app.database()).await;
    let id = start(&first_url, &json!({ "prefixes": ["large"] })).await;
    let state = async || {
        app.database()
            .number("SELECT CAST(10 * state + attempts AS BIGINT) FROM job")
            .await
    };
    eventually("it has begun", async || state().await == 11).await;
    let mut second = serve();
    let second_url = second.base_url().await;
    assert!(first.signal("KILL"));
    let _ = first.end().await;
    held.release().await;
    assert_eq!(state().await, 11, "its lease is not over");
    assert_succeeded(&ended(&second_url, &id).await, 620);
    assert_eq!(state().await, 22);
    drop(second);
}

/// One that is told to end gives back what it does, for which nobody has to wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_ends_gives_its_job_back() {
    let mut app = with_sets(Engine::Postgres).await;
    drop(app.take_server());
    let flags = ["serve", "--listen=127.0.0.1:0", "--query-timeout-ms=60000"];
    let mut server = Iconql::new(BINARY, &flags).database(app.database().url()).spawn();
    let url = server.base_url().await;
    let held = hold_icons(app.database()).await;
    start(&url, &json!({ "prefixes": ["large"] })).await;
    let state = async || {
        app.database()
            .number("SELECT CAST(10 * state + attempts AS BIGINT) FROM job")
            .await
    };
    eventually("it has begun", async || state().await == 11).await;
    assert!(server.signal("TERM"));
    eventually("it is given back", async || state().await == 0).await;
    held.release().await;
    let _ = server.end().await.succeeded();
}

/// On an instance that another one is told to cancel it by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_cancelled_from_anywhere() {
    let mut app = with_sets(Engine::Postgres).await;
    drop(app.take_server());
    let serve = || Process::serve(BINARY, app.database().url(), &["--query-timeout-ms=60000"]);
    let (first, second) = (serve(), serve());
    let held = hold_icons(app.database()).await;
    let id = start(first.base_url(), &json!({ "prefixes": ["large"] })).await;
    eventually("it has begun", async || {
        app.database()
            .number("SELECT CAST(10 * state + attempts AS BIGINT) FROM job")
            .await
            == 11
    })
    .await;
    let reply = send(second.base_url(), CANCEL, &json!({ "id": id })).await;
    assert_eq!(
        reply.data("/cancelJob"),
        &json!({ "job": { "id": id, "state": "RUNNING" }, "userErrors": [] })
    );
    assert_eq!(ended(second.base_url(), &id).await["state"], "CANCELLED");
    held.release().await;
}

/// A job that was cancelled while its instance was dead is not begun again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_job_of_a_killed_instance_ends() {
    let app = with_sets(Engine::Sqlite).await;
    let id = start(app.base_url(), &json!({ "top": 1 })).await;
    ended(app.base_url(), &id).await;
    let sql = "UPDATE job SET state = 1, due_at_ms = 0, ended_at_ms = NULL, is_cancelled = ";
    app.database().run(&format!("{sql} TRUE")).await;
    let found = ended(app.base_url(), &id).await;
    assert_eq!(found["state"], "CANCELLED");
    // And one that takes its instance with it each time is given up.
    app.database().run(&format!("{sql} FALSE, attempts = 3")).await;
    let found = ended(app.base_url(), &id).await;
    assert_eq!(found["state"], "FAILED", "{found}");
}

/// What one instance was warmed with, the others find in Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_warm_for_all() {
    let redis = OwnRedis::start().await;
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.json");
    std::fs::write(&file, set("s", 30).to_string()).unwrap();
    let _ = Iconql::new(BINARY, &["import"])
        .arg(&file)
        .database(database.url())
        .run()
        .await
        .succeeded();
    let flags = [
        format!("--redis-url={}", redis.url()),
        "--redis-timeout-ms=5000".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let first = Process::serve(BINARY, database.url(), &flags);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let is_up = async |server: &Process| {
        let health = client
            .get(format!("{}/api/health", server.base_url()))
            .send()
            .await
            .unwrap();
        health.json::<Value>().await.unwrap()["redis"] == "up"
    };
    eventually("redis is up", async || is_up(&first).await).await;
    let id = start(first.base_url(), &json!({ "prefixes": ["s"] })).await;
    assert_succeeded(&ended(first.base_url(), &id).await, 30);
    // Thirty icons and their set.
    eventually("it is all in redis", async || {
        redis.command(&["KEYS", "iconql:v1:*:1"]).lines().count() == 31
    })
    .await;
    let second = Process::serve(BINARY, database.url(), &flags);
    eventually("redis is up", async || is_up(&second).await).await;
    let reply = send(
        second.base_url(),
        "{ icon(by: { name: \"s:icon-00029\" }) { body set { name } } }",
        &json!({}),
    )
    .await;
    assert_eq!(reply.statements(), 0, "{}", reply.text);
}

/// An id as this service makes them.
fn global_id(text: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(text)
}
