//! The live view: the table, drawn anew every second, until a key ends it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row as DrawnRow, Table};
use ratatui::{DefaultTerminal, Frame};
use tokio::runtime::Runtime;

use super::account::{Snapshot, Source};
use super::table::{HEADINGS, Row, rows, summary};

/// Time between two looks at the appliance.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is on the screen.
struct View {
    title: String,
    rows: Vec<Row>,
    footer: String,
    /// Why the last look failed; the rows are those of the look before.
    trouble: Option<String>,
}

/// Shows the account until `q`, Esc or Ctrl-C.
pub fn show(runtime: &Runtime, source: &Source) -> Result<()> {
    // The first look is outside, so that a wrong address is a plain error and not an empty screen.
    let first = runtime.block_on(source.ask())?;
    let mut terminal =
        ratatui::try_init().context("this is no terminal; `--once` prints the table as text")?;
    let shown = watch(&mut terminal, runtime, source, first);
    ratatui::try_restore().context("cannot give the terminal back")?;
    shown
}

fn watch(
    terminal: &mut DefaultTerminal,
    runtime: &Runtime,
    source: &Source,
    mut last: Snapshot,
) -> Result<()> {
    let mut view = View {
        title: format!("bytefreezer top  {}  (q ends)", source.url()),
        rows: rows(&last, None),
        footer: summary(&last),
        trouble: None,
    };
    loop {
        terminal.draw(|frame| draw(frame, &view)).context("cannot draw")?;
        if ends_within(INTERVAL)? {
            return Ok(());
        }
        match runtime.block_on(source.ask()) {
            Ok(now) => {
                view.rows = rows(&now, Some(&last));
                view.footer = summary(&now);
                view.trouble = None;
                last = now;
            }
            Err(error) => view.trouble = Some(format!("{error:#}")),
        }
    }
}

/// Waits, and says whether a key ended the view.
fn ends_within(interval: Duration) -> Result<bool> {
    let end = Instant::now() + interval;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if !event::poll(left).context("cannot read the keyboard")? {
            return Ok(false);
        }
        if let Event::Key(key) = event::read().context("cannot read the keyboard")?
            && ends(key)
        {
            return Ok(true);
        }
    }
}

fn ends(key: KeyEvent) -> bool {
    let interrupts = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (interrupts || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}

fn draw(frame: &mut Frame<'_>, view: &View) {
    let [title, body, footer] =
        Layout::vertical([Constraint::Length(2), Constraint::Min(1), Constraint::Length(2)])
            .areas(frame.area());
    frame.render_widget(Line::styled(view.title.as_str(), Style::new().add_modifier(Modifier::BOLD)), title);

    let headings = DrawnRow::new(HEADINGS.iter().copied().chain(["DROPPED BECAUSE OF"]))
        .style(Style::new().add_modifier(Modifier::REVERSED));
    let drawn = view.rows.iter().map(drawn_row);
    frame.render_widget(Table::new(drawn, widths(&view.rows)).header(headings).column_spacing(2), body);

    let last = match &view.trouble {
        Some(trouble) => Line::styled(trouble.as_str(), Style::new().fg(Color::Red)),
        None => Line::raw(view.footer.as_str()),
    };
    frame.render_widget(last, footer);
}

fn drawn_row(row: &Row) -> DrawnRow<'static> {
    let cells = row.cells.iter().enumerate().map(|(number, cell)| {
        let line = Line::raw(cell.clone());
        Cell::from(if number == 0 { line } else { line.right_aligned() })
    });
    let style = if row.is_bad { Style::new().fg(Color::Red) } else { Style::new() };
    DrawnRow::new(cells.chain([Cell::from(row.reasons.clone())])).style(style)
}

fn widths(rows: &[Row]) -> Vec<Constraint> {
    let mut widths = HEADINGS.map(|heading| heading.chars().count() as u16);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(cell.chars().count().min(64) as u16);
        }
    }
    widths.iter().map(|width| Constraint::Length(*width)).chain([Constraint::Fill(1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    #[test]
    fn the_screen_shows_the_rows_and_the_trouble() {
        let mut cells = HEADINGS.map(str::to_owned);
        cells[0] = "acme/fw".into();
        cells[1] = "150".into();
        let view = View {
            title: "the title".into(),
            rows: vec![Row { cells, reasons: "kernel_udp 3".into(), is_bad: true }],
            footer: "the footer".into(),
            trouble: Some("connection refused".into()),
        };
        let mut terminal = Terminal::new(TestBackend::new(160, 8)).unwrap();
        terminal.draw(|frame| draw(frame, &view)).unwrap();
        let screen = terminal.backend().to_string();
        for text in ["the title", "RECEIVED/S", "acme/fw", "150", "kernel_udp 3", "connection refused"] {
            assert!(screen.contains(text), "{text}\n{screen}");
        }
        assert!(!screen.contains("the footer"));
    }
}
