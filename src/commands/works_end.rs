//! How the works end: what is under way has a little time, and what does not get through is told.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::timeout;

use super::bookkeeper::Event;
use super::delivery::{Pace, write_beside};
use super::works::Works;
use crate::app::{Ack, Message};
use crate::domain::{DeedKind, Outcome, TicketKey};
use crate::records::Records;

/// How long what is under way has when the program ends.
pub(super) const AT_THE_END: Duration = Duration::from_secs(2);
/// How long is waited to learn what is still to be sent.
const LAST_LOOK: Duration = Duration::from_secs(1);

/// Which of what comes to its end by then is told here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// What came to nothing: the rest was seen coming.
    Refused,
    /// All of it.
    All,
}

impl Works {
    /// Gives what is under way a little time. What is held when the user leaves is sent; what does not get through stays in the
    /// outbox. Whether all that was asked for is written down, at least; `keeps_nothing` is said of what was not sent, and `say`
    /// takes each line.
    pub(super) async fn end(&mut self, pace: Pace, telling: Telling, keeps_nothing: bool, mut say: impl FnMut(&str)) -> bool {
        self.pace.send_replace(pace);
        // nobody sees the board any more: what was asked for and is not on the disk is told here
        let mut writing: HashSet<TicketKey> =
            self.model.acks.iter().filter(|(_, ack)| **ack == Ack::Writing).map(|(key, _)| key.clone()).collect();
        let mut ended: Vec<(TicketKey, DeedKind, Outcome)> = Vec::new();
        let deliveries = async {
            loop {
                tokio::select! {
                    // what a delivery tells comes before its end
                    biased;
                    event = self.events.1.recv() => match event {
                        // written down at the last moment
                        Some(Event::Adopted(entry) | Event::Queued(Ok(entry))) => {
                            writing.remove(&entry.key);
                            self.deliver(entry);
                        }
                        Some(Event::Happened(told) | Event::Queued(Err(told))) => {
                            let Message::Done { key, deed, outcome, .. } = told else { continue };
                            writing.remove(&key);
                            ended.push((key, deed.kind(), outcome));
                        }
                        Some(_) => {}
                        None => return,
                    },
                    over = self.deliveries.join_next() => if over.is_none() {
                        return;
                    },
                }
            }
        };
        let _ = timeout(AT_THE_END, deliveries).await;
        let unwritten = Outcome::refused("it could not be written down in time; nothing was sent");
        ended.extend(writing.into_iter().map(|key| (key, DeedKind::Acknowledge, unwritten.clone())));
        let (zone, now) = (self.model.rules.zone, self.model.now);
        let mut all_written = true;
        for (key, deed, outcome) in ended {
            if let Outcome::Refused { reason } = &outcome {
                all_written = false;
                say(&format!("{key} is not {} – {reason}", deed.done()));
            } else if telling == Telling::All {
                say(&format!("{key}: {}", Ack::Ended { outcome, at: now }.words_of(deed, zone, now)));
            }
        }
        self.tell_unsent(keeps_nothing, say).await;
        all_written
    }

    async fn tell_unsent(&self, keeps_nothing: bool, mut say: impl FnMut(&str)) {
        let Some(records) = self.records.as_ref().filter(|_| self.bookkeeper.is_some()) else { return };
        let outbox = timeout(LAST_LOOK, write_beside(records, Records::outbox)).await;
        match outbox.map_err(|_| "the records are busy".to_owned()).and_then(|outbox| outbox.map_err(|fault| fault.to_string())) {
            Ok(outbox) => {
                let own = outbox.iter().filter(|entry| entry.other.is_none() && entry.configured);
                let unsent: Vec<String> = own.map(|entry| entry.key.to_string()).collect();
                match (unsent.is_empty(), keeps_nothing) {
                    (true, _) => {}
                    (false, true) => say(&format!("not sent: {} – the demo keeps nothing", unsent.join(", "))),
                    (false, false) => {
                        say(&format!("not sent yet: {} – it is sent when holdover runs again", unsent.join(", ")));
                    }
                }
            }
            Err(fault) => say(&format!("it is not known what is still to be sent – {fault}")),
        }
        // nothing is lost where that is not done
        let _ = timeout(LAST_LOOK, write_beside(records, Records::settle)).await;
    }
}
