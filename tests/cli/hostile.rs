//! A pull request from a stranger: what it puts into the repository is neither run nor obeyed. SECURITY.md names these
//! tests.

#[cfg(unix)]
mod programs;
