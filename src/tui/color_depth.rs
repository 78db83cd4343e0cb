//! How many colours are used: what the user wants, then what the environment says.

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorWish {
    /// As the environment says.
    #[default]
    Auto,
    /// Colour, whatever the environment says.
    Always,
    /// No colour.
    Never,
}

/// How many colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColorDepth {
    /// None: bold, underlined and reversed only.
    None,
    /// The sixteen that every terminal names.
    Sixteen,
    /// Every colour.
    Full,
}

/// Terminals that have every colour and say so only by name once `ssh` has left COLORTERM behind.
const FULL: [&str; 5] = ["kitty", "alacritty", "foot", "ghostty", "wezterm"];

/// How many colours to use: the wish, else `NO_COLOR`, else `CLICOLOR_FORCE`, else what `TERM` and `COLORTERM` promise.
/// An empty variable says nothing.
#[must_use]
pub fn color_depth(wish: ColorWish, environment: &[(String, String)]) -> ColorDepth {
    color_decision(wish, environment).0
}

/// The same, and what decided it: a variable, or the wish itself, `color`.
#[must_use]
pub fn color_decision(wish: ColorWish, environment: &[(String, String)]) -> (ColorDepth, &'static str) {
    let said = |name: &str| environment.iter().find(|(n, text)| n == name && !text.is_empty()).map(|(_, text)| text.as_str());
    let by_name = promised(said("TERM"), None);
    let promised = promised(said("TERM"), said("COLORTERM"));
    let at_least_sixteen = if promised == ColorDepth::None { ColorDepth::Sixteen } else { promised };
    match wish {
        ColorWish::Never => (ColorDepth::None, "color"),
        ColorWish::Always => (at_least_sixteen, "color"),
        ColorWish::Auto if said("NO_COLOR").is_some() => (ColorDepth::None, "NO_COLOR"),
        ColorWish::Auto if said("CLICOLOR_FORCE").is_some_and(|text| text != "0") => (at_least_sixteen, "CLICOLOR_FORCE"),
        ColorWish::Auto => (promised, if promised == by_name { "TERM" } else { "COLORTERM" }),
    }
}

/// What a terminal can do, by its own words. 256 colours are not used: the sixteen are chosen with care, the nearest of 256
/// would not be.
fn promised(term: Option<&str>, colorterm: Option<&str>) -> ColorDepth {
    let Some(term) = term else { return ColorDepth::None };
    // the names of terminfo: xterm-mono, linux-m; and the terminals of DEC, which had no colour
    let colourless = term == "dumb" || term.ends_with("-mono") || term.ends_with("-m") || term.starts_with("vt");
    if colourless {
        ColorDepth::None
    } else if colorterm.is_some_and(|text| matches!(text, "truecolor" | "24bit"))
        || term.ends_with("-direct")
        || FULL.iter().any(|name| term.contains(name))
    {
        ColorDepth::Full
    } else {
        ColorDepth::Sixteen
    }
}
