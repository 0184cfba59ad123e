//! What is left when a test has ended.

use std::error::Error;
use std::fmt;

use crate::runtime::Rt;
use crate::task_tree::TaskTree;

/// What the current runtime has left: tasks and other regions inside its root, blocking calls that were abandoned and
/// are still at work, tokens of the default limiter.
///
/// `#[anyrt::test]` asks this when the test's body has ended, and fails the test with the answer; a test harness of one's
/// own asks it in the main future, outside of all regions. Nothing is left of what ran in groups and scopes, so this
/// finds what was abandoned, forgotten or adopted by the root.
///
/// ```
/// use anyrt::{CapacityLimiter, default_thread_limiter, testing::leaks};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let token = default_thread_limiter()?.acquire().await;
/// assert_eq!(leaks().expect("a token is out").tokens, 1);
/// drop(token);
/// assert!(leaks().is_none());
/// # Ok::<(), anyrt::NoRuntime>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn leaks() -> Option<Leaks> {
    let rt = Rt::find().ok()?;
    let tree = TaskTree::of(&rt);
    let leaks = Leaks {
        regions: tree
            .regions()
            .iter()
            .filter(|region| region.depth > 0)
            .count(),
        calls: rt.jobs(),
        tokens: rt.limiter().statistics().borrowed,
        tree,
    };
    let is_clean = leaks.regions == 0 && leaks.calls == 0 && leaks.tokens == 0;
    (!is_clean).then_some(leaks)
}

/// See [`leaks`]. Displays all of it, with the task tree.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Leaks {
    /// How many regions are alive inside the root.
    pub regions: usize,
    /// How many blocking calls are on a thread or on their way to one.
    pub calls: usize,
    /// How many tokens of the default limiter are taken.
    pub tokens: usize,
    /// The task tree.
    pub tree: TaskTree,
}

impl fmt::Display for Leaks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "left at the end: {} regions, {} blocking calls, {} tokens of the default limiter",
            self.regions, self.calls, self.tokens
        )?;
        self.tree.fmt(f)
    }
}

impl Error for Leaks {}
