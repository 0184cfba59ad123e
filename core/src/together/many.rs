//! Several futures as one argument: a tuple of different ones, an array or a vector of one kind.

use std::array;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;

use pin_project_lite::pin_project;

/// Several futures, as [`gather`](crate::gather), [`race`](crate::race) and [`select`](crate::select) take them: a tuple
/// of up to eight, an array, or a vector.
pub trait Many: Sized {
    /// What each gave, in the order of the futures.
    type Values;
    /// What those gave that gave something.
    type Options;
    /// Any one of the futures.
    #[doc(hidden)]
    type Branch: Future<Output = Self::End>;
    /// What any one of them gives.
    #[doc(hidden)]
    type End;
    #[doc(hidden)]
    type Branches: ExactSizeIterator<Item = Self::Branch>;

    #[doc(hidden)]
    fn branches(self) -> Self::Branches;

    /// Sorts out what came, by number.
    #[doc(hidden)]
    fn options(ends: Vec<Option<Self::End>>) -> Self::Options;

    /// As [`options`](Self::options), where each gave something.
    #[doc(hidden)]
    fn values(ends: Vec<Option<Self::End>>) -> Option<Self::Values>;
}

/// Several futures whose outputs are results with one type of error.
pub trait TryMany: Many {
    /// The values, in the order of the futures.
    type Oks;
    /// The error.
    type Error;
    #[doc(hidden)]
    type Part;

    #[doc(hidden)]
    fn part(end: Self::End) -> Result<Self::Part, Self::Error>;

    #[doc(hidden)]
    fn oks(parts: Vec<Option<Self::Part>>) -> Option<Self::Oks>;
}

/// Several futures whose outputs have one type.
pub trait Alike: Many {
    /// The type.
    type Output;

    #[doc(hidden)]
    fn output(end: Self::End) -> Self::Output;
}

/// Each of them, if each is there.
pub(super) fn all<T>(options: Vec<Option<T>>) -> Option<Vec<T>> {
    options.into_iter().collect()
}

/// As [`all`], in an array.
fn all_of<T, const N: usize>(options: Vec<Option<T>>) -> Option<[T; N]> {
    all(options)?.try_into().ok()
}

impl<F: Future> Many for Vec<F> {
    type Values = Vec<F::Output>;
    type Options = Vec<Option<F::Output>>;
    type Branch = F;
    type End = F::Output;
    type Branches = vec::IntoIter<F>;

    fn branches(self) -> Self::Branches {
        self.into_iter()
    }

    fn options(ends: Vec<Option<F::Output>>) -> Self::Options {
        ends
    }

    fn values(ends: Vec<Option<F::Output>>) -> Option<Self::Values> {
        all(ends)
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> TryMany for Vec<F> {
    type Oks = Vec<T>;
    type Error = E;
    type Part = T;

    fn part(end: Result<T, E>) -> Result<T, E> {
        end
    }

    fn oks(parts: Vec<Option<T>>) -> Option<Vec<T>> {
        all(parts)
    }
}

impl<F: Future> Alike for Vec<F> {
    type Output = F::Output;

    fn output(end: F::Output) -> F::Output {
        end
    }
}

impl<F: Future, const N: usize> Many for [F; N] {
    type Values = [F::Output; N];
    type Options = [Option<F::Output>; N];
    type Branch = F;
    type End = F::Output;
    type Branches = array::IntoIter<F, N>;

    fn branches(self) -> Self::Branches {
        self.into_iter()
    }

    fn options(ends: Vec<Option<F::Output>>) -> Self::Options {
        let mut ends = ends.into_iter();
        array::from_fn(|_| ends.next().flatten())
    }

    fn values(ends: Vec<Option<F::Output>>) -> Option<Self::Values> {
        all_of(ends)
    }
}

impl<T, E, F: Future<Output = Result<T, E>>, const N: usize> TryMany for [F; N] {
    type Oks = [T; N];
    type Error = E;
    type Part = T;

    fn part(end: Result<T, E>) -> Result<T, E> {
        end
    }

    fn oks(parts: Vec<Option<T>>) -> Option<[T; N]> {
        all_of(parts)
    }
}

impl<F: Future, const N: usize> Alike for [F; N] {
    type Output = F::Output;

    fn output(end: F::Output) -> F::Output {
        end
    }
}

/// A type of its own for tuples of each length: one of its futures, and then one of its outputs.
macro_rules! tuples {
    ($($OneOf:ident $Pinned:ident $length:literal: $($T:ident $Ok:ident $place:tt),+;)+) => {$(
        pin_project! {
            /// One of the futures of a tuple, or what it gave.
            #[doc(hidden)]
            #[derive(Debug)]
            #[project = $Pinned]
            pub enum $OneOf<$($T),+> {
                $($T { #[pin] it: $T },)+
            }
        }

        impl<$($T: Future),+> Future for $OneOf<$($T),+> {
            type Output = $OneOf<$($T::Output),+>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                match self.project() {
                    $($Pinned::$T { it } => it.poll(cx).map(|it| $OneOf::$T { it }),)+
                }
            }
        }

        impl<$($T: Future),+> Many for ($($T,)+) {
            type Values = ($($T::Output,)+);
            type Options = ($(Option<$T::Output>,)+);
            type Branch = $OneOf<$($T),+>;
            type End = $OneOf<$($T::Output),+>;
            type Branches = array::IntoIter<Self::Branch, $length>;

            fn branches(self) -> Self::Branches {
                [$($OneOf::$T { it: self.$place },)+].into_iter()
            }

            fn options(ends: Vec<Option<Self::End>>) -> Self::Options {
                let mut ends = ends.into_iter();
                ($(match ends.next().flatten() {
                    Some($OneOf::$T { it }) => Some(it),
                    _ => None,
                },)+)
            }

            fn values(ends: Vec<Option<Self::End>>) -> Option<Self::Values> {
                let options = Self::options(ends);
                Some(($(options.$place?,)+))
            }
        }

        impl<Error, $($Ok, $T: Future<Output = Result<$Ok, Error>>),+> TryMany for ($($T,)+) {
            type Oks = ($($Ok,)+);
            type Error = Error;
            type Part = $OneOf<$($Ok),+>;

            fn part(end: Self::End) -> Result<Self::Part, Error> {
                match end {
                    $($OneOf::$T { it } => it.map(|it| $OneOf::$T { it }),)+
                }
            }

            fn oks(parts: Vec<Option<Self::Part>>) -> Option<Self::Oks> {
                let mut parts = parts.into_iter();
                Some(($(match parts.next()? {
                    Some($OneOf::$T { it }) => it,
                    _ => return None,
                },)+))
            }
        }

        impl<Same, $($T: Future<Output = Same>),+> Alike for ($($T,)+) {
            type Output = Same;

            fn output(end: Self::End) -> Same {
                match end {
                    $($OneOf::$T { it } => it,)+
                }
            }
        }
    )+};
}

tuples! {
    OneOf1 Pinned1 1: A OkA 0;
    OneOf2 Pinned2 2: A OkA 0, B OkB 1;
    OneOf3 Pinned3 3: A OkA 0, B OkB 1, C OkC 2;
    OneOf4 Pinned4 4: A OkA 0, B OkB 1, C OkC 2, D OkD 3;
    OneOf5 Pinned5 5: A OkA 0, B OkB 1, C OkC 2, D OkD 3, E OkE 4;
    OneOf6 Pinned6 6: A OkA 0, B OkB 1, C OkC 2, D OkD 3, E OkE 4, F OkF 5;
    OneOf7 Pinned7 7: A OkA 0, B OkB 1, C OkC 2, D OkD 3, E OkE 4, F OkF 5, G OkG 6;
    OneOf8 Pinned8 8: A OkA 0, B OkB 1, C OkC 2, D OkD 3, E OkE 4, F OkF 5, G OkG 6, H OkH 7;
}
