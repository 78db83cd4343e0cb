//! Themes: what each role looks like. Views name roles, never colours.

use ratatui::style::Style;
use strum::{EnumCount, IntoEnumIterator};

use super::color_depth::ColorDepth;
use super::theme_file::{self, Sketch, ThemeProblem};
use super::themes::{Themes, Written};

/// The themes that are compiled in: a new one is a file and a line here.
const STOCK: [(&str, &str); 6] = [
    ("base", include_str!("../../themes/base.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colorblind", include_str!("../../themes/colorblind.toml")),
    (MONO, include_str!("../../themes/mono.toml")),
];

/// The theme without colours.
const MONO: &str = "mono";

/// How alike two names must be to suggest one for the other.
const ALIKE: f64 = 0.7;

/// What something on the screen is. A theme says how it looks.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumIter, strum::EnumCount, strum::EnumString, strum::IntoStaticStr, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// What is read.
    Text,
    /// What is read last.
    Muted,
    /// Lines between parts.
    Border,
    /// Lines around the part that has the keys.
    #[strum(serialize = "border.focus")]
    BorderFocus,
    /// The heading of a group.
    Header,
    /// The heading of what is to be handled now; also the alarm role of plain lines.
    #[strum(serialize = "now.header")]
    NowHeader,
    /// The heading of what is held over.
    #[strum(serialize = "held.header")]
    HeldHeader,
    /// Severity 1.
    #[strum(serialize = "severity.s1")]
    S1,
    /// Severity 2.
    #[strum(serialize = "severity.s2")]
    S2,
    /// Severity 3.
    #[strum(serialize = "severity.s3")]
    S3,
    /// Severity 4.
    #[strum(serialize = "severity.s4")]
    S4,
    /// Severity 5.
    #[strum(serialize = "severity.s5")]
    S5,
    /// Nobody has assessed it.
    Unassessed,
    /// The response is breached, or overdue.
    Breached,
    /// Little is left.
    AtRisk,
    /// The clock runs.
    Running,
    /// The clock had started, and stands.
    Paused,
    /// Answered in time.
    Met,
    /// Office hours.
    #[strum(serialize = "window.office")]
    WindowOffice,
    /// Out of hours.
    #[strum(serialize = "window.out")]
    WindowOut,
    /// The weekend.
    #[strum(serialize = "window.weekend")]
    WindowWeekend,
    /// A bank holiday.
    #[strum(serialize = "window.holiday")]
    WindowHoliday,
    /// A source that has not answered for a while.
    #[strum(serialize = "source.stale")]
    SourceStale,
    /// A source that nothing is known of.
    #[strum(serialize = "source.down")]
    SourceDown,
    /// The row under the cursor.
    Selection,
    /// A marked row.
    Mark,
    /// What a filter found.
    Match,
    /// A key to press.
    Key,
    /// It went well.
    Ok,
    /// It did not.
    Error,
    /// An address.
    Link,
}

impl Role {
    /// The name, as themes write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a colour outside the sixteen wants one of the sixteen beside it: a computed one turns red into yellow.
    pub(super) const fn must_say_ansi(self) -> bool {
        matches!(
            self,
            Self::S1
                | Self::S2
                | Self::S3
                | Self::S4
                | Self::S5
                | Self::Unassessed
                | Self::NowHeader
                | Self::Breached
                | Self::AtRisk
                | Self::SourceStale
                | Self::SourceDown
                | Self::Selection
        )
    }
}

/// No theme has the name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no theme '{name}' – {help}")]
pub struct UnknownTheme {
    /// What was asked for.
    pub name: String,
    /// What to write instead.
    pub help: String,
}

/// What each role looks like at one depth of colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; Role::COUNT],
}

impl Theme {
    /// The names of the stock themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        STOCK.iter().map(|(name, _)| *name)
    }

    /// A stock theme by name. Where there is no colour it is `mono`, whatever the name.
    ///
    /// # Errors
    /// Where no stock theme has the name.
    pub fn named(name: &str, depth: ColorDepth) -> Result<Self, UnknownTheme> {
        let written = stock(name).ok_or_else(|| {
            let known: Vec<&str> = Self::names().collect();
            UnknownTheme { name: name.to_owned(), help: suggest(name, &known) }
        })?;
        Ok(Self::painted(&written.sketches, depth))
    }

    /// Reads a theme that inherits from none but the stock ones; `file` is what messages call it. Where there is no colour it is checked, and `mono` is used.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(text: &str, file: &str, depth: ColorDepth) -> Result<Self, Vec<ThemeProblem>> {
        theme_file::read(text, file, &Themes::default(), &[]).map(|written| Self::painted(&written.sketches, depth))
    }

    /// What a role looks like. A colour that the theme does not give is left as it is on the screen.
    #[must_use]
    pub const fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    pub(super) fn painted(sketches: &Sketches, depth: ColorDepth) -> Self {
        let paint = |sketches: &Sketches| Self { styles: sketches.each_ref().map(|sketch| sketch.style(depth)) };
        match stock(MONO) {
            Some(mono) if depth == ColorDepth::None => paint(&mono.sketches),
            _ => paint(sketches),
        }
    }
}

/// How every role is written.
pub(super) type Sketches = [Sketch; Role::COUNT];

/// A theme that is compiled in; that each can be read is tested.
pub(super) fn stock(name: &str) -> Option<Written> {
    let (name, text) = STOCK.iter().find(|(known, _)| *known == name)?;
    theme_file::read(text, name, &Themes::default(), &[]).ok()
}

/// All roles and their places in a theme.
pub(super) fn roles() -> impl Iterator<Item = (usize, Role)> {
    Role::iter().enumerate()
}

/// What to write instead of a name that nobody knows: the nearest first, then all of them.
pub(super) fn suggest(written: &str, known: &[&str]) -> String {
    let wanted = written.to_lowercase();
    let alike = known.iter().map(|name| (strsim::jaro_winkler(name, &wanted), name)).filter(|(score, _)| *score >= ALIKE);
    let all = known.join(", ");
    match alike.max_by(|(a, _), (b, _)| a.total_cmp(b)) {
        Some((_, nearest)) => format!("did you mean '{nearest}'? There are {all}"),
        None => format!("there are {all}"),
    }
}
