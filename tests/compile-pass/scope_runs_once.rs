//! SC1: a scope is entered once, and its handle outlives it.

async fn once(scope: anyrt::CancelScope) {
    let handle = scope.handle();
    let _ = scope.run(async {}).await;
    handle.cancel();
}

fn main() {
    let _ = once;
}
