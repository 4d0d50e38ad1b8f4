//! Working out the page that a client will ask for next, in the background and for nobody in particular.

use std::{num::NonZero, sync::Arc, time::Duration};

use domain::switches::Switch;
use tokio::time::timeout;

use super::{GraphqlService, answering::Keeper};
use crate::{
    authority::Caller, documents::Prepared, foresight::Scroll, request::OperationRequest, responses::Foreseen,
};

impl GraphqlService {
    /// Where the operation of a request scrolls, and the request itself, while pages are to be foreseen.
    pub(super) fn scroll(&self, request: &OperationRequest, prepared: &Prepared) -> Option<(Scroll, OperationRequest)> {
        if !self.switches.is_on(Switch::CacheIntelligence) {
            return None;
        }
        let scroll = prepared.scroll(request.operation_name.as_deref())?;
        Some((scroll, request.clone()))
    }

    /// Somebody asked for a page that was foreseen: they will ask for the next as well.
    pub(super) fn go_on(&self, request: &OperationRequest, prepared: &Prepared, foreseen: Foreseen) {
        self.foresight.note_used();
        if let Some(cursor) = foreseen.next
            && let Some((scroll, request)) = self.scroll(request, prepared)
        {
            self.foresee(request, &scroll, cursor);
        }
    }

    /// Works out the page after `cursor`, where that promises anything and nobody has to wait for it.
    pub(super) fn foresee(&self, mut request: OperationRequest, scroll: &Scroll, cursor: String) {
        if self.vitals.in_flight() as usize > cores() {
            return;
        }
        let Some(place) = self.foresight.place() else { return };
        request.variables.insert(scroll.variable().to_owned(), cursor.into());
        request.caller = Caller::default();
        let service = self.clone();
        tokio::spawn(async move {
            let longest = Duration::from_millis(service.limits.deadline_ms);
            // Nothing is lost with one that takes longer than a request may.
            let _ = timeout(longest, service.work_out(request)).await;
            drop(place);
        });
    }

    async fn work_out(&self, mut request: OperationRequest) {
        let Ok(prepared) = self.prepare_for_anybody(&mut request) else {
            return;
        };
        let Some(keeper) = self.keeper(&request, &prepared) else {
            return;
        };
        if keeper.memory.has(&prepared.hash, |validity| self.is_right(validity)) {
            return;
        }
        let keeper = Keeper {
            is_foreseen: true,
            ..keeper
        };
        self.run(request, (prepared, None), Some(keeper), &Arc::default()).await;
        self.foresight.note_made();
    }
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}
