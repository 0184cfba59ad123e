//! A program of smol's that uses the library and sets nothing up.

use anyrt_ambient_library::{Report, work};

fn main() {
    smol::block_on(async {
        assert_eq!(work().await, Report::expected("smol"));
        println!("done");
    });
}
