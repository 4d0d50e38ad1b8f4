//! `iconql import --keywords`, and the tags that icons have of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tests::{Ended, Engine, Iconql, TestApp, keyword_packages, on_each_engine, starter_package};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

const LUCIDE: &str = "lucide-static";
const FONT_AWESOME: &str = "@fortawesome/fontawesome-free";

/// Imports keywords into the app's database while the app serves it.
async fn import(app: &TestApp, paths: &[&Path]) -> Ended {
    let command = Iconql::new(BINARY, &["import", "--keywords"]).database(app.database().url());
    let ended = paths.iter().fold(command, Iconql::arg).run().await;
    app.catch_up().await;
    ended
}

/// The lines of a summary but the total, whose seconds differ.
fn lines(ended: &Ended) -> Vec<&str> {
    let lines = ended.stdout.lines();
    lines.filter(|line| !line.contains(" sets in ")).collect()
}

/// A package in `root/node_modules`.
fn package(root: &Path, name: &str, keywords: &Value) -> PathBuf {
    let (file, license) = match name {
        FONT_AWESOME => ("metadata/icon-families.json", "CC-BY-4.0"),
        LUCIDE => ("tags.json", "ISC"),
        "@mdi/svg" => ("meta.json", "Apache-2.0"),
        _ => ("icons.json", "MIT"),
    };
    let folder = root.join("node_modules").join(name);
    let file = folder.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, keywords.to_string()).unwrap();
    let manifest = json!({ "name": name, "version": "1.2.3", "license": license });
    fs::write(folder.join("package.json"), manifest.to_string()).unwrap();
    folder
}

/// A set of these icons, and plain aliases as `[name, parent]`.
fn set(prefix: &str, icons: &[&str], aliases: &[[&str; 2]]) -> Value {
    let icons = icons
        .iter()
        .map(|key| ((*key).to_owned(), json!({ "body": "<path d=\"M0 0h1z\"/>" })));
    let aliases = aliases
        .iter()
        .map(|[key, parent]| ((*key).to_owned(), json!({ "parent": parent })));
    json!({ "prefix": prefix, "icons": icons.collect::<Map<_, _>>(), "aliases": aliases.collect::<Map<_, _>>() })
}

/// A server over the sets that [`all_packages`] speaks of, six generations old.
async fn with_sets(engine: Engine) -> TestApp {
    let app = TestApp::start(engine).await;
    let mut turned = set("lucide", &["sun", "trash"], &[["trash-2", "trash"], ["bin", "trash-2"]]);
    turned["aliases"]["sun-low"] = json!({ "parent": "sun", "rotate": 1 });
    for set in [
        turned,
        set("tabler", &["heart", "heart-filled", "star"], &[]),
        set("mdi", &["home", "road"], &[]),
        set("fa6-solid", &["trash-can"], &[["trash-alt", "trash-can"]]),
        set("fa7-solid", &["trash-alt", "trash-can"], &[]),
        set("shed", &["trash"], &[]),
    ] {
        assert_eq!(app.import_json(&set).await.failed_sets(), 0);
    }
    app
}

fn lucide_tags() -> Value {
    json!({
        "sun": ["Brightness", " summer  time ", "sun", "summer_time"],
        "trash-2": ["bin", "garbage", "trash"],
        "sun-low": ["dusk", "sun low"],
        "avocado": ["fruit"],
    })
}

/// All four packages, for the sets of [`with_sets`] and others.
fn all_packages(root: &Path) -> PathBuf {
    let free = json!([{ "family": "classic", "style": "solid" }]);
    let trash_can = json!({
        "label": "Trash Can", "search": { "terms": ["rubbish"] }, "aliases": { "names": ["trash-alt"] },
        "familyStylesByLicense": { "free": free },
    });
    package(root, LUCIDE, &lucide_tags());
    package(root, FONT_AWESOME, &json!({ "trash-can": trash_can }));
    package(
        root,
        "@mdi/svg",
        &json!([{ "name": "home", "aliases": ["house"], "tags": ["Home Automation", "Date / Time"] }]),
    );
    let styles = json!({ "outline": {}, "filled": {} });
    package(
        root,
        "@tabler/icons",
        &json!({ "heart": { "category": "Shapes", "tags": ["love", "Heart"], "styles": styles } }),
    );
    root.join("node_modules")
}

async fn tags(app: &TestApp, name: &str) -> Vec<String> {
    let query = "query ($name: IconName!) { icon(by: { name: $name }) { tags } }";
    let reply = app.graphql_with(query, json!({ "name": name })).await;
    serde_json::from_value(reply.data("/icon/tags").clone()).unwrap()
}

async fn assert_tags(app: &TestApp, expected: &[(&str, &[&str])]) {
    for (name, expected) in expected {
        assert_eq!(tags(app, name).await, *expected, "{name}");
    }
}

async fn generation(app: &TestApp) -> i64 {
    let reply = app.graphql("{ service { generation } }").await;
    reply.data("/service/generation").as_i64().unwrap()
}

/// What the feed tells after `since`: a line a change.
async fn told(app: &TestApp, since: i64) -> Vec<String> {
    let query = "query ($since: Int!) { changes(since: $since) { changes { generation kind count names } } }";
    let reply = app.graphql_with(query, json!({ "since": since })).await;
    let changes = reply.data("/changes/changes").as_array().unwrap();
    let line = |change: &Value| {
        let names: Vec<String> = serde_json::from_value(change["names"].clone()).unwrap();
        assert_eq!(change["count"], names.len());
        format!(
            "{} {} {}",
            change["generation"],
            change["kind"].as_str().unwrap(),
            names.join(" ")
        )
    };
    changes.iter().map(line).collect()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

on_each_engine! {
    async fn each_package_tags_its_own_sets(engine) {
        let (app, root) = (with_sets(engine).await, folder());
        let ended = import(&app, &[&all_packages(root.path())]).await.succeeded();
        let expected = "@fortawesome/fontawesome-free 1.2.3, CC-BY-4.0
  fa7-solid: 2 icons with 5 tags, 2 changed; 0 names not found
  fa6-solid: 1 icons with 2 tags, 1 changed; 0 names not found
  fa6-brands, fa6-regular, fa7-brands, fa7-regular: not in the catalog; import the sets first
@mdi/svg 1.2.3, Apache-2.0
  mdi: 1 icons with 4 tags, 1 changed; 0 names not found
@tabler/icons 1.2.3, MIT
  tabler: 2 icons with 3 tags, 2 changed; 0 names not found
lucide-static 1.2.3, ISC
  lucide: 3 icons with 5 tags, 3 changed; 1 names not found";
        assert_eq!(lines(&ended), expected.lines().collect::<Vec<_>>());
        assert!(ended.stdout.lines().last().unwrap().ends_with(" s: 9 icons with 19 tags, 9 changed"), "{}", ended.stdout);
        assert_tags(&app, &[
            ("lucide:sun", &["brightness", "summer time"]),
            ("lucide:sun-low", &["dusk"]),
            // The set knows the package's name as another name of `trash`.
            ("lucide:trash", &["bin", "garbage"]),
            ("lucide:trash-2", &[]),
            ("tabler:heart", &["love"]),
            ("tabler:heart-filled", &["heart", "love"]),
            ("tabler:star", &[]),
            ("mdi:home", &["date", "home automation", "house", "time"]),
            ("fa6-solid:trash-can", &["rubbish", "trash-alt"]),
            ("fa7-solid:trash-can", &["rubbish", "trash-alt"]),
            ("fa7-solid:trash-alt", &["rubbish", "trash can", "trash-can"]),
            ("shed:trash", &[]),
        ]).await;
        // One generation for each set that there is, and the rows of the icons themselves are as they were.
        let expected = [
            "7 CHANGED fa7-solid:trash-alt fa7-solid:trash-can",
            "8 CHANGED fa6-solid:trash-can",
            "9 CHANGED mdi:home",
            "10 CHANGED tabler:heart tabler:heart-filled",
            "11 CHANGED lucide:sun lucide:sun-low lucide:trash",
        ];
        assert_eq!(told(&app, 6).await, expected);
        assert_eq!(app.database().number("SELECT max(generation) FROM icon").await, 6);
        assert_eq!(app.database().number("SELECT generation FROM icon_set WHERE prefix = 'mdi'").await, 9);
        let sources = "SELECT name || ' ' || version || ' ' || license FROM keyword_source ORDER BY name";
        assert_eq!(app.database().lines(sources).await, [
            "@fortawesome/fontawesome-free 1.2.3 CC-BY-4.0",
            "@mdi/svg 1.2.3 Apache-2.0",
            "@tabler/icons 1.2.3 MIT",
            "lucide-static 1.2.3 ISC",
        ]);
    }

    async fn a_second_run_changes_nothing(engine) {
        let (app, root) = (with_sets(engine).await, folder());
        let packages = all_packages(root.path());
        let _ = import(&app, &[&packages]).await.succeeded();
        app.sql("UPDATE keyword_source SET imported_at_ms = 1").await;
        let before = generation(&app).await;
        let again = import(&app, &[&packages, &packages.join(LUCIDE)]).await.succeeded();
        assert_eq!(lines(&again).last(), Some(&"Nothing changed."));
        assert!(again.stdout.contains("  lucide: 3 icons with 5 tags, 0 changed; 1 names not found"), "{}", again.stdout);
        assert_eq!((generation(&app).await, told(&app, before).await), (before, vec![]));
        assert_eq!(app.database().number("SELECT max(imported_at_ms) FROM keyword_source").await, 1);
        // A new version that says the same is remembered, and nothing else happens.
        let manifest = json!({ "name": LUCIDE, "version": "1.3.0", "license": "ISC" });
        fs::write(packages.join(LUCIDE).join("package.json"), manifest.to_string()).unwrap();
        let newer = import(&app, &[&packages.join(LUCIDE)]).await.succeeded();
        assert_eq!(lines(&newer).last(), Some(&"Nothing changed."));
        assert_eq!(generation(&app).await, before);
        let versions = "SELECT version FROM keyword_source WHERE imported_at_ms > 1";
        assert_eq!(app.database().lines(versions).await, ["1.3.0"]);
    }

    async fn tags_go_with_what_the_source_says_no_more(engine) {
        let (app, root) = (with_sets(engine).await, folder());
        let packages = all_packages(root.path());
        let _ = import(&app, &[&packages]).await.succeeded();
        let before = generation(&app).await;
        let lucide = package(root.path(), LUCIDE, &json!({ "sun": ["brightness", "day"], "trash": ["garbage", "bin"] }));
        let ended = import(&app, &[&lucide]).await.succeeded();
        assert_eq!(lines(&ended)[1], "  lucide: 2 icons with 4 tags, 2 changed; 0 names not found");
        // `trash` has the same tags by another name, and the other sets are not spoken of.
        assert_eq!(told(&app, before).await, [format!("{} CHANGED lucide:sun lucide:sun-low", before + 1)]);
        assert_tags(&app, &[
            ("lucide:sun", &["brightness", "day"]),
            ("lucide:sun-low", &[]),
            ("lucide:trash", &["bin", "garbage"]),
            ("mdi:home", &["date", "home automation", "house", "time"]),
        ]).await;
    }

    async fn importing_the_icons_again_keeps_their_tags(engine) {
        let (app, root) = (with_sets(engine).await, folder());
        let packages = all_packages(root.path());
        let _ = import(&app, &[&packages]).await.succeeded();
        let mut other = set("lucide", &["trash", "avocado"], &[["trash-2", "trash"]]);
        other["icons"]["trash"]["body"] = json!("<path d=\"M9 9h9z\"/>");
        assert_eq!(app.import_json(&other).await.failed_sets(), 0);
        assert_tags(&app, &[("lucide:trash", &["bin", "garbage"]), ("lucide:avocado", &[])]).await;
        assert_eq!(app.database().number("SELECT count(*) FROM icon_tag WHERE tag = 'brightness'").await, 0);
        // The same package has something to say of the icons that are new.
        let before = generation(&app).await;
        let _ = import(&app, &[&packages]).await.succeeded();
        assert_eq!(told(&app, before).await, [format!("{} CHANGED lucide:avocado", before + 1)]);
        // An icon that becomes another name of one has no tags of its own any more.
        assert_eq!(app.import_json(&set("lucide", &["bin"], &[["trash", "bin"]])).await.failed_sets(), 0);
        let _ = import(&app, &[&packages]).await.succeeded();
        assert_tags(&app, &[("lucide:trash", &[]), ("lucide:bin", &[])]).await;
        let lucide = package(root.path(), LUCIDE, &json!({ "trash": ["bin", "garbage"] }));
        let _ = import(&app, &[&lucide]).await.succeeded();
        assert_tags(&app, &[("lucide:trash", &[]), ("lucide:bin", &["garbage"])]).await;
    }

    async fn a_broken_package_costs_all_of_it(engine) {
        let (app, root, broken) = (with_sets(engine).await, folder(), folder());
        let good = all_packages(root.path());
        let file = package(broken.path(), LUCIDE, &json!({})).join("tags.json");
        for (content, expected) in [
            (&b""[..], "is not JSON"),
            (br#"{"sun": ["bright""#, "is not JSON"),
            (b"\xff\xfe", "is not JSON"),
            (b"[]", "holds something else: expected an object of lists of tags by icon, as lucide-static publishes it"),
            (b"{}", "has no icon with a tag: expected an object"),
            (br#"{"sun": 7, "trash": [8]}"#, "has no icon with a tag: expected an object"),
            (&b"[".repeat(100_000), "is not JSON (recursion limit exceeded"),
        ] {
            fs::write(&file, content).unwrap();
            let ended = import(&app, &[&good.join("@mdi/svg"), broken.path()]).await;
            let complaint = ended.complaint(1);
            assert!(complaint.starts_with(&format!("{} {expected}", file.display())), "{complaint}");
            assert_eq!(ended.stdout, "");
        }
        fs::remove_file(&file).unwrap();
        let gone = import(&app, &[broken.path()]).await;
        assert!(gone.complaint(1).contains("tags.json cannot be read (No such file"), "{gone:?}");
        assert_eq!((generation(&app).await, tags(&app, "mdi:home").await), (6, vec![]));
        assert_eq!(app.database().number("SELECT count(*) FROM keyword_source").await, 0);
    }

    async fn what_is_no_tag_is_left_out_and_told(engine) {
        let (app, root) = (with_sets(engine).await, folder());
        let many: Vec<String> = (0..101).map(|number| format!("{number:03}")).collect();
        let lucide = package(root.path(), LUCIDE, &json!({
            "sun": [911, "a\u{0}b", "long ".repeat(40), "fine", null, "'); DROP TABLE icon; --"],
            "trash": many,
            "trash\u{1b}[2J": 7,
        }));
        let ended = import(&app, &[&lucide]).await.succeeded();
        let expected = "lucide-static 1.2.3, ISC
  lucide: 2 icons with 102 tags, 2 changed; 1 names not found
  skipped \"sun\": a number stands where a tag is expected
  skipped \"sun\": a tag holds control characters
  skipped \"sun\": null stands where a tag is expected
  skipped \"sun\": a tag has 199 characters, more than 80
  skipped \"trash\": it has more than 100 tags: the rest is left out
  and 1 more";
        let expected: BTreeSet<&str> = expected.lines().collect();
        assert_eq!(lines(&ended).into_iter().collect::<BTreeSet<_>>(), expected);
        assert_tags(&app, &[("lucide:sun", &["'); drop table icon; --", "fine"])]).await;
        assert_eq!(tags(&app, "lucide:trash").await, many[..100]);
    }

    async fn a_set_that_is_not_there_is_told(engine) {
        let (app, root) = (TestApp::start(engine).await, folder());
        let packages = all_packages(root.path());
        let ended = import(&app, &[&packages.join(LUCIDE)]).await;
        assert_eq!(lines(&ended)[1], "  lucide: not in the catalog; import the set first");
        let expected = "the catalog has no set that these keywords are for: import the icons first, with `iconql import PATH`";
        assert_eq!(ended.complaint(1), expected);
        assert_eq!(generation(&app).await, 0);
        assert_eq!(app.database().number("SELECT count(*) FROM keyword_source").await, 0);
        // With one of them there, the others are no failure.
        assert_eq!(app.import_json(&set("mdi", &["home"], &[])).await.failed_sets(), 0);
        let ended = import(&app, &[&packages]).await.succeeded();
        assert!(ended.stdout.contains("\n  lucide: not in the catalog; import the set first\n"), "{}", ended.stdout);
        assert_eq!(generation(&app).await, 2);
        assert_eq!(app.database().lines("SELECT name FROM keyword_source").await, ["@mdi/svg"]);
    }

    async fn real_packages_tag_real_icons(engine) {
        let app = TestApp::start(engine).await;
        let sets = ["fa6-solid", "lucide", "mdi", "tabler"];
        let _ = app.import(&sets.map(starter_package)).await;
        let ended = import(&app, &[&keyword_packages()]).await.succeeded();
        assert_eq!(generation(&app).await, 8);
        for (name, expected) in [
            ("lucide:trash", &["bin", "delete", "garbage", "rubbish"][..]),
            ("lucide:a-arrow-down", &["font size", "letter", "smaller"]),
            ("tabler:a-b-2", &["ab-test", "experiment"]),
            ("tabler:heart-filled", &["love"]),
            ("mdi:home", &["home automation", "house", "places"]),
            ("mdi:ab-testing", &["developer", "languages"]),
            ("fa6-solid:trash-can", &["bin", "dumpster", "trash-alt"]),
            // Version 7 calls it otherwise.
            ("fa6-solid:handshake-simple", &["handshake"]),
        ] {
            let tags = tags(&app, name).await;
            for expected in expected {
                assert!(tags.iter().any(|tag| tag == expected), "{name}: {expected} is not in {tags:?}");
            }
            assert!(tags.is_sorted() && tags.len() > 1, "{name}: {tags:?}");
        }
        // Nearly everything that the sets list has tags; of an icon of `mdi` in six, its authors say nothing.
        for prefix in sets {
            let [[listed, tagged]] = app.database().numbers::<2>(&format!(
                "SELECT count(*), count(tagged.icon_id) FROM icon LEFT JOIN (SELECT DISTINCT icon_id FROM icon_tag) tagged \
                 ON tagged.icon_id = icon.id WHERE listed AND name LIKE '{prefix}:%'"
            )).await[..] else {
                panic!("one row of counts");
            };
            assert!(tagged * 100 >= listed * 80, "{prefix}: {tagged} of {listed}\n{}", ended.stdout);
        }
        assert_eq!(app.database().number("SELECT count(*) FROM icon_tag WHERE tag <> lower(tag) OR tag <> trim(tag)").await, 0);
        lucide_as_its_file_has_it(&app).await;
        let again = import(&app, &[&keyword_packages()]).await.succeeded();
        assert_eq!(lines(&again).last(), Some(&"Nothing changed."));
    }
}

/// Every tag of one set, against the file read without any of the project's code.
async fn lucide_as_its_file_has_it(app: &TestApp) {
    let file = fs::read_to_string(keyword_packages().join(LUCIDE).join("tags.json")).unwrap();
    let file: Map<String, Value> = serde_json::from_str(&file).unwrap();
    let listed = app
        .database()
        .lines("SELECT name FROM icon WHERE listed AND name LIKE 'lucide:%'")
        .await;
    let keys: Vec<&str> = listed
        .iter()
        .map(|name| name.strip_prefix("lucide:").unwrap())
        .filter(|key| file.contains_key(*key))
        .collect();
    assert!(keys.len() > 1800, "{}", keys.len());
    for keys in keys.chunks(100) {
        let names: Vec<String> = keys.iter().map(|key| format!("lucide:{key}")).collect();
        let query = "query ($names: [String!]!) { icons(names: $names) { ... on Icon { tags } } }";
        let reply = app.graphql_with(query, json!({ "names": names })).await;
        for (key, icon) in keys.iter().zip(reply.data("/icons").as_array().unwrap()) {
            let tags = file[*key]
                .as_array()
                .unwrap()
                .iter()
                .map(|tag| tag.as_str().unwrap().trim().to_lowercase());
            let expected: BTreeSet<String> = tags.filter(|tag| tag.replace(' ', "-") != *key).collect();
            assert_eq!(icon["tags"], json!(expected), "{key}");
        }
    }
}

/// A path that leads nowhere is told before the database is even made.
#[tokio::test]
async fn a_path_without_packages_is_one_line() {
    let root = folder();
    let other = root.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("package.json"), r#"{"name": "feather-icons"}"#).unwrap();
    let lucide = package(root.path(), LUCIDE, &lucide_tags());
    let copy = package(&root.path().join("copy"), LUCIDE, &lucide_tags());
    let database = root.path().join("iconql.db");
    for (paths, expected) in [
        (
            vec![root.path().join("nowhere")],
            "nowhere does not exist: give an unpacked lucide-static, @tabler/icons, ",
        ),
        (vec![lucide.join("tags.json")], "no package of keywords in "),
        (
            vec![other],
            "is the package \"feather-icons\", which has no keywords that are known here: expected ",
        ),
        (vec![lucide, copy], "lucide-static is given twice, as "),
    ] {
        let command =
            Iconql::new(BINARY, &["import", "--keywords"]).database(&format!("sqlite://{}", database.display()));
        let ended = paths.iter().fold(command, Iconql::arg).run().await;
        assert!(ended.complaint(1).contains(expected), "{ended:?}");
        assert_eq!((ended.stdout.as_str(), database.exists()), ("", false));
    }
}

#[tokio::test]
async fn another_writer_is_waited_for() {
    let (app, root) = (with_sets(Engine::Sqlite).await, folder());
    let packages = all_packages(root.path());
    let lock = app.database().hold_write_lock().await;
    let command = Iconql::new(BINARY, &["import", "--keywords"]).arg(&packages);
    let ended = command
        .database(app.database().url())
        .env("DB_LOCK_TIMEOUT_MS", "100")
        .run()
        .await;
    assert!(
        ended
            .complaint(1)
            .starts_with("the database is locked by another process that writes"),
        "{ended:?}"
    );
    lock.release().await;
    assert_eq!(app.database().number("SELECT count(*) FROM icon_tag").await, 0);
    let _ = import(&app, &[&packages]).await.succeeded();
    assert_eq!(generation(&app).await, 11);
}
