//! The arguments of both attributes: `tokio, flavor = "multi_thread", threads = 4`.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Lit, LitStr, Result, Token};

/// A backend that the macros know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Tokio,
    Smol,
    AsyncStd,
}

impl Backend {
    pub(crate) const ALL: [Self; 3] = [Self::Tokio, Self::Smol, Self::AsyncStd];

    /// The name as `anyrt` has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::AsyncStd => "async-std",
        }
    }

    /// The name as an identifier.
    pub(crate) fn ident(self) -> &'static str {
        match self {
            Self::AsyncStd => "async_std",
            other => other.name(),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|b| b.name() == text || b.ident() == text)
    }
}

/// Which attribute the arguments belong to: they do not take the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Main,
    Test,
}

impl Attribute {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Main => "#[anyrt::main]",
            Self::Test => "#[anyrt::test]",
        }
    }

    fn options(self) -> &'static str {
        match self {
            Self::Main => "a backend (`tokio`, `smol`, `async_std`), `flavor`, `threads`",
            Self::Test => "`backends`, `flavor`, `threads`, `timeout`, `sim`, `seeds`, `leaks`",
        }
    }
}

/// What the arguments say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) backend: Option<Backend>,
    pub(crate) backends: Option<Vec<Backend>>,
    pub(crate) flavor: Option<String>,
    pub(crate) threads: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    /// Also on a simulated runtime.
    pub(crate) sim: bool,
    /// Under how many seeds.
    pub(crate) seeds: Option<u64>,
    /// Whether something may be left at the end.
    pub(crate) leaks: bool,
}

impl Options {
    pub(crate) fn parse(attribute: Attribute, args: TokenStream) -> Result<Self> {
        (|input: ParseStream<'_>| parse(attribute, input)).parse2(args)
    }
}

fn parse(attribute: Attribute, input: ParseStream<'_>) -> Result<Options> {
    let mut options = Options::default();
    let mut seeds_at = None;
    while !input.is_empty() {
        if input.peek(Token![async]) {
            return Err(input.error("this backend is written `async_std` here"));
        }
        let name: Ident = input.parse()?;
        if name == "seeds" {
            seeds_at = Some(name.clone());
        }
        if input.peek(Token![=]) {
            let _: Token![=] = input.parse()?;
            named(attribute, &mut options, &name, &input.parse()?)?;
        } else {
            bare(attribute, &mut options, &name)?;
        }
        if !input.is_empty() {
            let _: Token![,] = input.parse()?;
        }
    }
    match seeds_at {
        Some(name) if !options.sim => fail(name, "`seeds` are those of a simulation: add `sim`"),
        _ => Ok(options),
    }
}

/// An argument without a value: a backend's name, or a switch.
fn bare(attribute: Attribute, options: &mut Options, name: &Ident) -> Result<()> {
    let text = name.to_string();
    match (attribute, text.as_str()) {
        (Attribute::Test, "sim") => return switch(&mut options.sim, name),
        (Attribute::Test, "leaks") => return switch(&mut options.leaks, name),
        _ => {}
    }
    match (attribute, Backend::parse(&text)) {
        (Attribute::Main, Some(backend)) => once(&mut options.backend, backend, name),
        (Attribute::Test, Some(backend)) => fail(
            name,
            format!(
                "a test names its backends as `backends = \"{}\"`",
                backend.name()
            ),
        ),
        (_, None) if is_option(&text) => {
            fail(name, format!("`{text}` needs a value: `{text} = ..`"))
        }
        (_, None) => unknown(attribute, name),
    }
}

fn named(attribute: Attribute, options: &mut Options, name: &Ident, value: &Lit) -> Result<()> {
    match (attribute, name.to_string().as_str()) {
        (_, "flavor") => once(&mut options.flavor, flavor(value)?, name)?,
        (_, "threads") => once(&mut options.threads, number(value, "threads")?, name)?,
        (Attribute::Test, "seeds") => once(&mut options.seeds, number(value, "seeds")?, name)?,
        (Attribute::Test, "timeout") => once(&mut options.timeout, timeout(value)?, name)?,
        (Attribute::Test, "backends") => once(&mut options.backends, backends(value)?, name)?,
        _ => unknown(attribute, name)?,
    }
    match (options.flavor.as_deref(), options.threads) {
        (Some("current_thread"), Some(2..)) => fail(
            value,
            "`current_thread` has one thread: leave out `threads`",
        ),
        _ => Ok(()),
    }
}

fn is_option(name: &str) -> bool {
    matches!(
        name,
        "flavor" | "threads" | "timeout" | "backends" | "seeds"
    )
}

fn unknown(attribute: Attribute, name: &Ident) -> Result<()> {
    let (attribute, known) = (attribute.name(), attribute.options());
    fail(
        name,
        format!("`{attribute}` has no option `{name}`; it takes {known}"),
    )
}

fn once<T>(slot: &mut Option<T>, value: T, name: &Ident) -> Result<()> {
    if slot.replace(value).is_some() {
        return fail(name, "given twice");
    }
    Ok(())
}

fn switch(slot: &mut bool, name: &Ident) -> Result<()> {
    if std::mem::replace(slot, true) {
        return fail(name, "given twice");
    }
    Ok(())
}

fn fail<T>(at: impl ToTokens, message: impl Display) -> Result<T> {
    Err(Error::new_spanned(at, message))
}

fn text<'a>(value: &'a Lit, example: &str) -> Result<(&'a LitStr, String)> {
    match value {
        Lit::Str(literal) => Ok((literal, literal.value())),
        _ => fail(value, format!("expected a string, as in `{example}`")),
    }
}

fn flavor(value: &Lit) -> Result<String> {
    let (literal, text) = text(value, "flavor = \"multi_thread\"")?;
    match text.as_str() {
        "multi_thread" | "current_thread" => Ok(text),
        _ => fail(
            literal,
            "the flavors are \"multi_thread\" and \"current_thread\"",
        ),
    }
}

/// A number of something, 1 or more.
fn number<N>(value: &Lit, of: &str) -> Result<N>
where
    N: FromStr<Err: Display> + PartialEq + Default,
{
    let number = match value {
        Lit::Int(literal) => literal.base10_parse::<N>().ok(),
        _ => None,
    };
    match number.filter(|number| *number != N::default()) {
        Some(number) => Ok(number),
        None => fail(value, format!("expected a number of {of}, 1 or more")),
    }
}

fn timeout(value: &Lit) -> Result<Duration> {
    let (literal, text) = text(value, "timeout = \"10s\"")?;
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let millis_per_unit = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60 * 1000),
        _ => None,
    };
    let millis = match (number.parse::<u64>(), millis_per_unit) {
        (Ok(number), Some(factor)) => number.checked_mul(factor),
        _ => None,
    };
    match millis {
        Some(0) | None => fail(
            literal,
            "expected a time longer than zero, as an integer and `ms`, `s` or `m`: \"10s\"",
        ),
        Some(millis) => Ok(Duration::from_millis(millis)),
    }
}

fn backends(value: &Lit) -> Result<Vec<Backend>> {
    let (literal, text) = text(value, "backends = \"tokio, smol\"")?;
    let mut list = Vec::new();
    for name in text.split(',').map(str::trim) {
        match Backend::parse(name) {
            Some(backend) if list.contains(&backend) => {
                return fail(literal, format!("`{name}` is named twice"));
            }
            Some(backend) => list.push(backend),
            None => {
                let problem =
                    format!("no backend `{name}`; there are `tokio`, `smol`, `async-std`");
                return fail(literal, problem);
            }
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
