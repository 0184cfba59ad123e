//! A program of async-std's that uses the library and sets nothing up.

use anyrt_ambient_library::{Report, work};

#[async_std::main]
async fn main() {
    assert_eq!(work().await, Report::expected("async-std"));
    println!("done");
}
