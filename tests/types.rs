//! What the types forbid, each beside a twin that is allowed.

#[test]
#[cfg(all(feature = "tokio", feature = "macros"))]
fn misuse_does_not_compile_and_its_good_twin_does() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile-pass/*.rs");
    cases.compile_fail("tests/compile-fail/*.rs");
}
