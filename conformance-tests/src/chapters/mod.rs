//! The chapters of the suite, one for each section of the semantics page.

use crate::Test;

pub mod co;
pub mod dl;
pub mod fi;
pub mod ha;
pub mod ms;
pub mod pr;
pub mod rt;
pub mod sc;
pub mod sh;
pub mod st;
pub mod tg;
pub mod th;

/// Every chapter with its tests.
pub const ALL: &[(&str, &[(&str, Test)])] = &[
    ("sc", sc::TESTS),
    ("sh", sh::TESTS),
    ("fi", fi::TESTS),
    ("tg", tg::TESTS),
    ("st", st::TESTS),
    ("ha", ha::TESTS),
    ("dl", dl::TESTS),
    ("th", th::TESTS),
    ("rt", rt::TESTS),
    ("pr", pr::TESTS),
    ("ms", ms::TESTS),
    ("co", co::TESTS),
];
