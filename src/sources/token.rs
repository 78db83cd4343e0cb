//! Where a secret comes from: a file that only we can read, or the environment. Never shown, never logged.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use secrecy::SecretString;

use super::settings::TokenSource;
use crate::domain::{Fault, FaultKind, SafeText};

/// Longest secret that is read.
const MOST_BYTES: u64 = 4096;

/// Reads a secret.
///
/// # Errors
/// What is missing or unsafe, and how to mend it; never the secret.
pub(super) fn read(source: &TokenSource, environment: &[(String, String)]) -> Result<SecretString, Fault> {
    let token = match source {
        TokenSource::Env(name) => {
            environment.iter().find(|(n, _)| n == name).map(|(_, value)| value.trim().to_owned()).ok_or_else(|| {
                fault(&format!("the environment has no {name} – the key is expected there – export {name}, or use token_file"))
            })?
        }
        TokenSource::File(path) => from_file(path)?,
    };
    if token.is_empty() {
        return Err(fault("the key is empty – nothing can be signed in with it – put the key where token_env or token_file says"));
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
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(fault(&format!("{shown} is not used – others can read it (mode {:o}) – chmod 600 it", metadata.mode() & 0o777)));
    }
    // a file of our own process says who we are, without a system call of our own
    let own = std::fs::metadata("/proc/self").or_else(|_| std::env::current_exe().and_then(std::fs::metadata)).map_err(unreadable)?;
    if metadata.uid() != own.uid() {
        return Err(fault(&format!(
            "{shown} is not used – it belongs to somebody else (user {}) – make a file of your own",
            metadata.uid()
        )));
    }
    let mut line = String::new();
    BufReader::new(file.take(MOST_BYTES + 1)).read_line(&mut line).map_err(unreadable)?;
    if line.len() as u64 > MOST_BYTES {
        return Err(fault(&format!("{shown} is not used – its first line is longer than any key – put the key alone into it")));
    }
    Ok(line.trim().to_owned())
}

fn fault(text: &str) -> Fault {
    Fault { kind: FaultKind::NotSignedIn, text: SafeText::line(text), retry_after: None }
}
