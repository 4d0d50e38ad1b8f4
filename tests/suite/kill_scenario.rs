//! Killing an importer at chosen moments, and looking at what it left.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;
use tests::{Engine, Iconql, Running, TestDatabase, fixture, starter_package};

use crate::random::Random;

/// A number from 0 to 1.
pub(crate) fn share(random: &mut Random) -> f64 {
    f64::from(u32::try_from(random.below(1_000_000)).unwrap()) / 1e6
}

/// Two versions of one large set, in which every icon is drawn differently.
pub(crate) struct TwoVersions {
    files: [PathBuf; 2],
    pub(crate) prefix: &'static str,
    _folder: tempfile::TempDir,
}

/// What only the bodies of a version hold.
pub(crate) const MARKS: [&str; 2] = ["M-7 1v1", "M-7 2v2"];

impl TwoVersions {
    /// Made of a starter set.
    pub(crate) fn of(prefix: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(starter_package(prefix).join("icons.json")).unwrap();
        let files = [0, 1].map(|version| {
            let mut set: Value = serde_json::from_str(&text).unwrap();
            for icon in set["icons"].as_object_mut().unwrap().values_mut() {
                let body = format!("{}<path d=\"{}\"/>", icon["body"].as_str().unwrap(), MARKS[version]);
                icon["body"] = body.into();
            }
            set["info"] = serde_json::json!({ "name": prefix, "version": version.to_string() });
            let file = folder.path().join(format!("{prefix}-{version}.json"));
            fs::write(&file, set.to_string()).unwrap();
            file
        });
        Self {
            files,
            prefix,
            _folder: folder,
        }
    }

    pub(crate) fn file(&self, version: usize) -> &Path {
        &self.files[version]
    }

    /// The importer of a version, running.
    pub(crate) fn import(&self, binary: &str, database: &TestDatabase, version: usize) -> Running {
        Iconql::new(binary, &["import"])
            .arg(self.file(version))
            .database(database.url())
            .spawn()
    }

    /// The one version that the catalog holds, and its generation; fails where it holds a mix, or the feed says otherwise.
    pub(crate) async fn held(&self, database: &TestDatabase) -> (usize, i64) {
        let [old, new] = MARKS;
        let like = |mark: &str| format!("count(*) FILTER (WHERE body LIKE '%{mark}\"/>%')");
        let sql = format!(
            "SELECT count(*), {}, {} FROM icon WHERE name LIKE '{}:%'",
            like(old),
            like(new),
            self.prefix
        );
        let counts = database.numbers::<3>(&sql).await;
        let version = match counts.as_slice() {
            [[all, old, 0]] if all == old && *all > 0 => 0,
            [[all, 0, new]] if all == new && *all > 0 => 1,
            _ => panic!("a mix of versions: {counts:?} are all, old and new"),
        };
        let told = database
            .lines(&format!(
                "SELECT version FROM icon_set WHERE prefix = '{}'",
                self.prefix
            ))
            .await;
        assert_eq!(told, [version.to_string()], "the set says otherwise than its icons");
        let generation = database.number("SELECT generation FROM catalog_state").await;
        // The newest change is this set's, wrote these rows, and names as many as it counts.
        let newest = "SELECT max(generation), count(DISTINCT generation) FROM catalog_change";
        assert_eq!(
            database.numbers::<2>(newest).await,
            [[generation, generation]],
            "the feed has a gap or an end of its own"
        );
        let of_set = format!("SELECT generation FROM icon_set WHERE prefix = '{}'", self.prefix);
        assert_eq!(database.number(&of_set).await, generation);
        let named = "SELECT coalesce(sum(length(names) - length(replace(names, char(10), '')) + 1), 0)";
        let named = if database.engine() == Engine::Postgres {
            named.replace("char(10)", "chr(10)")
        } else {
            named.to_owned()
        };
        let named = named.replace("coalesce(", "CAST(coalesce(") + " AS BIGINT)";
        let named = format!("{named} FROM catalog_change_names WHERE generation = {generation}");
        let counted = format!("SELECT CAST(sum(count) AS BIGINT) FROM catalog_change WHERE generation = {generation}");
        assert_eq!(database.number(&named).await, database.number(&counted).await);
        (version, generation)
    }
}

/// Kills an importer at each of `moments`, shares of the work that it would do, and looks each time.
///
/// A moment is the processor time that the importer has used: time on the clock would depend on what else runs.
pub(crate) async fn kill_at_moments(binary: &str, engine: Engine, prefix: &'static str, moments: &[f64]) {
    let database = TestDatabase::fresh(engine).await;
    let versions = TwoVersions::of(prefix);
    let shed = Iconql::new(binary, &["import"])
        .arg(fixture("shed.json"))
        .database(database.url());
    let _ = shed.run().await.succeeded();
    let _ = versions.import(binary, &database, 0).end().await.succeeded();
    // One import that may end tells how much work it is.
    let whole = work_until(&mut versions.import(binary, &database, 1), f64::INFINITY).await;
    let (mut held, mut generation) = versions.held(&database).await;
    assert_eq!((held, generation), (1, 3));
    let mut killed_before_the_end = 0;
    for moment in moments {
        let wanted = 1 - held;
        let mut importer = versions.import(binary, &database, wanted);
        work_until(&mut importer, whole * moment).await;
        importer.signal("KILL");
        drop(importer);
        let (now_held, now_generation) = versions.held(&database).await;
        assert_eq!(
            now_generation,
            generation + i64::from(now_held != held),
            "killed at {moment}"
        );
        killed_before_the_end += usize::from(now_held == held);
        (held, generation) = (now_held, now_generation);
        assert_eq!(
            database
                .number("SELECT count(*) FROM icon WHERE name LIKE 'shed:%'")
                .await,
            2
        );
    }
    assert!(
        killed_before_the_end * 2 >= moments.len(),
        "only {killed_before_the_end} kills came before the end"
    );
    let _ = versions.import(binary, &database, 1 - held).end().await.succeeded();
    assert_eq!(versions.held(&database).await, (1 - held, generation + 1));
    if engine == Engine::Sqlite {
        assert_eq!(database.lines("PRAGMA integrity_check").await, ["ok"]);
    }
}

/// Waits until a process has used `seconds` of processor time, or has ended, and says how much it used.
pub(crate) async fn work_until(process: &mut Running, seconds: f64) -> f64 {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut used = 0.0;
    while used < seconds && process.status().is_none() {
        ticks.tick().await;
        used = processor_seconds(process.id()).unwrap_or(used).max(used);
    }
    used
}

/// The processor time of a process's threads; none where it has ended.
///
/// Source: proc(5). `schedstat` counts nanoseconds, where `stat` counts hundredths of a second.
fn processor_seconds(id: u32) -> Option<f64> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).ok()?;
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    });
    let total: f64 = nanoseconds.sum();
    (total > 0.0).then_some(total / 1e9)
}
