//! The pictures in the README: each view of the demo at a fixed instant, drawn by the project's own code, for a dark page and
//! for a light one.

use std::collections::BTreeMap;
use std::fmt::Write;

use holdover::tui::{ColorDepth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

use crate::screens::every_view::VIEWS;
use crate::support::kept;

/// Pixels of a cell.
const WIDTH: usize = 9;
const HEIGHT: usize = 19;
const MARGIN: usize = 12;

/// Most bytes of a picture.
const MOST: usize = 20_000;

/// A theme with all its colours, and the terminal that it is drawn on.
struct Page {
    theme: &'static str,
    ink: &'static str,
    paper: &'static str,
    edge: &'static str,
}

const PAGES: [Page; 2] = [
    Page { theme: "dark", ink: "#d7dde6", paper: "#14171c", edge: "#3d444d" },
    Page { theme: "light", ink: "#1f2328", paper: "#ffffff", edge: "#d1d9e0" },
];

fn hex(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Reset => otherwise.to_owned(),
        other => panic!("{other} is what the terminal makes of it"),
    }
}

/// How letters are painted: their colour, the ground, bold, underlined.
#[derive(PartialEq, Eq, Clone)]
struct Paint {
    ink: String,
    paper: String,
    bold: bool,
    underlined: bool,
}

impl Paint {
    fn of(cell: &Cell, page: &Page) -> Self {
        let (ink, paper) = (hex(cell.fg, page.ink), hex(cell.bg, page.paper));
        let (ink, paper) = if cell.modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) };
        Self { ink, paper, bold: cell.modifier.contains(Modifier::BOLD), underlined: cell.modifier.contains(Modifier::UNDERLINED) }
    }

    /// Of the letters, in words of CSS.
    fn css(&self) -> String {
        let bold = if self.bold { ";font-weight:bold" } else { "" };
        let underlined = if self.underlined { ";text-decoration:underline" } else { "" };
        format!("fill:{}{bold}{underlined}", self.ink)
    }
}

/// A picture on its way: what is drawn, and the classes that the letters are of.
struct Picture<'a> {
    page: &'a Page,
    drawn: String,
    classes: BTreeMap<String, String>,
}

impl Picture<'_> {
    /// One `text` for each run of cells that are painted alike, each as wide as its cells are, whatever the font.
    fn draw(&mut self, buffer: &Buffer) {
        let area = buffer.area;
        for y in 0..area.height {
            let mut x = 0;
            while x < area.width {
                let (start, paint) = (x, Paint::of(&buffer[(x, y)], self.page));
                let mut text = String::new();
                while x < area.width && Paint::of(&buffer[(x, y)], self.page) == paint {
                    let symbol = buffer[(x, y)].symbol();
                    text.push_str(symbol);
                    x += u16::try_from(symbol.width().max(1)).unwrap();
                }
                self.run((start, x, y), &text, &paint);
            }
        }
    }

    fn run(&mut self, (start, end, y): (u16, u16, u16), text: &str, paint: &Paint) {
        let (left, top) = (usize::from(start) * WIDTH + MARGIN, usize::from(y) * HEIGHT + MARGIN);
        if paint.paper != self.page.paper {
            let width = usize::from(end - start) * WIDTH;
            writeln!(self.drawn, "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{HEIGHT}\" fill=\"{}\"/>", paint.paper)
                .unwrap();
        }
        let shown = text.trim();
        if shown.is_empty() {
            return;
        }
        let blank = text.len() - text.trim_start().len();
        let (left, width, baseline) = (left + blank * WIDTH, shown.width() * WIDTH, top + HEIGHT - 5);
        let next = char::from(b'a' + u8::try_from(self.classes.len()).unwrap()).to_string();
        let class = self.classes.entry(paint.css()).or_insert(next);
        let escaped = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        writeln!(self.drawn, "<text x=\"{left}\" y=\"{baseline}\" textLength=\"{width}\" class=\"{class}\">{escaped}</text>").unwrap();
    }

    fn svg(&self, buffer: &Buffer, title: &str) -> String {
        let size = |cells: u16, pixels: usize| usize::from(cells) * pixels + 2 * MARGIN;
        let (width, height) = (size(buffer.area.width, WIDTH), size(buffer.area.height, HEIGHT));
        let (page, mut css) = (self.page, "text{white-space:pre}".to_owned());
        for (paint, class) in &self.classes {
            write!(css, ".{class}{{{paint}}}").unwrap();
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\" \
             font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"15\" xml:space=\"preserve\">\n\
             <title>{title}</title>\n<style>{css}</style>\n\
             <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\" stroke=\"{}\"/>\n{}</svg>\n",
            width - 1,
            height - 1,
            page.paper,
            page.edge,
            self.drawn
        )
    }
}

#[test]
fn the_pictures_of_the_readme_are_what_the_program_draws() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let pictured = VIEWS.iter().filter(|view| view.pictured).map(|view| (view.name, view.title, view.on((80, 24))));
    let wide = ("two-panes", "The board on a wide terminal", VIEWS[0].on((124, 30)));
    for (name, title, dashboard) in pictured.chain([wide]) {
        for page in &PAGES {
            let buffer = dashboard.buffer(&Theme::named(page.theme, ColorDepth::Full).unwrap());
            let mut picture = Picture { page, drawn: String::new(), classes: BTreeMap::new() };
            picture.draw(&buffer);
            let (path, svg) = (format!(".github/pictures/{name}-{}.svg", page.theme), picture.svg(&buffer, title));
            assert!(svg.len() <= MOST, "{path}: {} bytes", svg.len());
            assert!(readme.contains(&path), "README.md does not show {path}");
            kept(&path, &svg);
        }
    }
}
