//! What Icinga is told: acknowledged, given back, noted. Each is asked about first and read back.

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::icinga::{ACKNOWLEDGE, ADD_COMMENT, IcingaSource, Name, QUERY_COMMENTS, REMOVE};
use super::icinga_wire::{Comment, Me, Object, words};
use super::sent::{Sent, may_be_of};
use crate::domain::{Fault, Outcome, SafeText};

impl IcingaSource {
    /// Asks for an action on exactly one host or service.
    async fn act(&self, action: &str, name: &Name<'_>, more: &[(&str, Value)]) -> Result<Sent, Fault> {
        let mut body = json!({ name.of.word(): name.whole, "author": self.author });
        for (member, value) in more {
            body[*member] = value.clone();
        }
        Sent::of(self.http.change(Method::POST, &format!("v1/{action}"), Some(&body)).await, words)
    }

    pub(super) async fn take(&self, name: &Name<'_>, note: Option<&str>, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let me = self.sign_in().await?;
        let Some((object, comments)) = self.asked(&me, name).await? else { return Ok(unseen(&me, name)) };
        let arrived = |comment: &Comment| self.may_be_of(earlier, comment);
        if object.is_acknowledged() {
            return Ok(self.taken(&object, &comments, arrived));
        }
        if !object.is_hard_problem() {
            return Ok(Outcome::refused(&format!("it is no problem any more: Icinga says it is {}", object.state(name.of))));
        }
        if !me.may(ACKNOWLEDGE) {
            return Ok(may_not(&me, ACKNOWLEDGE));
        }
        let comment = note.unwrap_or("Acknowledged.");
        let more = [("comment", comment.into()), ("sticky", self.icinga.sticky.into()), ("notify", false.into())];
        let doubt = match self.act(ACKNOWLEDGE, name, &more).await? {
            Sent::Done(_) => None,
            // somebody was quicker, or all is well again
            Sent::Refused { status: StatusCode::CONFLICT, words } => {
                return Ok(match self.asked(&me, name).await {
                    Ok(Some((object, comments))) if object.is_acknowledged() => self.taken(&object, &comments, arrived),
                    _ => Outcome::refused(&format!("Icinga refused: {words}")),
                });
            }
            Sent::Refused { status, words } => return Ok(refused(&me, ACKNOWLEDGE, status, &words)),
            Sent::Doubtful(fault) => Some(fault),
        };
        Ok(match (self.asked(&me, name).await, doubt) {
            // whose it is we may not see, but it was nobody's and Icinga says that it did it
            (Ok(Some((object, _))), None) if object.is_acknowledged() && !me.may(QUERY_COMMENTS) => {
                Outcome::Confirmed { by: None, at: None }
            }
            (Ok(Some((object, comments))), _) if object.is_acknowledged() => self.taken(&object, &comments, |_| true),
            (Ok(Some((object, _))), None) => {
                Outcome::refused(&format!("Icinga ignored it: it is {} and not acknowledged", object.state(name.of)))
            }
            (read, doubt) => not_read_back(read.err().as_ref(), doubt.as_ref(), "it is not acknowledged"),
        })
    }

    /// What is to be said where somebody has it: it is ours where that answers an attempt (`ours`).
    fn taken(&self, object: &Object, comments: &[Comment], ours: impl Fn(&Comment) -> bool) -> Outcome {
        let Some(comment) = object.acknowledgement(comments) else { return Outcome::Already { by: None, at: None } };
        if comment.author == self.author && ours(comment) {
            Outcome::Confirmed { by: comment.by(), at: comment.at() }
        } else {
            Outcome::Already { by: comment.by(), at: comment.at() }
        }
    }

    /// Whether a comment can be of an attempt that was made before.
    fn may_be_of(&self, earlier: Option<DateTime<Utc>>, comment: &Comment) -> bool {
        earlier.is_some_and(|earlier| may_be_of(earlier, comment.at(), self.http.clock_ahead()))
    }

    pub(super) async fn give_back(&self, name: &Name<'_>, tried_before: bool) -> Result<Outcome, Fault> {
        let me = self.sign_in().await?;
        let Some((object, comments)) = self.asked(&me, name).await? else { return Ok(unseen(&me, name)) };
        if !object.is_acknowledged() {
            let free = if tried_before { Outcome::Confirmed { by: None, at: None } } else { Outcome::Already { by: None, at: None } };
            return Ok(free);
        }
        match object.acknowledgement(&comments) {
            Some(comment) if comment.author == self.author => {}
            Some(comment) => {
                let by = comment.by().map_or_else(|| "somebody else".to_owned(), |by| by.to_string());
                return Ok(Outcome::refused(&format!("it is acknowledged by {by}, not by {}; nothing was sent", self.author)));
            }
            None => return Ok(Outcome::refused("it is acknowledged, and Icinga does not tell us by whom; nothing was sent")),
        }
        if !me.may(REMOVE) {
            return Ok(may_not(&me, REMOVE));
        }
        let doubt = match self.act(REMOVE, name, &[]).await? {
            Sent::Done(_) => None,
            Sent::Refused { status, words } => return Ok(refused(&me, REMOVE, status, &words)),
            Sent::Doubtful(fault) => Some(fault),
        };
        Ok(match (self.asked(&me, name).await, doubt) {
            (Ok(Some((object, _))), _) if !object.is_acknowledged() => Outcome::Confirmed { by: None, at: None },
            (Ok(Some(_)), None) => Outcome::refused("Icinga ignored it: it is still acknowledged"),
            (read, doubt) => not_read_back(read.err().as_ref(), doubt.as_ref(), "it is still acknowledged"),
        })
    }

    pub(super) async fn note(&self, name: &Name<'_>, text: &str, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault> {
        let me = self.sign_in().await?;
        for permission in [ADD_COMMENT, QUERY_COMMENTS] {
            if !me.may(permission) {
                return Ok(may_not(&me, permission));
            }
        }
        let Some((_, before)) = self.asked(&me, name).await? else { return Ok(unseen(&me, name)) };
        let is_ours = |c: &&Comment| !c.acknowledges() && c.author == self.author && c.text.trim() == text.trim();
        let ours = |comments: &[Comment]| {
            let ours = comments.iter().filter(is_ours);
            let last = ours.clone().filter_map(Comment::at).max();
            (ours.count(), Outcome::Confirmed { by: Some(SafeText::line(&self.author)), at: last })
        };
        let (many, there) = ours(&before);
        // the same was perhaps said long ago, too
        if before.iter().filter(is_ours).any(|comment| self.may_be_of(earlier, comment)) {
            return Ok(there);
        }
        let doubt = match self.act(ADD_COMMENT, name, &[("comment", text.into())]).await? {
            Sent::Done(_) => None,
            Sent::Refused { status, words } => return Ok(refused(&me, ADD_COMMENT, status, &words)),
            Sent::Doubtful(fault) => Some(fault),
        };
        Ok(match (self.asked(&me, name).await, doubt) {
            (Ok(Some((_, after))), _) if ours(&after).0 > many => ours(&after).1,
            (Ok(Some(_)), None) => Outcome::refused("Icinga ignored it: it said that all was well, but there is no such comment"),
            (read, doubt) => not_read_back(read.err().as_ref(), doubt.as_ref(), "there is no such comment"),
        })
    }
}

fn unseen(me: &Me, name: &Name<'_>) -> Outcome {
    Outcome::refused(&format!(
        "Icinga has no {} '{}' that can be read, or the ApiUser '{}' may not see it",
        name.of.word(),
        name.whole,
        me.user
    ))
}

fn may_not(me: &Me, permission: &str) -> Outcome {
    Outcome::refused(&format!("the ApiUser '{}' lacks the permission {permission}; nothing was sent", me.user))
}

/// Why an action was refused. Icinga says the same of what there is not as of what one may not do.
fn refused(me: &Me, action: &str, status: StatusCode, words: &SafeText) -> Outcome {
    if status == StatusCode::NOT_FOUND {
        return Outcome::refused(&format!(
            "Icinga refused: {words} It is gone, or the ApiUser '{}' lacks the right to {action} there",
            me.user
        ));
    }
    Outcome::refused(&format!("Icinga refused: {words}"))
}

/// What was sent, or may have been, and is not seen to be so.
fn not_read_back(unread: Option<&Fault>, doubt: Option<&Fault>, seen: &str) -> Outcome {
    match (unread, doubt) {
        (Some(unread), None) => Outcome::unknown(&format!("sent, but not read back: {}", unread.text)),
        (Some(_), Some(doubt)) => Outcome::unknown(&format!("it may have arrived: {}; it could not be read back", doubt.text)),
        // what did not arrive yet may arrive still
        (None, Some(doubt)) => Outcome::unknown(&format!("it may have arrived: {}; read back, {seen}", doubt.text)),
        (None, None) => Outcome::unknown("sent, but it is gone since, or may not be seen any more"),
    }
}
