//! Where a secret comes from: a command, a file that only we can read, the environment. Never shown, never logged.

use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::command::{Command, Ended};
use super::settings::TokenSource;
use crate::domain::{Fault, FaultKind};

/// Longest secret that is read.
const MOST_BYTES: u64 = 4096;
/// Longest that a command is waited for: it may wait for a passphrase that nobody will type.
const LONGEST: Duration = Duration::from_secs(10);

/// A secret, and how it is read anew.
pub(super) struct Token {
    source: TokenSource,
    environment: Vec<(String, String)>,
    read: tokio::sync::Mutex<Option<SecretString>>,
}

impl Token {
    /// A secret that is not read yet.
    pub fn new(source: &TokenSource, environment: &[(String, String)]) -> Self {
        Self { source: source.clone(), environment: environment.to_vec(), read: tokio::sync::Mutex::default() }
    }

    /// The secret. Who asks while it is being read waits for that: a command is run once.
    ///
    /// # Errors
    /// What is missing or unsafe, and how to mend it; never the secret.
    pub async fn get(&self) -> Result<SecretString, Fault> {
        let mut read = self.read.lock().await;
        if let Some(token) = &*read {
            return Ok(token.clone());
        }
        Ok(read.insert(self.ask().await?).clone())
    }

    /// The secret as it is by now, where it is another than the one that a server did not take.
    pub async fn other_than(&self, refused: &SecretString) -> Option<SecretString> {
        let is_other = |token: &SecretString| token.expose_secret() != refused.expose_secret();
        let mut read = self.read.lock().await;
        if !read.as_ref().is_some_and(is_other) {
            *read = Some(self.ask().await.ok()?);
        }
        read.clone().filter(is_other)
    }

    async fn ask(&self) -> Result<SecretString, Fault> {
        let TokenSource::Command(command) = &self.source else { return at_hand(&self.source, &self.environment) };
        // only the name: a key could be among the arguments
        let name = command.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
        let told_no_key = |why: String| {
            fault(&format!("token_command '{name}' told no key – {why} – run it in a terminal, and see there what it says or asks"))
        };
        // what it says on stderr is not even read: a shell that traces, or a client that is asked to be verbose, puts keys there
        let (words, environment) = (command.as_slice(), self.environment.as_slice());
        let command = Command { words, environment, stdin: &[], longest: LONGEST, most: MOST_BYTES + 1, stderr: false };
        let Ended { printed, how } = command.run().await.map_err(told_no_key)?;
        how.map_err(told_no_key)?;
        let line = printed.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if line.len() as u64 > MOST_BYTES {
            return Err(fault(&format!(
                "token_command '{name}' told no key – its first line is longer than any – have it print the key alone"
            )));
        }
        let line = std::str::from_utf8(line)
            .map_err(|_| fault(&format!("token_command '{name}' told no key – what it prints is no text – have it print the key alone")))?;
        usable(line)
    }
}

/// A secret for which nothing must be run.
///
/// # Errors
/// What is missing or unsafe, and how to mend it; never the secret.
pub(super) fn at_hand(source: &TokenSource, environment: &[(String, String)]) -> Result<SecretString, Fault> {
    match source {
        TokenSource::Command(_) => Err(fault("the key is not at hand – a command tells it – ask the source")),
        TokenSource::File(path) => usable(&from_file(path)?),
        TokenSource::Env(name) => {
            let value = environment.iter().find(|(n, _)| n == name).map(|(_, value)| value);
            usable(value.ok_or_else(|| {
                fault(&format!("the environment has no {name} – the key is expected there – export {name}, or use token_file"))
            })?)
        }
        TokenSource::Written(secret) => usable(secret.expose_secret()),
    }
}

fn usable(token: &str) -> Result<SecretString, Fault> {
    let token = token.trim();
    if token.is_empty() {
        return Err(fault("the key is empty – nothing can be signed in with it – put the key where the configuration says it is"));
    }
    if HeaderValue::from_str(token).is_err() {
        return Err(fault("the key cannot be sent – it has characters that no key has – copy it again"));
    }
    Ok(token.into())
}

fn from_file(path: &Path) -> Result<String, Fault> {
    let shown = path.display();
    let unreadable = |e: std::io::Error| fault(&format!("{shown} cannot be read – {e} – put the key there, mode 0600"));
    // asked before it is opened: opening a pipe waits for its writer
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(fault(&format!("{shown} is not used – it is no file – put the key in a file of mode 0600")));
    }
    let file = File::open(path).map_err(unreadable)?;
    if let Some(why) = open_to_others(&file.metadata().map_err(unreadable)?) {
        return Err(fault(&format!("{shown} is not used – {why} – make it your own, chmod 600")));
    }
    let mut line = String::new();
    BufReader::new(file.take(MOST_BYTES + 1)).read_line(&mut line).map_err(unreadable)?;
    if line.len() as u64 > MOST_BYTES {
        return Err(fault(&format!("{shown} is not used – its first line is longer than any key – put the key alone into it")));
    }
    Ok(line)
}

/// Why a secret is not safe in a file; `None` where only we can read it.
#[must_use]
pub fn open_to_others(metadata: &Metadata) -> Option<String> {
    let others = metadata.mode() & 0o077 != 0;
    let strange = metadata.uid() != rustix::process::geteuid().as_raw();
    if others {
        Some(format!("others can read it (mode {:o})", metadata.mode() & 0o777))
    } else {
        strange.then(|| format!("it belongs to somebody else (user {})", metadata.uid()))
    }
}

fn fault(text: &str) -> Fault {
    Fault::new(FaultKind::NotSignedIn, text)
}
