//! Fair shares: what a client may spend a minute, what it is told, and that no Redis, well or ill, changes either.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{access::Client, rate_limit::RateLimiter};
use reqwest::Method;
use serde_json::json;
use tests::{
    Builder, Engine, OwnRedis, Process, Reply, Socket, TestApp, TestDatabase, eventually, on_each_engine,
    shared_redis_url,
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");
const TREE: &str = "/icons/garden/tree.svg";

fn limited(builder: Builder, cost_per_minute: u32) -> Builder {
    builder
        .flag("--rate-limit-enabled=true")
        .flag(&format!("--rate-limit-cost-per-minute={cost_per_minute}"))
}

async fn garden(engine: Engine, cost_per_minute: u32) -> TestApp {
    limited(TestApp::build_with_garden(engine).await, cost_per_minute)
        .start()
        .await
}

/// A client of its own address, of which a machine has many.
fn client_at(address: Ipv4Addr) -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().local_address(IpAddr::V4(address));
    client.build().unwrap()
}

/// An address of this machine that no other test sends from.
fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let [_, .., process_high, process_low] = std::process::id().to_be_bytes();
    let number = u8::try_from(NEXT.fetch_add(1, Ordering::Relaxed)).unwrap();
    Ipv4Addr::new(127, process_high | 1, process_low, number)
}

async fn get(client: &reqwest::Client, url: String) -> Reply {
    Reply::read(client.get(url).send().await.unwrap()).await
}

/// `r` and `t` of `RateLimit`.
fn left(reply: &Reply) -> (u64, u64) {
    let header = reply.header("ratelimit");
    let figures = header
        .strip_prefix("\"default\";r=")
        .and_then(|rest| rest.split_once(";t="));
    let (remaining, seconds) = figures.unwrap_or_else(|| panic!("{header:?} in {reply:?}"));
    (remaining.parse().unwrap(), seconds.parse().unwrap())
}

fn assert_refused(reply: &Reply, limit: u64, cost: u64) {
    assert_eq!(
        (reply.status, reply.codes()),
        (429, vec!["RATE_LIMITED"]),
        "{}",
        reply.text
    );
    let retry_after: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    let extensions = &reply.errors()[0]["extensions"];
    let (remaining, _) = left(reply);
    assert_eq!(
        extensions,
        &json!({ "code": "RATE_LIMITED", "limit": limit, "cost": cost, "remaining": remaining })
    );
    assert_eq!(reply.header("ratelimit-policy"), format!("\"default\";q={limit};w=60"));
}

on_each_engine! {
    async fn a_client_gets_its_minute_and_no_more(engine) {
        let app = garden(engine, 3).await;
        for remaining in [2, 1, 0] {
            let reply = app.get(TREE).await;
            assert_eq!((reply.status, left(&reply).0), (200, remaining), "{reply:?}");
            // A third of the bucket fills in 20 seconds.
            let until_full = (3 - remaining) * 20;
            assert!((until_full - 10..=until_full).contains(&left(&reply).1), "{reply:?}");
            assert_eq!(reply.header("ratelimit-policy"), "\"default\";q=3;w=60");
        }
        assert_refused(&app.get(TREE).await, 3, 1);
    }

    async fn what_never_reaches_a_cost_is_not_free(engine) {
        let app = garden(engine, 6).await;
        for (expected, reply) in [
            (404, app.get("/nowhere").await),
            (404, app.get("/icons/garden/nothing.svg").await),
            (405, app.send(app.request(Method::DELETE, "/graphql")).await),
            (415, app.send(app.request(Method::POST, "/graphql").body("{}")).await),
            (400, app.send(app.request(Method::POST, "/graphql").header("content-type", "application/json").body("{")).await),
            (400, app.get("/api/v1/search/batch?q=a&size=0").await),
        ] {
            assert_eq!(reply.status, expected, "{reply:?}");
            assert!(!reply.header("ratelimit").is_empty(), "{reply:?}");
        }
        assert_refused(&app.get("/nowhere").await, 6, 1);
        assert_refused(&app.graphql("{ __typename }").await, 6, 1);
    }

    async fn what_cannot_be_decoded_is_not_free(engine) {
        let app = garden(engine, 3).await;
        let send = async || {
            let request = app.request(Method::POST, "/graphql").header("content-type", "application/json");
            app.send(request.header("content-encoding", "gzip").body("no gzip")).await
        };
        for expected in [2, 1, 0] {
            let reply = send().await;
            assert_eq!((reply.status, reply.codes(), left(&reply).0), (400, vec!["BAD_USER_INPUT"], expected));
        }
        assert_eq!((send().await.status, send().await.codes()), (429, vec!["RATE_LIMITED"]));
    }

    async fn health_metrics_and_pages_cost_nothing(engine) {
        let app = garden(engine, 1).await;
        assert_eq!(app.get(TREE).await.status, 200);
        assert_refused(&app.get(TREE).await, 1, 1);
        for path in ["/api/health", "/api/health/live", "/api/health/ready", "/metrics", "/graphiql"] {
            let reply = app.get(path).await;
            assert_eq!((reply.status, reply.header("ratelimit")), (200, ""), "{path}");
        }
        assert!(app.get("/metrics").await.text.contains("\nrate_limited_total "), "it is counted");
    }

    async fn each_address_has_its_own(engine) {
        let app = garden(engine, 1).await;
        let url = format!("{}{TREE}", app.base_url());
        let (one, other) = (client_at(own_address()), client_at(own_address()));
        assert_eq!(get(&one, url.clone()).await.status, 200);
        assert_refused(&get(&one, url.clone()).await, 1, 1);
        assert_eq!(get(&other, url.clone()).await.status, 200);
        assert_refused(&get(&other, url).await, 1, 1);
    }

    async fn visitors_with_one_publishable_key_have_their_own(engine) {
        const PAGE: &str = "https://shop.example.com";
        let app = limited(TestApp::build(engine).await, 1).flag("--trusted-proxies=127.0.0.1").start().await;
        let (_, public) = app.create_publishable_key(&[PAGE]).await;
        let (_, secret) = app.create_key(&["admin"]).await;
        let status = async |key: &str, address: &str| {
            let request = app.request(Method::GET, "/nowhere").bearer_auth(key).header("origin", PAGE);
            app.send(request.header("x-forwarded-for", address)).await.status
        };
        for (key, address, expected) in [
            (&public, "192.0.2.1", 404), (&public, "192.0.2.1", 429), (&public, "192.0.2.2", 404), (&public, "192.0.2.2", 429),
            (&secret, "192.0.2.3", 404), (&secret, "192.0.2.4", 429),
        ] {
            assert_eq!(status(key, address).await, expected, "{address}");
        }
        // What a client writes before the proxy does is not believed.
        assert_eq!(status(&public, "192.0.2.9, 192.0.2.1").await, 429);
        let plain = async |address: &str| {
            let request = app.request(Method::GET, "/nowhere").header("x-forwarded-for", address);
            app.send(request).await.status
        };
        assert_eq!((plain("192.0.2.1").await, plain("192.0.2.1").await), (404, 429));
    }

    async fn pages_of_a_search_cost_their_icons(engine) {
        let app = garden(engine, 50).await;
        let reply = app.get("/api/v1/search/batch?q=tree&pages=0,1&size=20").await;
        assert_eq!((reply.status, left(&reply).0), (200, 10), "{reply:?}");
        assert_refused(&app.get("/api/v1/search/batch?q=tree&pages=0&size=20").await, 50, 20);
        // What was refused took nothing.
        let reply = app.get("/api/v1/search/batch?q=tree&pages=0&size=10").await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    async fn what_never_fits_is_told_so(engine) {
        let app = garden(engine, 50).await;
        let reply = app.get("/api/v1/search/batch?q=tree&pages=0,1,2&size=17").await;
        assert_refused(&reply, 50, 51);
        let message = reply.errors()[0]["message"].as_str().unwrap();
        assert_eq!(message, "The request costs 51, more than the 50 a minute that a client has. Ask for less at once.");
        assert_eq!(app.get("/api/v1/search/batch?q=tree&pages=0,1&size=25").await.status, 200);
    }

    async fn an_event_that_costs_much_is_paid_for(engine) {
        const PER_MINUTE: u32 = 1_800;
        const EVENTS: u32 = 8;
        let (app, started) = (garden(engine, PER_MINUTE).await, Instant::now());
        // Most of it goes for something else.
        let page = "{ search(query: \"\", first: 100) { nodes { set { license { title } } } } }";
        for _ in 0..5 {
            assert!(app.graphql(page).await.errors().is_empty());
        }
        let mut socket = Socket::ready(app.base_url()).await;
        socket
            .subscribe("1", "subscription { usageFeed(intervalMs: 250) { top { icon { set { license { title } } } } } }")
            .await;
        for _ in 0..EVENTS {
            assert!(socket.receive().await["payload"]["data"]["usageFeed"].is_object());
        }
        // A page cost three for each icon and five, an event three for each of the twenty that it may name, and the first is the subscription.
        let paid = f64::from(5 * 305 + EVENTS * 60);
        let had = f64::from(PER_MINUTE) * (1.0 + started.elapsed().as_secs_f64() / 60.0);
        assert!(paid <= had, "{paid} of {had}");
    }

    async fn without_it_nothing_is_counted(engine) {
        let app = TestApp::with_garden(engine).await;
        let reply = app.graphql("{ rateLimit { limit cost remaining resetAt } }").await;
        assert!(reply.data("/rateLimit").is_null());
        assert_eq!((reply.header("ratelimit"), reply.header("ratelimit-policy")), ("", ""));
    }

    async fn many_at_once_get_no_more(engine) {
        let app = garden(engine, 10).await;
        let started = Instant::now();
        let client = client_at(own_address());
        let requests: Vec<_> = (0..40).map(|_| tokio::spawn(get_owned(client.clone(), format!("{}{TREE}", app.base_url())))).collect();
        let mut admitted = 0;
        for request in requests {
            admitted += usize::from(request.await.unwrap().status == 200);
        }
        assert_at_most_since(10, admitted, started);
        assert!(admitted >= 10, "{admitted}");
    }

    async fn instances_share_what_a_client_has(engine) {
        let redis = shared_redis_url();
        two_servers_let_through_one_budget(engine, &redis).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_is_shared_too() {
    let redis = OwnRedis::start_cluster().await;
    two_servers_let_through_one_budget(Engine::Sqlite, &redis.url()).await;
}

/// Sends forty requests to two servers at once.
async fn two_servers_let_through_one_budget(engine: Engine, redis: &str) {
    const LIMIT: u32 = 10;
    let redis = format!("--redis-url={redis}");
    // Not what is to be shown here: on a busy machine Redis may take longer than requests should wait.
    let patient = "--redis-timeout-ms=5000";
    let server = async || {
        let builder = limited(TestApp::build_with_garden(engine).await, LIMIT);
        let app = builder.flag(&redis).flag(patient).start().await;
        redis_is(app.base_url(), "up").await;
        app
    };
    let (one, other) = (server().await, server().await);
    let client = client_at(own_address());
    let started = Instant::now();
    let requests: Vec<_> = (0..40)
        .map(|number| {
            let app = if number % 2 == 0 { &one } else { &other };
            tokio::spawn(get_owned(client.clone(), format!("{}{TREE}", app.base_url())))
        })
        .collect();
    let mut statuses = Vec::new();
    for request in requests {
        statuses.push(request.await.unwrap().status);
    }
    let admitted = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!(admitted + refused, 40, "{statuses:?}");
    assert_at_most_since(LIMIT, admitted, started);
    assert!(admitted >= LIMIT as usize, "{statuses:?}");
}

async fn get_owned(client: reqwest::Client, url: String) -> Reply {
    get(&client, url).await
}

/// Whether no more was let through than `limit`, and what the bucket filled meanwhile.
fn assert_at_most_since(limit: u32, admitted: usize, started: Instant) {
    let filled = started.elapsed().as_secs_f64() * f64::from(limit) / 60.0;
    let most = f64::from(limit) + filled;
    assert!(
        f64::from(u32::try_from(admitted).unwrap()) <= most,
        "{admitted} and not {most}"
    );
}

async fn redis_is(base_url: &str, state: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut seen = String::new();
    eventually(&format!("redis is {state}"), async || {
        seen = client
            .get(format!("{base_url}/api/health"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        seen.contains(&format!("\"redis\":\"{state}\""))
    })
    .await;
}

/// Spends all of a client's budget on nothing, and says how many requests that took. Any other answer fails.
async fn spend(base_url: &str, client: &reqwest::Client, at_most: usize) -> usize {
    for spent in 0..at_most {
        let reply = get(client, format!("{base_url}/nowhere")).await;
        match reply.status {
            404 => {}
            429 => return spent,
            status => panic!("{status}: {}", reply.text),
        }
    }
    at_most
}

/// A server of its own process over an empty catalog.
async fn process(redis: &str, limit: u32) -> (Process, TestDatabase) {
    let database = TestDatabase::fresh(Engine::Sqlite).await;
    let flags = [
        format!("--redis-url={redis}"),
        "--rate-limit-enabled=true".to_owned(),
        format!("--rate-limit-cost-per-minute={limit}"),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    (Process::serve(BINARY, database.url(), &flags), database)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_fails_midway_neither_fails_a_request_nor_frees_a_client() {
    const LIMIT: u32 = 20;
    for failure in ["KILL", "STOP", "rubbish", "another type", "flushed"] {
        let mut redis = OwnRedis::start().await;
        let (server, _database) = process(&redis.url(), LIMIT).await;
        redis_is(server.base_url(), "up").await;
        let client = client_at(own_address());
        let started = Instant::now();
        let mut spent = spend(server.base_url(), &client, 15).await;
        assert_eq!(spent, 15, "{failure}");
        let key = redis.command(&["KEYS", "iconql:v1:rate:address/*"]);
        match failure {
            "KILL" => redis.kill(),
            "STOP" => redis.signal("STOP"),
            "rubbish" => drop(redis.command(&["SET", key.trim(), "rubbish"])),
            "another type" => {
                redis.command(&["DEL", key.trim()]);
                redis.command(&["LPUSH", key.trim(), "rubbish"]);
            }
            _ => drop(redis.command(&["FLUSHALL"])),
        }
        spent += spend(server.base_url(), &client, 40).await;
        assert_at_most_since(LIMIT, spent, started);
        assert!(spent >= LIMIT as usize, "{failure}: {spent}");
        match failure {
            "KILL" => redis.start_again().await,
            "STOP" => redis.signal("CONT"),
            _ => {}
        }
        redis_is(server.base_url(), "up").await;
        spent += spend(server.base_url(), &client, 40).await;
        assert_at_most_since(LIMIT, spent, started);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_was_never_one_is_done_without() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let talkative = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [&silent, &talkative].map(|listener| listener.local_addr().unwrap());
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in talkative.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 512]);
            let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for address in [addresses[0], addresses[1], nobody] {
        let (server, _database) = process(&format!("redis://{address}"), 5).await;
        redis_is(server.base_url(), "down").await;
        let ready = reqwest::get(format!("{}/api/health/ready", server.base_url()))
            .await
            .unwrap();
        assert_eq!(ready.status(), 200);
        let started = Instant::now();
        let spent = spend(server.base_url(), &client_at(own_address()), 20).await;
        assert_at_most_since(5, spent, started);
        assert!(spent >= 5, "{spent}");
    }
}

/// A limiter of 60 a minute whose clock the test sets, in milliseconds.
fn with_clock() -> (RateLimiter, Arc<AtomicU64>) {
    let now = Arc::new(AtomicU64::new(0));
    let read = Arc::clone(&now);
    let clock = Arc::new(move || Duration::from_millis(read.load(Ordering::Relaxed)));
    (RateLimiter::new(60, None, clock), now)
}

#[tokio::test]
async fn a_bucket_fills_by_the_clock() {
    let (limiter, now) = with_clock();
    let client = Client::Key(1);
    assert_eq!(limiter.take(client, 60).await.unwrap().remaining, 0);
    assert_eq!(
        limiter.take(client, 1).await.unwrap_err().retry_after,
        Duration::from_secs(1)
    );
    now.store(999, Ordering::Relaxed);
    assert!(limiter.take(client, 1).await.is_err() && limiter.check(client).is_err());
    now.store(1000, Ordering::Relaxed);
    assert!(limiter.check(client).is_ok());
    assert_eq!(limiter.peek(client).await.remaining, 1);
    assert!(limiter.take(client, 1).await.is_ok());
    assert!(limiter.take(client, 1).await.is_err());
    now.store(3_600_000, Ordering::Relaxed);
    assert_eq!(limiter.peek(client).await.remaining, 60);
    assert!(limiter.take(client, 61).await.is_err());
    assert!(limiter.take(client, 60).await.is_ok());
}

#[tokio::test]
async fn each_key_and_each_network_has_its_own() {
    let (limiter, _) = with_clock();
    let at = |address: &str| Client::at(address.parse().unwrap());
    for (client, is_new) in [
        (Client::Key(1), true),
        (Client::Key(2), true),
        (Client::Key(1), false),
        (at("192.0.2.1"), true),
        (at("192.0.2.2"), true),
        (at("::ffff:192.0.2.2"), false),
        (at("2001:db8:0:1::1"), true),
        (at("2001:db8:0:1:ffff::2"), false),
        (at("2001:db8:0:2::1"), true),
    ] {
        assert_eq!(limiter.take(client, 60).await.is_ok(), is_new, "{client}");
    }
}
