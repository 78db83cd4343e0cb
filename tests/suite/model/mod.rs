//! A slow, obvious, minute-by-minute model of the rules, written from their text and sharing nothing with the program but the
//! ticket and the severities as data. It says what a ticket of the board must be, member by member.

pub mod clocks;
pub mod history;
pub mod plan;
pub mod stage;

use chrono::DateTime;
use holdover::domain::{Severity, Status, Ticket};
use serde_json::{Value, json};

use self::clocks::{Cover, Measure, Run, started};
use self::history::{State, by, row, seconds, submission};
use self::plan::{Entry, Table, window_name};
pub use self::stage::Stage;
use self::stage::{BEYOND, NEVER, in_order};

/// What a member of a ticket must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    Is(Value),
    /// Null, or an instant from the end of the stage on.
    NullOrFrom(i64),
    /// One of these.
    OneOf(Vec<Value>),
}

/// A ticket of the board: JSON pointers and what is there.
pub type Expected = Vec<(String, Want)>;

/// An instant as the board writes it.
pub fn written(at: i64) -> Value {
    json!(DateTime::from_timestamp(at, 0).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// All that is otherwise than expected in a ticket of the board.
pub fn differences(shown: &Value, expected: &Expected) -> Vec<String> {
    let differs = |(pointer, want): &(String, Want)| {
        let is = shown.pointer(pointer).unwrap_or(&Value::Null);
        let fits = match want {
            Want::Is(value) => is == value,
            Want::OneOf(values) => values.contains(is),
            Want::NullOrFrom(end) => is.as_str().is_none_or(|text| text >= written(*end).as_str().unwrap()),
        };
        (!fits).then(|| format!("{pointer} is {is}, not {want:?}"))
    };
    expected.iter().filter_map(differs).collect()
}

/// Some time before now: a ticket is answered in time if nobody knows when.
const UNKNOWN: i64 = i64::MIN;

/// What a clock of a ticket is read from.
struct Reading<'a> {
    start: i64,
    due: i64,
    /// Ended by `t`; [`UNKNOWN`] where nobody knows when.
    ended: Option<i64>,
    measure: Measure<'a>,
    /// Of several entries that fit, the one due first is known.
    clear: bool,
    on_client: bool,
    unassessed: bool,
    t: i64,
}

/// What a ticket of the board must be at `t`.
pub fn expected(stage: &Stage, ticket: &Ticket, t: i64) -> Expected {
    let plan = stage.plan;
    let submitted = submission(ticket, t);
    let now = history::at(stage, ticket, t.max(submitted), t);
    let untimed = ticket.acknowledged_at.is_none() && ticket.status == Status::Acknowledged;
    let acknowledged = by(t, ticket.acknowledged_at).or(untimed.then_some(UNKNOWN));
    let answered = if plan.word_to_client { by(t, ticket.answered_at) } else { acknowledged };
    // once answered, a later event changes the obligation but not the response's result
    let response = match answered {
        Some(at) if at != UNKNOWN => history::at(stage, ticket, at.max(submitted), t).run,
        _ => now.run.clone(),
    };
    let on_client = history::is_on_client(ticket, t);
    let own_row = row(&plan.response, now.severity);
    let cover = Cover::new(own_row, &now.channels);

    let mut out = Expected::new();
    let mut is = |pointer: &str, value: Value| out.push((pointer.to_owned(), Want::Is(value)));
    is("/window", json!(window_name(in_order(stage.windows_at(t)).next().unwrap())));
    is("/severity", json!(now.assessed));
    is("/assumed_severity", if now.assessed.is_none() { json!(now.severity) } else { Value::Null });

    // of a ticket submitted after t, what will be at its submission
    let instant = t.max(submitted);
    let covered = cover.at(stage, instant);
    let start = now.run.start;
    let (obligation, group) = if now.assessed.is_none() {
        ("decide", "decide")
    } else if on_client {
        ("on-client", "on-client")
    } else if start == NEVER {
        ("outside", "outside")
    } else if start <= instant && covered {
        ("now", if answered.is_some() { "in-hand" } else { "unanswered" })
    } else {
        ("held", "held")
    };
    if obligation == "held" && start == BEYOND {
        out.push(("/obligation".to_owned(), Want::OneOf(vec![json!("held"), json!("outside")])));
    } else {
        is("/obligation", json!(obligation));
        is("/group", json!(group));
    }
    let released = if instant < start { start } else { cover.first_from(stage, instant) };
    out.push(("/held_until".to_owned(), if obligation == "held" { when(stage, released) } else { Want::Is(Value::Null) }));

    // the target shown is that of the severity and the channels of now in the window of the start; where that has none, the
    // clock's own
    let shown = started(stage, own_row, &now.channels, &cover, response.start);
    let entry = shown.entry.or(response.entry);
    let measure = Measure { stage, cover: &cover, target: entry.map(|e| e.target), left_out: &[] };
    let unassessed = now.assessed.is_none();
    let clear = shown.due != BEYOND;
    let clock = Reading { start: response.start, due: response.due, ended: answered, measure, clear, on_client: false, unassessed, t };
    clock.expect("response", &mut out);
    resolve(stage, ticket, &now, on_client, t, &mut out);
    update(stage, ticket, &now, t, &mut out);
    billing(stage, ticket, &now, &cover, t, &mut out);
    out
}

/// An instant; what lies beyond the stage may be never.
fn when(stage: &Stage, at: i64) -> Want {
    match at {
        NEVER => Want::Is(Value::Null),
        BEYOND => Want::NullOrFrom(stage.end()),
        at => Want::Is(written(at)),
    }
}

impl Reading<'_> {
    fn expect(&self, name: &str, out: &mut Expected) {
        let stage = self.measure.stage;
        let pointer = |member: &str| format!("/{name}{member}");
        if self.start == NEVER {
            return out.push((pointer(""), Want::Is(Value::Null)));
        }
        out.push((pointer("/starts_at"), when(stage, self.start)));
        out.push((pointer("/due"), when(stage, self.due)));
        // the target of a clock that is due beyond the stage can be any of several
        if self.start == BEYOND || self.due == BEYOND || !self.clear {
            return;
        }
        let (is, left) = self.state();
        out.push((pointer("/state"), Want::Is(json!(is))));
        out.push((pointer("/target"), Want::Is(json!(self.measure.target.map(plan::Target::written)))));
        out.push((pointer("/remaining_seconds"), Want::Is(json!(left))));
    }

    fn state(&self) -> (&'static str, Option<i64>) {
        if let Some(at) = self.ended {
            return (if at > self.due { "met-late" } else { "met" }, None);
        }
        if self.t > self.due {
            let past = self.measure.seconds(self.due, self.t);
            return (if self.unassessed { "overdue" } else { "breached" }, Some(-past));
        }
        let remaining = (self.due != NEVER).then(|| self.measure.seconds(self.t.max(self.start), self.due));
        let covered = || self.measure.cover.at(self.measure.stage, self.t);
        let state = if self.t < self.start {
            "not-started"
        } else if self.on_client || !self.measure.through_everything() && !covered() {
            "paused"
        } else if remaining.is_some_and(|left| self.is_at_risk(left)) {
            "at-risk"
        } else {
            "running"
        };
        (state, remaining)
    }

    fn is_at_risk(&self, left: i64) -> bool {
        let whole = self.measure.seconds(self.start, self.due);
        let at_risk = self.measure.stage.plan.at_risk;
        at_risk > 0 && left <= whole * at_risk / 100
    }
}

/// The clock of a table of its own: it starts at `from`, or at the first instant after it that the table covers.
fn own_clock(stage: &Stage, table: &Table, now: &State, from: i64) -> (Cover, Run) {
    let row = row(table, now.severity);
    let cover = Cover::new(row, &now.channels);
    let start = match from {
        NEVER => NEVER,
        _ if !cover.anywhere(stage) => NEVER,
        BEYOND => BEYOND,
        from => cover.first_from(stage, from),
    };
    let run = started(stage, row, &now.channels, &cover, start);
    (cover, run)
}

fn resolve(stage: &Stage, ticket: &Ticket, now: &State, on_client: bool, t: i64, out: &mut Expected) {
    let Some(table) = &stage.plan.resolve else { return out.push(("/resolve".to_owned(), Want::Is(Value::Null))) };
    let (cover, run) = own_clock(stage, table, now, now.run.start);
    let left_out = history::known_on_client(ticket, t);
    let measure = Measure { stage, cover: &cover, target: run.entry.as_ref().map(|e| e.target), left_out: &left_out };
    let due = if run.start < BEYOND { measure.due(run.start, run.due) } else { run.due };
    let ended = by(t, ticket.resolved_at);
    let stands = on_client && !ticket.on_client.is_empty();
    let clock = Reading { start: run.start, due, ended, measure, clear: true, on_client: stands, unassessed: now.assessed.is_none(), t };
    clock.expect("resolve", out);
}

fn update(stage: &Stage, ticket: &Ticket, now: &State, t: i64, out: &mut Expected) {
    let Some(table) = &stage.plan.update else { return out.push(("/update".to_owned(), Want::Is(Value::Null))) };
    let start = now.run.start;
    let from = by(t, ticket.last_word_at).map_or(start, |word| start.max(word));
    let (cover, run) = own_clock(stage, table, now, from);
    let measure = Measure { stage, cover: &cover, target: run.entry.as_ref().map(|e| e.target), left_out: &[] };
    let ended = by(t, ticket.resolved_at);
    let clock =
        Reading { start: run.start, due: run.due, ended, measure, clear: true, on_client: false, unassessed: now.assessed.is_none(), t };
    clock.expect("update", out);
}

fn billing(stage: &Stage, ticket: &Ticket, now: &State, cover: &Cover, t: i64, out: &mut Expected) {
    const LEVELS: [&str; 3] = ["L1", "L2", "L3"];
    let plan = stage.plan;
    let both = |out: &mut Expected, bill: &str| {
        out.push(("/billing/verdict".to_owned(), Want::Is(json!(bill))));
        out.push(("/billing/now".to_owned(), Want::Is(json!(bill))));
    };
    let level = |name: &str| LEVELS.iter().position(|l| l.eq_ignore_ascii_case(name));
    let own = ticket.support_level.as_ref().and_then(|l| level(l.as_str()));
    if now.assessed.is_none() || (plan.support_level.is_some() && own.is_none()) {
        return both(out, "unknown");
    }
    let row = row(&plan.response, now.severity);
    if now.run.start == NEVER || !cover.anywhere(stage) {
        return both(out, "chargeable");
    }
    if plan.support_level.and_then(level).zip(own).is_some_and(|(up_to, own)| own > up_to) {
        return both(out, "chargeable");
    }
    let service = ticket.service.as_ref().map(|s| s.as_str().to_lowercase());
    if plan.chargeable_service.is_some_and(|of| service == Some(of.to_lowercase())) {
        return both(out, "chargeable");
    }
    if now.run.start == BEYOND {
        return;
    }
    let word = |entry: Option<&Entry>, without: &'static str| match entry {
        Some(entry) if entry.chargeable => "chargeable",
        Some(_) => "included",
        None => without,
    };
    // without a cell at the start the clock's own entry counts; of entries that are due beyond the stage any can be the first
    let at_start = started(stage, row, &now.channels, cover, now.run.start);
    if at_start.due != BEYOND && (at_start.entry.is_some() || now.run.due < BEYOND) {
        let entry = at_start.entry.as_ref().or(now.run.entry.as_ref());
        out.push(("/billing/verdict".to_owned(), Want::Is(json!(word(entry, "included")))));
    }
    let here = started(stage, row, &now.channels, cover, t);
    if here.due != BEYOND {
        out.push(("/billing/now".to_owned(), Want::Is(json!(word(here.entry.as_ref(), "chargeable")))));
    }
}

/// The start of a ticket's response as the model has it.
pub fn response_run(stage: &Stage, ticket: &Ticket, t: i64) -> (i64, i64) {
    let run = history::at(stage, ticket, t.max(submission(ticket, t)), t).run;
    (run.start, run.due)
}

/// Everything told of a ticket that has a time.
pub fn told(ticket: &Ticket) -> Vec<i64> {
    let own = [ticket.submitted_at, ticket.acknowledged_at, ticket.answered_at, ticket.last_word_at, ticket.resolved_at];
    let stretches = ticket.on_client.iter().flat_map(|s| [s.from, s.to]);
    let events = ticket.contacts.iter().map(|c| Some(c.at)).chain(ticket.assessments.iter().map(|a| Some(a.at)));
    own.into_iter().chain(stretches).chain(events).chain([ticket.severity_seen_at]).filter_map(seconds).collect()
}

/// A severity by its number in the model.
pub fn severity(index: usize) -> Severity {
    Severity::ALL[index]
}
