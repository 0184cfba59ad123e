//! What the options accept and how they refuse.

use super::*;
use quote::quote;

fn main(args: TokenStream) -> Options {
    Options::parse(Attribute::Main, args).unwrap()
}

fn test(args: TokenStream) -> Options {
    Options::parse(Attribute::Test, args).unwrap()
}

fn error(attribute: Attribute, args: TokenStream) -> String {
    Options::parse(attribute, args).unwrap_err().to_string()
}

#[test]
fn no_arguments_choose_nothing() {
    assert_eq!(main(quote!()), Options::default());
    assert_eq!(test(quote!()), Options::default());
}

#[test]
fn main_takes_a_backend_by_name() {
    for backend in Backend::ALL {
        let name = Ident::new(backend.ident(), proc_macro2::Span::call_site());
        assert_eq!(main(quote!(#name)).backend, Some(backend));
    }
}

#[test]
fn main_takes_everything_together_and_a_trailing_comma() {
    let options = main(quote!(smol, flavor = "multi_thread", threads = 3,));
    assert_eq!(options.backend, Some(Backend::Smol));
    assert_eq!(options.flavor.as_deref(), Some("multi_thread"));
    assert_eq!(options.threads, Some(3));
}

#[test]
fn a_test_takes_a_list_of_backends_in_either_spelling() {
    let options = test(quote!(backends = "tokio,async-std"));
    assert_eq!(
        options.backends,
        Some(vec![Backend::Tokio, Backend::AsyncStd])
    );
    let options = test(quote!(backends = " async_std , smol "));
    assert_eq!(
        options.backends,
        Some(vec![Backend::AsyncStd, Backend::Smol])
    );
}

#[test]
fn timeouts_are_an_integer_and_a_unit() {
    for (text, millis) in [
        ("10s", 10_000),
        ("250ms", 250),
        ("2m", 120_000),
        ("5 s", 5_000),
    ] {
        let options = test(quote!(timeout = #text));
        assert_eq!(
            options.timeout,
            Some(Duration::from_millis(millis)),
            "{text}"
        );
    }
}

#[test]
fn timeouts_that_say_nothing_are_refused() {
    for text in [
        "",
        "10",
        "s",
        "0s",
        "1.5s",
        "-1s",
        "10h",
        "99999999999999999999s",
        "18446744073709551615m",
    ] {
        let message = error(Attribute::Test, quote!(timeout = #text));
        assert!(
            message.starts_with("expected a time longer than zero"),
            "{text}: {message}"
        );
    }
    let message = error(Attribute::Test, quote!(timeout = 10));
    assert_eq!(message, "expected a string, as in `timeout = \"10s\"`");
}

#[test]
fn unknown_options_are_told_with_the_known_ones() {
    assert_eq!(
        error(Attribute::Main, quote!(worker_threads = 4)),
        "`#[anyrt::main]` has no option `worker_threads`; it takes a backend (`tokio`, `smol`, `async_std`), `flavor`, `threads`"
    );
    assert_eq!(
        error(Attribute::Test, quote!(glommio)),
        "`#[anyrt::test]` has no option `glommio`; it takes `backends`, `flavor`, `threads`, `timeout`, `sim`, `seeds`, `leaks`"
    );
}

#[test]
fn options_of_the_other_attribute_are_unknown() {
    for name in ["timeout", "backends"] {
        let ident = Ident::new(name, proc_macro2::Span::call_site());
        let message = error(Attribute::Main, quote!(#ident = "10s"));
        assert!(
            message.starts_with("`#[anyrt::main]` has no option"),
            "{message}"
        );
    }
    assert_eq!(
        error(Attribute::Test, quote!(tokio)),
        "a test names its backends as `backends = \"tokio\"`"
    );
}

#[test]
fn bad_values_are_refused() {
    let flavors = "the flavors are \"multi_thread\" and \"current_thread\"";
    assert_eq!(error(Attribute::Main, quote!(flavor = "fast")), flavors);
    let threads = "expected a number of threads, 1 or more";
    assert_eq!(error(Attribute::Main, quote!(threads = 0)), threads);
    assert_eq!(error(Attribute::Main, quote!(threads = "4")), threads);
    assert_eq!(
        error(Attribute::Test, quote!(backends = "tokio, glommio")),
        "no backend `glommio`; there are `tokio`, `smol`, `async-std`"
    );
    assert_eq!(
        error(Attribute::Test, quote!(backends = "tokio, tokio")),
        "`tokio` is named twice"
    );
}

#[test]
fn one_thread_and_many_exclude_each_other_in_either_order() {
    let one = "`current_thread` has one thread: leave out `threads`";
    assert_eq!(
        error(
            Attribute::Main,
            quote!(flavor = "current_thread", threads = 2)
        ),
        one
    );
    assert_eq!(
        error(
            Attribute::Main,
            quote!(threads = 2, flavor = "current_thread")
        ),
        one
    );
    assert_eq!(
        main(quote!(flavor = "current_thread", threads = 1)).threads,
        Some(1)
    );
}

#[test]
fn nothing_can_be_given_twice() {
    assert_eq!(error(Attribute::Main, quote!(tokio, smol)), "given twice");
    assert_eq!(
        error(Attribute::Main, quote!(threads = 1, threads = 1)),
        "given twice"
    );
}

#[test]
fn missing_values_and_spellings_are_explained() {
    assert_eq!(
        error(Attribute::Test, quote!(timeout)),
        "`timeout` needs a value: `timeout = ..`"
    );
    assert_eq!(
        error(Attribute::Main, quote!(async-std)),
        "this backend is written `async_std` here"
    );
}

#[test]
fn a_simulation_has_seeds_and_nothing_else_has() {
    let options = test(quote!(sim, seeds = 100, leaks));
    assert!(options.sim && options.leaks);
    assert_eq!(options.seeds, Some(100));
    assert_eq!(
        error(Attribute::Test, quote!(seeds = 100)),
        "`seeds` are those of a simulation: add `sim`"
    );
    assert_eq!(
        error(Attribute::Test, quote!(sim, seeds = 0)),
        "expected a number of seeds, 1 or more"
    );
    assert_eq!(error(Attribute::Test, quote!(sim, sim)), "given twice");
    assert!(error(Attribute::Main, quote!(sim)).contains("has no option `sim`"));
}
