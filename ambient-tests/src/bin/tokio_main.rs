//! A program of tokio's that uses the library and sets nothing up.

use anyrt_ambient_library::{Report, work};

#[tokio::main]
async fn main() {
    assert_eq!(work().await, Report::expected("tokio"));
    println!("done");
}
