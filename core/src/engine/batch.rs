//! Many inputs of one kind from columns: the way in for frames and for backends under load.
//!
//! One row is one input, or one line of it: neighbouring rows with the same id are the lines of one basket. Texts are
//! copied into one reused input, so that a row allocates nothing; what rows will need is looked up ahead for many rows
//! at once, so that the memory answers them side by side. All rows share one flush.

use super::Engine;
use crate::base::{Column, Day, Error, Money, PrintedDate, Quantity, Result, Table, Timestamp, View, json};
use crate::event::{Command, Commit, Fact, Line, Receive, Release, Reserve, Sale};
use crate::ledger::{DocId, Outcome};

/// Rows that are looked up ahead together.
const AHEAD: usize = 64;

/// What became of each input, one row an id.
#[derive(Default)]
struct Answers {
    ids: Vec<String>,
    accepted: Vec<bool>,
    codes: Vec<String>,
    messages: Vec<String>,
}

impl Answers {
    fn push(&mut self, id: &str, answer: Result<()>) {
        self.ids.push(id.into());
        self.accepted.push(answer.is_ok());
        let (code, message) = match answer {
            Ok(()) => (String::new(), String::new()),
            Err(error) => (error.code().into(), error.to_string()),
        };
        self.codes.push(code);
        self.messages.push(message);
    }

    fn table(self) -> Result<Table> {
        Table::default()
            .with("id", Column::Text(self.ids))?
            .with("accepted", Column::Bool(self.accepted))?
            .with("code", Column::Text(self.codes))?
            .with("message", Column::Text(self.messages))
    }
}

/// The columns of a batch.
struct Rows<'a> {
    table: &'a Table,
    ids: &'a [String],
    skus: &'a [String],
    locations: &'a [String],
    quantities: Vec<i64>,
}

impl<'a> Rows<'a> {
    fn new(table: &'a Table) -> Result<Rows<'a>> {
        let texts = |name: &str| match table.get(name) {
            Some(Column::Text(texts)) => Ok(&texts[..]),
            Some(other) => {
                Err(Error::WrongColumnType { column: name.into(), expected: "text".into(), got: other.kind().into() })
            }
            None => Ok(&[][..]),
        };
        let quantities = if table.get("quantity").is_some() { table.integers("quantity")? } else { Vec::new() };
        table.column("id")?;
        Ok(Rows { table, ids: texts("id")?, skus: texts("sku")?, locations: texts("location")?, quantities })
    }

    /// The rows of the input that begins at one.
    fn end(&self, first: usize) -> usize {
        let same = |row: &usize| self.ids[*row] == self.ids[first];
        first + (first..self.ids.len()).take_while(same).count()
    }

    fn need(&self, names: &[&str]) -> Result<()> {
        names.iter().try_for_each(|name| self.table.column(name).map(drop))
    }

    fn text(&self, name: &str, row: usize) -> Option<&'a str> {
        match self.table.get(name).map(Column::view) {
            Some(View::Text(texts)) => Some(texts[row].as_str()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    fn day(&self, name: &str, row: usize) -> Result<Option<Day>> {
        self.date(name, row, |text| text.parse().map_err(|error| super::care::named(error, name)))
    }

    /// A day as a label prints it: a month means its last day.
    fn printed(&self, name: &str, row: usize) -> Result<Option<Day>> {
        let read = |text: &str| text.parse().map(PrintedDate::last_good_day);
        self.date(name, row, |text| read(text).map_err(|error| super::care::named(error, name)))
    }

    fn date(&self, name: &str, row: usize, read: impl Fn(&str) -> Result<Day>) -> Result<Option<Day>> {
        match self.table.get(name).map(Column::view) {
            Some(View::Day(days)) => Ok(Some(days[row])),
            Some(View::Text(texts)) if !texts[row].is_empty() => read(&texts[row]).map(Some),
            _ => Ok(None),
        }
    }

    /// One line of a basket, into a line that is reused.
    fn line(&self, row: usize, line: &mut Line) {
        self.skus[row].clone_into(&mut line.sku);
        line.quantity = Quantity(self.quantities[row]);
        line.unit = self.text("unit", row).map(Into::into);
        line.lot = self.text("lot", row).map(Into::into);
    }

    fn lines(&self, rows: std::ops::Range<usize>, lines: &mut Vec<Line>) {
        lines.resize(rows.len(), Line::default());
        rows.zip(lines).for_each(|(row, line)| self.line(row, line));
    }

    /// Any input, by the names of its fields.
    fn value(&self, rows: std::ops::Range<usize>) -> serde_json::Value {
        let mut fields = serde_json::Map::new();
        let first = rows.start;
        for (name, column) in self.table.columns() {
            let value = match column.view() {
                View::Text(texts) if texts[first].is_empty() => continue,
                View::Text(texts) => texts[first].as_str().into(),
                View::Category(rows, texts) => texts[rows[first] as usize].as_str().into(),
                View::Float(values) if values[first].is_nan() => continue,
                View::Float(values) if values[first].fract() == 0.0 => (values[first] as i64).into(),
                View::Float(values) => values[first].into(),
                View::Integer(values) => values[first].into(),
                View::Bool(values) => values[first].into(),
                View::Day(days) => days[first].to_string().into(),
                View::Timestamp(instants) => instants[first].to_string().into(),
            };
            fields.insert(name.clone(), value);
        }
        serde_json::Value::Object(fields)
    }
}

/// Kinds of commands that a batch takes beside those with a path of their own.
const COMMANDS: [&str; 5] = ["move", "arrive", "reclassify", "write_off", "open_tester"];

impl Engine {
    /// Puts many inputs of one kind through its door, in order and with one flush. `kind` is the name of a command
    /// or fact; the columns are the names of its fields, and neighbouring rows with one `id` are the lines of one
    /// `reserve` or `sale`. Answers `id, accepted, code, message`, one row an input: what is refused or malformed does
    /// not stop the others.
    ///
    /// # Errors
    /// `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`, `INVALID_ARGUMENT` naming `kind`; `IO`, `JOURNAL_POISONED`.
    pub fn batch(&mut self, kind: &str, table: &Table, now: Timestamp) -> Result<Table> {
        let plain = table.spelled_out();
        let rows = Rows::new(&plain)?;
        let mut answers = Answers::default();
        let done = match kind {
            "reserve" => self.reserve_rows(&rows, now, &mut answers),
            "commit" => self.hold_rows(&rows, now, &mut answers, true),
            "release" => self.hold_rows(&rows, now, &mut answers, false),
            "sale" => self.sale_rows(&rows, now, &mut answers),
            "receive" => self.receive_rows(&rows, now, &mut answers),
            other => self.other_rows(other, &rows, now, &mut answers),
        };
        self.durable()?;
        done?;
        answers.table()
    }

    fn reserve_rows(&mut self, rows: &Rows<'_>, now: Timestamp, answers: &mut Answers) -> Result<()> {
        rows.need(&["sku", "quantity", "location"])?;
        let mut command = Command::from(Reserve::default());
        let ttl = rows.table.get("ttl_seconds").map(|_| rows.table.integers("ttl_seconds")).transpose()?;
        self.each(rows, answers, |engine, rows, taken| {
            if let Command::Reserve(own) = &mut command {
                let first = taken.start;
                rows.ids[first].clone_into(&mut own.id);
                rows.locations[first].clone_into(&mut own.location);
                own.channel = rows.text("channel", first).map(Into::into);
                own.ttl_seconds = ttl.as_ref().map_or(Reserve::default().ttl_seconds, |ttl| ttl[first]);
                rows.lines(taken, &mut own.lines);
            }
            engine.row(&command, now)
        })
    }

    fn hold_rows(&mut self, rows: &Rows<'_>, now: Timestamp, answers: &mut Answers, commits: bool) -> Result<()> {
        rows.need(&["hold"])?;
        let mut command = if commits { Commit::default().into() } else { Command::from(Release::default()) };
        self.each(rows, answers, |engine, rows, taken| {
            let (id, hold) = (&rows.ids[taken.start], rows.text("hold", taken.start).unwrap_or_default());
            match &mut command {
                Command::Commit(own) => {
                    id.clone_into(&mut own.id);
                    hold.clone_into(&mut own.hold);
                    own.subject = rows.text("subject", taken.start).map(Into::into);
                }
                Command::Release(own) => {
                    id.clone_into(&mut own.id);
                    hold.clone_into(&mut own.hold);
                }
                _ => {}
            }
            engine.row(&command, now)
        })
    }

    fn sale_rows(&mut self, rows: &Rows<'_>, now: Timestamp, answers: &mut Answers) -> Result<()> {
        rows.need(&["sku", "quantity", "location"])?;
        let mut fact = Fact::from(Sale::default());
        self.each(rows, answers, |engine, rows, taken| {
            if let Fact::Sale(own) = &mut fact {
                let first = taken.start;
                rows.ids[first].clone_into(&mut own.id);
                rows.locations[first].clone_into(&mut own.location);
                own.subject = rows.text("subject", first).map(Into::into);
                own.occurred_on = rows.day("occurred_on", first)?;
                rows.lines(taken, &mut own.lines);
            }
            fact.check()?;
            engine.enter_doc(&fact, now).map(drop)
        })
    }

    fn receive_rows(&mut self, rows: &Rows<'_>, now: Timestamp, answers: &mut Answers) -> Result<()> {
        rows.need(&["sku", "quantity", "location"])?;
        let costs = rows.table.get("unit_cost_minor").map(|_| rows.table.integers("unit_cost_minor")).transpose()?;
        let mut fact = Fact::from(Receive::default());
        self.each(rows, answers, |engine, rows, taken| {
            if let Fact::Receive(own) = &mut fact {
                let first = taken.start;
                rows.ids[first].clone_into(&mut own.id);
                rows.skus[first].clone_into(&mut own.sku);
                rows.locations[first].clone_into(&mut own.location);
                rows.text("lot", first).unwrap_or_default().clone_into(&mut own.lot);
                own.quantity = Quantity(rows.quantities[first]);
                own.expires_on = rows.printed("expires_on", first)?;
                own.produced_on = rows.day("produced_on", first)?;
                own.occurred_on = rows.day("occurred_on", first)?;
                own.supplier_lot = rows.text("supplier_lot", first).map(Into::into);
                own.purchase = rows.text("purchase", first).map(Into::into);
                own.unit = rows.text("unit", first).map(Into::into);
                own.unit_cost = costs.as_ref().map(|costs| Money { minor: costs[first], ..Money::default() });
            }
            fact.check()?;
            engine.enter_doc(&fact, now).map(drop)
        })
    }

    fn other_rows(&mut self, kind: &str, rows: &Rows<'_>, now: Timestamp, answers: &mut Answers) -> Result<()> {
        self.each(rows, answers, |engine, rows, taken| {
            let wrapped = serde_json::Value::Object(serde_json::Map::from_iter([("type".to_string(), kind.into())]));
            let (serde_json::Value::Object(mut fields), serde_json::Value::Object(own)) = (wrapped, rows.value(taken))
            else {
                return Ok(());
            };
            fields.extend(own);
            let value = serde_json::Value::Object(fields);
            if COMMANDS.contains(&kind) {
                let command: Command = json::fit_tagged(value)?;
                return engine.row(&command, now);
            }
            let fact: Fact = json::fit_tagged(value)?;
            fact.check()?;
            engine.enter_doc(&fact, now).map(drop)
        })
    }

    /// Calls `input` with the rows of each input; what fails for good ends it.
    fn each(
        &mut self,
        rows: &Rows<'_>,
        answers: &mut Answers,
        mut input: impl FnMut(&mut Engine, &Rows<'_>, std::ops::Range<usize>) -> Result<()>,
    ) -> Result<()> {
        let (mut first, mut warmed) = (0, 0);
        while first < rows.ids.len() {
            if first >= warmed {
                warmed = (first + AHEAD).min(rows.ids.len());
                self.look_ahead(rows, first..warmed);
            }
            let end = rows.end(first);
            let answer = input(self, rows, first..end);
            if let Err(error @ (Error::Io { .. } | Error::JournalPoisoned { .. })) = answer {
                return Err(error);
            }
            answers.push(&rows.ids[first], answer);
            first = end;
        }
        Ok(())
    }

    /// Reads what rows will need, step by step for all of them: the misses of a step overlap.
    fn look_ahead(&self, rows: &Rows<'_>, range: std::ops::Range<usize>) {
        let ledger = &self.world.ledger;
        let mut sum = 0usize;
        for id in &rows.ids[range.clone()] {
            sum += ledger.docs().find(id).map_or(0, |doc| doc as usize);
        }
        if rows.skus.is_empty() || rows.locations.is_empty() {
            std::hint::black_box(sum);
            return;
        }
        let mut skus = [None; AHEAD];
        for (slot, row) in skus.iter_mut().zip(range.clone()) {
            *slot = ledger.sku(&rows.skus[row]).zip(ledger.location(&rows.locations[row]));
        }
        let mut shelves = [None; AHEAD];
        for (slot, ids) in shelves.iter_mut().zip(skus) {
            *slot = ids.and_then(|(sku, location)| ledger.shelf_index(sku, location));
        }
        let mut lots = [None; AHEAD];
        for (slot, shelf) in lots.iter_mut().zip(shelves) {
            *slot = shelf.and_then(|shelf| ledger.shelves()[shelf].lots.first().map(|own| own.lot));
            sum += shelf.and_then(|shelf| self.world.demand.shelf(shelf)).map_or(0, |demand| demand.len());
        }
        for lot in lots.into_iter().flatten() {
            sum += ledger.lot(lot).key.len();
        }
        std::hint::black_box(sum);
    }

    fn row(&mut self, command: &Command, now: Timestamp) -> Result<()> {
        command.check()?;
        let doc: DocId = match self.decide_doc(command, now)? {
            Ok(doc) => doc,
            Err(conflict) => return Err(Error::Rejected(conflict)),
        };
        match self.world.ledger.docs().get(doc).outcome {
            Outcome::Refused(number) => Err(Error::Rejected(self.world.ledger.docs().refusal(number).clone())),
            _ => Ok(()),
        }
    }
}
