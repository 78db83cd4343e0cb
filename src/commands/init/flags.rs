//! The flags of `holdover init`: one for each question.

use clap::Args;
use clap::builder::PossibleValuesParser;
use strum::VariantNames;

use super::draft::Kind;
use crate::domain::Severity;

/// Flags of `init`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Default, Args)]
pub struct InitArgs {
    /// Ask nothing and write nothing: print an example with every setting, its default and what it means
    #[arg(long, exclusive = true)]
    pub example: bool,
    /// Where tickets come from
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Kind::VARIANTS))]
    pub kind: Option<String>,
    /// What the source is called on the board
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// The address of the server
    #[arg(long)]
    pub url: Option<String>,
    /// The user who signs in
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A command that prints the key; its words are told apart by spaces, and no shell reads it
    #[arg(long, value_name = "COMMAND", group = "token")]
    pub token_command: Option<String>,
    /// A file with the key, which only you can read
    #[arg(long, value_name = "FILE", group = "token")]
    pub token_file: Option<String>,
    /// The environment variable that the key is in
    #[arg(long, value_name = "NAME", group = "token")]
    pub token_env: Option<String>,
    /// A file with the certificate of whoever vouches for the server, beside the authorities of the system
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<String>,
    /// Speak plain http to a server that is not this computer
    #[arg(long)]
    pub allow_http: bool,
    /// The file of tickets
    #[arg(long, value_name = "FILE")]
    pub path: Option<String>,
    /// The client of all tickets, or @FIELD: one for each value of a field, such as @project
    #[arg(long, value_name = "C")]
    pub client: Option<String>,
    /// What a priority, or a label severity, means: Urgent=S2; may be given several times
    #[arg(long, value_name = "VALUE=S", value_parser = meaning)]
    pub severity: Vec<(String, Severity)>,
    /// Your own time zone, and the agreement's: Europe/London
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// The name of the agreement
    #[arg(long, value_name = "NAME")]
    pub agreement: Option<String>,
    /// The office hours of the agreement: "mon-thu 09:00-17:30, fri 09:00-16:00"
    #[arg(long, value_name = "HOURS")]
    pub office_hours: Option<String>,
    /// Its bank holidays: england-and-wales, scotland, northern-ireland, none, and dates
    #[arg(long, value_name = "NAMES")]
    pub bank_holidays: Option<String>,
    /// Down to which severity it is handled out of office hours too: S1 to S5, or none
    #[arg(long, value_name = "S")]
    pub out_of_hours: Option<String>,
    /// How soon S1 to S5 are answered: 30m,1h,4h,1wd,5wd
    #[arg(long, value_name = "TIMES")]
    pub respond: Option<String>,
    /// Ask nothing: what no flag says is as usual
    #[arg(long)]
    pub yes: bool,
    /// Ask no server either
    #[arg(long)]
    pub offline: bool,
}

fn meaning(text: &str) -> Result<(String, Severity), String> {
    let wrong = || "write the value, = and a severity: Urgent=S2".to_owned();
    let (value, severity) = text.rsplit_once('=').ok_or_else(wrong)?;
    Ok((value.trim().to_owned(), Severity::parse(severity.trim()).ok_or_else(wrong)?))
}
