//! The page as text: stock, forecasts, purchases and picks with their reasons.

use std::fmt::Write;

use super::page::{DemandPlot, Page, money, number};
use super::report::word;

/// Rows of a list that are printed; the page has the others.
const ROWS: usize = 24;

/// Writes the page as text.
pub fn text(page: &Page) -> String {
    let mut out = String::new();
    head(&mut out, page);
    actions(&mut out, page);
    stock(&mut out, page);
    forecasts(&mut out, page);
    purchases(&mut out, page);
    people(&mut out, page);
    feedback(&mut out, page);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn rest(out: &mut String, all: usize, what: &str) {
    if all > ROWS {
        let _ = writeln!(out, "  … {} more {what} on the page", all - ROWS);
    }
}

fn head(out: &mut String, page: &Page) {
    let head = &page.head;
    let _ = writeln!(out, "{} ({}), {} to {}", head.shop, head.source, head.from, head.to);
    for left in &head.left {
        let _ = writeln!(out, "  left out: {left}");
    }
    for (name, value) in page.method.settings.iter().take(3) {
        let _ = writeln!(out, "  {name}: {value}");
    }
    for tile in &page.tiles {
        let _ = writeln!(out, "  {:<20} {:>12} {} ({})", tile.label, tile.value, tile.unit, tile.note);
    }
}

fn actions(out: &mut String, page: &Page) {
    line(out, "\nDO TODAY");
    if page.actions.is_empty() {
        line(out, "  Nothing needs a hand today.");
    }
    for action in &page.actions {
        let gain =
            action.gain_minor.map_or(String::new(), |gain| format!(", about {}", money(gain, &page.head.currency)));
        let _ = writeln!(out, "  {}: {}{gain}\n      {}", word(action.kind), action.title, action.reason);
    }
}

fn stock(out: &mut String, page: &Page) {
    line(out, "\nSTOCK BY LOT AND EXPIRY, first to expire first");
    if page.stock.is_empty() {
        line(out, "  The source has no stock: there are no lots to show.");
    }
    let mut rows: Vec<_> = page.stock.iter().collect();
    rows.sort_by_key(|row| (row.expires_on.is_none(), row.expires_on));
    for row in rows.iter().take(ROWS) {
        let expires = row.expires_on.map_or("no expiry".into(), |day| day.to_string());
        let lot = if row.lot.is_empty() { "no lot" } else { &row.lot };
        let _ = writeln!(
            out,
            "  {expires}  {:<18} {:<14} {lot:<12} {:>5} on hand, {:>4} available, {}",
            row.sku, row.location, row.on_hand, row.available, row.state
        );
    }
    rest(out, rows.len(), "positions");
}

fn forecasts(out: &mut String, page: &Page) {
    line(out, "\nFORECAST, units over the horizon with the 80 % interval");
    if page.demand.is_empty() {
        line(out, "  The source has no sales: there is nothing to forecast.");
    }
    for plot in page.demand.iter().take(ROWS) {
        forecast(out, plot);
    }
    rest(out, page.demand.len(), "forecasts");
}

fn forecast(out: &mut String, plot: &DemandPlot) {
    let Some((mean, low, high)) = plot.total else { return };
    let days = plot.mean.len() as i32 * plot.step_days;
    let _ = writeln!(
        out,
        "  {:<24} next {days:>3} days: {:>9} ({} to {}), {}",
        plot.name,
        number(mean, 1),
        number(low, 0),
        number(high, 0),
        plot.model
    );
}

fn purchases(out: &mut String, page: &Page) {
    line(out, "\nPURCHASE PROPOSALS");
    if page.purchases.is_empty() {
        let why = if page.demand.is_empty() {
            "The source has no sales: nothing to order by."
        } else {
            "Nothing needs to be ordered."
        };
        let _ = writeln!(out, "  {why}");
    }
    for row in page.purchases.iter().take(ROWS) {
        let _ = writeln!(
            out,
            "  {:>6} {:<18} for {:<12} from {}: {}; risk without it {} %",
            row.quantity,
            row.sku,
            row.location,
            row.supplier,
            row.why,
            number(row.risk_stockout * 100.0, 0)
        );
    }
    rest(out, page.purchases.len(), "proposals");
}

fn people(out: &mut String, page: &Page) {
    line(out, "\nRECOMMENDATIONS");
    if page.people.is_empty() {
        line(out, "  The source has no persons: there is nobody to recommend to.");
    }
    for person in &page.people {
        let _ = writeln!(out, "  {}: {}", person.subject, person.profile);
        for pick in &person.picks {
            let _ = writeln!(out, "    shown     {}: {}", pick.name, pick.reason);
        }
        for item in &person.withheld {
            let _ = writeln!(out, "    withheld  {}: {}, {}", item.name, item.kind, item.detail);
        }
    }
}

fn feedback(out: &mut String, page: &Page) {
    line(out, "\nFEEDBACK");
    if page.feedback.is_empty() && page.changes.is_empty() {
        line(out, "  The source has no ratings, reviews or complaints.");
    }
    for signal in &page.feedback {
        let _ = writeln!(out, "  {}", signal.finding);
    }
    for change in &page.changes {
        let _ = writeln!(
            out,
            "  {} {}: {} {} → {}",
            change.day, change.signal, change.touched, change.before, change.after
        );
    }
}
