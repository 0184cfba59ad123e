//! The suite on the toy backend, which is also the smallest example of a backend outside this workspace.
// A backend has threads of its own.
#![allow(clippy::disallowed_methods)]

#[path = "toy/shifted.rs"]
mod shifted;
mod toy;

use shifted::Shifted;
use std::time::Duration;
use toy::Toy;

anyrt_conformance::suite!(one_worker, || Toy(1));
anyrt_conformance::suite!(four_workers, || Toy(4));

const HOUR: Duration = Duration::from_secs(3600);

// RT4: a backend may have a clock of its own. Read by the clock of std anywhere, its deadlines would pass at once.
anyrt_conformance::suite!(clock_an_hour_ahead, || Shifted::ahead(HOUR), [dl, rt]);
