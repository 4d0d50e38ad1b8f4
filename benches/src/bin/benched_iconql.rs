//! iconql, built beside the benchmarks.

fn main() -> std::process::ExitCode {
    api::main()
}
