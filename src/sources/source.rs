//! What every source of tickets can be asked.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Capabilities, Deed, Fault, Identity, Outcome, Pass, SourceName, TicketKey};

/// Says the time; made in main and handed on.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What two clocks may differ by where it is not known by how much, and where it is: servers date in whole seconds.
const CLOCKS: TimeDelta = TimeDelta::minutes(2);
const SECONDS: TimeDelta = TimeDelta::seconds(5);

/// From when on, by the source's clock, something can be what an earlier attempt did.
pub(super) fn since(earlier: DateTime<Utc>, clock_ahead: Option<TimeDelta>) -> DateTime<Utc> {
    clock_ahead.map_or(earlier - CLOCKS, |ahead| earlier + ahead - SECONDS)
}

/// A place where tickets come from.
#[async_trait]
pub trait TicketSource: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &SourceName;

    /// What it can be told of.
    fn capabilities(&self) -> Capabilities;

    /// Whether it is on this machine, so that asking it often burdens nobody, however long it fails.
    fn is_local(&self) -> bool {
        false
    }

    /// Who we are to it: wrong credentials must be seen here, not as "no tickets".
    ///
    /// # Errors
    /// Why it is not known.
    async fn whoami(&self) -> Result<Identity, Fault>;

    /// One pass over its open tickets; the sign-in is checked first.
    ///
    /// # Errors
    /// Why there are none.
    async fn list_open(&self) -> Result<Pass, Fault>;

    /// Tells it what was done to a ticket, and reads the ticket again to see whether it is so. Asks first whether it is:
    /// nobody's ticket is taken away. Where an earlier attempt may have arrived, `earlier` is when the deed was first asked for:
    /// what the ticket has since then is not sent again, but confirmed.
    /// What it cannot be told of is [`FaultKind::Unsupported`](crate::domain::FaultKind).
    ///
    /// # Errors
    /// Why it could not be asked.
    async fn tell(&self, key: &TicketKey, deed: &Deed, earlier: Option<DateTime<Utc>>) -> Result<Outcome, Fault>;
}
