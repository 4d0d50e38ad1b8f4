//! Whether other instances could say that their alerts go on: not while the database was away, nor right after that.

use std::time::{Duration, Instant};

/// How long an instance may say nothing of an alert of its own before others resolve it, and how long it has to say so when it can again.
pub(super) const GONE: Duration = Duration::from_mins(1);

/// How long the database may be tried in vain before others may have fallen silent by that alone.
const LONG_IN_VAIN: Duration = Duration::from_secs(10);

/// Who waits longer than this to write, where one writes at a time, waits for somebody whom others wait for as well.
const LONG_TURN: Duration = Duration::from_secs(2);

/// Whether others could say that their alerts go on.
#[derive(Default)]
pub(super) struct Reaches {
    /// How the database was reached.
    database: Reach,
    /// How it could be written to that something is resolved.
    turn: Reach,
}

impl Reaches {
    /// Somebody begins to try.
    pub(super) fn tries(&mut self, now: Instant) {
        self.database.tries(now);
    }

    /// The database was reached, and `is_any` says whether something is left behind there. Whether that may be tried to be resolved.
    pub(super) fn may_resolve(&mut self, is_any: bool, now: Instant) -> bool {
        self.database.reached(now, LONG_IN_VAIN);
        if !is_any {
            self.turn = Reach::default();
            return false;
        }
        let may = self.could_speak(now);
        if may {
            self.turn.tries(now);
        }
        may
    }

    /// It can be written to, as it could by others. Whether what is left behind may be resolved.
    pub(super) fn has_turn(&mut self, now: Instant) -> bool {
        self.turn.reached(now, LONG_TURN);
        self.could_speak(now)
    }

    fn could_speak(&self, now: Instant) -> bool {
        self.database.is_there_for(GONE, now) && self.turn.is_there_for(GONE, now)
    }
}

/// How something was tried.
#[derive(Default)]
struct Reach {
    /// When it was first tried of all the times that nothing has come of yet.
    tried: Option<Instant>,
    /// When it was possible again, after others may have tried in vain too.
    back: Option<Instant>,
}

impl Reach {
    /// Somebody begins to try.
    fn tries(&mut self, now: Instant) {
        self.tried.get_or_insert(now);
    }

    /// Something came of it, and whoever is waited for as well has waited as long. Beyond `most` others may have fallen silent by that.
    fn reached(&mut self, now: Instant, most: Duration) {
        let tried = self.tried.take();
        if tried.is_some_and(|tried| now.saturating_duration_since(tried) > most) {
            self.back = Some(now);
        }
    }

    /// Whether it has been possible for `long`, as far as is known here.
    fn is_there_for(&self, long: Duration, now: Instant) -> bool {
        self.back.is_none_or(|back| now.saturating_duration_since(back) >= long)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Reach, Reaches};

    #[test]
    fn others_have_time_to_speak_when_the_database_is_back() {
        let (mut reach, start) = (Reach::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let (most, long) = (Duration::from_secs(10), Duration::from_mins(1));
        assert!(reach.is_there_for(long, start), "nothing is known to the contrary");
        // One that answers, if slowly.
        for second in [0, 5, 10] {
            reach.tries(at(second));
            reach.reached(at(second + 4), most);
            assert!(reach.is_there_for(long, at(second + 4)), "{second}");
        }
        // It is gone for ten seconds, and then for a little longer.
        for (first, back, is_there) in [(20, 30, true), (40, 51, false)] {
            reach.tries(at(first));
            reach.tries(at(first + 5));
            reach.reached(at(back), most);
            assert_eq!(reach.is_there_for(long, at(back)), is_there, "{back}");
        }
        assert!(!reach.is_there_for(long, at(51 + 59)));
        assert!(reach.is_there_for(long, at(51 + 60)));
        // Nobody tried in between, which says nothing.
        reach.tries(at(500));
        reach.reached(at(501), most);
        assert!(reach.is_there_for(long, at(501)));
    }

    #[test]
    fn nothing_is_resolved_while_and_right_after_others_could_not_speak() {
        let (mut reaches, start) = (Reaches::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        // It is there, and can be written to.
        reaches.tries(at(0));
        assert!(reaches.may_resolve(true, at(1)) && reaches.has_turn(at(1)));
        // It is away for eleven seconds.
        reaches.tries(at(10));
        assert!(!reaches.may_resolve(true, at(21)));
        assert!(!reaches.may_resolve(true, at(80)));
        assert!(reaches.may_resolve(true, at(81)) && reaches.has_turn(at(81)));
        // It can be read and not written to: two looks are given up, and the third has its turn at once.
        for second in [100, 106] {
            reaches.tries(at(second));
            assert!(reaches.may_resolve(true, at(second)));
        }
        assert!(reaches.may_resolve(true, at(112)) && !reaches.has_turn(at(112)));
        assert!(!reaches.may_resolve(true, at(171)));
        // Others have spoken, or have not.
        assert!(!reaches.may_resolve(false, at(172)));
        assert!(reaches.may_resolve(true, at(173)) && reaches.has_turn(at(173)));
    }
}
