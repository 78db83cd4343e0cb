//! What a server has answered under which tag, so that what has not changed need not be sent again.

use std::collections::VecDeque;
use std::sync::Arc;

use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};

use super::answer::Answer;

/// So many bytes are kept of one server.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// What nobody has asked for in so many passes is asked for no more: a ticket that is closed, say.
const PASSES: u64 = 20;

/// Answers by their addresses, the oldest first.
#[derive(Default)]
pub(super) struct KnownAnswers {
    answers: VecDeque<(Url, Known)>,
    bytes: usize,
    pass: u64,
}

/// An answer that is known.
#[derive(Clone)]
pub(super) struct Known {
    /// What the server calls this state of it.
    pub tag: HeaderValue,
    body: Arc<[u8]>,
    /// The pass in which it was last asked for.
    asked: u64,
}

impl Known {
    /// The answer once more, with the headers of now.
    pub fn answer(self, now: Answer) -> Answer {
        Answer { status: StatusCode::OK, body: self.body.to_vec(), ..now }
    }
}

impl KnownAnswers {
    /// Another pass begins: what has long not been asked for goes.
    pub fn begin_pass(&mut self) {
        self.pass += 1;
        let pass = self.pass;
        self.answers.retain(|(_, known)| known.asked + PASSES >= pass);
        self.bytes = self.answers.iter().map(|(_, known)| known.body.len()).sum();
    }

    /// What is known of an address.
    pub fn of(&mut self, url: &Url) -> Option<Known> {
        let (_, known) = self.answers.iter_mut().find(|(of, _)| of == url)?;
        known.asked = self.pass;
        Some(known.clone())
    }

    /// Keeps an answer; of what is too much, the oldest goes.
    pub fn keep(&mut self, url: &Url, tag: &HeaderValue, body: &[u8]) {
        if let Some(place) = self.answers.iter().position(|(of, _)| of == url) {
            self.bytes -= self.answers.remove(place).map_or(0, |(_, known)| known.body.len());
        }
        self.bytes += body.len();
        self.answers.push_back((url.clone(), Known { tag: tag.clone(), body: body.into(), asked: self.pass }));
        while self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.answers.pop_front() else { return };
            self.bytes -= oldest.body.len();
        }
    }

    /// Forgets all of it.
    pub fn forget(&mut self) {
        *self = Self::default();
    }
}
