//! Every icon set there is: that all of it comes in, and that what the API draws is what the reference draws.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use tests::{TestApp, on_each_engine, oracle, whole_catalog};

use crate::reference::Drawn;

/// Icons that are compared, besides the aliases that draw theirs otherwise.
const ICONS: usize = 1000;

/// Icons that the reference answers and an import refuses: nothing can be drawn in a box without a size.
const REFUSED: [&str; 1] = ["thesvg-color:logitech-g"];

/// What the reference makes of [`ICONS`] icons and of every transformed alias, by name.
fn reference(package: &Path) -> Vec<(String, Drawn)> {
    let output = Command::new("node")
        .arg("whole.mjs")
        .arg(package)
        .arg(ICONS.to_string())
        .current_dir(oracle())
        .output();
    let output = output.unwrap_or_else(|error| panic!("node cannot be run ({error}): install Node.js 20.19 or newer"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("JSON is UTF-8");
    let answers = lines.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).expect("each line is JSON");
        (answer["name"].as_str().unwrap().to_owned(), Drawn::read(&answer))
    });
    answers.filter(|(name, _)| !REFUSED.contains(&name.as_str())).collect()
}

on_each_engine! {
    async fn everything_comes_in_and_is_drawn_as_by_the_reference(engine) {
        let package = whole_catalog();
        let app = TestApp::start(engine).await;
        let report = app.import_unsearched(tests::NOW_MS, std::slice::from_ref(&package)).await;
        assert_eq!((report.sets.len(), report.failed_sets()), (243, 0));
        let skipped: Vec<String> = report.sets.iter().flat_map(|set| set.skipped.iter().map(|item| format!("{}: {}", set.label, item.what))).collect();
        assert_eq!(skipped, ["thesvg-color: icons.logitech-g"]);
        assert_eq!(app.database().number("SELECT count(*) FROM icon").await, 390_629 + 33_054 - 1);

        let expected = reference(&package);
        assert!(expected.len() > ICONS, "{} names", expected.len());
        let document = "query($names: [String!]!) { icons(names: $names) { ... on Icon { name body left top width height svg } } }";
        for chunk in expected.chunks(500) {
            let names: Vec<&str> = chunk.iter().map(|(name, _)| name.as_str()).collect();
            let reply = app.graphql_with(document, json!({ "names": names })).await;
            assert_eq!(reply.statements(), 1);
            for ((name, drawn), icon) in chunk.iter().zip(reply.data("/icons").as_array().unwrap()) {
                assert_eq!(icon["name"], *name);
                assert_eq!(&Drawn::read(icon), drawn, "{name}");
            }
        }
    }
}
