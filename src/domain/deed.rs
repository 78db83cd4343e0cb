//! What an engineer does to a ticket, what of it a source can be told, and what became of it.

use chrono::{DateTime, Utc};

use super::safe_text::SafeText;
use super::severity::Severity;
use super::ticket::TicketKey;

/// What an engineer does to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Takes it.
    Acknowledge {
        /// An internal note to go with it.
        note: Option<SafeText>,
    },
    /// Gives it back: nobody has it.
    Unacknowledge,
    /// Writes a note that the client cannot read.
    Note {
        /// The note.
        text: SafeText,
    },
    /// Writes to the client.
    Word {
        /// What the client reads.
        text: SafeText,
    },
    /// Says how severe it is.
    Assess {
        /// How severe.
        severity: Severity,
    },
    /// Notes that the client spoke or wrote, at the instant of the deed.
    Contact {
        /// By which channel, `phone`.
        channel: SafeText,
    },
    /// Says that the client has the next move.
    OnClient,
    /// Says that it is done.
    Resolve,
}

/// Which deed, without what goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumString, strum::IntoStaticStr, strum::EnumIter)]
#[strum(serialize_all = "kebab-case")]
pub enum DeedKind {
    /// See [`Deed::Acknowledge`].
    Acknowledge,
    /// See [`Deed::Unacknowledge`].
    Unacknowledge,
    /// See [`Deed::Note`].
    Note,
    /// See [`Deed::Word`].
    Word,
    /// See [`Deed::Assess`].
    Assess,
    /// See [`Deed::Contact`].
    Contact,
    /// See [`Deed::OnClient`].
    OnClient,
    /// See [`Deed::Resolve`].
    Resolve,
}

impl DeedKind {
    /// The verb of the command line that does it.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Acknowledge => "ack",
            Self::Unacknowledge => "unack",
            Self::Note => "note",
            Self::Word => "note --to-client",
            Self::Assess => "assess",
            Self::Contact => "contact",
            Self::OnClient => "on-client",
            Self::Resolve => "resolve",
        }
    }

    /// What was done when it is done, `acknowledged`.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledged",
            Self::Unacknowledge => "given back",
            Self::Note => "noted",
            Self::Word => "written to the client",
            Self::Assess => "assessed",
            Self::Contact => "contact noted",
            Self::OnClient => "on the client",
            Self::Resolve => "resolved",
        }
    }
}

impl Deed {
    /// Which deed it is.
    #[must_use]
    pub const fn kind(&self) -> DeedKind {
        match self {
            Self::Acknowledge { .. } => DeedKind::Acknowledge,
            Self::Unacknowledge => DeedKind::Unacknowledge,
            Self::Note { .. } => DeedKind::Note,
            Self::Word { .. } => DeedKind::Word,
            Self::Assess { .. } => DeedKind::Assess,
            Self::Contact { .. } => DeedKind::Contact,
            Self::OnClient => DeedKind::OnClient,
            Self::Resolve => DeedKind::Resolve,
        }
    }

    /// What somebody wrote to go with it.
    #[must_use]
    pub const fn text(&self) -> Option<&SafeText> {
        match self {
            Self::Acknowledge { note } => note.as_ref(),
            Self::Note { text } | Self::Word { text } => Some(text),
            Self::Unacknowledge | Self::Assess { .. } | Self::Contact { .. } | Self::OnClient | Self::Resolve => None,
        }
    }

    /// What it sets, in a word: a severity, a channel.
    #[must_use]
    pub fn value(&self) -> Option<SafeText> {
        match self {
            Self::Assess { severity } => Some(SafeText::line(&severity.to_string())),
            Self::Contact { channel } => Some(channel.clone()),
            Self::Acknowledge { .. } | Self::Unacknowledge | Self::Note { .. } | Self::Word { .. } | Self::OnClient | Self::Resolve => None,
        }
    }

    /// The deed that [`kind`](Self::kind), [`text`](Self::text) and [`value`](Self::value) tell of; `None` where they do not fit.
    #[must_use]
    pub fn of_parts(kind: DeedKind, text: Option<SafeText>, value: Option<SafeText>) -> Option<Self> {
        Some(match kind {
            DeedKind::Acknowledge => Self::Acknowledge { note: text },
            DeedKind::Unacknowledge => Self::Unacknowledge,
            DeedKind::Note => Self::Note { text: text? },
            DeedKind::Word => Self::Word { text: text? },
            DeedKind::Assess => Self::Assess { severity: Severity::parse(value?.as_str())? },
            DeedKind::Contact => Self::Contact { channel: value? },
            DeedKind::OnClient => Self::OnClient,
            DeedKind::Resolve => Self::Resolve,
        })
    }
}

/// What became of a deed; nothing is `Confirmed` before the source was read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Read back: it is done. Of an acknowledgement: it is ours now.
    Confirmed {
        /// Whom the source names as having it.
        by: Option<SafeText>,
        /// When, by the source's clock.
        at: Option<DateTime<Utc>>,
    },
    /// It was so already, or somebody had it already; nothing was sent.
    Already {
        /// Who.
        by: Option<SafeText>,
        /// When.
        at: Option<DateTime<Utc>>,
    },
    /// The source cannot be told: it is kept here.
    Here {
        /// Who did it.
        by: SafeText,
        /// When.
        at: DateTime<Utc>,
    },
    /// The source did not do it.
    Refused {
        /// Why, in the source's words where it has any.
        reason: SafeText,
    },
    /// Sent, but whether it arrived is not known.
    Unknown {
        /// Why.
        reason: SafeText,
    },
}

impl Outcome {
    /// Not done, and why.
    #[must_use]
    pub fn refused(reason: &str) -> Self {
        Self::Refused { reason: SafeText::line(reason) }
    }

    /// Perhaps done, and why that is not known.
    #[must_use]
    pub fn unknown(reason: &str) -> Self {
        Self::Unknown { reason: SafeText::line(reason) }
    }
}

/// What is kept here of a ticket whose source cannot be told: an acknowledgement, or a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHere {
    /// Of which ticket.
    pub key: TicketKey,
    /// When that ticket was submitted: what was submitted at another time under the same key is another.
    pub submitted_at: Option<DateTime<Utc>>,
    /// The channel of a contact; `None` is an acknowledgement.
    pub channel: Option<SafeText>,
    /// Who noted it.
    pub by: SafeText,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a source can be told of; for what it cannot, why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    cannot: Vec<(DeedKind, &'static str)>,
}

impl Capabilities {
    /// All but some, each with the reason.
    #[must_use]
    pub fn all_but(cannot: &[(DeedKind, &'static str)]) -> Self {
        Self { cannot: cannot.to_vec() }
    }

    /// Nothing at all, for a reason.
    #[must_use]
    pub fn none(why: &'static str) -> Self {
        use strum::IntoEnumIterator;
        Self { cannot: DeedKind::iter().map(|kind| (kind, why)).collect() }
    }

    /// The same, and this one too.
    #[must_use]
    pub fn and(mut self, kind: DeedKind) -> Self {
        self.cannot.retain(|(cannot, _)| *cannot != kind);
        self
    }

    /// Whether it can be told of this.
    #[must_use]
    pub fn can(&self, kind: DeedKind) -> bool {
        self.why_not(kind).is_none()
    }

    /// Whether this is kept here, and counts here, for the source cannot be told of it: who has a ticket, and that its client
    /// spoke.
    #[must_use]
    pub fn kept_here(&self, kind: DeedKind) -> bool {
        match kind {
            DeedKind::Acknowledge | DeedKind::Contact => !self.can(kind),
            // what the source was told of only the source can take back
            DeedKind::Unacknowledge => !self.can(DeedKind::Acknowledge),
            DeedKind::Note | DeedKind::Word | DeedKind::Assess | DeedKind::OnClient | DeedKind::Resolve => false,
        }
    }

    /// Why it cannot be told of this.
    #[must_use]
    pub fn why_not(&self, kind: DeedKind) -> Option<&'static str> {
        self.cannot.iter().find(|(cannot, _)| *cannot == kind).map(|(_, why)| *why)
    }
}
