//! The ticket reader: whatever a file holds, each ticket is safe, has a key of its own, is judged, and comes back the same
//! from the JSON of the board.
#![no_main]

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use holdover::app::{Board, BoardJson, BoardRow};
use holdover::config::Settings;
use holdover::domain::Ticket;
use holdover::sources::{TicketFormat, read_csv, read_tickets};
use holdover_fuzz::{assert_safe, instants, judge_at_all, settings, texts};
use libfuzzer_sys::fuzz_target;

static SETTINGS: LazyLock<Settings> = LazyLock::new(settings);

fuzz_target!(|bytes: &[u8]| {
    let format = TicketFormat::of(&SETTINGS.sources[0], "tickets.json");
    for read in [read_tickets(bytes, &format), read_csv(bytes, &format)] {
        match read {
            Ok(tickets) => each_is_well(&tickets, &format),
            Err(fault) => {
                assert_safe(fault.text.as_str(), 4, "a fault");
                assert!(fault.text.as_str().contains(" – "), "what and what to do: {}", fault.text);
            }
        }
    }
});

fn each_is_well(tickets: &[Arc<Ticket>], format: &TicketFormat) {
    let mut keys = HashSet::new();
    for ticket in tickets {
        assert!(keys.insert(&ticket.id.key), "{} twice", ticket.id);
        texts(ticket).into_iter().for_each(|text| assert_safe(text.as_str(), 4, "a ticket"));
    }
    tickets.iter().take(8).for_each(|ticket| judge_at_all(ticket, &SETTINGS.agreements));
    comes_back(tickets, format);
}

/// What the JSON of the board says of a ticket is what is read from it.
fn comes_back(tickets: &[Arc<Ticket>], format: &TicketFormat) {
    let at = instants()[0];
    let board = Board::new(tickets.iter().cloned(), &SETTINGS.agreements, at);
    let rows: Vec<&BoardRow> = board.rows.iter().chain(&board.resolved).collect();
    let json = serde_json::to_vec(&BoardJson::new(at, &rows, &[])).unwrap_or_else(|e| panic!("{e}"));
    assert_safe(&String::from_utf8_lossy(&json), 4, "JSON");
    let again = read_tickets(&json, format).unwrap_or_else(|fault| panic!("{}", fault.text));
    assert_eq!(again.len(), tickets.len());
    for (row, again) in rows.iter().zip(again) {
        let before = &*row.ticket;
        assert_eq!(again.altered, 0, "{again:?}");
        // what the board says of the severity is what holds at its instant, and of the agreement which one was found
        let expected = Ticket {
            agreement: again.agreement.clone(),
            severity: again.severity,
            severity_unreadable: again.severity_unreadable,
            notes: again.notes.clone(),
            unreadable: None,
            altered: 0,
            ..before.clone()
        };
        assert_eq!(*again, expected);
    }
}
