//! ST1: a child says once that it has started.

fn say(started: anyrt::Started<u8>) {
    started.set(1);
    started.set(2);
}

fn main() {
    let _ = say;
}
