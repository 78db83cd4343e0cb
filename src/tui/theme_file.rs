//! One theme as written in TOML. Every mistake in it is found at once, and named by file and line.

use std::fmt;

use ratatui::style::{Color, Modifier, Style};
use strum::VariantNames;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::color_depth::ColorDepth;
use super::theme::{self, Role, Sketches};
use super::themes::{Themes, Variant, Written};

/// The sixteen colours by the names of ANSI, and the terminal's own.
const ANSI: [(&str, Color); 17] = [
    ("default", Color::Reset),
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// What letters can be besides coloured. Nothing blinks.
const MODS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

const KEYS: [&str; 5] = ["name", "variant", "inherits", "palette", "style"];
const STYLE_KEYS: [&str; 5] = ["fg", "bg", "ansi", "ansi_bg", "mods"];

/// One mistake in a theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeProblem {
    /// What the file is called.
    pub file: String,
    /// The line, from 1; 0 where it concerns the whole file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for ThemeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {} – {}", self.what, self.help)
    }
}

/// How one role is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sketch {
    fg: Option<Color>,
    bg: Option<Color>,
    ansi: Option<Color>,
    ansi_bg: Option<Color>,
    mods: Modifier,
}

impl Sketch {
    /// What it looks like. A colour outside the sixteen is never replaced by a computed one of them.
    pub fn style(&self, depth: ColorDepth) -> Style {
        let (fg, bg) = match depth {
            ColorDepth::None => (None, None),
            ColorDepth::Sixteen => (self.of_sixteen(), self.bg_of_sixteen()),
            ColorDepth::Full => (self.fg.or(self.ansi), self.bg.or(self.ansi_bg)),
        };
        Style { fg, bg, ..Style::new().add_modifier(self.mods) }
    }

    fn of_sixteen(&self) -> Option<Color> {
        self.ansi.or(self.fg.filter(|fg| is_ansi(*fg)))
    }

    fn bg_of_sixteen(&self) -> Option<Color> {
        self.ansi_bg.or(self.bg.filter(|bg| is_ansi(*bg)))
    }
}

fn is_ansi(color: Color) -> bool {
    ANSI.iter().any(|(_, known)| *known == color)
}

/// Reads a theme. It may inherit from one of `themes`, but not from its `heirs`, of which it is the last itself.
pub(super) fn read(text: &str, file: &str, themes: &Themes, heirs: &[&str]) -> Result<Written, Vec<ThemeProblem>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, file, themes, heirs, palette: Vec::new(), problems: Vec::new(), inherited: Vec::new() };
    for error in errors {
        // what else is found in a file that is no TOML is only a consequence
        reader.problem(error.span().map_or(0, |span| span.start), error.message(), "correct this line, or the one before it");
    }
    let written = reader.problems.is_empty().then(|| reader.theme(root.get_ref()));
    reader.problems.sort_by_key(|problem| problem.line);
    reader.problems.append(&mut reader.inherited);
    match written {
        Some(written) if reader.problems.is_empty() => Ok(written),
        _ => Err(reader.problems),
    }
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    themes: &'a Themes,
    heirs: &'a [&'a str],
    /// The names that the theme gives to colours.
    palette: Vec<(String, Color)>,
    problems: Vec<ThemeProblem>,
    /// Those of the theme that it inherits from.
    inherited: Vec<ThemeProblem>,
}

/// A key or a value, and where it stands.
type At<'a, 'i> = (&'a Spanned<DeValue<'i>>, usize);

impl Reader<'_> {
    fn problem(&mut self, at: usize, what: impl Into<String>, help: impl Into<String>) {
        let line = self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        self.problems.push(ThemeProblem { file: self.file.to_owned(), line, what: what.into(), help: help.into() });
    }

    fn theme(&mut self, root: &DeTable) -> Written {
        self.only(root, &KEYS, "a theme");
        if let Some(name) = value(root, "name") {
            self.string(name);
        }
        let variant = self.choice(root, "variant", Variant::VARIANTS).and_then(|variant| variant.parse().ok());
        let inherited = self.inherited(root);
        self.palette(root);
        let variant = variant.or(inherited.as_ref().map(|inherited| inherited.variant)).unwrap_or_default();
        let sketches = self.sketches(root, inherited.map(|inherited| inherited.sketches).unwrap_or_default());
        Written { sketches, variant }
    }

    /// What the theme has that this one inherits from.
    fn inherited(&mut self, root: &DeTable) -> Option<Written> {
        let themes = self.themes;
        let known: Vec<&str> = themes.names().collect();
        let name = self.choice(root, "inherits", &known)?;
        if let Some((what, help)) = Themes::refuses(self.heirs, &name) {
            self.problem(value(root, "inherits").map_or(0, |(_, key)| key), what, help);
            return None;
        }
        themes.written(&name, self.heirs).map_err(|mut problems| self.inherited.append(&mut problems)).ok()
    }

    fn sketches(&mut self, root: &DeTable, mut sketches: Sketches) -> Sketches {
        let style = value(root, "style");
        let Some(table) = style.and_then(|at| self.table(at)) else {
            if style.is_none() && value(root, "inherits").is_none() {
                self.problem(0, "this theme has no [style]", "add [style], or inherits = \"base\"");
            }
            return sketches;
        };
        self.only(table, Role::VARIANTS, "[style]");
        for (place, role) in theme::roles() {
            if let Some(at) = value(table, role.name()) {
                sketches[place] = self.sketch(role, at);
            } else if value(root, "inherits").is_none() {
                let what = format!("the role {} is missing", role.name());
                self.problem(style.map_or(0, |(_, key)| key), what, "add it, or inherits = \"base\"");
            }
        }
        sketches
    }

    fn palette(&mut self, root: &DeTable) {
        let Some(table) = value(root, "palette").and_then(|at| self.table(at)) else { return };
        let mut palette = Vec::new();
        for (name, color) in table {
            if let Some(color) = self.color((color, color.span().start)) {
                palette.push((name.get_ref().to_string(), color));
            }
        }
        self.palette = palette;
    }

    fn sketch(&mut self, role: Role, at: At) -> Sketch {
        let Some(table) = self.table(at) else { return Sketch::default() };
        let before = self.problems.len();
        self.only(table, &STYLE_KEYS, role.name());
        let sketch = Sketch {
            fg: value(table, "fg").and_then(|at| self.color(at)),
            bg: value(table, "bg").and_then(|at| self.color(at)),
            ansi: value(table, "ansi").and_then(|at| self.ansi(at)),
            ansi_bg: value(table, "ansi_bg").and_then(|at| self.ansi(at)),
            mods: value(table, "mods").map_or(Modifier::empty(), |at| self.mods(at)),
        };
        if self.problems.len() > before {
            return sketch;
        }
        let (fg, bg) = (sketch.of_sixteen().is_some(), sketch.bg_of_sixteen().is_some());
        if role.must_say_ansi() && sketch.fg.is_some() && !fg {
            self.problem(at.1, format!("{} has no colour of the sixteen", role.name()), "add ansi = \"…\"");
        }
        if role.must_say_ansi() && sketch.bg.is_some() && !bg {
            self.problem(at.1, format!("{} has no background of the sixteen", role.name()), "add ansi_bg = \"…\"");
        }
        let unseen = |letters: Option<Color>, ground: Option<Color>| letters.is_some() && letters == ground;
        if unseen(sketch.fg, sketch.bg) || unseen(sketch.of_sixteen(), sketch.bg_of_sixteen()) {
            let what = format!("the letters of {} have the colour of their background: nobody could read them", role.name());
            self.problem(at.1, what, "give one of the two another colour");
        }
        let both = sketch.fg.or(sketch.ansi).is_some() && sketch.bg.or(sketch.ansi_bg).is_some();
        if both && !role.must_say_ansi() && fg != bg {
            let what = format!("{} has letters and a background, and only one of them in sixteen colours", role.name());
            self.problem(at.1, what, "give both ansi and ansi_bg, or neither");
        }
        sketch
    }

    /// A colour: a name of the palette, one of the sixteen, or `#rrggbb`.
    fn color(&mut self, at: At) -> Option<Color> {
        let text = self.string(at)?;
        let named = self.palette.iter().find(|(name, _)| *name == text).map(|(_, color)| *color);
        let color = named.or_else(|| ansi(&text)).or_else(|| hex(&text));
        if color.is_none() {
            let known: Vec<&str> = self.palette.iter().map(|(name, _)| name.as_str()).chain(ANSI.map(|(name, _)| name)).collect();
            let help = format!("write #rrggbb, or a name: {}", theme::suggest(&text, &known));
            self.problem(at.1, format!("'{text}' is no colour"), help);
        }
        color
    }

    fn ansi(&mut self, at: At) -> Option<Color> {
        let text = self.string(at)?;
        let color = ansi(&text);
        if color.is_none() {
            let help = theme::suggest(&text, &ANSI.map(|(name, _)| name));
            self.problem(at.1, format!("'{text}' is none of the sixteen colours"), help);
        }
        color
    }

    fn mods(&mut self, at: At) -> Modifier {
        let mut mods = Modifier::empty();
        for element in self.list(at).into_iter().flatten() {
            let at = (element, element.span().start);
            let Some(text) = self.string(at) else { continue };
            match MODS.iter().find(|(name, _)| *name == text) {
                Some((_, modifier)) => mods |= *modifier,
                None => self.problem(at.1, format!("letters cannot be '{text}'"), theme::suggest(&text, &MODS.map(|(name, _)| name))),
            }
        }
        mods
    }

    /// The text of a key that has one of a few.
    fn choice(&mut self, table: &DeTable, key: &str, known: &[&str]) -> Option<String> {
        let at = value(table, key)?;
        let text = self.string(at)?;
        if known.contains(&text.as_str()) {
            return Some(text);
        }
        self.problem(at.1, format!("{key} = '{text}' is unknown"), theme::suggest(&text, known));
        None
    }

    fn only(&mut self, table: &DeTable, known: &[&str], what: &str) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let written = key.get_ref();
            self.problem(key.span().start, format!("{what} has no key '{written}'"), theme::suggest(written, known));
        }
    }

    fn string(&mut self, (value, at): At) -> Option<String> {
        let DeValue::String(text) = value.get_ref() else {
            self.problem(at, "this must be text", "put it in quotes");
            return None;
        };
        Some(text.to_string())
    }

    fn table<'t, 'i>(&mut self, (value, at): At<'t, 'i>) -> Option<&'t DeTable<'i>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.problem(at, "this must be a table", "write { key = value }, or a [table]");
            return None;
        };
        Some(table)
    }

    fn list<'t, 'i>(&mut self, (value, at): At<'t, 'i>) -> Option<&'t DeArray<'i>> {
        let DeValue::Array(list) = value.get_ref() else {
            self.problem(at, "this must be a list", "put it in brackets, [ … ]");
            return None;
        };
        Some(list)
    }
}

/// The value of a key, and where the key stands.
fn value<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<At<'t, 'i>> {
    table.iter().find(|(k, _)| k.get_ref() == key).map(|(k, value)| (value, k.span().start))
}

fn ansi(text: &str) -> Option<Color> {
    ANSI.iter().find(|(name, _)| *name == text).map(|(_, color)| *color)
}

fn hex(text: &str) -> Option<Color> {
    let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok().map(Color::from_u32)
}
