//! Themes: what they may not get wrong, what stands out on which background, and when there is colour at all.

use holdover::tui::{ColorDepth, ColorWish, Role, Theme, color_depth};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use strum::IntoEnumIterator;

/// The sixteen colours of the VGA text mode, and of xterm, in the order of ANSI.
const PALETTES: [(&str, [u32; 16]); 2] = [
    (
        "VGA",
        [
            0x00_0000, 0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa, 0xaa_aaaa, 0x55_5555, 0xff_5555, 0x55_ff55,
            0xff_ff55, 0x55_55ff, 0xff_55ff, 0x55_ffff, 0xff_ffff,
        ],
    ),
    (
        "xterm",
        [
            0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd, 0xe5_e5e5, 0x7f_7f7f, 0xff_0000, 0x00_ff00,
            0xff_ff00, 0x5c_5cff, 0xff_00ff, 0x00_ffff, 0xff_ffff,
        ],
    ),
];

/// Black letters on white, and white ones on black.
const GROUNDS: [(u32, u32); 2] = [(0x00_0000, 0xff_ffff), (0xff_ffff, 0x00_0000)];

/// What must be seen first. A breach of it on any background is a ticket overlooked.
const ALARMS: [Role; 7] =
    [Role::NowHeader, Role::Unassessed, Role::Breached, Role::AtRisk, Role::SourceStale, Role::SourceDown, Role::Error];

fn place(color: Color) -> Option<usize> {
    use Color::{
        Black, Blue, Cyan, DarkGray, Gray, Green, LightBlue, LightCyan, LightGreen, LightMagenta, LightRed, LightYellow, Magenta, Red,
        White, Yellow,
    };
    let all = [
        Black,
        Red,
        Green,
        Yellow,
        Blue,
        Magenta,
        Cyan,
        Gray,
        DarkGray,
        LightRed,
        LightGreen,
        LightYellow,
        LightBlue,
        LightMagenta,
        LightCyan,
        White,
    ];
    all.iter().position(|one| *one == color)
}

/// The relative luminance of WCAG 2.
fn luminance(rgb: u32) -> f64 {
    let part = |shift: u32| {
        let c = f64::from((rgb >> shift) & 0xff) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}

fn contrast(a: u32, b: u32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The grounds of a terminal: its own letters and its background.
type Grounds = &'static [(u32, u32)];

/// From black to slate, and from white to cream: what terminals are painted with.
const DARK_GROUNDS: Grounds = &[(0xff_ffff, 0x00_0000), (0xd4_d4d4, 0x1e_1e1e), (0xd8_dee9, 0x2e_3440)];
const LIGHT_GROUNDS: Grounds = &[(0x00_0000, 0xff_ffff), (0x07_3642, 0xfd_f6e3), (0x07_3642, 0xee_e8d5)];
const ANY_GROUNDS: Grounds = &GROUNDS;

/// The least contrast of a style over both palettes and all grounds. Reversed letters have the same.
fn least(style: Style, grounds: Grounds) -> f64 {
    let all = PALETTES.iter().flat_map(|(_, palette)| grounds.iter().map(move |ground| (palette, ground)));
    let of = |color: Option<Color>, palette: &[u32; 16], own: u32| match color {
        None | Some(Color::Reset) => own,
        Some(Color::Rgb(r, g, b)) => u32::from_be_bytes([0, r, g, b]),
        Some(color) => palette[place(color).unwrap_or_else(|| panic!("{color:?} is none of the sixteen"))],
    };
    all.map(|(palette, (fg, bg))| contrast(of(style.fg, palette, *fg), of(style.bg, palette, *bg))).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_contrast_is_computed_as_wcag_says() {
    assert!((contrast(0x00_0000, 0xff_ffff) - 21.0).abs() < 1e-9);
    assert!((contrast(0xaa_0000, 0x00_0000) - 2.7).abs() < 0.05, "plain red on black");
    assert!((contrast(0x00_00aa, 0x00_0000) - 1.6).abs() < 0.05, "plain blue on black");
    assert!((contrast(0x76_7676, 0xff_ffff) - 4.54).abs() < 0.01, "the grey that just passes");
}

#[test]
fn every_theme_stands_out_on_the_grounds_it_is_for() {
    // sixteen colours are what the terminal makes of them, on black or on white
    let cases: [(&str, ColorDepth, Grounds); 10] = [
        ("base", ColorDepth::Sixteen, ANY_GROUNDS),
        ("base", ColorDepth::Full, ANY_GROUNDS),
        ("dark", ColorDepth::Sixteen, &DARK_GROUNDS[..1]),
        ("dark", ColorDepth::Full, DARK_GROUNDS),
        ("light", ColorDepth::Sixteen, &LIGHT_GROUNDS[..1]),
        ("light", ColorDepth::Full, LIGHT_GROUNDS),
        ("high-contrast", ColorDepth::Sixteen, ANY_GROUNDS),
        ("high-contrast", ColorDepth::Full, ANY_GROUNDS),
        ("colorblind", ColorDepth::Sixteen, ANY_GROUNDS),
        ("colorblind", ColorDepth::Full, ANY_GROUNDS),
    ];
    let mut weak = Vec::new();
    for (name, depth, grounds) in cases {
        let theme = Theme::named(name, depth).unwrap();
        for role in Role::iter() {
            let style = theme.style(role);
            // no colour has more than 4.58 on black and on white at once, so one that is for any ground and paints none carries
            // no text that matters by colour alone; where the ground is known, all that is read is readable
            let wanted = match role {
                _ if name == "high-contrast" => 7.0,
                alarm if ALARMS.contains(&alarm) => 5.5,
                Role::Text | Role::Muted => 4.5,
                Role::Border | Role::BorderFocus => 3.0,
                _ if depth == ColorDepth::Full && grounds.len() == 3 => 4.5,
                _ => 3.0,
            };
            let has = least(style, grounds);
            if has < wanted {
                weak.push(format!("{name} {depth:?} {}: {has:.2}, and {wanted} are wanted", role.name()));
            }
            let painted = style.bg.is_some();
            assert_eq!(painted, ALARMS.contains(&role), "{name} {}: an alarm, and nothing else, paints a background", role.name());
            assert!(!style.add_modifier.contains(Modifier::DIM), "{}: how dim dim is nobody knows", role.name());
        }
    }
    assert!(weak.is_empty(), "{}", weak.join("\n"));
}

#[test]
fn a_selected_row_keeps_every_contrast_and_is_seen() {
    let depths = [ColorDepth::Sixteen, ColorDepth::Full, ColorDepth::None];
    for (name, depth) in Theme::names().flat_map(|name| depths.map(|depth| (name, depth))) {
        let theme = Theme::named(name, depth).unwrap();
        for role in Role::iter() {
            let area = Rect::new(0, 0, 1, 1);
            let mut buffer = Buffer::empty(area);
            buffer.set_string(0, 0, "x", theme.style(role));
            let (fg, bg) = (buffer[(0, 0)].fg, buffer[(0, 0)].bg);
            buffer.set_style(area, theme.style(Role::Selection));
            let cell = &buffer[(0, 0)];
            assert!(cell.modifier.contains(Modifier::REVERSED), "{name}: {}", role.name());
            assert_eq!((cell.fg, cell.bg), (fg, bg), "{name}: the selection swaps the colours of {} and keeps them", role.name());
        }
    }
}

#[test]
fn without_colour_it_is_mono_whatever_is_configured() {
    let mono = Theme::named("mono", ColorDepth::None).unwrap();
    assert_eq!(Theme::named("base", ColorDepth::None).unwrap(), mono);
    assert_eq!(Theme::parse("inherits = \"base\"", "own", ColorDepth::None).unwrap(), mono);
    assert_eq!(Theme::named("mono", ColorDepth::Full).unwrap(), mono, "and mono never has any");
    for role in Role::iter() {
        let style = mono.style(role);
        assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
        let urgent = ALARMS.contains(&role);
        assert!(!urgent || !style.add_modifier.is_empty(), "{} stands out without colour", role.name());
    }
}

#[test]
fn every_stock_theme_can_be_read_as_any_other() {
    assert_eq!(Theme::names().collect::<Vec<_>>(), ["base", "dark", "light", "high-contrast", "colorblind", "mono"]);
    for name in Theme::names() {
        let file = format!("themes/{name}.toml");
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        for depth in [ColorDepth::None, ColorDepth::Sixteen, ColorDepth::Full] {
            assert_eq!(Theme::parse(&text, &file, depth), Ok(Theme::named(name, depth).unwrap()));
        }
    }
}

#[test]
fn a_theme_that_does_not_exist_is_told_with_the_nearest() {
    let told = |name| Theme::named(name, ColorDepth::None).unwrap_err().to_string();
    assert_eq!(
        told("bsae"),
        "there is no theme 'bsae' – did you mean 'base'? There are base, dark, light, high-contrast, colorblind, mono"
    );
    assert_eq!(told("dracula"), "there is no theme 'dracula' – there are base, dark, light, high-contrast, colorblind, mono");
}

#[test]
fn roles_have_the_names_that_themes_write() {
    let names: Vec<&str> = Role::iter().map(Role::name).collect();
    assert_eq!(
        names.join(" "),
        "text muted border border.focus header now.header held.header severity.s1 severity.s2 severity.s3 severity.s4 severity.s5 \
         unassessed breached at_risk running paused met window.office window.out window.weekend window.holiday source.stale source.down \
         selection mark match key ok error link"
    );
}

const DARK: &str = r##"name = "dark"
variant = "dark"
inherits = "base"
[palette]
red = "#ff7b72"
[style]
"text"        = { fg = "#d7dde6", ansi = "default" }
"severity.s1" = { fg = "red", ansi = "bright-red", mods = ["bold"] }
"now.header"  = { fg = "#ffffff", bg = "#a40e26", ansi = "bright-white", ansi_bg = "red" }
"link"        = { fg = "#79c0ff" }
"key"         = { fg = "bright-cyan" }
"##;

#[test]
fn each_depth_has_its_own_colours() {
    let full = Theme::parse(DARK, "dark.toml", ColorDepth::Full).unwrap();
    let sixteen = Theme::parse(DARK, "dark.toml", ColorDepth::Sixteen).unwrap();
    let base = Theme::named("base", ColorDepth::Sixteen).unwrap();
    let colors = |theme: &Theme, role| (theme.style(role).fg, theme.style(role).bg);
    assert_eq!(full.style(Role::S1), Style::new().fg(Color::Rgb(0xff, 0x7b, 0x72)).add_modifier(Modifier::BOLD));
    assert_eq!(sixteen.style(Role::S1), Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD));
    assert_eq!(colors(&full, Role::NowHeader), (Some(Color::Rgb(255, 255, 255)), Some(Color::Rgb(0xa4, 0x0e, 0x26))));
    assert_eq!(colors(&sixteen, Role::NowHeader), (Some(Color::White), Some(Color::Red)));
    assert_eq!(colors(&sixteen, Role::Text), (Some(Color::Reset), None));
    assert_eq!(colors(&sixteen, Role::Link), (None, None), "a colour of the sixteen is never guessed");
    assert_eq!(colors(&sixteen, Role::Key), (Some(Color::LightCyan), None), "a name of the sixteen is one of the sixteen");
    assert_eq!(sixteen.style(Role::Breached), base.style(Role::Breached), "what is not written is inherited");
}

/// What is said of a theme with one more line in its `[style]`.
fn told(line: &str) -> Vec<String> {
    let text = format!("inherits = \"base\"\n[style]\n{line}\n");
    Theme::parse(&text, "own.toml", ColorDepth::Full).err().into_iter().flatten().map(|problem| problem.to_string()).collect()
}

#[test]
fn every_mistake_is_told_with_its_line_and_what_would_be_right() {
    let cases = [
        (r#""severity.s6" = {}"#, "own.toml:3: [style] has no key 'severity.s6' – did you mean 'severity."),
        (r##""text" = { fg = "#000000", bg = "#000000" }"##, "own.toml:3: the letters of text have the colour of their background"),
        (r#""text" = { gf = "red" }"#, "own.toml:3: text has no key 'gf' – there are fg, bg, ansi, ansi_bg, mods"),
        (r#""text" = { fg = "redd" }"#, "own.toml:3: 'redd' is no colour – write #rrggbb, or a name: did you mean 'red'?"),
        (r##""text" = { fg = "#12345" }"##, "own.toml:3: '#12345' is no colour – write #rrggbb"),
        (r##""text" = { fg = "#+12345" }"##, "own.toml:3: '#+12345' is no colour – write #rrggbb"),
        (r##""text" = { ansi = "#123456" }"##, "own.toml:3: '#123456' is none of the sixteen colours – there are default, black"),
        (r#""text" = { mods = ["blink"] }"#, "own.toml:3: letters cannot be 'blink' – there are bold, dim"),
        (r#""text" = { mods = "bold" }"#, "own.toml:3: this must be a list – put it in brackets"),
        (r#""text" = { fg = 1 }"#, "own.toml:3: this must be text – put it in quotes"),
        (r#""text" = "red""#, "own.toml:3: this must be a table – write { key = value }"),
        (r##""at_risk" = { fg = "#ffaa00" }"##, "own.toml:3: at_risk has no colour of the sixteen – add ansi ="),
        (r##""selection" = { bg = "#333333" }"##, "own.toml:3: selection has no background of the sixteen – add ansi_bg ="),
        (
            r##""ok" = { fg = "#000000", bg = "#00ff00", ansi = "black" }"##,
            "own.toml:3: ok has letters and a background, and only one of them in sixteen colours – give both",
        ),
        ("text = {", "own.toml:3: "),
        ("text = {}\ntext = {}", "own.toml:4: duplicate key – "),
    ];
    for (line, wanted) in cases {
        let told = told(line);
        assert!(told.len() == 1 && told[0].starts_with(wanted), "{line}\nwanted {wanted}\ntold   {told:?}");
    }
    assert_eq!(told(r#""text" = { fg = "blue" }"#), Vec::<String>::new());
}

#[test]
fn severity_now_breached_at_risk_stale_and_selection_say_their_sixteen() {
    let needy = Role::iter().filter(|role| !told(&format!("\"{}\" = {{ fg = \"#ff0000\" }}", role.name())).is_empty());
    assert_eq!(
        needy.map(Role::name).collect::<Vec<_>>().join(" "),
        "now.header severity.s1 severity.s2 severity.s3 severity.s4 severity.s5 unassessed breached at_risk source.stale source.down \
         selection"
    );
}

#[test]
fn mistakes_outside_style_are_told_too_and_all_at_once() {
    let text = "naem = \"x\"\nvariant = \"drak\"\ninherits = \"bsae\"\n[palette]\nred = \"redd\"\n";
    let problems = Theme::parse(text, "own.toml", ColorDepth::Full).unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let wanted =
        ["own.toml:1: a theme has no key 'naem'", "own.toml:2: variant = 'drak'", "own.toml:3: inherits = 'bsae'", "own.toml:5: 'redd'"];
    assert_eq!(told.len(), wanted.len(), "{told:#?}");
    assert!(told.iter().zip(wanted).all(|(told, wanted)| told.starts_with(wanted)), "{told:#?}");
    let lonely = Theme::parse("[style]\n\"text\" = {}\n", "own.toml", ColorDepth::Full).unwrap_err();
    assert_eq!(lonely.len(), Role::iter().count() - 1);
    assert_eq!(lonely[0].to_string(), "own.toml:1: the role muted is missing – add it, or inherits = \"base\"");
    let empty = Theme::parse("", "own.toml", ColorDepth::Full).unwrap_err();
    assert_eq!(empty[0].to_string(), "own.toml:1: this theme has no [style] – add [style], or inherits = \"base\"");
}

#[test]
fn colour_is_the_users_wish_then_what_the_environment_says() {
    use ColorDepth::{Full, None, Sixteen};
    use ColorWish::{Always, Auto, Never};
    type Case<'a> = (ColorWish, &'a [(&'a str, &'a str)], ColorDepth);
    let cases: &[Case] = &[
        (Never, &[("TERM", "xterm"), ("COLORTERM", "truecolor"), ("CLICOLOR_FORCE", "1")], None),
        (Always, &[("TERM", "dumb"), ("NO_COLOR", "1")], Sixteen),
        (Always, &[], Sixteen),
        (Always, &[("TERM", "xterm"), ("COLORTERM", "24bit"), ("NO_COLOR", "1")], Full),
        (Auto, &[("TERM", "xterm"), ("COLORTERM", "truecolor"), ("NO_COLOR", "0"), ("CLICOLOR_FORCE", "1")], None),
        (Auto, &[("TERM", "xterm"), ("NO_COLOR", "")], Sixteen),
        (Auto, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], Sixteen),
        (Auto, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "0")], None),
        (Auto, &[("TERM", "dumb"), ("COLORTERM", "truecolor")], None),
        (Auto, &[], None),
        (Auto, &[("TERM", "")], None),
        (Auto, &[("TERM", "vt220")], None),
        (Auto, &[("TERM", "xterm-mono")], None),
        (Auto, &[("TERM", "linux-m")], None),
        (Auto, &[("TERM", "linux")], Sixteen),
        (Auto, &[("TERM", "screen")], Sixteen),
        (Auto, &[("TERM", "tmux-256color"), ("COLORTERM", "yes")], Sixteen),
        (Auto, &[("TERM", "tmux-256color"), ("COLORTERM", "truecolor")], Full),
        (Auto, &[("TERM", "xterm-direct")], Full),
        (Auto, &[("TERM", "xterm-kitty")], Full),
    ];
    for (wish, environment, wanted) in cases {
        let environment: Vec<_> = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        assert_eq!(color_depth(*wish, &environment), *wanted, "{wish:?} {environment:?}");
    }
}
