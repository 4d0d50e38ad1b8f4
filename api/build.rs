//! Makes the folder of built pages, so that the server compiles before anybody has built a page.

fn main() {
    let folder = std::path::Path::new("assets/pages");
    std::fs::create_dir_all(folder).expect("the crate's own folder can be written while it is built");
    println!("cargo::rerun-if-changed=assets/pages");
}
