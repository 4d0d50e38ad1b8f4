//! `iconql` as its own process, for tests to end, kill and overload.

fn main() -> std::process::ExitCode {
    api::main()
}
