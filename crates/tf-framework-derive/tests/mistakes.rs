//! What `#[derive(Model)]` says to somebody who made a mistake.

/// Each file makes one mistake; the file beside it holds what the compiler then says.
#[test]
fn a_mistake_is_one_error_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
