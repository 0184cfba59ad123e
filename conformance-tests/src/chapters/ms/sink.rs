//! MS1 to MS3 by way of `Stream` and `Sink`.

use crate::harness::*;
use anyrt::stream::{ObjectSender, ReserveError};
use futures_util::{SinkExt, StreamExt};

/// MS3: what is forwarded from one to the next arrives, and the ends close one after another.
pub fn ms3_a_sink_and_a_stream_are_two_ends_too(on: &Flavour) {
    for room in [0, 1, 4] {
        on.run(async {
            let (mut first, middle) = object_stream(room);
            let (last, received) = object_stream(room);
            let group = task_group(async |g| {
                g.spawn(async move {
                    for number in 0..20 {
                        first.send(number).await.expect("somebody receives");
                    }
                    SinkExt::close(&mut first).await.expect("it closes");
                });
                g.spawn(async move {
                    let doubled = middle.map(|number: u32| Ok(number * 2));
                    doubled.forward(last).await.expect("somebody receives");
                });
                received.collect::<Vec<_>>().await
            });
            let received = group.await.expect("nobody cancels");
            assert_eq!(received, (0..20).map(|n| n * 2).collect::<Vec<_>>());
        });
    }
}

/// Whether a sink has room at the moment.
async fn is_ready(sink: &mut ObjectSender<u32>) -> bool {
    poll_fn(|cx| Poll::Ready(sink.poll_ready_unpin(cx).is_ready())).await
}

/// MS3: a sink that is ready has room, one that is dropped gives it back, and one without receivers is told.
pub fn ms3_a_sink_keeps_to_the_room_there_is(on: &Flavour) {
    on.run(async {
        let (mut sink, receiver) = object_stream(1);
        let mut other = sink.clone();
        assert!(is_ready(&mut sink).await);
        assert!(is_ready(&mut sink).await);
        assert!(!is_ready(&mut other).await);
        drop(sink);
        assert!(is_ready(&mut other).await);
        assert_eq!(other.start_send_unpin(1), Ok(()));
        assert_eq!(receiver.try_receive(), Ok(1));
        drop(receiver);
        let sent = SinkExt::send(&mut other, 2).await;
        assert_eq!(sent, Err(ReserveError::BrokenResource));
    });
}
