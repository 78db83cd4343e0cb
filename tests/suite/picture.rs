//! The picture in the README: the board of the demo at a fixed instant, drawn by the project's own code.

use std::fmt::Write;

use holdover::tui::{ColorDepth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::screens::Dashboard;
use crate::support::kept;

/// Pixels of a cell.
const WIDTH: usize = 9;
const HEIGHT: usize = 19;
const MARGIN: usize = 12;

const PAPER: &str = "#16181d";
const INK: &str = "#d5d9e0";

/// The sixteen colours in a usual dark palette.
fn hex(color: Color, otherwise: &str) -> String {
    let named = match color {
        Color::Black => "#16181d",
        Color::Red => "#c4343f",
        Color::Green => "#6fb56f",
        Color::Yellow => "#d9a441",
        Color::Blue => "#5c8fd6",
        Color::Magenta => "#c678dd",
        Color::Cyan => "#56b6c2",
        Color::Gray => "#d5d9e0",
        Color::DarkGray => "#8a919e",
        Color::LightRed => "#ff7b72",
        Color::LightGreen => "#8fd18f",
        Color::LightYellow => "#f2c55c",
        Color::LightBlue => "#7aa8ec",
        Color::LightMagenta => "#e0a3f0",
        Color::LightCyan => "#7fd3de",
        Color::White => "#ffffff",
        Color::Rgb(r, g, b) => return format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Reset | Color::Indexed(_) => otherwise,
    };
    named.to_owned()
}

/// How a cell is painted: letters, ground, bold, underlined.
#[derive(PartialEq, Eq, Clone)]
struct Paint {
    ink: String,
    paper: String,
    bold: bool,
    underlined: bool,
}

impl Paint {
    fn of(cell: &Cell) -> Self {
        let (ink, paper) = (hex(cell.fg, INK), hex(cell.bg, PAPER));
        let (ink, paper) = if cell.modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
        Self { ink, paper, bold: cell.modifier.contains(Modifier::BOLD), underlined: cell.modifier.contains(Modifier::UNDERLINED) }
    }
}

/// A picture of a screen: one `text` for each run of cells that are painted alike.
fn svg(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let size = |cells: u16, pixels: usize| usize::from(cells) * pixels + 2 * MARGIN;
    let (width, height) = (size(area.width, WIDTH), size(area.height, HEIGHT));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\">\n<title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let (start, paint) = (x, Paint::of(&buffer[(x, y)]));
            let mut text = String::new();
            while x < area.width && Paint::of(&buffer[(x, y)]) == paint {
                let symbol = buffer[(x, y)].symbol();
                text.push_str(symbol);
                x += u16::try_from(symbol.width().max(1)).unwrap();
            }
            run(&mut out, (start, x, y), &text, &paint);
        }
    }
    out + "</svg>\n"
}

fn run(out: &mut String, (start, end, y): (u16, u16, u16), text: &str, paint: &Paint) {
    let (left, top) = (usize::from(start) * WIDTH + MARGIN, usize::from(y) * HEIGHT + MARGIN);
    let width = usize::from(end - start) * WIDTH;
    if paint.paper != PAPER {
        writeln!(out, "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{}\"/>", paint.paper).unwrap();
    }
    let shown = text.trim_end();
    if shown.is_empty() {
        return;
    }
    let blank = shown.len() - shown.trim_start().len();
    let (left, shown) = (left + blank * WIDTH, shown.trim_start());
    let shown_width = shown.width() * WIDTH;
    let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let bold = if paint.bold { " font-weight=\"bold\"" } else { "" };
    let underlined = if paint.underlined { " text-decoration=\"underline\"" } else { "" };
    writeln!(
        out,
        "<text x=\"{left}\" y=\"{}\" textLength=\"{shown_width}\" fill=\"{}\"{bold}{underlined} xml:space=\"preserve\">{escaped}</text>",
        top + HEIGHT - 5,
        paint.ink
    )
    .unwrap();
}

#[test]
fn the_picture_of_the_readme_is_what_the_program_draws() {
    let mut dashboard = Dashboard::demo((80, 24));
    dashboard.press("j j");
    let buffer = dashboard.buffer(&Theme::named("base", ColorDepth::Sixteen).unwrap());
    kept(".github/board.svg", &svg(&buffer, "The board of the demo"));
}
