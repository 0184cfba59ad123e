//! The shape of the expansions.

use super::*;

fn has(expanded: &TokenStream, part: TokenStream) -> bool {
    expanded.to_string().contains(&part.to_string())
}

#[test]
fn main_becomes_a_plain_function_around_the_async_one() {
    let expanded = main(
        quote!(tokio, threads = 2),
        quote!(
            #[cfg(unix)]
            pub async fn main() -> Result<(), E> {
                go().await
            }
        ),
    );
    let expected = quote! {
        #[cfg(unix)]
        pub fn main() -> Result<(), E> {
            async fn main() -> Result<(), E> { go().await }
            ::anyrt::__private::main(
                ::anyrt::__private::Entry {
                    backend: ::core::option::Option::Some("tokio"),
                    flavor: ::core::option::Option::None,
                    threads: ::core::option::Option::Some(2usize),
                    timeout: ::core::option::Option::None,
                    leaks: false,
                },
                main()
            )
        }
    };
    assert_eq!(expanded.to_string(), expected.to_string());
}

#[test]
fn a_test_has_one_guarded_function_for_each_backend() {
    let expanded = test(
        quote!(),
        quote!(
            async fn t() {}
        ),
    );
    for (guard, name, backend) in [
        (quote!(if_tokio), quote!(tokio), "tokio"),
        (quote!(if_smol), quote!(smol), "smol"),
        (quote!(if_async_std), quote!(async_std), "async-std"),
    ] {
        let expected = quote! {
            ::anyrt::__private::#guard! {
                #[::core::prelude::v1::test]
                fn #name() {
                    ::anyrt::__private::test(
                        ::anyrt::__private::Entry {
                            backend: ::core::option::Option::Some(#backend),
                            flavor: ::core::option::Option::None,
                            threads: ::core::option::Option::None,
                            timeout: ::core::option::Option::Some(::core::time::Duration::from_millis(60000u64)),
                            leaks: false,
                        },
                        super::t()
                    )
                }
            }
        };
        assert!(has(&expanded, expected), "{backend}: {expanded}");
    }
}

#[test]
fn a_test_has_only_the_backends_it_names() {
    let expanded = test(
        quote!(backends = "smol"),
        quote!(
            async fn t() {}
        ),
    );
    assert!(has(&expanded, quote!(if_smol)));
    assert!(!has(&expanded, quote!(if_tokio)));
    assert!(!has(&expanded, quote!(if_async_std)));
    assert!(has(
        &expanded,
        quote!(
            #[allow(dead_code)]
            async fn t() {}
        )
    ));
}

#[test]
fn attributes_go_where_they_mean_something() {
    let expanded = test(
        quote!(backends = "smol"),
        quote! {
            /// Text.
            #[cfg(unix)]
            #[should_panic]
            #[expect(unused)]
            async fn t() {}
        },
    );
    let body = quote! {
        #[cfg(test)]
        #[cfg(unix)]
        #[allow(dead_code)]
        #[doc = r" Text."]
        #[expect(unused)]
        async fn t() {}
    };
    assert!(has(&expanded, body), "{expanded}");
    assert!(has(
        &expanded,
        quote!(#[cfg(test)] #[cfg(unix)] #[allow(clippy::module_inception)] #[allow(unused)] mod t)
    ));
    assert!(has(
        &expanded,
        quote!(#[::core::prelude::v1::test] #[should_panic] fn smol())
    ));
}

#[test]
fn a_return_type_is_left_to_inference_inside_the_module() {
    let expanded = test(
        quote!(),
        quote!(
            async fn t() -> Result<(), super::E> {}
        ),
    );
    assert!(has(
        &expanded,
        quote!(fn smol() -> impl ::std::process::Termination)
    ));
    assert!(has(
        &expanded,
        quote!(
            async fn t() -> Result<(), super::E> {}
        )
    ));
}

#[test]
fn a_second_test_attribute_is_refused() {
    for second in [quote!(#[test]), quote!(#[tokio::test(start_paused = true)])] {
        let expanded = test(quote!(), quote!(#second async fn t() {}));
        assert!(
            expanded.to_string().contains("remove the other one"),
            "{expanded}"
        );
    }
}

#[test]
fn a_bad_option_keeps_the_function() {
    let expanded = main(
        quote!(threads = 0),
        quote!(
            async fn main() {}
        ),
    );
    assert!(expanded.to_string().contains("compile_error"), "{expanded}");
    assert!(has(
        &expanded,
        quote!(
            async fn main() {}
        )
    ));
    let expanded = test(
        quote!(threads = 0),
        quote!(
            async fn t() {}
        ),
    );
    assert!(expanded.to_string().contains("compile_error"), "{expanded}");
    assert!(has(
        &expanded,
        quote!(
            async fn t() {}
        )
    ));
}

#[test]
fn a_bad_function_is_an_error() {
    let expanded = main(
        quote!(),
        quote!(
            fn main() {}
        ),
    );
    assert!(
        expanded.to_string().contains("needs an `async fn`"),
        "{expanded}"
    );
    let expanded = test(
        quote!(),
        quote!(
            async fn t(x: u8) {}
        ),
    );
    assert!(
        expanded.to_string().contains("cannot take arguments"),
        "{expanded}"
    );
}

#[test]
fn a_simulated_test_runs_on_no_backend_unless_it_names_one() {
    let item = quote!(
        async fn t() {}
    );
    let expanded = test(quote!(sim, seeds = 9), item.clone());
    assert!(has(&expanded, quote!(fn sim())));
    assert!(has(&expanded, quote!(9u64, super::t)));
    assert!(!has(&expanded, quote!(if_tokio)));
    let expanded = test(quote!(sim, backends = "tokio"), item);
    assert!(has(&expanded, quote!(fn sim())));
    assert!(has(&expanded, quote!(if_tokio)));
}
