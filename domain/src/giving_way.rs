//! Long work that takes the processor only when nobody else wants it.

use std::{future::Future, io, thread};

use tokio::{runtime::Handle, sync::oneshot};

/// How much a thread gives way to others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum GivingWay {
    /// Where all of the processor is wanted, a third of a share is left to it.
    Somewhat,
    /// A tenth of a share is left to it.
    Gladly,
}

impl GivingWay {
    /// As `nice` has it: each step leaves four fifths.
    fn nice(self) -> i32 {
        match self {
            Self::Somewhat => 5,
            Self::Gladly => 10,
        }
    }
}

/// Does `work` on a thread of its own, called `name`, and gives it up where nobody waits for it any more. Threads that it starts give way as
/// well. Fails where the system has no thread for it.
///
/// # Panics
/// Where `work` does.
pub(crate) async fn run<T: Send + 'static>(
    name: &str,
    giving_way: GivingWay,
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let runtime = Handle::current();
    let (mut tell, told) = oneshot::channel();
    let done = async move {
        tokio::select! {
            done = work => drop(tell.send(done)),
            () = tell.closed() => {}
        }
    };
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Where it cannot give way, it works all the same.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(giving_way.nice());
        runtime.block_on(done);
    })?;
    Ok(told.await.expect("the work did not panic"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Notify;

    use super::{GivingWay, run};

    #[tokio::test]
    async fn work_is_done_on_a_thread_that_gives_way() {
        // Where all of the tests give way, this gives way further, down to the last.
        let before = rustix::process::nice(0).expect("it can be asked");
        let (name, nice) = run("patient", GivingWay::Gladly, async {
            tokio::task::yield_now().await;
            let nice = rustix::process::nice(0).expect("it can be asked");
            (std::thread::current().name().map(str::to_owned), nice)
        })
        .await
        .expect("there is a thread");
        assert_eq!(
            (name.as_deref(), nice),
            (Some("patient"), (before + GivingWay::Gladly.nice()).min(19))
        );
        assert_eq!(rustix::process::nice(0).expect("it can be asked"), before);
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends() {
        let (started, held) = (Arc::new(Notify::new()), Arc::new(()));
        let (tell, share) = (Arc::clone(&started), Arc::clone(&held));
        let waiting = tokio::spawn(run("forgotten", GivingWay::Gladly, async move {
            tell.notify_one();
            std::future::pending::<()>().await;
            drop(share);
        }));
        started.notified().await;
        waiting.abort();
        while Arc::strong_count(&held) > 1 {
            tokio::task::yield_now().await;
        }
    }
}
