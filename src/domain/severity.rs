//! Severity and support level: how bad an issue is, and how deep its work goes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad an issue is, assessed by a person. `S1` is the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::EnumIter)]
pub enum Severity {
    /// System failed.
    S1,
    /// System malfunction.
    S2,
    /// Operation impaired.
    S3,
    /// Usage.
    S4,
    /// Cosmetic or content.
    S5,
}

impl Severity {
    /// All of them, the highest first.
    pub const ALL: [Self; 5] = [Self::S1, Self::S2, Self::S3, Self::S4, Self::S5];

    /// Reads `S1`–`S5` and `P1`–`P5` in any case; anything else is no severity.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix(['s', 'S', 'p', 'P'])?;
        match digits {
            "1" => Some(Self::S1),
            "2" => Some(Self::S2),
            "3" => Some(Self::S3),
            "4" => Some(Self::S4),
            "5" => Some(Self::S5),
            _ => None,
        }
    }

    /// Position in a table of five rows, `S1` first.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// What the severity means, in the contract's words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::S1 => "system failed",
            Self::S2 => "system malfunction",
            Self::S3 => "operation impaired",
            Self::S4 => "usage",
            Self::S5 => "cosmetic/content",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S{}", self.index() + 1)
    }
}
