//! Importers that are killed, that meet each other, and that work while somebody reads.

use serde_json::json;
use tests::{Iconql, TestApp, TestDatabase, on_each_engine, starter_package};

use crate::{
    kill_scenario::{MARKS, TwoVersions, kill_at_moments, share},
    random::Random,
    starter,
};

const BINARY: &str = env!("CARGO_BIN_EXE_iconql-under-test");

on_each_engine! {
    async fn a_killed_importer_leaves_whole_sets(engine) {
        // Twelve moments of an import, each in its own twelfth.
        let mut random = Random::new(20_260_901);
        let moments: Vec<f64> = (0..12).map(|part| (f64::from(part) + share(&mut random)) / 12.0).collect();
        kill_at_moments(BINARY, engine, "mdi", &moments).await;
    }

    async fn readers_see_one_version_or_the_other(engine) {
        let app = TestApp::start(engine).await;
        let versions = TwoVersions::of("mdi");
        let _ = versions.import(BINARY, app.database(), 0).end().await.succeeded();
        let mut random = Random::new(7);
        let all = starter::set("mdi").names();
        let query = "query ($names: [String!]!, $after: String) {
            page: iconSet(prefix: \"mdi\") { icons(first: 100, after: $after) { nodes { body } pageInfo { endCursor hasNextPage } } }
            batch: icons(names: $names) { ... on Icon { body } }
        }";
        let mut seen = [0, 0];
        let mut after = serde_json::Value::Null;
        let mut importer = versions.import(BINARY, app.database(), 1);
        let mut is_last = false;
        loop {
            let names = random.choose(&all, 100);
            let reply = app.graphql_with(query, json!({ "names": names, "after": after })).await;
            for pointer in ["/page/icons/nodes", "/batch"] {
                let bodies = reply.texts(pointer, "body");
                assert!(bodies.len() == 100 || pointer.contains("page"), "{} of 100", bodies.len());
                let counts = MARKS.map(|mark| bodies.iter().filter(|body| body.contains(mark)).count());
                assert_eq!(counts[0] + counts[1], bodies.len());
                let version = usize::from(counts[1] > 0);
                assert_eq!(counts[1 - version], 0, "{pointer} is a mix: {counts:?} are old and new");
                seen[version] += 1;
            }
            let page = reply.data("/page/icons/pageInfo");
            after = if page["hasNextPage"] == true { page["endCursor"].clone() } else { serde_json::Value::Null };
            if is_last {
                break;
            }
            is_last = importer.status().is_some();
        }
        let _ = importer.end().await.succeeded();
        assert!(seen[0] >= 4 && seen[1] >= 2, "{seen:?} reads saw the old and the new");
        assert_eq!(versions.held(app.database()).await, (1, 2));
    }

    async fn two_importers_of_the_same_sets_make_each_once(engine) {
        let database = TestDatabase::fresh(engine).await;
        let sets = ["lucide", "logos", "fa6-solid"];
        let import = |order: &[&str]| {
            let command = Iconql::new(BINARY, &["import"]).database(database.url());
            order.iter().fold(command, |command, prefix| command.arg(starter_package(prefix))).spawn()
        };
        let both = [import(&sets), import(&[sets[2], sets[1], sets[0]])];
        for one in both {
            let ended = one.end().await.succeeded();
            assert!(!ended.stdout.contains("not imported"), "{}", ended.stdout);
        }
        let generations = database.numbers::<1>("SELECT DISTINCT generation FROM catalog_change ORDER BY 1").await;
        assert_eq!(generations, [[1], [2], [3]]);
        assert_eq!(database.number("SELECT generation FROM catalog_state").await, 3);
        for prefix in sets {
            let names = starter::set(prefix).names().len();
            let counted = format!("SELECT count(*) FROM icon WHERE name LIKE '{prefix}:%'");
            assert_eq!(database.number(&counted).await, i64::try_from(names).unwrap(), "{prefix}");
        }
    }

    async fn two_importers_of_different_versions_leave_one(engine) {
        let database = TestDatabase::fresh(engine).await;
        let versions = TwoVersions::of("lucide");
        let both = [0, 1].map(|version| versions.import(BINARY, &database, version));
        for one in both {
            let _ = one.end().await.succeeded();
        }
        let (_, generation) = versions.held(&database).await;
        assert_eq!(generation, 2);
    }
}

/// The embedded database is migrated by whoever comes first.
#[tokio::test]
async fn importers_of_a_new_file_make_its_tables_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("iconql.db").display());
    let file = tests::fixture("shed.json");
    let all: Vec<_> = (0..4)
        .map(|_| Iconql::new(BINARY, &["import"]).arg(&file).database(&url).spawn())
        .collect();
    for one in all {
        let _ = one.end().await.succeeded();
    }
}
