//! Object streams: items handed from task to task (MS1 to MS3).
//!
//! ```text
//!   send     a receiver that waits is given the item; else it waits in the buffer; else its sender waits with it
//!   receive  the oldest item of the buffer, which the oldest sender's follows; else that sender's; else it waits
//! ```

mod broadcast;
mod error;
mod latest;
mod receive;
mod reserve;
mod send;
mod shared;

use std::sync::Arc;

pub use self::broadcast::{
    BroadcastReceive, BroadcastReceiver, BroadcastSend, BroadcastSender, BroadcastStatistics,
    broadcast_stream,
};
pub use self::error::{ReceiveError, ReserveError, SendError, TryReceiveError, TrySendError};
pub use self::latest::{LatestReceiver, LatestSender, latest};
pub use self::receive::{ObjectReceiver, ReceiveFuture};
pub use self::reserve::{ReserveFuture, Slot};
pub use self::send::{ObjectSender, SendFuture};
use self::shared::Shared;
pub use self::shared::StreamStatistics;
use crate::task::Place;

/// A stream with room for this many items between its ends: with none, each send waits for its receiver; with
/// [`usize::MAX`], none ever waits. Both ends can be cloned.
///
/// Items come out in the order in which they went in, each at one receiver. A send or a receive that is cancelled has
/// not happened. Keeps MS1 to MS3.
///
/// ```
/// use anyrt::object_stream;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (sender, receiver) = object_stream(1);
/// let sum = anyrt::task_group(async |g| {
///     g.spawn(async move {
///         for n in 1..=3 {
///             sender.send(n).await.expect("somebody receives");
///         }
///     });
///     let mut sum = 0;
///     while let Ok(n) = receiver.receive().await {
///         sum += n;
///     }
///     sum
/// });
/// assert_eq!(sum.await.ok(), Some(6));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn object_stream<T>(room: usize) -> (ObjectSender<T>, ObjectReceiver<T>) {
    let shared = Arc::new(Shared::new(room, Place::caller()));
    (
        ObjectSender::first(shared.clone()),
        ObjectReceiver::first(shared),
    )
}
