//! The table of `top`: the same cells for the live view and for `--once`.

use super::account::{Account, Snapshot};
use crate::output::printable;

/// The columns.
pub const HEADINGS: [&str; 9] = [
    "DATASET",
    "RECEIVED/S",
    "RECEIVED",
    "STORED",
    "FILTERED",
    "REJECTED",
    "DROPPED",
    "IN FLIGHT",
    "IMBALANCE",
];

/// A dataset's line.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// A cell for each of [`HEADINGS`].
    pub cells: [String; HEADINGS.len()],
    /// Why events were dropped, where some were: `kernel_udp 3, log_full 1`.
    pub reasons: String,
    /// Events were lost, or the account does not add up.
    pub is_bad: bool,
}

/// A line for each dataset. Rates need an earlier snapshot.
pub fn rows(now: &Snapshot, before: Option<&Snapshot>) -> Vec<Row> {
    now.accounts.iter().map(|account| row(account, now, before)).collect()
}

fn row(account: &Account, now: &Snapshot, before: Option<&Snapshot>) -> Row {
    let name = account.name();
    let rate = before.and_then(|before| rate(account, now, before));
    let dropped = account.dropped_by_reason.iter().filter(|(_, events)| **events > 0);
    let reasons: Vec<String> =
        dropped.map(|(reason, events)| format!("{} {events}", printable(reason))).collect();
    Row {
        cells: [
            printable(&name),
            rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.0}")),
            account.received.to_string(),
            account.stored.to_string(),
            account.filtered.to_string(),
            account.rejected.to_string(),
            account.dropped.to_string(),
            account.in_flight.to_string(),
            account.imbalance.to_string(),
        ],
        reasons: reasons.join(", "),
        is_bad: account.dropped > 0 || account.imbalance != 0,
    }
}

/// Events received in a second, on the average since `before`.
fn rate(account: &Account, now: &Snapshot, before: &Snapshot) -> Option<f64> {
    let seconds = now.at.checked_duration_since(before.at)?.as_secs_f64();
    let earlier = before
        .accounts
        .iter()
        .find(|earlier| earlier.tenant == account.tenant && earlier.dataset == account.dataset)?;
    // A restarted appliance counts from 0 again.
    let events = account.received.checked_sub(earlier.received)?;
    (seconds > 0.0).then(|| events as f64 / seconds)
}

/// What concerns the process as a whole.
pub fn summary(snapshot: &Snapshot) -> String {
    let number = |number: Option<f64>| number.map_or_else(|| "-".to_owned(), |number| format!("{number:.0}"));
    format!(
        "datasets: {}, log bytes: {}, connections: {}",
        snapshot.accounts.len(),
        number(snapshot.log_bytes),
        number(snapshot.connections)
    )
}

/// The table as text.
pub fn as_text(snapshot: &Snapshot, before: Option<&Snapshot>) -> String {
    let rows = rows(snapshot, before);
    let mut widths = HEADINGS.map(|heading| heading.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    push_line(&mut text, &HEADINGS, &widths);
    for row in &rows {
        push_line(&mut text, &row.cells, &widths);
        if !row.reasons.is_empty() {
            text.push_str(&format!("  dropped: {}\n", row.reasons));
        }
    }
    text.push_str(&summary(snapshot));
    text.push('\n');
    text
}

fn push_line(text: &mut String, cells: &[impl AsRef<str>], widths: &[usize]) {
    for (number, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let (cell, width) = (cell.as_ref(), *width);
        match number {
            0 => text.push_str(&format!("{cell:<width$}")),
            _ => text.push_str(&format!("  {cell:>width$}")),
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    fn snapshot(at: Instant, received: u64) -> Snapshot {
        let account = Account {
            tenant: "acme".into(),
            dataset: "fw".into(),
            received,
            stored: 5,
            dropped: 3,
            dropped_by_reason: BTreeMap::from([("kernel_udp".into(), 3), ("log_full".into(), 0)]),
            ..Account::default()
        };
        Snapshot { at, accounts: vec![account], log_bytes: Some(4096.0), connections: None }
    }

    #[test]
    fn the_table_says_where_the_events_are_and_why_some_were_lost() {
        let start = Instant::now();
        let text = as_text(&snapshot(start, 10), None);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["acme/fw", "-", "10", "5", "0", "0", "3", "0", "0"]);
        assert_eq!(lines[2], ["dropped:", "kernel_udp", "3"]);
        assert_eq!(text.lines().last(), Some("datasets: 1, log bytes: 4096, connections: -"));
    }

    #[test]
    fn the_rate_is_what_came_in_since_the_last_look() {
        let start = Instant::now();
        let now = snapshot(start + Duration::from_secs(2), 310);
        assert_eq!(rows(&now, Some(&snapshot(start, 10)))[0].cells[1], "150");
        assert_eq!(rows(&now, Some(&snapshot(start, 1000)))[0].cells[1], "-", "counted anew");
    }
}
