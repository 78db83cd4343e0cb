//! Questions in plain lines: a flag answers before anybody is asked, Enter takes what is usual.

use std::io::{self, BufRead, IsTerminal, Read, StdinLock};

use secrecy::SecretString;

use super::draft::Draft;
use crate::commands::output;
use crate::domain::SafeText;
use crate::tui::Unechoed;

/// Longest answer, in bytes.
const LONGEST: u64 = 4096;

/// Why no configuration is written.
pub(super) enum Stop {
    /// An answer is missing or wrong.
    Usage(String),
    /// What was asked for failed.
    Failed(String),
}

/// The machine's fault: nobody reads stdout, or there is no event loop.
impl From<color_eyre::Report> for Stop {
    fn from(report: color_eyre::Report) -> Self {
        Self::Failed(format!("init ended early – {report:#} – see what was written, and start it again"))
    }
}

/// One question.
pub(super) struct Question<'a> {
    /// What is asked.
    pub what: &'a str,
    /// The flag that answers it.
    pub flag: &'a str,
    /// What Enter stands for, where there is anything usual.
    pub usual: Option<String>,
}

/// Who is asked.
pub(super) struct Asker {
    lines: StdinLock<'static>,
    /// Nothing is asked.
    yes: bool,
    /// A person sits there, who can answer again.
    pub terminal: bool,
}

impl Asker {
    pub fn new(yes: bool) -> Self {
        Self { lines: io::stdin().lock(), yes, terminal: io::stdin().is_terminal() && !yes }
    }

    /// Has a question answered, and the draft made again with the answer: by the flag, else by what is usual where nothing is
    /// asked, else by a line.
    pub fn settle(
        &mut self,
        draft: &mut Draft,
        question: &Question,
        given: Option<&str>,
        take: impl Fn(&mut Draft, &str) -> Result<(), String>,
    ) -> Result<(), Stop> {
        self.settle_or(draft, question, given, |answer| format!("'{answer}'"), take)
    }

    /// The same where somebody may answer with a secret: what is not taken is not said again.
    pub fn settle_unsaid(
        &mut self,
        draft: &mut Draft,
        question: &Question,
        take: impl Fn(&mut Draft, &str) -> Result<(), String>,
    ) -> Result<(), Stop> {
        self.settle_or(draft, question, None, |_| "what was written".to_owned(), take)
    }

    /// `said` is how an answer is named that is not taken.
    fn settle_or(
        &mut self,
        draft: &mut Draft,
        question: &Question,
        given: Option<&str>,
        said: fn(&str) -> String,
        take: impl Fn(&mut Draft, &str) -> Result<(), String>,
    ) -> Result<(), Stop> {
        let judge = |draft: &Draft, answer: &str| {
            let mut with = draft.clone();
            take(&mut with, answer)?;
            with.judged()
        };
        let Question { flag, usual, .. } = question;
        let not_taken = |answer: &str, why: &str| Stop::Usage(format!("{flag} {} is not taken – {why}", said(answer)));
        if let Some(given) = given {
            *draft = judge(draft, given).map_err(|why| not_taken(given, &why))?;
            return Ok(());
        }
        loop {
            let answer = if self.yes {
                usual
                    .clone()
                    .ok_or_else(|| Stop::Usage(format!("{flag} is missing – --yes asks nothing, and there is nothing usual – add it")))?
            } else {
                self.line(question)?
            };
            match judge(draft, &answer) {
                Ok(with) => {
                    *draft = with;
                    return Ok(());
                }
                Err(why) if self.terminal => tell(&format!("  {} is not taken: {why}", said(&answer)))?,
                Err(why) => return Err(not_taken(&answer, &why)),
            }
        }
    }

    /// One line of an answer, or what is usual.
    fn line(&mut self, question: &Question) -> Result<String, Stop> {
        let Question { what, flag, usual } = question;
        let shown = usual.as_ref().filter(|usual| !usual.is_empty()).map_or_else(String::new, |usual| format!(" [{usual}]"));
        loop {
            self.prompt(&format!("{what}{shown}: "))?;
            let mut line = String::new();
            let read = self.lines.by_ref().take(LONGEST).read_line(&mut line);
            let ended =
                |why: &str| Stop::Usage(format!("nothing was written – {why} '{what}' was answered – answer it, pass {flag}, or --yes"));
            match read {
                Ok(0) => return Err(ended("the answers ended before")),
                Err(_) => return Err(ended("the answers could not be read when")),
                Ok(_) => {}
            }
            let answer = line.trim();
            match usual {
                _ if !answer.is_empty() => return Ok(answer.to_owned()),
                Some(usual) => return Ok(usual.clone()),
                None => tell("  this has no usual answer")?,
            }
        }
    }

    /// A key, which is not shown where it is typed.
    pub fn secret(&mut self, what: &str) -> Result<SecretString, Stop> {
        let shown = |error: io::Error| Stop::Failed(format!("nothing was written – a key would be shown: {error} – pass --token-file"));
        let _unechoed = Unechoed::stdin().map_err(shown)?;
        self.prompt(&format!("{what}: "))?;
        let mut line = String::new();
        let read = self.lines.by_ref().take(LONGEST).read_line(&mut line);
        match line.trim() {
            key if read.is_ok() && !key.is_empty() => Ok(key.into()),
            _ => Err(Stop::Usage("nothing was written – there is no key – pass --token-command, --token-file or --token-env".to_owned())),
        }
    }

    fn prompt(&self, text: &str) -> Result<(), Stop> {
        let end = if self.terminal { "" } else { "\n" };
        Ok(output::print(|out| write!(out, "{}{end}", SafeText::body(text)))?)
    }
}

/// Says something on stdout.
pub(super) fn tell(text: &str) -> color_eyre::Result<()> {
    output::print(|out| writeln!(out, "{}", SafeText::body(text)))
}
