//! SC1: a scope cannot be entered again.

async fn twice(scope: anyrt::CancelScope) {
    let _ = scope.run(async {}).await;
    let _ = scope.run(async {}).await;
}

fn main() {
    let _ = twice;
}
