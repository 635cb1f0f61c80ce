//! The permissions command.

fn main() {}
