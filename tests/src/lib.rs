//! Fixtures shared by the suites in `tests/`.
