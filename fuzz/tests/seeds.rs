//! What is kept of inputs: examples of each kind, and whatever was found.

use std::{fs, path::Path};

use fuzz::{TARGETS, within_bounds};

// One test, for what an input needs is told by what the process has.
#[test]
fn what_is_kept_passes() {
    let mut folders = 0;
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target.name);
        let mut seeds = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a folder can be listed").path();
            println!("{}", path.display());
            within_bounds(target.run, &fs::read(&path).expect("a seed can be read"));
            seeds += 1;
        }
        assert!(seeds >= 10, "{} has {seeds} seeds", target.name);
        folders += 1;
    }
    assert_eq!(
        folders,
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"))
            .unwrap()
            .count()
    );
}
