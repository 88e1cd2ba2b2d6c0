//! What the people stream folds into: rules, consents, tastes and what each person spent.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::{Day, Interner, SkuId, SubjectId};
use crate::event::{Fact, PeopleEvent, Purpose, Units};
use crate::feedback::{SignalKind, Signals};
use crate::recommend::{Interaction, Taste};

/// What is known of one person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// Ingredients never to be shown.
    pub avoid: Vec<String>,
    /// Traits such as `skin:dry`.
    pub attributes: Vec<String>,
    /// Purposes to which consent was withdrawn.
    pub withdrawn: BTreeSet<Purpose>,
    /// Day and worth in minor units of each order, oldest first; the last 1,000 are kept.
    pub orders: Vec<(Day, i64)>,
}

impl Person {
    /// Whether the person did not withdraw consent to a purpose.
    pub fn allows(&self, purpose: Purpose) -> bool {
        !self.withdrawn.contains(&purpose)
    }

    /// Whether what the person does is counted: who is not learned from is not counted either.
    fn is_counted(&self) -> bool {
        self.allows(Purpose::Personalisation) && self.allows(Purpose::Analytics)
    }
}

/// The purposes that an event serves: it is kept as long as one of them keeps it. None for what is always kept.
pub fn purposes(event: &PeopleEvent) -> &'static [Purpose] {
    use Purpose::{Analytics, Marketing, Personalisation};
    match event {
        PeopleEvent::Viewed { .. }
        | PeopleEvent::Clicked { .. }
        | PeopleEvent::Carted { .. }
        | PeopleEvent::Returned { .. }
        | PeopleEvent::Rated { .. }
        | PeopleEvent::Reviewed { .. } => &[Personalisation, Analytics],
        PeopleEvent::Bought { lines, .. } if lines.is_empty() => &[Marketing],
        PeopleEvent::Bought { .. } | PeopleEvent::Unresolved(_) => &[Personalisation, Analytics, Marketing],
        PeopleEvent::Answered { .. } | PeopleEvent::Complained { .. } => &[Analytics],
        PeopleEvent::Profiled { .. } | PeopleEvent::Consented { .. } => &[],
    }
}

/// Most orders that are kept of a person.
const ORDERS_LIMIT: usize = 1_000;

/// All persons.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// Subjects by id.
    pub keys: Interner,
    /// Persons by id.
    pub persons: Vec<Person>,
    /// What they like.
    pub taste: Taste,
    /// What they said, per SKU and day.
    pub signals: Signals,
    /// Facts about SKUs that the catalogue does not know yet, with the day on which they came.
    pub unresolved: Vec<(Day, Fact)>,
}

impl People {
    /// A person, if any event named them.
    pub fn get(&self, subject: &str) -> Option<(SubjectId, &Person)> {
        let id = self.keys.id(subject)?;
        Some((SubjectId(id), &self.persons[id as usize]))
    }

    /// Applies one event of a person. Total; SKUs that `sku` does not know are passed over.
    pub fn apply(&mut self, subject: &str, event: &PeopleEvent, day: Day, sku: impl Fn(&str) -> Option<SkuId>) {
        let id = SubjectId(self.keys.intern(subject));
        if id.index() == self.persons.len() {
            self.persons.push(Person::default());
        }
        match event {
            PeopleEvent::Viewed { sku: key } => self.learn(id, sku(key), Interaction::View, day),
            PeopleEvent::Clicked { sku: key } => self.learn(id, sku(key), Interaction::Click, day),
            PeopleEvent::Carted { sku: key } => self.learn(id, sku(key), Interaction::Cart, day),
            PeopleEvent::Bought { lines, value_minor } => self.bought(id, lines, *value_minor, day, sku),
            PeopleEvent::Returned { sku: key, .. } => self.learn(id, sku(key), Interaction::Return, day),
            PeopleEvent::Rated { sku: key, value } => self.learn(id, sku(key), Interaction::Rating(*value), day),
            PeopleEvent::Reviewed { sku: key, value, .. } => self.reviewed(id, sku(key), *value, day),
            PeopleEvent::Answered { sku: key, .. } => {
                self.signal(id, key.as_deref().and_then(sku), SignalKind::Answer, day, 0);
            }
            PeopleEvent::Complained { sku: key, kind, .. } => {
                self.signal(id, sku(key), SignalKind::from(*kind), day, 0);
            }
            PeopleEvent::Profiled { avoid, attributes } => {
                let person = &mut self.persons[id.index()];
                person.avoid.clone_from(avoid);
                person.attributes.clone_from(attributes);
            }
            PeopleEvent::Consented { purpose, granted: true } => {
                self.persons[id.index()].withdrawn.remove(purpose);
            }
            PeopleEvent::Consented { purpose, granted: false } => self.withdraw(id, *purpose),
            PeopleEvent::Unresolved(fact) => self.unresolved.push((day, (**fact).clone())),
        }
    }

    /// What was learned for a purpose goes with the consent to it; counts that were made know no person any more.
    fn withdraw(&mut self, id: SubjectId, purpose: Purpose) {
        let person = &mut self.persons[id.index()];
        person.withdrawn.insert(purpose);
        match purpose {
            Purpose::Personalisation => self.taste.forget(id),
            Purpose::Analytics => {}
            Purpose::Marketing => person.orders.clear(),
        }
    }

    fn learn(&mut self, id: SubjectId, sku: Option<SkuId>, interaction: Interaction, day: Day) {
        let Some(sku) = sku else { return };
        self.observe(id, sku, interaction, day);
        let (kind, sum) = match interaction {
            Interaction::View => (SignalKind::View, 0),
            Interaction::Click => (SignalKind::Click, 0),
            Interaction::Cart => (SignalKind::Cart, 0),
            Interaction::Rating(value) => (SignalKind::Rating, i64::from(value)),
            Interaction::Purchase | Interaction::Return => return,
        };
        self.signal(id, Some(sku), kind, day, sum);
    }

    fn observe(&mut self, id: SubjectId, sku: SkuId, interaction: Interaction, day: Day) {
        if self.persons[id.index()].allows(Purpose::Personalisation) {
            self.taste.observe(id, sku, interaction, day);
        }
    }

    fn signal(&mut self, id: SubjectId, sku: Option<SkuId>, kind: SignalKind, day: Day, sum: i64) {
        if let Some(sku) = sku.filter(|_| self.persons[id.index()].is_counted()) {
            self.signals.count(sku, kind, day, 1, sum);
        }
    }

    fn reviewed(&mut self, id: SubjectId, sku: Option<SkuId>, value: Option<u8>, day: Day) {
        self.signal(id, sku, SignalKind::Review, day, value.map_or(0, i64::from));
        if let (Some(sku), Some(value)) = (sku, value) {
            self.observe(id, sku, Interaction::Rating(value), day);
        }
    }

    fn bought(&mut self, id: SubjectId, lines: &[Units], value: i64, day: Day, sku: impl Fn(&str) -> Option<SkuId>) {
        let person = &mut self.persons[id.index()];
        if person.allows(Purpose::Marketing) {
            if person.orders.len() == ORDERS_LIMIT {
                person.orders.remove(0);
            }
            // What a retention left of a purchase comes later than it happened.
            let late =
                if lines.is_empty() { person.orders.partition_point(|(own, _)| *own <= day) } else { usize::MAX };
            person.orders.insert(late.min(person.orders.len()), (day, value));
        }
        for line in lines {
            self.learn(id, sku(&line.sku), Interaction::Purchase, day);
            self.signal(id, sku(&line.sku), SignalKind::Purchase, day, line.quantity.0);
        }
    }
}
