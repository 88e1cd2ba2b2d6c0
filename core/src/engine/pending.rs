//! What was decided and applied and waits to be written: the inputs of one flush become one atomic batch.
//!
//! An event is applied from the bytes that the journal will keep, so that a replay cannot see anything else.

use std::ops::Range;

use smallvec::SmallVec;

use super::World;
use super::door::Bodies;
use crate::base::{Day, Error, Result, Timestamp};
use crate::event::{Body, Event, Origin};
use crate::journal::{Journal, PAYLOAD_LIMIT_BYTES, Record, Stream};
use crate::ledger::Touched;

/// Beyond so many bytes what waits is handed to the journal at once.
const FULL_BYTES: usize = 4 << 20;

#[derive(Debug)]
struct Queued {
    stream: Stream,
    subject: Option<Box<str>>,
    payload: Range<usize>,
}

/// Events in their binary form.
#[derive(Debug, Default)]
pub struct Pending {
    bytes: Vec<u8>,
    records: Vec<Queued>,
}

impl Pending {
    /// Writes the events of one input; the first that is not the catalogue's carries the origin. Answers from where
    /// on they are to be applied.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for an event above 16 MiB; nothing of the input is kept then.
    pub fn write<'a>(
        &mut self,
        bodies: Bodies<'a>,
        at: Timestamp,
        day: Day,
        mut origin: Option<Origin<'a>>,
    ) -> Result<usize> {
        let first = self.records.len();
        for body in &bodies {
            let own = if matches!(body, Body::Catalog(_)) { None } else { origin.take() };
            if let Err(error) = self.push(at, day, own.as_ref(), body) {
                self.cut(first);
                return Err(error);
            }
        }
        Ok(first)
    }

    fn push(&mut self, at: Timestamp, day: Day, origin: Option<&Origin<'_>>, body: &Body<'_>) -> Result<()> {
        let (stream, subject) = match body {
            Body::Catalog(_) => (Stream::Catalog, None),
            Body::Stock(_) => (Stream::Stock, None),
            Body::People(subject, _) => (Stream::People, Some((*subject).into())),
        };
        let start = self.bytes.len();
        Event::write_parts(at, day, origin, body, &mut self.bytes)?;
        let payload = start..self.bytes.len();
        if payload.len() > PAYLOAD_LIMIT_BYTES {
            return Err(Error::argument("input", "at most 16 MiB as an event", payload.len()));
        }
        self.records.push(Queued { stream, subject, payload });
        Ok(())
    }

    fn cut(&mut self, records: usize) {
        let bytes = self.records.get(records).map_or(self.bytes.len(), |record| record.payload.start);
        self.bytes.truncate(bytes);
        self.records.truncate(records);
    }

    /// Applies the events from one on; answers the shelves that they touched.
    ///
    /// # Errors
    /// `JOURNAL_CORRUPT` for bytes that cannot be read back, which nothing can bring about.
    pub fn apply(&self, from: usize, world: &mut World) -> Result<Touched> {
        let mut touched = Touched::new();
        for record in &self.records[from..] {
            touched.extend(world.apply(&Event::read(&self.bytes[record.payload.clone()])?));
        }
        Ok(touched)
    }

    /// Whether so much waits that it has to be handed over.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES
    }

    /// Gives all that waits to the journal, as one batch.
    ///
    /// # Errors
    /// `IO`, `JOURNAL_POISONED`: the world is ahead of the journal then, and only opening it anew helps.
    pub fn hand_over(&mut self, journal: &mut Journal) -> Result<()> {
        if self.records.is_empty() {
            return Ok(());
        }
        let batch: SmallVec<[Record<'_>; 4]> = self
            .records
            .iter()
            .map(|own| Record {
                stream: own.stream,
                subject: own.subject.as_deref(),
                payload: &self.bytes[own.payload.clone()],
            })
            .collect();
        let done = journal.append(None, &batch).map(drop);
        drop(batch);
        if let Err(error) = &done {
            journal.poison(error);
        }
        self.bytes.clear();
        self.records.clear();
        done
    }
}
