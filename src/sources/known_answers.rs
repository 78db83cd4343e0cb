//! What a server has answered under which tag, so that what has not changed need not be sent again.

use std::collections::VecDeque;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};

use super::answer::Answer;

/// So many bytes are kept of one server.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Answers by their addresses, the oldest first.
#[derive(Default)]
pub(super) struct KnownAnswers {
    answers: VecDeque<(Url, Known)>,
    bytes: usize,
}

/// An answer that is known.
#[derive(Clone)]
pub(super) struct Known {
    /// What the server calls this state of it.
    pub tag: HeaderValue,
    body: Arc<[u8]>,
}

impl Known {
    /// The answer once more, with the headers of now.
    pub fn answer(self, headers: HeaderMap) -> Answer {
        Answer { status: StatusCode::OK, body: self.body.to_vec(), headers }
    }
}

impl KnownAnswers {
    /// What is known of an address.
    pub fn of(&self, url: &Url) -> Option<Known> {
        self.answers.iter().find(|(of, _)| of == url).map(|(_, known)| known.clone())
    }

    /// Keeps an answer; of what is too much, the oldest goes.
    pub fn keep(&mut self, url: &Url, tag: &HeaderValue, body: &[u8]) {
        if let Some(place) = self.answers.iter().position(|(of, _)| of == url) {
            self.bytes -= self.answers.remove(place).map_or(0, |(_, known)| known.body.len());
        }
        self.bytes += body.len();
        self.answers.push_back((url.clone(), Known { tag: tag.clone(), body: body.into() }));
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
