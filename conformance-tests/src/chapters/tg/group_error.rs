//! TG5: what a `GroupError` is and shows.

use super::{both_kinds, cause_of};
use crate::harness::*;

/// The error of a group in which these errors occurred in this order.
async fn group_error(texts: &[&'static str]) -> GroupError<&'static str> {
    try_task_group(async |g| {
        // One after the other: each child fails when the one before it has ended.
        let mut before: Option<TaskHandle<()>> = None;
        for &text in texts {
            let after = before.take();
            before = Some(g.spawn(shield(async move {
                if let Some(after) = after {
                    after.wait().await;
                }
                Err(text)
            })));
        }
        Ok(())
    })
    .await
    .expect_err("children failed")
}

/// TG5: several errors: all of them, in order of occurrence, by every way to look at them.
pub fn tg5_a_group_error_holds_all_errors_in_order(on: &Flavour) {
    on.run(async {
        let texts = ["one", "two", "three"];
        let error = group_error(&texts).await;
        assert_eq!(error.errors(), texts);
        assert!(!error.is_cancelled());
        let error = error.into_single().expect_err("three are not one");
        let GroupError::Failed(errors) = error else {
            panic!("not a failure");
        };
        assert_eq!(errors.first(), &"one");
        assert_eq!(errors.len(), 3);
        assert_eq!(errors.iter().copied().collect::<Vec<_>>(), texts);
        assert_eq!(errors[2], "three");
        assert_eq!(errors.into_vec(), texts);
        assert_eq!(group_error(&texts).await.into_errors(), texts);
    });
}

/// TG5: one error unwraps plainly.
pub fn tg5_a_single_error_unwraps_plainly(on: &Flavour) {
    on.run(async {
        assert_eq!(
            group_error(&["alone"]).await.into_single().unwrap(),
            "alone"
        );
    });
}

/// TG5: the text names every error, and the one error where there is one.
pub fn tg5_a_group_error_prints_all_errors(on: &Flavour) {
    on.run(async {
        let texts = ["disk full", "no route", "bad name"];
        let printed = group_error(&texts).await.to_string();
        let places: Vec<_> = texts.map(|text| printed.find(text)).into();
        assert!(places.iter().all(Option::is_some), "{printed}");
        assert!(places.is_sorted(), "{printed}");
        let debug = format!("{:?}", group_error(&texts).await);
        assert!(texts.iter().all(|text| debug.contains(text)), "{debug}");
        let printed = group_error(&["disk full"]).await.to_string();
        assert!(printed.contains("disk full"), "{printed}");
    });
}

both_kinds! {
    /// TG5: a cancelled group has no errors, and says why it was cancelled.
    #[local(tg5_local_a_cancelled_group_holds_its_reason)]
    pub fn tg5_a_cancelled_group_holds_its_reason(on: &Flavour) {
        on.run(async {
            let result = try_task_group(async |g| {
                g.cancel_with("enough");
                pending::<Result<(), &str>>().await
            })
            .await;
            let error = result.unwrap_err();
            assert!(error.is_cancelled());
            assert!(error.errors().is_empty());
            let error = error.into_single().expect_err("there is no error");
            let GroupError::Cancelled(cancelled) = &error else {
                panic!("{error:?}");
            };
            assert_eq!(cause_of(cancelled.reason()), "enough");
            assert!(error.to_string().contains("enough"), "{error}");
            assert!(error.into_errors().is_empty());
        });
    }

    /// TG5: errors need not be `Clone`, printable or comparable.
    #[local(tg5_local_any_type_is_an_error)]
    pub fn tg5_any_type_is_an_error(on: &Flavour) {
        struct Plain(Vec<u8>);
        on.run(async {
            let result = try_task_group(async |g| {
                g.spawn(async { Err::<(), _>(Plain(vec![1, 2, 3])) });
                Ok(())
            })
            .await;
            let errors = result.expect_err("a child failed").into_errors();
            assert_eq!(errors.len(), 1);
            assert_eq!(errors[0].0, [1, 2, 3]);
        });
    }
}
