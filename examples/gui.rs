//! A main thread that belongs to somebody else, as that of a GUI toolkit does, with a portal for all that is
//! asynchronous.
//!
//! The toolkit here is a queue of events and a loop. It never waits for async code: it starts tasks through
//! the portal, and they post their results as events.

use std::error::Error;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyrt::{AnyBackend, BlockingPortal, Remaining, sleep, sleep_forever};

enum Event {
    Clicked(&'static str),
    Loaded(String),
    Closed,
}

async fn load(page: &'static str, events: Sender<Event>) {
    sleep(Duration::from_millis(10)).await;
    // A window that has closed meanwhile wants no page any more.
    let _ = events.send(Event::Loaded(format!("the text of {page}")));
}

fn main() -> Result<(), Box<dyn Error>> {
    let portal = BlockingPortal::builder(AnyBackend)
        .thread_name("background")
        .start()?;
    let (events, inbox) = channel();
    for page in ["home", "news"] {
        events.send(Event::Clicked(page))?;
    }
    // Something that goes on in the background for as long as the window is open.
    let clock = portal.task().name("clock").spawn(sleep_forever())?;

    let mut missing = 0;
    for event in inbox {
        match event {
            Event::Clicked(page) => {
                missing += 1;
                let loading = portal.task().name(format!("load {page}"));
                let _task = loading.spawn(load(page, events.clone()))?;
            }
            Event::Loaded(text) => {
                println!("shows {text}");
                missing -= 1;
                if missing == 0 {
                    events.send(Event::Closed)?;
                }
            }
            Event::Closed => break,
        }
    }
    println!("closing; the {} is {:?}", clock.name(), clock.status());
    // Cancels what remains, and waits until it has unwound.
    portal.stop(Remaining::Cancel)?;
    println!("closed; the {} is {:?}", clock.name(), clock.status());
    Ok(())
}
