use std::{
    future::pending,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::task::{JoinError, JoinHandle};

use super::{MAX_REPLIES, NotBegun, Operation, Outbox, Outgoing, Part, QueueLimits};

const LIMITS: QueueLimits = QueueLimits {
    events: 3,
    bytes: 2000,
    operations: 100,
};

fn begin(outbox: &Arc<Outbox>, id: &str) -> Operation {
    outbox.begin(id).unwrap_or_else(|refused| panic!("{id}: {refused:?}"))
}

/// Everything that waits, as short texts.
fn drain(outbox: &Outbox) -> Vec<String> {
    let short = |outgoing| match outgoing {
        Outgoing::Ping => "ping".to_owned(),
        Outgoing::Flush => "flush".to_owned(),
        Outgoing::Reply(reply) => reply,
        Outgoing::Of(id, Part::Next { response, dropped }) => {
            let response = String::from_utf8(response).expect("text");
            let lost = if dropped > 0 {
                format!(" -{dropped}")
            } else {
                String::new()
            };
            format!("{id} {response}{lost}")
        }
        Outgoing::Of(id, Part::Error(errors)) => format!("{id} {errors}"),
        Outgoing::Of(id, Part::Complete) => format!("{id} complete"),
    };
    std::iter::from_fn(|| outbox.take().map(short)).collect()
}

#[test]
fn messages_leave_in_their_order_and_replies_before_them() {
    let outbox = Outbox::new(LIMITS);
    let one = begin(&outbox, "1");
    one.event("a".into());
    begin(&outbox, "2")
        .answer("b".into())
        .now_or_never()
        .expect("there is room");
    begin(&outbox, "3")
        .refuse("[]".into())
        .now_or_never()
        .expect("there is room");
    one.event("c".into());
    one.complete().now_or_never().expect("there is room");
    outbox.reply("pong".to_owned());
    outbox.ping();
    assert_eq!(
        drain(&outbox),
        ["ping", "pong", "1 a", "2 b", "2 complete", "3 []", "1 c", "1 complete"]
    );
    assert_eq!(outbox.queue().bytes(), [0, 0, 0]);
    assert!(outbox.idle_for().is_some());
}

#[test]
fn of_one_subscription_the_newest_are_kept() {
    let outbox = Outbox::new(LIMITS);
    let (one, other) = (begin(&outbox, "1"), begin(&outbox, "2"));
    other.event("a".into());
    for event in ["a", "b", "c", "d", "e"] {
        one.event(event.into());
    }
    assert_eq!(drain(&outbox), ["2 a", "1 c -2", "1 d", "1 e"]);
    one.event("f".into());
    assert_eq!(drain(&outbox), ["1 f"]);
}

#[test]
fn of_all_together_bytes_are_bounded_and_each_keeps_its_newest_as_long_as_it_can() {
    let outbox = Outbox::new(LIMITS);
    let [one, two, three] = ["1", "2", "3"].map(|id| begin(&outbox, id));
    let event = |text: &str| format!("{text}{}", " ".repeat(470)).into_bytes();
    one.event(event("a"));
    one.event(event("b"));
    two.event(event("a"));
    assert_eq!(outbox.queue().bytes()[0], 3 * 600);
    // The first has a newer one.
    three.event(event("a"));
    let texts = |outbox: &Outbox| {
        drain(outbox)
            .iter()
            .map(|text| text.replace("  ", ""))
            .collect::<Vec<_>>()
    };
    assert_eq!(outbox.queue().bytes()[0], 3 * 600);
    begin(&outbox, "4").event(event("a"));
    assert_eq!(outbox.queue().bytes()[0], 3 * 600);
    assert_eq!(texts(&outbox), ["2 a", "3 a", "4 a"]);
    // Larger than everything may be: it goes alone.
    two.event(event("b"));
    one.event(vec![b'x'; 5000]);
    assert_eq!(drain(&outbox).len(), 1);
    assert_eq!(outbox.queue().bytes(), [0, 0, 0]);
    two.event(b"c".to_vec());
    assert_eq!(drain(&outbox), ["2 c -1"]);
}

#[test]
fn what_was_not_told_before_the_end_is_told_then() {
    let outbox = Outbox::new(LIMITS);
    let one = begin(&outbox, "1");
    for event in ["a", "b", "c", "d"] {
        one.event(event.into());
    }
    one.complete().now_or_never().expect("there is room");
    assert_eq!(drain(&outbox), ["1 b -1", "1 c", "1 d", "1 complete"]);
    assert_eq!(outbox.queue().bytes(), [0, 0, 0]);
}

#[test]
fn nothing_is_sent_for_an_operation_that_was_cancelled() {
    let outbox = Outbox::new(LIMITS);
    let one = begin(&outbox, "1");
    one.event("a".into());
    assert_eq!(outbox.begin("1").err(), Some(NotBegun::Duplicate));
    outbox.cancel("unknown");
    outbox.cancel("1");
    one.event("b".into());
    assert_eq!(drain(&outbox), [""; 0]);
    let again = begin(&outbox, "1");
    one.event("c".into());
    one.complete().now_or_never().expect("there is room");
    again.event("d".into());
    assert_eq!(drain(&outbox), ["1 d"]);
    assert_eq!(outbox.queue().bytes(), [0, 0, 0]);
}

#[test]
fn operations_are_counted() {
    let outbox = Outbox::new(QueueLimits {
        operations: 2,
        ..LIMITS
    });
    let _one = begin(&outbox, "1");
    assert!(outbox.idle_for().is_none());
    let two = begin(&outbox, "2");
    assert_eq!(outbox.begin("3").err(), Some(NotBegun::TooMany));
    // The same id twice is the graver mistake.
    assert_eq!(outbox.begin("1").err(), Some(NotBegun::Duplicate));
    two.complete().now_or_never().expect("there is room");
    begin(&outbox, "3");
}

#[tokio::test]
async fn cancelled_work_is_dropped() {
    let outbox = Outbox::new(LIMITS);
    let flag = Arc::new(());
    let serials = ["1", "2"].map(|id| {
        let operation = begin(&outbox, id);
        let (serial, held) = (operation.serial(), Arc::clone(&flag));
        let work = tokio::spawn(async move {
            let _held = (held, operation);
            pending::<()>().await;
        });
        outbox.attach(serial, work.abort_handle());
        work
    });
    let [one, two] = serials;
    outbox.cancel("1");
    let is_cancelled = async |work: JoinHandle<()>| {
        let ended = tokio::time::timeout(Duration::from_mins(1), work).await;
        ended
            .expect("it ends")
            .is_err_and(|error: JoinError| error.is_cancelled())
    };
    assert!(is_cancelled(one).await);
    assert_eq!(Arc::strong_count(&flag), 2);
    outbox.cancel_all();
    assert!(is_cancelled(two).await);
    assert_eq!(Arc::strong_count(&flag), 1);
}

#[test]
fn answers_wait_for_room_and_are_not_lost() {
    let outbox = Outbox::new(LIMITS);
    let mut context = Context::from_waker(Waker::noop());
    begin(&outbox, "1")
        .answer(vec![b'x'; 3000])
        .now_or_never()
        .expect("the first goes in, whatever its size");
    let mut second = Box::pin(begin(&outbox, "2").answer("b".into()));
    assert_eq!(second.as_mut().poll(&mut context), Poll::Pending);
    // Events do not wait behind answers.
    let three = begin(&outbox, "3");
    three.event("c".into());
    assert!(outbox.take().is_some());
    assert_eq!(second.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!(drain(&outbox), ["1 complete", "3 c", "2 b", "2 complete"]);
}

#[test]
fn replies_are_few() {
    let outbox = Outbox::new(LIMITS);
    for _ in 0..MAX_REPLIES {
        assert!(outbox.room_for_replies().now_or_never().is_some());
        outbox.reply(String::new());
    }
    let mut context = Context::from_waker(Waker::noop());
    let mut room = Box::pin(outbox.room_for_replies());
    assert_eq!(room.as_mut().poll(&mut context), Poll::Pending);
    outbox.take();
    assert_eq!(room.as_mut().poll(&mut context), Poll::Ready(()));
    drain(&outbox);
    outbox.reply("x".repeat(3000));
    assert!(outbox.room_for_replies().now_or_never().is_none());
}

#[tokio::test]
async fn who_takes_is_woken() {
    let outbox = Outbox::new(LIMITS);
    let counted = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let taker = tokio::spawn({
        let (outbox, counted) = (Arc::clone(&outbox), Arc::clone(&counted));
        async move {
            while counted.load(Ordering::Relaxed) < 1000 {
                outbox.filled().await;
                counted.fetch_add(drain(&outbox).len(), Ordering::Relaxed);
            }
        }
    });
    for turn in 0..500 {
        begin(&outbox, &turn.to_string()).answer("a".into()).await;
        tokio::task::yield_now().await;
    }
    taker.await.expect("everything arrives");
}
