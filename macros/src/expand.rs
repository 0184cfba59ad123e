//! The code that the attributes stand for.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, Meta, ReturnType, Type};

use crate::item::AsyncFn;
use crate::options::{Attribute, Backend, Options};

/// How long a test may take when it does not say.
const TIMEOUT: Duration = Duration::from_secs(60);

/// `#[anyrt::main]`: a plain function with the async one inside, so that its
/// return type, its lints and its `?` are checked where they are written.
pub(crate) fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = match AsyncFn::parse(Attribute::Main.name(), item) {
        Ok(item) => item,
        // A program without `main` would be told a second time.
        Err(error) => {
            return with_error(
                &error,
                quote!(
                    fn main() {}
                ),
            );
        }
    };
    let (options, error) = options(Attribute::Main, args);
    let AsyncFn {
        attrs,
        vis,
        ident,
        output,
        body,
    } = item;
    let entry = entry(options.backend, &options, None);
    let expanded = quote! {
        #(#attrs)*
        #vis fn #ident() #output {
            async fn #ident() #output #body
            ::anyrt::__private::main(#entry, #ident())
        }
    };
    finish(expanded, error.as_ref())
}

/// `#[anyrt::test]`: the async function where it was, and beside it a module
/// of the same name (they live in different namespaces) with a test for each
/// backend. Only `anyrt` knows which backends are compiled: its `if_*` macros
/// let through what is inside them, or nothing.
pub(crate) fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = match AsyncFn::parse(Attribute::Test.name(), item) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    if let Some(second) = item.attrs.iter().find(|a| is_test(a)) {
        let message = "this attribute makes it a test already: remove the other one";
        return Error::new_spanned(second, message).into_compile_error();
    }
    let (options, error) = options(Attribute::Test, args);
    let AsyncFn {
        attrs,
        vis,
        ident,
        output,
        body,
    } = item;
    let (conditions, attrs): (Vec<_>, Vec<_>) =
        attrs.into_iter().partition(|a| a.path().is_ident("cfg"));
    let (of_body, of_tests): (Vec<_>, Vec<_>) = attrs.into_iter().partition(belongs_to_body);
    // The module has the function's name, and with it what a lint says of that.
    let of_module = of_body
        .iter()
        .filter(|a| is_allowance(a))
        .map(|a| match &a.meta {
            Meta::List(list) => {
                let lints = &list.tokens;
                quote!(#[allow(#lints)])
            }
            _ => quote!(),
        });
    // Who names the backends knows that another build may have none of them.
    let unused = options
        .backends
        .as_ref()
        .map(|_| quote!(#[allow(dead_code)]));
    // A test of a simulation's clock would take its time on a real one: it runs there only if it says so.
    let all: &[_] = if options.sim { &[] } else { &Backend::ALL };
    let chosen = options.backends.as_deref().unwrap_or(all);
    let returned = match &output {
        ReturnType::Default => quote!(),
        // As `#[test]` has it: a test that should panic returns nothing, however that is written.
        ReturnType::Type(_, unit) if is_unit(unit) => quote!(),
        // The type is written in terms of the place outside the module.
        ReturnType::Type(..) => quote_spanned!(output.span()=> -> impl ::std::process::Termination),
    };
    let timeout = options.timeout.unwrap_or(TIMEOUT);
    let tests = chosen.iter().map(|&backend| {
        let name = Ident::new(backend.ident(), ident.span());
        let only_if = format_ident!("if_{}", backend.ident(), span = Span::call_site());
        let entry = entry(Some(backend), &options, Some(timeout));
        quote! {
            ::anyrt::__private::#only_if! {
                #[::core::prelude::v1::test]
                #(#of_tests)*
                fn #name() #returned {
                    ::anyrt::__private::test(#entry, super::#ident())
                }
            }
        }
    });
    let sim = options.sim.then(|| {
        let entry = entry(None, &options, Some(timeout));
        let seeds = options.seeds.unwrap_or(1);
        quote! {
            #[::core::prelude::v1::test]
            #(#of_tests)*
            fn sim() #returned {
                ::anyrt::__private::test_sim(#entry, #seeds, super::#ident)
            }
        }
    });
    let expanded = quote! {
        #[cfg(test)]
        #(#conditions)*
        #unused
        #(#of_body)*
        #vis async fn #ident() #output #body

        #[cfg(test)]
        #(#conditions)*
        #[allow(clippy::module_inception)]
        #(#of_module)*
        mod #ident {
            #[allow(unused_imports)]
            use super::*;
            #(#tests)*
            #sim
        }
    };
    finish(expanded, error.as_ref())
}

/// The options, or the defaults with the error, so that one bad option does
/// not make the whole function vanish.
fn options(attribute: Attribute, args: TokenStream) -> (Options, Option<Error>) {
    match Options::parse(attribute, args) {
        Ok(options) => (options, None),
        Err(error) => (Options::default(), Some(error)),
    }
}

fn finish(expanded: TokenStream, error: Option<&Error>) -> TokenStream {
    match error {
        None => expanded,
        Some(error) => with_error(error, expanded),
    }
}

fn with_error(error: &Error, expanded: TokenStream) -> TokenStream {
    let error = error.to_compile_error();
    quote!(#error #expanded)
}

/// The first argument of `anyrt`'s entry functions.
fn entry(backend: Option<Backend>, options: &Options, timeout: Option<Duration>) -> TokenStream {
    let backend = option(backend.map(|b| {
        let name = b.name();
        quote!(#name)
    }));
    let flavor = option(options.flavor.as_ref().map(|flavor| quote!(#flavor)));
    let threads = option(options.threads.map(|threads| quote!(#threads)));
    let timeout = option(timeout.map(|timeout| {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        quote!(::core::time::Duration::from_millis(#millis))
    }));
    let leaks = options.leaks;
    quote! {
        ::anyrt::__private::Entry {
            backend: #backend,
            flavor: #flavor,
            threads: #threads,
            timeout: #timeout,
            leaks: #leaks,
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

/// Whether the attribute is some crate's `test`.
fn is_test(attribute: &syn::Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|s| s.ident == "test")
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether the attribute lets something pass.
fn is_allowance(attribute: &syn::Attribute) -> bool {
    ["allow", "expect"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

/// Whether the attribute is about the code as written, not about the tests
/// made from it: documentation and lints.
fn belongs_to_body(attribute: &syn::Attribute) -> bool {
    ["doc", "allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

#[cfg(test)]
mod tests;
