//! The annotated function.
//!
//! Only the head is parsed. The body is passed on as it came, so that an
//! unfinished one is reported by the compiler at its own place, and an editor
//! goes on completing in it.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Generics, LitStr, Result, ReturnType, Token, Visibility};

/// An `async fn` without arguments and generics.
pub(crate) struct AsyncFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) output: ReturnType,
    pub(crate) body: Group,
}

impl AsyncFn {
    /// Parses `item`, which `macro_name` annotates. All that is wrong with
    /// the head is told at once.
    pub(crate) fn parse(macro_name: &str, item: TokenStream) -> Result<Self> {
        (|input: ParseStream<'_>| parse(macro_name, input)).parse2(item)
    }
}

fn parse(macro_name: &str, input: ParseStream<'_>) -> Result<AsyncFn> {
    let mut problems = Problems::default();
    let attrs = input.call(Attribute::parse_outer)?;
    let vis: Visibility = input.parse()?;
    let constness: Option<Token![const]> = input.parse()?;
    let asyncness: Option<Token![async]> = input.parse()?;
    let unsafety: Option<Token![unsafe]> = input.parse()?;
    let linkage: Option<Token![extern]> = input.parse()?;
    if linkage.is_some() {
        let _: Option<LitStr> = input.parse()?;
    }
    if !input.peek(Token![fn]) {
        return Err(input.error(format!("`{macro_name}` goes on an `async fn`")));
    }
    let fn_token: Token![fn] = input.parse()?;
    let ident: Ident = input.parse()?;
    let generics: Generics = input.parse()?;
    let arguments: Group = input.parse()?;
    let output: ReturnType = input.parse()?;
    let bounds: Option<syn::WhereClause> = input.parse()?;

    if asyncness.is_none() {
        problems.at(fn_token, format!("`{macro_name}` needs an `async fn`"));
    }
    problems.if_present(constness, "the function cannot be `const`");
    problems.if_present(unsafety, "the function cannot be `unsafe`");
    problems.if_present(linkage, "the function cannot be `extern`");
    if !generics.params.is_empty() {
        problems.at(&generics, "the function cannot be generic");
    }
    problems.if_present(bounds, "the function cannot have a `where` clause");
    if !arguments.stream().is_empty() {
        problems.at(&arguments, "the function cannot take arguments");
    }
    if let Some(error) = problems.0 {
        // The rest is not looked at any more: the parser would complain that
        // it has been left over, and hide the error.
        let _: TokenStream = input.parse()?;
        return Err(error);
    }

    if !input.peek(syn::token::Brace) {
        return Err(input.error("the function needs a body"));
    }
    let body: Group = input.parse()?;
    debug_assert_eq!(body.delimiter(), Delimiter::Brace);
    Ok(AsyncFn {
        attrs,
        vis,
        ident,
        output,
        body,
    })
}

/// The errors found so far, as one.
#[derive(Default)]
struct Problems(Option<Error>);

impl Problems {
    fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        let error = Error::new_spanned(tokens, message);
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    fn if_present(&mut self, tokens: Option<impl ToTokens>, message: &str) {
        if let Some(tokens) = tokens {
            self.at(tokens, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn errors(item: TokenStream) -> Vec<String> {
        let error = AsyncFn::parse("#[anyrt::test]", item).err().unwrap();
        error.into_iter().map(|e| e.to_string()).collect()
    }

    #[test]
    fn the_parts_of_an_async_fn_are_found() {
        let item = AsyncFn::parse(
            "#[anyrt::test]",
            quote!(
                #[ignore]
                pub(crate) async fn f() -> Result<(), E> {
                    x.await
                }
            ),
        )
        .unwrap();
        assert_eq!(item.attrs.len(), 1);
        assert_eq!(item.ident, "f");
        assert_eq!(item.vis.to_token_stream().to_string(), "pub (crate)");
        assert_eq!(
            item.output.to_token_stream().to_string(),
            "-> Result < () , E >"
        );
        assert_eq!(item.body.to_string(), "{ x . await }");
    }

    #[test]
    fn a_body_that_is_no_valid_rust_is_passed_on() {
        let item = AsyncFn::parse("#[anyrt::test]", quote!(async fn f() { let x = ; x. })).unwrap();
        assert_eq!(item.body.to_string(), "{ let x = ; x . }");
    }

    #[test]
    fn a_plain_fn_is_refused() {
        assert_eq!(
            errors(quote!(
                fn f() {}
            )),
            ["`#[anyrt::test]` needs an `async fn`"]
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        assert_eq!(
            errors(quote!(
                unsafe extern "C" fn f<T>(a: T)
                where
                    T: Send,
                {
                }
            )),
            [
                "`#[anyrt::test]` needs an `async fn`",
                "the function cannot be `unsafe`",
                "the function cannot be `extern`",
                "the function cannot be generic",
                "the function cannot have a `where` clause",
                "the function cannot take arguments",
            ]
        );
    }

    #[test]
    fn something_else_than_a_function_is_refused() {
        assert_eq!(
            errors(quote!(
                struct S;
            )),
            ["`#[anyrt::test]` goes on an `async fn`"]
        );
        assert_eq!(
            errors(quote!(
                const X: u8 = 0;
            )),
            ["`#[anyrt::test]` goes on an `async fn`"]
        );
    }

    #[test]
    fn a_function_without_a_body_is_refused() {
        assert_eq!(
            errors(quote!(
                async fn f();
            )),
            ["the function needs a body"]
        );
    }
}
