//! Runs the checks, the tests and the benchmarks of this workspace.
fn main() {}
