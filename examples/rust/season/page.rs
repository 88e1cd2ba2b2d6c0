//! The page people look at: one self-contained HTML file, from what to do, to why, to how it was computed.
//!
//! In: [`Page`], plain structs of text and numbers. Out: text without a request to anywhere. A section without data
//! says so in a sentence; values that are not finite are written as a dash and not drawn.
//!
//! One meaning a colour (Okabe–Ito): stock blue, demand black, forecast purple, risk orange, loss vermilion, fresh
//! green. Every picture has a narrow and a wide form or stands in a grid of narrow ones, so that its text keeps its
//! size from 400 px to 1,600 px.

use std::fmt::Write;

use trousse::Day;

use super::svg::{Anchor, Scale, Svg, apart, escape, ticks};

/// Pictures drawn in a grid, at most; the page says how many there are in all.
pub const PLOTS_MAX: usize = 24;
/// Rows of a table, at most; the page says how many there are in all.
pub const ROWS_MAX: usize = 2_000;
/// Width of a picture in the grid, and of the narrow form of a large one.
const NARROW: f64 = 340.0;
/// Width of the wide form.
const WIDE: f64 = 1_010.0;

/// Everything on the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Shop, period and source.
    pub head: Head,
    /// Numbers of the season.
    pub tiles: Vec<Tile>,
    /// What to do today, worth most first.
    pub actions: Vec<Action>,
    /// A strip of lots per SKU, most urgent first.
    pub strips: Vec<Strip>,
    /// Stock by SKU, lot and location.
    pub stock: Vec<StockRow>,
    /// What expires in the weeks to come.
    pub expiry: Vec<ExpiryWeek>,
    /// History and forecast per SKU.
    pub demand: Vec<DemandPlot>,
    /// Purchase proposals.
    pub purchases: Vec<Purchase>,
    /// Picks for persons.
    pub people: Vec<Person>,
    /// Shades near a wanted one.
    pub shades: Vec<ShadeMatch>,
    /// Signals over time.
    pub feedback: Vec<Signal>,
    /// What the signals changed.
    pub changes: Vec<Change>,
    /// Models, settings and links.
    pub method: Method,
}

/// Shop, period, source and where the journal stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Head {
    /// Name of the shop.
    pub shop: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// ISO 4217 code of all money on the page.
    pub currency: String,
    /// `generated, seed 7`, or the names of the files.
    pub source: String,
    /// What was left out or limited: files with the reason, malformed rows, series not played.
    pub left: Vec<String>,
    /// Version of trousse.
    pub version: String,
    /// Number of the last event in the journal.
    pub journal_sequence: u64,
    /// Digest of the journal.
    pub journal_digest: String,
}

/// Whether a number is good news.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither.
    #[default]
    Plain,
    /// Good.
    Good,
    /// To be watched.
    Warn,
    /// Bad.
    Bad,
}

/// One number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number as text, see [`number`] and [`money`].
    pub value: String,
    /// Its unit.
    pub unit: String,
    /// Period, and what it is compared with.
    pub note: String,
    /// How it is defined, shown on hover.
    pub definition: String,
    /// Whether it is good news.
    pub tone: Tone,
    /// Its course over the period.
    pub trend: Vec<f64>,
}

/// Kind of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionKind {
    /// Order from a supplier.
    Order,
    /// Move between locations.
    Transfer,
    /// Sell cheaper before it expires.
    MarkDown,
    /// Count a shelf.
    Count,
    /// Keep apart.
    Quarantine,
    /// Take out of the shop window.
    Hide,
}

impl ActionKind {
    fn word(self) -> (&'static str, &'static str) {
        match self {
            ActionKind::Order => ("order", "stock"),
            ActionKind::Transfer => ("transfer", "stock"),
            ActionKind::MarkDown => ("mark down", "risk"),
            ActionKind::Count => ("count", "risk"),
            ActionKind::Quarantine => ("quarantine", "loss"),
            ActionKind::Hide => ("hide", "loss"),
        }
    }
}

/// One thing to do today.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its kind.
    pub kind: ActionKind,
    /// What to do, in a sentence.
    pub title: String,
    /// Expected gain in minor units, where it can be said.
    pub gain_minor: Option<i64>,
    /// Why.
    pub reason: String,
}

/// The lots of one SKU over the weeks to come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Strip {
    /// The SKU.
    pub sku: String,
    /// The finding, in a sentence.
    pub finding: String,
    /// Units expected to sell a day.
    pub daily_demand: f64,
    /// Units that may still be promised.
    pub available_to_promise: i64,
    /// Units held for open baskets.
    pub held: i64,
    /// Lots, first to expire first.
    pub lots: Vec<StripLot>,
}

/// One lot of a strip.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StripLot {
    /// The lot.
    pub lot: String,
    /// Its last good day.
    pub expires_on: Day,
    /// Units on hand over all locations.
    pub units: i64,
    /// Units expected to be unsold when it expires.
    pub unsold: f64,
    /// Why it cannot be sold (`recalled`, `quarantined`), or empty.
    pub blocked: String,
}

/// One row of stock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StockRow {
    /// The SKU.
    pub sku: String,
    /// Its name.
    pub name: String,
    /// The lot.
    pub lot: String,
    /// Its last good day; `None` where it does not expire.
    pub expires_on: Option<Day>,
    /// Where.
    pub location: String,
    /// Units on hand.
    pub on_hand: i64,
    /// Units held.
    pub held: i64,
    /// Units that may be sold.
    pub available: i64,
    /// Value at cost in minor units.
    pub value_minor: i64,
    /// `sellable`, `recalled` …
    pub state: String,
}

/// What expires in one week.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExpiryWeek {
    /// First day of the week.
    pub week: Day,
    /// Units that expire.
    pub units: i64,
    /// Their value at cost in minor units.
    pub value_minor: i64,
    /// The part of the value expected to be unsold by then, in minor units.
    pub unsold_minor: i64,
}

/// History and forecast of one SKU.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DemandPlot {
    /// SKU, and location where there are several.
    pub name: String,
    /// The finding, in a sentence.
    pub finding: String,
    /// Days in a step.
    pub step_days: i32,
    /// First day of each step of the history.
    pub days: Vec<Day>,
    /// Units sold per step.
    pub sold: Vec<f64>,
    /// Share of the step in stock, 0–1; empty where it is not known.
    pub in_stock: Vec<f64>,
    /// Whether the step was in a promotion; empty where there was none.
    pub promotion: Vec<bool>,
    /// Expected units per step to come.
    pub mean: Vec<f64>,
    /// Lower and upper end of the 80 % interval, per step.
    pub interval_80: Vec<(f64, f64)>,
    /// Lower and upper end of the 95 % interval, per step.
    pub interval_95: Vec<(f64, f64)>,
    /// What the naive forecast would say, per step.
    pub naive: Vec<f64>,
    /// The model chosen and its error.
    pub model: String,
    /// Units over all steps to come: expected, and the ends of the 80 % interval of their sum.
    pub total: Option<(f64, f64, f64)>,
}

/// One purchase proposal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Purchase {
    /// The supplier.
    pub supplier: String,
    /// The SKU.
    pub sku: String,
    /// Where it goes.
    pub location: String,
    /// Units to order.
    pub quantity: i64,
    /// Units needed before rounding.
    pub need: f64,
    /// Cost in minor units.
    pub cost_minor: i64,
    /// Days that the stock lasts now, with what is on its way.
    pub cover_days: f64,
    /// Days that it lasts with the order.
    pub cover_after_days: f64,
    /// Days until an order of the next review would be there.
    pub protection_days: f64,
    /// Probability of a stock-out without the order, 0–1.
    pub risk_stockout: f64,
    /// Probability that some of it expires, 0–1.
    pub risk_expiry: f64,
    /// The rule that decided: minimum quantity, pack, budget …
    pub binding: String,
    /// Why, in a sentence.
    pub why: String,
}

/// One person and what they would be shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// The person.
    pub subject: String,
    /// What is known of them, in a sentence.
    pub profile: String,
    /// What is shown, best first.
    pub picks: Vec<Pick>,
    /// What is withheld, and why.
    pub withheld: Vec<Withheld>,
}

/// One pick.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pick {
    /// Its name.
    pub name: String,
    /// Its colour as `#rrggbb`, where it has one.
    pub shade_hex: Option<String>,
    /// Price in minor units.
    pub price_minor: Option<i64>,
    /// Why it is shown.
    pub reason: String,
}

/// One item withheld.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Withheld {
    /// Its name.
    pub name: String,
    /// `allergen`, `stock`, `expiry`, `recall` …
    pub kind: String,
    /// The words: `contains Linalool`.
    pub detail: String,
}

/// A shade wanted, and the nearest ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShadeMatch {
    /// Name of the wanted shade.
    pub wanted: String,
    /// Its colour as `#rrggbb`.
    pub hex: String,
    /// Name, colour and CIEDE2000 distance of the nearest, nearest first.
    pub nearest: Vec<(String, String, f64)>,
}

/// A signal over time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signal {
    /// The finding, in a sentence.
    pub finding: String,
    /// What is counted, with the unit.
    pub unit: String,
    /// Days, in order.
    pub days: Vec<Day>,
    /// Value of each day or week.
    pub values: Vec<f64>,
    /// Days on which something happened, and what.
    pub marks: Vec<(Day, String)>,
}

/// What a signal changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// The day.
    pub day: Day,
    /// What was said or done.
    pub signal: String,
    /// What it touched: belief, forecast, ranking.
    pub touched: String,
    /// Before, as text.
    pub before: String,
    /// After, as text.
    pub after: String,
}

/// How it was computed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Method {
    /// Models, with their errors.
    pub models: Vec<ModelRow>,
    /// Name of the error measure, such as `WAPE`.
    pub error_name: String,
    /// Settings: name and value.
    pub settings: Vec<(String, String)>,
    /// Words on what was done, one paragraph each.
    pub notes: Vec<String>,
    /// Links: text and address.
    pub links: Vec<(String, String)>,
}

/// One model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelRow {
    /// Its name.
    pub model: String,
    /// Series for which it was chosen.
    pub series: usize,
    /// Its error on them.
    pub error: f64,
    /// The error of the naive forecast on them.
    pub naive_error: f64,
}

// ---- numbers --------------------------------------------------------------------------------------------------------

/// A number with thin thousands separators and so many decimals; a dash where it is not finite.
///
/// ```
/// use trousse_examples::season::page::number;
/// assert_eq!(number(12345.678, 1), "12\u{202f}345.7");
/// assert_eq!(number(f64::NAN, 1), "–");
/// ```
pub fn number(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return "–".into();
    }
    let text = format!("{:.decimals$}", x.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    let mut out = if x < 0.0 && !zero { "\u{2212}".to_string() } else { String::new() };
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A whole number with thin thousands separators.
pub fn count(x: i64) -> String {
    number(x as f64, 0)
}

/// Money in minor units as `1 234.50 EUR`; a dash where the source has no prices.
pub fn money(minor: i64, currency: &str) -> String {
    if currency.is_empty() {
        return "–".into();
    }
    format!("{}\u{202f}{}", number(minor as f64 / 100.0, 2), escape(currency))
}

fn percent(share: f64) -> String {
    format!("{}\u{202f}%", number(share * 100.0, 0))
}

/// One decimal under ten, else none.
fn short(x: f64) -> String {
    number(x, if x.abs() < 10.0 && x.fract().abs() > 0.05 { 1 } else { 0 })
}

fn plural(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n as i64), if n == 1 { one } else { many })
}

// ---- the page -------------------------------------------------------------------------------------------------------

/// Writes the page.
///
/// ```
/// use trousse_examples::season::page::{Head, Page, render};
/// let html = render(&Page { head: Head { shop: "R & D".into(), ..Default::default() }, ..Default::default() });
/// assert!(html.contains("<h1>R &amp; D</h1>"));
/// ```
pub fn render(page: &Page) -> String {
    let shop = escape(&page.head.shop);
    let mut out = String::with_capacity(1 << 18);
    out.push_str("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    let _ = write!(out, "<title>{shop}: the season</title><style>{}</style></head><body>", include_str!("page.css"));
    out.push_str("<a class=\"skip\" href=\"#today\">Skip to what to do today</a><main>");
    head(&mut out, page);
    actions(&mut out, page);
    stock(&mut out, page);
    demand(&mut out, page);
    purchases(&mut out, page);
    people(&mut out, page);
    feedback(&mut out, page);
    method(&mut out, page);
    let _ = write!(
        out,
        "<footer>trousse {}: journal position {}, digest <code>{}</code></footer></main>",
        escape(&page.head.version),
        count(page.head.journal_sequence as i64),
        escape(&page.head.journal_digest)
    );
    let _ = writeln!(out, "<script>{}</script></body></html>", include_str!("page.js"));
    out
}

fn head(out: &mut String, page: &Page) {
    let head = &page.head;
    let _ = write!(out, "<header><h1>{}</h1>", escape(&head.shop));
    let _ = write!(
        out,
        "<p class=\"lead\">The season from {} to {}: what to do, why, and how it was computed.</p>",
        head.from, head.to
    );
    out.push_str("<dl class=\"facts\">");
    fact(out, "Source", &escape(&head.source));
    fact(out, "trousse", &escape(&head.version));
    let digest = escape(&head.journal_digest);
    let begin: String = head.journal_digest.chars().take(16).collect();
    let position = count(head.journal_sequence as i64);
    fact(out, "Journal", &format!("{position} events, digest <code title=\"{digest}\">{}</code>", escape(&begin)));
    if !head.left.is_empty() {
        fact(out, "Left out", &escape(&head.left.join("; ")));
    }
    out.push_str("</dl><nav aria-label=\"Sections\">");
    for (id, word) in [
        ("today", "Do today"),
        ("stock", "Stock and expiry"),
        ("demand", "Demand"),
        ("purchases", "Purchases"),
        ("people", "People"),
        ("feedback", "Feedback"),
        ("method", "How it was computed"),
    ] {
        let _ = write!(out, "<a href=\"#{id}\">{word}</a>");
    }
    out.push_str("</nav></header>");
    tiles(out, &page.tiles);
}

fn fact(out: &mut String, word: &str, html: &str) {
    let _ = write!(out, "<dt>{word}</dt><dd>{html}</dd>");
}

fn tiles(out: &mut String, tiles: &[Tile]) {
    if tiles.is_empty() {
        return;
    }
    out.push_str("<div class=\"tiles\">");
    for tile in tiles {
        let tone = match tile.tone {
            Tone::Plain => "",
            Tone::Good => " good",
            Tone::Warn => " warn",
            Tone::Bad => " bad",
        };
        let (label, definition) = (escape(&tile.label), escape(&tile.definition));
        let _ = write!(out, "<div class=\"tile{tone}\"><abbr tabindex=\"0\" title=\"{definition}\">{label}</abbr>");
        let _ = write!(out, "<b>{} <small>{}</small></b>", escape(&tile.value), escape(&tile.unit));
        let _ = write!(out, "<span>{}</span>{}</div>", escape(&tile.note), spark(&tile.trend, &tile.label));
    }
    out.push_str("</div>");
}

fn spark(values: &[f64], label: &str) -> String {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    if values.len() < 2 || low > high {
        return String::new();
    }
    let x = Scale { domain: (0.0, (values.len() - 1) as f64), range: (2.0, 136.0) };
    let y = Scale { domain: (low, high), range: (22.0, 4.0) };
    let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(i, v)| (x.at(i as f64), y.at(*v))).collect();
    let mut svg = Svg::new(140.0, 26.0, &format!("{label} over the period"));
    svg.curve(&points, "demand");
    if let Some(&(x, y)) = points.last().filter(|(_, y)| y.is_finite()) {
        svg.dot((x, y), 2.5, "bar-demand", "");
    }
    svg.finish()
}

fn section(out: &mut String, id: &str, title: &str, lead: &str) {
    let _ = write!(out, "<section id=\"{id}\" aria-labelledby=\"h-{id}\"><h2 id=\"h-{id}\">{title}</h2>");
    if !lead.is_empty() {
        let _ = write!(out, "<p class=\"lead\">{}</p>", escape(lead));
    }
}

fn none(out: &mut String, sentence: &str) {
    let _ = write!(out, "<p class=\"none\">{}</p>", escape(sentence));
}

fn actions(out: &mut String, page: &Page) {
    let gain: i64 = page.actions.iter().filter_map(|a| a.gain_minor).fold(0, i64::saturating_add);
    let lead = match page.actions.len() {
        0 => String::new(),
        1 => "One action, with what it is worth and why.".into(),
        n if gain > 0 => format!("{n} actions, worth about {} together.", money(gain, &page.head.currency)),
        n => format!("{n} actions, worth most first."),
    };
    section(out, "today", "Do today", &lead);
    if page.actions.is_empty() {
        none(out, "Nothing needs a hand today.");
    } else {
        out.push_str("<ol class=\"actions\">");
        for action in &page.actions {
            let (word, class) = action.kind.word();
            let gain = action.gain_minor.map_or("–".into(), |minor| money(minor, &page.head.currency));
            let _ = write!(
                out,
                "<li><span class=\"tag {class}\">{word}</span><span class=\"what\">{}</span><span class=\"gain\">{gain}</span><span class=\"why\">{}</span></li>",
                escape(&action.title),
                escape(&action.reason)
            );
        }
        out.push_str("</ol>");
    }
    out.push_str("</section>");
}

// ---- tables ---------------------------------------------------------------------------------------------------------

/// A table that sorts by a click. Columns: name and class (`n` number, `d` day, `w` words, empty); cells are HTML.
fn table(out: &mut String, caption: &str, columns: &[(&str, &str)], rows: &[Vec<String>]) {
    let shown = rows.len().min(ROWS_MAX);
    let of = if shown < rows.len() { format!(" ({shown} of {} rows)", rows.len()) } else { String::new() };
    let _ = write!(
        out,
        "<div class=\"scroll{}\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><caption>{}{of}</caption><thead><tr>",
        if shown > 14 { " tall" } else { "" },
        escape(caption),
        escape(caption)
    );
    for (name, class) in columns {
        let _ = write!(out, "<th scope=\"col\" class=\"{class}\"><button>{}</button></th>", escape(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &rows[..shown] {
        out.push_str("<tr>");
        for (at, (cell, (_, class))) in row.iter().zip(columns).enumerate() {
            let _ = match (at, class.is_empty()) {
                (0, _) => write!(out, "<th scope=\"row\">{cell}</th>"),
                (_, true) => write!(out, "<td>{cell}</td>"),
                (_, false) => write!(out, "<td class={class}>{cell}</td>"),
            };
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

fn figure(out: &mut String, class: &str, finding: &str, note: &str, pictures: &str) {
    let _ = write!(out, "<figure class=\"{class}\"><h3>{}</h3>", escape(finding));
    if !note.is_empty() {
        let _ = write!(out, "<p class=\"note\">{}</p>", escape(note));
    }
    let _ = write!(out, "{pictures}</figure>");
}

/// A picture in its two forms.
fn both(draw: impl Fn(f64) -> String) -> String {
    format!("<div class=\"wide\">{}</div><div class=\"narrow\">{}</div>", draw(WIDE), draw(NARROW))
}

fn shown_of(out: &mut String, shown: usize, all: usize, what: &str) {
    if shown < all {
        let _ = write!(out, "<p class=\"note\">{shown} of {all} {what} are drawn: those where most is at stake.</p>");
    }
}

// ---- stock and expiry -----------------------------------------------------------------------------------------------

fn stock(out: &mut String, page: &Page) {
    let value: i64 = page.stock.iter().map(|r| r.value_minor).fold(0, i64::saturating_add);
    let lead = match page.stock.len() {
        0 => String::new(),
        n if value == 0 => {
            format!("{} on {}; the source has no costs.", plural(n, "position", "positions"), page.head.to + 1)
        }
        n => format!(
            "{} worth {} at cost on {}.",
            plural(n, "position", "positions"),
            money(value, &page.head.currency),
            page.head.to + 1
        ),
    };
    section(out, "stock", "Stock and expiry", &lead);
    if page.strips.is_empty() && page.stock.is_empty() {
        none(out, "The source has no stock: there are no lots to show.");
    }
    if !page.strips.is_empty() {
        out.push_str("<p class=\"key\"><span><i class=\"k-life\"></i>remaining life of the lot</span><span><i class=\"k-stock\"></i>weeks in which it sells, first expired first out</span><span><i class=\"k-loss\"></i>unsold at expiry, or blocked</span></p><div class=\"grid\">");
        for strip in page.strips.iter().take(PLOTS_MAX) {
            let note = format!(
                "{}: {} available to promise, {} held, {} a day",
                strip.sku,
                count(strip.available_to_promise),
                count(strip.held),
                short(strip.daily_demand)
            );
            figure(out, "", &strip.finding, &note, &strip_picture(strip, page.head.to + 1));
        }
        out.push_str("</div>");
        shown_of(out, page.strips.len().min(PLOTS_MAX), page.strips.len(), "SKUs");
    }
    expiry(out, page);
    stock_table(out, page);
    out.push_str("</section>");
}

/// Lots drawn in a strip; the others are summed in its last line.
const STRIP_LOTS: usize = 5;

fn strip_picture(strip: &Strip, today: Day) -> String {
    let drawn = drawn_lots(&strip.lots);
    let lots: Vec<&StripLot> = drawn.iter().map(|&at| &strip.lots[at]).collect();
    let longest = lots.iter().map(|l| f64::from(l.expires_on - today) / 7.0).fold(8.0, f64::max).min(26.0);
    let marks = ticks(longest, 4);
    let end = marks.last().copied().unwrap_or(longest);
    let x = Scale { domain: (0.0, end), range: (4.0, NARROW - 10.0) };
    let more: i64 = strip.lots.iter().map(|l| l.units).sum::<i64>() - lots.iter().map(|l| l.units).sum::<i64>();
    let bottom = 8.0 + 30.0 * lots.len() as f64 + if more > 0 { 16.0 } else { 0.0 };
    let mut svg = Svg::new(NARROW, bottom + 34.0, &strip.finding);
    for &week in &marks {
        svg.line((x.at(week), 6.0), (x.at(week), bottom), "rule");
        let anchor = if week == 0.0 {
            Anchor::Start
        } else if week == end {
            Anchor::End
        } else {
            Anchor::Middle
        };
        svg.text((x.at(week), bottom + 13.0), anchor, "", &short(week));
    }
    let mut from = 0.0;
    for (at, lot) in strip.lots.iter().enumerate() {
        let until = sold_out_week(lot, today, from, strip.daily_demand);
        if let Some(row) = drawn.iter().position(|&d| d == at) {
            strip_lot(&mut svg, lot, (8.0 + 30.0 * row as f64, end), &x, today, (from, until));
        }
        from = until;
    }
    if more > 0 {
        let rest = format!("+ {} in {}", count(more), plural(strip.lots.len() - lots.len(), "lot more", "lots more"));
        svg.text((4.0, bottom - 3.0), Anchor::Start, "", &rest);
    }
    svg.text((NARROW / 2.0, bottom + 28.0), Anchor::Middle, "", "weeks from today");
    svg.finish()
}

/// The lots to draw, in order: those that lose units first of all, then the first to expire.
fn drawn_lots(lots: &[StripLot]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lots.len()).collect();
    order.sort_by_key(|&at| (lots[at].blocked.is_empty() && lots[at].unsold < 0.5, at));
    order.truncate(STRIP_LOTS);
    order.sort_unstable();
    order
}

fn life_weeks(lot: &StripLot, today: Day) -> f64 {
    (f64::from(lot.expires_on - today) / 7.0).max(0.0)
}

/// The week in which a lot is sold out or expired, where selling it begins in week `from`.
fn sold_out_week(lot: &StripLot, today: Day, from: f64, daily: f64) -> f64 {
    if !lot.blocked.is_empty() {
        return from;
    }
    let sold = (lot.units as f64 - lot.unsold.max(0.0)).max(0.0);
    let weeks = if daily > 0.0 { sold / daily / 7.0 } else { f64::INFINITY };
    let life = life_weeks(lot, today);
    if sold > 0.0 { (from + weeks).min(life).max(from) } else { from }
}

fn strip_lot(svg: &mut Svg, lot: &StripLot, (top, end): (f64, f64), x: &Scale, today: Day, (from, until): (f64, f64)) {
    let life = life_weeks(lot, today);
    let title = format!(
        "{}: {} units until {}, {} expected to be unsold",
        lot.lot,
        lot.units,
        lot.expires_on,
        short(lot.unsold)
    );
    svg.text((4.0, top + 10.0), Anchor::Start, "t-ink", &format!("{} · {}", lot.lot, lot.expires_on));
    let blocked = !lot.blocked.is_empty();
    let loss = if blocked { lot.blocked.clone() } else { format!("{} unsold", short(lot.unsold)) };
    let words = format!("{} units", count(lot.units));
    if blocked || lot.unsold >= 0.5 {
        svg.text((NARROW - 10.0, top + 10.0), Anchor::End, "t-loss", &format!("{words}, {loss}"));
    } else {
        svg.text((NARROW - 10.0, top + 10.0), Anchor::End, "", &words);
    }
    let (y, height) = (top + 15.0, 9.0);
    let width = |a: f64, b: f64| x.at(b.clamp(0.0, end)) - x.at(a.clamp(0.0, end));
    svg.rect((x.at(0.0), y), (width(0.0, life), height), if blocked { "gone" } else { "life" }, &title);
    if blocked {
        return;
    }
    svg.rect((x.at(from.min(end)), y), (width(from, until), height), "stock-bar", &title);
    if lot.unsold >= 0.5 {
        let share = (lot.unsold / lot.units.max(1) as f64).clamp(0.04, 1.0) * (life - from).max(life * 0.1);
        svg.rect((x.at((life - share).clamp(0.0, end)), y), (width(life - share, life), height), "loss-bar", &title);
    }
}

fn expiry(out: &mut String, page: &Page) {
    let total: i64 = page.expiry.iter().map(|w| w.value_minor).sum();
    if page.stock.iter().all(|row| row.expires_on.is_none()) && !page.stock.is_empty() {
        return none(out, "The source has no expiry dates: no lot expires in the books.");
    }
    if total == 0 {
        if !page.stock.is_empty() {
            none(out, "No lot expires in the weeks of the calendar.");
        }
        return;
    }
    let unsold: i64 = page.expiry.iter().map(|w| w.unsold_minor).sum();
    let weeks = page.expiry.len();
    let currency = &page.head.currency;
    let finding = if unsold > 0 {
        format!("{} of stock is expected to expire unsold within {weeks} weeks", money(unsold, currency))
    } else {
        format!("All that expires within {weeks} weeks is expected to sell before")
    };
    let key = "<p class=\"key\"><span><i class=\"k-soft\"></i>expected to sell before it expires</span><span><i class=\"k-loss\"></i>expected to be unsold</span></p>";
    let picture = both(|width| expiry_picture(&page.expiry, width, currency, &finding));
    figure(out, "full", &finding, "", &format!("{key}{picture}"));
}

fn expiry_picture(weeks: &[ExpiryWeek], width: f64, currency: &str, label: &str) -> String {
    let (left, top, bottom) = (52.0, 36.0, 194.0);
    let major = |minor: i64| minor as f64 / 100.0;
    let largest = weeks.iter().map(|w| major(w.value_minor)).fold(0.0, f64::max);
    let marks = ticks(largest, 4);
    let y = Scale { domain: (0.0, marks.last().copied().unwrap_or(1.0)), range: (bottom, top) };
    let x = Scale { domain: (0.0, weeks.len() as f64), range: (left, width - 6.0) };
    let mut svg = Svg::new(width, 240.0, label);
    value_axis(&mut svg, &marks, &y, (left, width - 6.0), &format!("value at cost, {currency} a week"));
    let bar = (x.at(1.0) - x.at(0.0) - 1.5).max(1.0);
    let mut last_label = f64::NEG_INFINITY;
    for (at, week) in weeks.iter().enumerate() {
        let x0 = x.at(at as f64) + 0.75;
        let title = format!(
            "week of {}: {} units, {}, of which {} unsold",
            week.week,
            week.units,
            money(week.value_minor, currency),
            money(week.unsold_minor, currency)
        );
        let (all, lost) = (y.at(major(week.value_minor)), y.at(major(week.unsold_minor)));
        svg.rect((x0, all), (bar, lost - all), "stock-soft", &title);
        svg.rect((x0, lost), (bar, bottom - lost), "loss-bar", &title);
        let (_, month, day) = week.week.ymd();
        if day <= 7 && x0 - last_label > 58.0 && x0 < width - 44.0 {
            svg.line((x0, bottom), (x0, bottom + 4.0), "axis");
            svg.text((x0, bottom + 16.0), Anchor::Start, "", &format!("{}-{month:02}", week.week.ymd().0));
            last_label = x0;
        }
    }
    peak_label(&mut svg, weeks, &x, &y, width);
    svg.text(((left + width) / 2.0, bottom + 34.0), Anchor::Middle, "", "week of expiry");
    svg.finish()
}

/// Writes the value of the largest unsold week over its bar.
fn peak_label(svg: &mut Svg, weeks: &[ExpiryWeek], x: &Scale, y: &Scale, width: f64) {
    let peak = weeks.iter().enumerate().max_by_key(|(at, w)| (w.unsold_minor, std::cmp::Reverse(*at)));
    if let Some((at, week)) = peak.filter(|(_, w)| w.unsold_minor > 0) {
        let place = (x.at(at as f64 + 0.5).clamp(86.0, width - 40.0), y.at(week.value_minor as f64 / 100.0) - 4.0);
        svg.text(place, Anchor::Middle, "t-loss", &format!("{} unsold", number(week.unsold_minor as f64 / 100.0, 0)));
    }
}

/// Rules, tick labels and the title of a value axis on the left.
fn value_axis(svg: &mut Svg, marks: &[f64], y: &Scale, (left, right): (f64, f64), title: &str) {
    // A label has room for four digits: larger numbers are written in thousands or millions.
    let (unit, suffix) = match marks.last().copied().unwrap_or(0.0) {
        most if most >= 1e6 => (1e6, "\u{202f}M"),
        most if most >= 1e4 => (1e3, "\u{202f}k"),
        _ => (1.0, ""),
    };
    let decimals = usize::from(marks.get(1).is_some_and(|step| (step / unit).fract() != 0.0));
    for &mark in marks {
        svg.line((left, y.at(mark)), (right, y.at(mark)), if mark == 0.0 { "axis" } else { "rule" });
        let label = if mark == 0.0 { "0".into() } else { format!("{}{suffix}", number(mark / unit, decimals)) };
        svg.text((left - 5.0, y.at(mark) + 3.5), Anchor::End, "", &label);
    }
    svg.text((2.0, 11.0), Anchor::Start, "", title);
}

fn stock_table(out: &mut String, page: &Page) {
    if page.stock.is_empty() {
        return;
    }
    let today = page.head.to + 1;
    let rows: Vec<Vec<String>> = page.stock.iter().map(|r| stock_cells(r, today)).collect();
    let value = in_currency("value", page);
    let columns = [
        ("SKU", ""),
        ("name", "m"),
        ("location", "d"),
        ("lot", ""),
        ("expires", "d"),
        ("days left", "n"),
        ("on hand", "n"),
        ("held", "n"),
        ("available", "n"),
        (value.as_str(), "n"),
        ("state", ""),
    ];
    table(out, "Stock by SKU, lot and location", &columns, &rows);
}

fn in_currency(word: &str, page: &Page) -> String {
    if page.head.currency.is_empty() { word.to_string() } else { format!("{word}, {}", page.head.currency) }
}

fn stock_cells(row: &StockRow, today: Day) -> Vec<String> {
    let tone = if row.state == "sellable" { "fresh" } else { "loss" };
    vec![
        escape(&row.sku),
        escape(&row.name),
        escape(&row.location),
        escape(&row.lot),
        row.expires_on.map_or("–".into(), |day| day.to_string()),
        row.expires_on.map_or("–".into(), |day| count(i64::from(day - today))),
        count(row.on_hand),
        count(row.held),
        count(row.available),
        if row.value_minor > 0 { number(row.value_minor as f64 / 100.0, 2) } else { "–".into() },
        format!("<span class=\"tag {tone}\">{}</span>", escape(&row.state)),
    ]
}

// ---- demand ---------------------------------------------------------------------------------------------------------

fn demand(out: &mut String, page: &Page) {
    let lead = match page.demand.len() {
        0 => "",
        _ => {
            "What was sold, what is expected, and how sure that is; grey where the shelf was empty and sales say little."
        }
    };
    section(out, "demand", "Demand", lead);
    if page.demand.is_empty() {
        none(out, "The source has no sales: there is nothing to forecast.");
    } else {
        out.push_str("<p class=\"key\"><span><i class=\"k-demand\"></i>sold</span><span><i class=\"k-empty\"></i>shelf empty</span><span><i class=\"k-promo\"></i>promotion</span><span><i class=\"k-fan\"></i>forecast with its 80 and 95 % intervals</span><span><i class=\"k-naive\"></i>naive forecast</span></p><div class=\"grid\">");
        for plot in page.demand.iter().take(PLOTS_MAX) {
            figure(out, "", &plot.finding, &format!("{}: {}", plot.name, plot.model), &demand_picture(plot));
        }
        out.push_str("</div>");
        shown_of(out, page.demand.len().min(PLOTS_MAX), page.demand.len(), "series");
        forecast_table(out, page);
    }
    out.push_str("</section>");
}

fn forecast_table(out: &mut String, page: &Page) {
    let columns = [
        ("SKU", ""),
        ("from", "d"),
        ("to", "d"),
        ("expected", "n"),
        ("80 % from", "n"),
        ("80 % to", "n"),
        ("naive", "n"),
        ("model", "w"),
    ];
    let cells = |plot: &DemandPlot| {
        let (mean, low, high) = plot.total?;
        let first = *plot.days.last()? + plot.step_days;
        let last = first + plot.step_days.saturating_mul(plot.mean.len() as i32) + -1;
        Some(vec![
            escape(&plot.name),
            first.to_string(),
            last.to_string(),
            number(mean, 1),
            number(low, 0),
            number(high, 0),
            number(plot.naive.iter().sum(), 0),
            escape(&plot.model),
        ])
    };
    let rows: Vec<Vec<String>> = page.demand.iter().filter_map(cells).collect();
    if !rows.is_empty() {
        table(out, "Units expected over the whole horizon, with the 80 % interval of their sum", &columns, &rows);
    }
}

/// Geometry of a demand plot.
struct Field {
    x: Scale,
    y: Scale,
    top: f64,
    bottom: f64,
    step: f64,
}

fn demand_picture(plot: &DemandPlot) -> String {
    let steps = plot.sold.len() + plot.mean.len();
    if steps == 0 {
        return "<p class=\"none\">No step of time to draw.</p>".into();
    }
    let finite = |v: &f64| v.is_finite();
    let history = plot.sold.iter().chain(&plot.mean).chain(&plot.naive).copied().filter(finite).fold(0.0, f64::max);
    let fan = plot.interval_95.iter().map(|(_, high)| *high).filter(finite).fold(0.0, f64::max);
    // A fan far above everything seen would flatten the rest: it is cut off at 2.5 times that.
    let marks = ticks(history.max(fan.min(2.5 * history)), 3);
    let y_max = marks.last().copied().unwrap_or(1.0);
    let (left, right, top, bottom) = (34.0, NARROW - 54.0, 24.0, 156.0);
    let x = Scale { domain: (0.0, steps as f64), range: (left, right) };
    let field =
        Field { x, y: Scale { domain: (0.0, y_max), range: (bottom, top) }, top, bottom, step: x.at(1.0) - left };
    let mut svg = Svg::new(NARROW, 190.0, &plot.finding);
    value_axis(&mut svg, &marks, &field.y, (left, right), &unit_of(plot.step_days));
    shade_history(&mut svg, plot, &field);
    draw_forecast(&mut svg, plot, &field, y_max);
    let points: Vec<(f64, f64)> =
        plot.sold.iter().enumerate().map(|(i, v)| (x.at(i as f64 + 0.5), field.y.at(*v))).collect();
    svg.curve(&points, "demand");
    time_axis(&mut svg, plot, &field);
    hover(&mut svg, plot, &field);
    svg.finish()
}

fn unit_of(step_days: i32) -> String {
    match step_days {
        1 => "units a day".into(),
        7 => "units a week".into(),
        28..=31 => "units a month".into(),
        days => format!("units in {days} days"),
    }
}

fn shade_history(svg: &mut Svg, plot: &DemandPlot, field: &Field) {
    for (from, to) in runs(plot.sold.len(), |i| plot.in_stock.get(i).is_some_and(|share| *share < 0.5)) {
        let width = field.x.at(to as f64) - field.x.at(from as f64);
        svg.rect((field.x.at(from as f64), field.top), (width, field.bottom - field.top), "empty", "");
    }
    for (from, to) in runs(plot.sold.len(), |i| plot.promotion.get(i).copied().unwrap_or(false)) {
        let middle = field.x.at((from + to) as f64 / 2.0);
        let corners = [(middle - 4.0, field.top - 8.0), (middle + 4.0, field.top - 8.0)];
        svg.band(&[(middle, field.top - 1.0)], &corners, "promo");
    }
}

/// Stretches of positions for which something holds, as half-open ranges.
fn runs(length: usize, holds: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for at in (0..length).filter(|at| holds(*at)) {
        match found.last_mut() {
            Some((_, end)) if *end == at => *end = at + 1,
            _ => found.push((at, at + 1)),
        }
    }
    found
}

fn draw_forecast(svg: &mut Svg, plot: &DemandPlot, field: &Field, y_max: f64) {
    let n = plot.sold.len() as f64;
    let at = |i: usize, v: f64| (field.x.at(n + i as f64 + 0.5), field.y.at(v.clamp(0.0, y_max)));
    let line = |values: &[f64]| -> Vec<(f64, f64)> { values.iter().enumerate().map(|(i, v)| at(i, *v)).collect() };
    for (interval, class) in [(&plot.interval_95, "f95"), (&plot.interval_80, "f80")] {
        let (low, high): (Vec<f64>, Vec<f64>) = interval.iter().copied().unzip();
        svg.band(&line(&low), &line(&high), class);
    }
    svg.curve(&line(&plot.naive), "naive").curve(&line(&plot.mean), "mean");
    let ends = [
        (plot.interval_95.last().map(|(_, high)| *high), "95 %", "t-fan"),
        (plot.interval_80.last().map(|(_, high)| *high), "80 %", "t-fan"),
        (plot.mean.last().copied(), "forecast", "t-fan"),
        (plot.naive.last().copied(), "naive", ""),
    ];
    let labels: Vec<(f64, &str, &str)> =
        ends.into_iter().filter_map(|(v, word, class)| Some((v.filter(|v| v.is_finite())?, word, class))).collect();
    let wanted: Vec<f64> = labels.iter().map(|(v, ..)| field.y.at(v.clamp(0.0, y_max)) + 3.5).collect();
    for (y, (_, word, class)) in apart(&wanted, 12.0, field.top + 3.0, field.bottom + 2.0).iter().zip(labels) {
        svg.text((field.x.range.1 + 5.0, *y), Anchor::Start, class, word);
    }
}

fn time_axis(svg: &mut Svg, plot: &DemandPlot, field: &Field) {
    let (Some(first), Some(last)) = (plot.days.first(), plot.days.last()) else { return };
    let now = field.x.at(plot.sold.len() as f64);
    let text = field.bottom + 14.0;
    if !plot.mean.is_empty() {
        svg.line((now, field.top), (now, field.bottom), "today");
    }
    if now - field.x.range.0 > 105.0 {
        svg.text((field.x.range.0, text), Anchor::Start, "", &first.to_string());
    }
    let next = *last + plot.step_days;
    let anchor = if field.x.range.1 - now < 30.0 { Anchor::End } else { Anchor::Middle };
    svg.text((now.min(field.x.range.1), text), anchor, "", &next.to_string());
    let end = *last + plot.step_days.saturating_mul(plot.mean.len() as i32);
    if field.x.range.1 - now > 42.0 {
        svg.text((NARROW - 2.0, text), Anchor::End, "", &end.to_string());
    }
    svg.text(((field.x.range.0 + field.x.range.1) / 2.0, field.bottom + 29.0), Anchor::Middle, "", "day");
}

/// A transparent column per step with its values.
fn hover(svg: &mut Svg, plot: &DemandPlot, field: &Field) {
    let size = (field.step, field.bottom - field.top);
    for (i, (day, sold)) in plot.days.iter().zip(&plot.sold).enumerate() {
        let stock = plot
            .in_stock
            .get(i)
            .filter(|share| **share < 1.0)
            .map_or(String::new(), |s| format!(", in stock {}", percent(*s)));
        let title = format!("{day}: {} sold{stock}", short(*sold));
        svg.rect((field.x.at(i as f64), field.top), size, "hit", &title);
    }
    let Some(last) = plot.days.last() else { return };
    for (i, mean) in plot.mean.iter().enumerate() {
        let day = *last + plot.step_days.saturating_mul(i as i32 + 1);
        let fan = plot.interval_80.get(i).map_or(String::new(), |(a, b)| format!(", 80 % {}–{}", short(*a), short(*b)));
        let title = format!("{day}: {} expected{fan}", short(*mean));
        svg.rect((field.x.at((plot.sold.len() + i) as f64), field.top), size, "hit", &title);
    }
}

// ---- purchases ------------------------------------------------------------------------------------------------------

/// Proposals drawn as bars.
const BARS_MAX: usize = 15;

fn purchases(out: &mut String, page: &Page) {
    let total: i64 = page.purchases.iter().map(|p| p.cost_minor).fold(0, i64::saturating_add);
    let mut suppliers: Vec<&str> = page.purchases.iter().map(|p| p.supplier.as_str()).collect();
    suppliers.sort_unstable();
    suppliers.dedup();
    let lead = match page.purchases.len() {
        0 => String::new(),
        n if page.head.currency.is_empty() => {
            let suppliers = plural(suppliers.len(), "supplier", "suppliers");
            format!("{} to {suppliers}; the source has no costs.", plural(n, "line", "lines"))
        }
        n => format!(
            "{} to {} for {}.",
            plural(n, "line", "lines"),
            plural(suppliers.len(), "supplier", "suppliers"),
            money(total, &page.head.currency)
        ),
    };
    section(out, "purchases", "Purchases", &lead);
    if page.purchases.is_empty() && page.demand.is_empty() {
        none(out, "The source has no sales: there is nothing to order by.");
    } else if page.purchases.is_empty() {
        none(out, "Nothing needs to be ordered: all stock lasts beyond the next delivery.");
    } else {
        cover(out, &page.purchases);
        purchase_table(out, page);
    }
    out.push_str("</section>");
}

fn cover(out: &mut String, purchases: &[Purchase]) {
    let mut urgent: Vec<&Purchase> = purchases.iter().collect();
    urgent.sort_by(|a, b| b.risk_stockout.total_cmp(&a.risk_stockout).then_with(|| a.sku.cmp(&b.sku)));
    urgent.truncate(BARS_MAX);
    let short_now = purchases.iter().filter(|p| p.cover_days < p.protection_days).count();
    let finding = match short_now {
        0 => "All proposals top up stock that lasts until the next delivery".to_string(),
        1 => "One SKU runs out before the next delivery if nothing is ordered".to_string(),
        n => format!("{n} positions run out before the next delivery if nothing is ordered"),
    };
    let key = "<p class=\"key\"><span><i class=\"k-stock\"></i>cover now</span><span><i class=\"k-soft\"></i>added by the order</span><span><i class=\"k-risk\" style=\"width:3px;height:13px;vertical-align:-2px\"></i>earliest day of the next delivery</span></p>";
    let picture = both(|width| cover_picture(&urgent, width, &finding));
    figure(out, "full", &finding, "", &format!("{key}{picture}"));
    shown_of(out, urgent.len(), purchases.len(), "proposals");
}

fn cover_picture(rows: &[&Purchase], width: f64, label: &str) -> String {
    let wide = width > 600.0;
    let (left, row_height) = if wide { (190.0, 24.0) } else { (4.0, 34.0) };
    let finite = |x: f64| if x.is_finite() { x.max(0.0) } else { 0.0 };
    let largest =
        rows.iter().map(|p| finite(p.cover_after_days).max(finite(p.protection_days))).fold(1.0, f64::max).min(400.0);
    let marks = ticks(largest, if wide { 6 } else { 4 });
    let end = marks.last().copied().unwrap_or(largest);
    let x = Scale { domain: (0.0, end), range: (left, width - if wide { 92.0 } else { 12.0 }) };
    let bottom = 6.0 + row_height * rows.len() as f64;
    let mut svg = Svg::new(width, bottom + 34.0, label);
    for &mark in &marks {
        svg.line((x.at(mark), 4.0), (x.at(mark), bottom), if mark == 0.0 { "axis" } else { "rule" });
        svg.text(
            (x.at(mark), bottom + 13.0),
            if mark == 0.0 { Anchor::Start } else { Anchor::Middle },
            "",
            &short(mark),
        );
    }
    for (at, row) in rows.iter().enumerate() {
        let top = 6.0 + row_height * at as f64;
        let (now, after) = (finite(row.cover_days).min(end), finite(row.cover_after_days).min(end));
        let y = if wide { top + 6.0 } else { top + 17.0 };
        let words = format!("{} → {} days", short(row.cover_days), short(row.cover_after_days));
        let title = format!(
            "{} at {}: {words}, stock-out risk {} without the order",
            row.sku,
            row.location,
            percent(row.risk_stockout)
        );
        svg.rect((left, y), (x.at(now) - left, 11.0), "stock-bar", &title);
        svg.rect((x.at(now), y), (x.at(after) - x.at(now), 11.0), "stock-soft", &title);
        let due = x.at(finite(row.protection_days).min(end));
        svg.line((due, y - 3.0), (due, y + 14.0), "tick-risk");
        let name = clipped(&format!("{} · {}", row.sku, row.location), if wide { 29 } else { 32 });
        if wide {
            svg.text((left - 8.0, y + 9.5), Anchor::End, "t-ink", &name);
            svg.text((width - 2.0, y + 9.5), Anchor::End, "", &words);
        } else {
            svg.text((left, top + 12.0), Anchor::Start, "t-ink", &name);
            svg.text((width - 4.0, top + 12.0), Anchor::End, "", &words);
        }
    }
    svg.text(((x.range.0 + x.range.1) / 2.0, bottom + 28.0), Anchor::Middle, "", "days of expected demand");
    svg.finish()
}

fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn purchase_table(out: &mut String, page: &Page) {
    let cost = in_currency("cost", page);
    let columns = [
        ("SKU", ""),
        ("supplier", "m"),
        ("location", "d"),
        ("quantity", "n"),
        ("need", "n"),
        (cost.as_str(), "n"),
        ("cover, days", "n"),
        ("after, days", "n"),
        ("stock-out risk", "n"),
        ("expiry risk", "n"),
        ("binding rule", ""),
        ("why", "w"),
    ];
    let cells = |p: &Purchase| {
        vec![
            escape(&p.sku),
            escape(&p.supplier),
            escape(&p.location),
            count(p.quantity),
            number(p.need, 1),
            if p.cost_minor > 0 { number(p.cost_minor as f64 / 100.0, 2) } else { "–".into() },
            number(p.cover_days, 0),
            number(p.cover_after_days, 0),
            percent(p.risk_stockout),
            percent(p.risk_expiry),
            escape(&p.binding),
            escape(&p.why),
        ]
    };
    let rows: Vec<Vec<String>> = page.purchases.iter().map(cells).collect();
    table(out, "Purchase proposals", &columns, &rows);
}

// ---- people ---------------------------------------------------------------------------------------------------------

fn people(out: &mut String, page: &Page) {
    section(
        out,
        "people",
        "People",
        if page.people.is_empty() { "" } else { "What each would be shown, and what is kept from them and why." },
    );
    if page.people.is_empty() && page.shades.is_empty() {
        none(out, "The source has no persons: there is nobody to recommend to.");
    }
    if !page.people.is_empty() {
        out.push_str("<div class=\"grid\">");
        page.people.iter().for_each(|person| person_card(out, person, &page.head.currency));
        out.push_str("</div>");
    }
    if !page.shades.is_empty() {
        out.push_str("<h3>Nearest shades, by CIEDE2000 distance (under 2 looks the same)</h3><div class=\"grid\">");
        page.shades.iter().for_each(|shade| shade_card(out, shade));
        out.push_str("</div>");
    }
    out.push_str("</section>");
}

fn person_card(out: &mut String, person: &Person, currency: &str) {
    let _ = write!(
        out,
        "<div class=\"card\"><h3>{}</h3><p class=\"note\">{}</p>",
        escape(&person.subject),
        escape(&person.profile)
    );
    out.push_str("<h4>Shown</h4><ul>");
    for pick in &person.picks {
        let price = pick.price_minor.map_or(String::new(), |minor| money(minor, currency));
        let _ = write!(
            out,
            "<li><span class=\"row\"><span>{}{}</span><span class=\"n\">{price}</span></span><span class=\"why\">{}</span></li>",
            pick.shade_hex
                .as_deref()
                .map_or(String::new(), |hex| format!("<i class=\"sw\" style=\"background:{}\"></i>", colour(hex))),
            escape(&pick.name),
            escape(&pick.reason)
        );
    }
    if person.picks.is_empty() {
        out.push_str("<li class=\"none\">Nothing may be shown.</li>");
    }
    out.push_str("</ul><h4>Withheld</h4><ul>");
    for item in &person.withheld {
        let tone = match item.kind.as_str() {
            "allergen" | "recall" => "loss",
            "stock" => "stock",
            "expiry" => "risk",
            _ => "plain",
        };
        let _ = write!(
            out,
            "<li><span class=\"row\"><span>{}</span><span class=\"tag {tone}\">{}</span></span><span class=\"why\">{}</span></li>",
            escape(&item.name),
            escape(&item.kind),
            escape(&item.detail)
        );
    }
    if person.withheld.is_empty() {
        out.push_str("<li class=\"none\">Nothing is withheld.</li>");
    }
    out.push_str("</ul></div>");
}

/// A colour for a style attribute; grey where it is not `#rrggbb`.
fn colour(hex: &str) -> &str {
    let good = hex.len() == 7 && hex.starts_with('#') && hex[1..].bytes().all(|b| b.is_ascii_hexdigit());
    if good { hex } else { "#888888" }
}

fn shade_card(out: &mut String, shade: &ShadeMatch) {
    let _ = write!(
        out,
        "<div class=\"card\"><h3>{}</h3><div class=\"swatches\"><div><i style=\"background:{}\"></i>wanted</div>",
        escape(&shade.wanted),
        colour(&shade.hex)
    );
    for (name, hex, distance) in &shade.nearest {
        let _ = write!(
            out,
            "<div><i style=\"background:{}\"></i>{}<br>ΔE {}</div>",
            colour(hex),
            escape(name),
            number(*distance, 1)
        );
    }
    out.push_str("</div></div>");
}

// ---- feedback -------------------------------------------------------------------------------------------------------

fn feedback(out: &mut String, page: &Page) {
    section(
        out,
        "feedback",
        "Feedback",
        if page.feedback.is_empty() { "" } else { "What customers said and did, and what it changed." },
    );
    if page.feedback.is_empty() && page.changes.is_empty() {
        none(out, "The source has no ratings, reviews or complaints.");
    }
    if !page.feedback.is_empty() {
        out.push_str("<div class=\"grid\">");
        for signal in page.feedback.iter().take(PLOTS_MAX) {
            figure(out, "", &signal.finding, "", &format!("{}{}", signal_picture(signal), mark_list(signal)));
        }
        out.push_str("</div>");
        shown_of(out, page.feedback.len().min(PLOTS_MAX), page.feedback.len(), "signals");
    }
    if !page.changes.is_empty() {
        let columns = [("day", "d"), ("signal", "w"), ("touched", "w"), ("before", "n"), ("after", "n")];
        let cells = |c: &Change| {
            vec![c.day.to_string(), escape(&c.signal), escape(&c.touched), escape(&c.before), escape(&c.after)]
        };
        let rows: Vec<Vec<String>> = page.changes.iter().map(cells).collect();
        table(out, "What each signal changed", &columns, &rows);
    }
    out.push_str("</section>");
}

fn signal_picture(signal: &Signal) -> String {
    let (Some(&first), Some(&last)) = (signal.days.first(), signal.days.last()) else {
        return "<p class=\"none\">No day to draw.</p>".into();
    };
    let (left, right, top, bottom) = (34.0, NARROW - 10.0, 26.0, 136.0);
    let largest = signal.values.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let marks = ticks(largest, 3);
    let y = Scale { domain: (0.0, marks.last().copied().unwrap_or(1.0)), range: (bottom, top) };
    let step = signal.days.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0).min().unwrap_or(1);
    let x = Scale { domain: (f64::from(first.0), f64::from(last.0.saturating_add(step))), range: (left, right) };
    let width = (x.at(f64::from(first.0.saturating_add(step))) - left - 0.8).max(0.8);
    let mut svg = Svg::new(NARROW, 170.0, &signal.finding);
    value_axis(&mut svg, &marks, &y, (left, right), &signal.unit);
    for (day, value) in signal.days.iter().zip(&signal.values).filter(|(_, v)| v.is_finite()) {
        let height = bottom - y.at(value.max(0.0));
        svg.rect(
            (x.at(f64::from(day.0)), bottom - height),
            (width, height),
            "bar-signal",
            &format!("{day}: {}", short(*value)),
        );
    }
    for (at, (day, _)) in signal.marks.iter().enumerate() {
        let place = x.at(f64::from(day.0)).clamp(left, right);
        svg.line((place, top - 3.0), (place, bottom), "mark");
        svg.text((place, top - 6.0), Anchor::Middle, "t-loss", &(at + 1).to_string());
    }
    svg.text((left, bottom + 14.0), Anchor::Start, "", &first.to_string());
    svg.text((right, bottom + 14.0), Anchor::End, "", &last.to_string());
    svg.text(((left + right) / 2.0, bottom + 28.0), Anchor::Middle, "", "day");
    svg.finish()
}

fn mark_list(signal: &Signal) -> String {
    if signal.marks.is_empty() {
        return String::new();
    }
    let items: String = signal.marks.iter().map(|(day, words)| format!("<li>{day}: {}</li>", escape(words))).collect();
    format!("<ol class=\"marks\">{items}</ol>")
}

// ---- how it was computed --------------------------------------------------------------------------------------------

fn method(out: &mut String, page: &Page) {
    let method = &page.method;
    section(out, "method", "How it was computed", "");
    for note in &method.notes {
        let _ = write!(out, "<p class=\"lead\">{}</p>", escape(note));
    }
    if method.models.is_empty() {
        none(out, "No forecast model was fitted.");
    } else {
        models(out, method);
    }
    if !method.settings.is_empty() {
        out.push_str("<h3>Settings</h3><dl class=\"facts\">");
        method.settings.iter().for_each(|(name, value)| fact(out, &escape(name), &escape(value)));
        out.push_str("</dl>");
    }
    let links: Vec<String> = method.links.iter().filter_map(|(words, to)| link(words, to)).collect();
    if !links.is_empty() {
        let _ = write!(out, "<p class=\"note\" style=\"margin-top:16px\">Read more: {}</p>", links.join(" · "));
    }
    out.push_str("</section>");
}

/// A link to a page or a place in this one; nothing else is let through.
fn link(words: &str, to: &str) -> Option<String> {
    let allowed = to.starts_with("https://") || to.starts_with('#') || to.starts_with("./");
    allowed.then(|| format!("<a rel=\"noreferrer\" href=\"{}\">{}</a>", escape(to), escape(words)))
}

fn models(out: &mut String, method: &Method) {
    let better = method.models.iter().filter(|m| m.error < m.naive_error).map(|m| m.series).sum::<usize>();
    let all: usize = method.models.iter().map(|m| m.series).sum();
    let finding =
        format!("Chosen models beat the naive forecast on {better} of {all} series, by {}", method.error_name);
    let key = "<p class=\"key\"><span><svg viewBox=\"0 0 12 12\" style=\"width:12px;display:inline-block;vertical-align:-1px\" aria-hidden=\"true\"><circle class=\"dot-fan\" cx=\"6\" cy=\"6\" r=\"4.5\"/></svg> chosen model</span><span><svg viewBox=\"0 0 12 12\" style=\"width:12px;display:inline-block;vertical-align:-1px\" aria-hidden=\"true\"><circle class=\"dot-naive\" cx=\"6\" cy=\"6\" r=\"4.5\"/></svg> naive</span></p>";
    let picture = both(|width| models_picture(method, width, &finding));
    figure(out, "full", &finding, "", &format!("{key}{picture}"));
    let error = method.error_name.as_str();
    let naive = format!("naive {error}");
    let columns = [("model", ""), ("series", "n"), (error, "n"), (naive.as_str(), "n"), ("gain", "n")];
    let cells = |m: &ModelRow| {
        let gain = if m.naive_error > 0.0 { percent(1.0 - m.error / m.naive_error) } else { "–".into() };
        vec![escape(&m.model), count(m.series as i64), number(m.error, 3), number(m.naive_error, 3), gain]
    };
    let rows: Vec<Vec<String>> = method.models.iter().map(cells).collect();
    table(out, "Models and their errors", &columns, &rows);
}

fn models_picture(method: &Method, width: f64, label: &str) -> String {
    let wide = width > 600.0;
    let (left, row_height) = if wide { (190.0, 24.0) } else { (8.0, 34.0) };
    let errors = method.models.iter().flat_map(|m| [m.error, m.naive_error]).filter(|e| e.is_finite());
    let marks = ticks(errors.fold(0.0, f64::max), 4);
    let end = marks.last().copied().unwrap_or(1.0);
    let x = Scale { domain: (0.0, end), range: (left, width - 24.0) };
    let bottom = 6.0 + row_height * method.models.len() as f64;
    let mut svg = Svg::new(width, bottom + 34.0, label);
    for &mark in &marks {
        svg.line((x.at(mark), 4.0), (x.at(mark), bottom), if mark == 0.0 { "axis" } else { "rule" });
        let anchor = if mark == 0.0 { Anchor::Start } else { Anchor::Middle };
        svg.text((x.at(mark), bottom + 13.0), anchor, "", &number(mark, 2));
    }
    for (at, row) in method.models.iter().enumerate() {
        let top = 6.0 + row_height * at as f64;
        let y = if wide { top + 12.0 } else { top + 23.0 };
        let name = format!("{} · {}", clipped(&row.model, 22), row.series);
        let (place, anchor) =
            if wide { ((left - 12.0, y + 4.0), Anchor::End) } else { ((left, top + 12.0), Anchor::Start) };
        svg.text(place, anchor, "t-ink", &name);
        svg.line((x.at(row.error), y), (x.at(row.naive_error), y), "axis");
        for (value, class) in [(row.naive_error, "dot-naive"), (row.error, "dot-fan")] {
            if value.is_finite() {
                svg.dot((x.at(value), y), 5.0, class, &format!("{}: {}", row.model, number(value, 3)));
            }
        }
    }
    let words = format!("{} (model · series)", method.error_name);
    svg.text(((x.range.0 + x.range.1) / 2.0, bottom + 28.0), Anchor::Middle, "", &words);
    svg.finish()
}
