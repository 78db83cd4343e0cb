//! All the themes there are: those that are compiled in, and the user's own.

use super::color_depth::ColorDepth;
use super::theme::{self, Sketches, Theme};
use super::theme_file::{self, ThemeProblem};

/// A theme may inherit from another, and that from the next; more than so many in a row are a mistake.
const DEEPEST: usize = 8;

/// What kind of background a theme is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// A dark one.
    Dark,
    /// A light one.
    Light,
    /// Any; also of a theme that does not say.
    #[default]
    Any,
}

/// All that a theme says.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub sketches: Sketches,
    pub variant: Variant,
}

/// A theme of the user's own, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTheme {
    /// Its name, that of the file without `.toml`.
    pub name: String,
    /// What messages call the file.
    pub file: String,
    /// What stands in it, or why it cannot be read.
    pub text: Result<String, String>,
}

/// The themes that are compiled in, and the user's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Themes {
    own: Vec<OwnTheme>,
}

impl Themes {
    /// The stock themes, and these. One that has the name of a stock theme is never used: the stock one is.
    #[must_use]
    pub fn with(own: Vec<OwnTheme>) -> Self {
        Self { own }
    }

    /// The names of all, the stock ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> + '_ {
        Theme::names().map(|name| name as &str).chain(self.own().map(|own| own.name.as_str()))
    }

    /// The user's own.
    pub fn own(&self) -> impl Iterator<Item = &OwnTheme> {
        self.own.iter().filter(|own| !Theme::names().any(|stock| stock == own.name))
    }

    /// The user's files that are never used, for a stock theme has their name.
    pub fn shadowed(&self) -> impl Iterator<Item = &OwnTheme> {
        self.own.iter().filter(|own| Theme::names().any(|stock| stock == own.name))
    }

    /// A theme by name. Where there is no colour it is checked, and `mono` is used.
    ///
    /// # Errors
    /// Every mistake in it, and in those that it inherits from; that no theme has the name.
    pub fn paint(&self, name: &str, depth: ColorDepth) -> Result<Theme, Vec<ThemeProblem>> {
        self.written(name, &[]).map(|written| Theme::painted(&written.sketches, depth))
    }

    /// What kind of background a theme is for.
    ///
    /// # Errors
    /// As [`Self::paint`].
    pub fn variant(&self, name: &str) -> Result<Variant, Vec<ThemeProblem>> {
        self.written(name, &[]).map(|written| written.variant)
    }

    /// What a theme says, where those in `heirs` inherit from it, each from the next.
    pub(super) fn written(&self, name: &str, heirs: &[&str]) -> Result<Written, Vec<ThemeProblem>> {
        if let Some(written) = theme::stock(name) {
            return Ok(written);
        }
        let fault = |file: &str, what: String, help: String| vec![ThemeProblem { file: file.to_owned(), line: 0, what, help }];
        let Some(own) = self.own().find(|own| own.name == name) else {
            let known: Vec<&str> = self.names().collect();
            return Err(fault("theme", format!("there is no theme '{name}'"), theme::suggest(name, &known)));
        };
        match &own.text {
            Ok(text) => theme_file::read(text, &own.file, self, &[heirs, &[name]].concat()),
            Err(why) => {
                Err(fault(&own.file, format!("the theme cannot be read: {why}"), "correct the file, or choose another theme".to_owned()))
            }
        }
    }

    /// Why the last of some themes, each inheriting from the next, cannot inherit from another: what is wrong and what would be right.
    pub(super) fn refuses(heirs: &[&str], from: &str) -> Option<(String, String)> {
        if heirs.contains(&from) {
            let circle = heirs.iter().skip_while(|heir| **heir != from).chain([&from]).copied().collect::<Vec<_>>();
            return Some((
                format!("themes inherit in a circle: {}", circle.join(" from ")),
                "let one of them inherit from base".to_owned(),
            ));
        }
        (heirs.len() >= DEEPEST)
            .then(|| (format!("more than {DEEPEST} themes inherit in a row"), "inherit from a theme nearer to base".to_owned()))
    }
}
