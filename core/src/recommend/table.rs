//! Recommendations for the users of a frame: `user, item, score, rank, why`.
//!
//! In: one row an interaction, optionally one row an item with attribute columns. Out: the best `k` items of
//! each user. Users are independent and mapped in parallel: the same bits for any number of threads.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::content::{Attributes, Content};
use super::rank::{Candidate, Model, Pick, Request, ScoreParams, Trend};
use super::taste::{Interaction, Taste};
use crate::base::{Column, Day, Error, Interner, Result, SkuId, SubjectId, Table, Task, View};

/// How to recommend from a table of interactions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "RecommendFrameParams"))]
pub struct TableParams {
    /// Users to recommend to, in the order of the answer; empty for all, by key. Unknown users get what strangers get.
    pub users: Vec<String>,
    /// Items a user at most; at least 1.
    pub k: usize,
    /// Column of users: texts or integers.
    pub user_column: String,
    /// Column of items, in both tables: texts or integers.
    pub item_column: String,
    /// Column of ratings, whole numbers 1–5. Without a kind column every row is a rating.
    pub value_column: Option<String>,
    /// Column of kinds: `view`, `click`, `cart`, `purchase`, `rating` (needs a value column), `return`.
    /// Without it and without a value column every row is a purchase.
    pub kind_column: Option<String>,
    /// Column of days, instants or ISO texts.
    pub time_column: Option<String>,
    /// Column of ages in days, in place of a time column.
    pub days_ago_column: Option<String>,
    /// The day of the recommendation; rows after it are left out. Default: the latest day of the data.
    pub today: Option<Day>,
    /// Leaves out what a user rated or bought.
    pub exclude_seen: bool,
    /// Most items of one brand a user (column `brand` of the items); 0 for no cap.
    pub max_per_brand: usize,
    /// Attributes wished for by every user, such as `category:serum`.
    pub profile: Vec<String>,
    /// How taste, attributes and trend are blended. Without times the trend is left out.
    pub scoring: ScoreParams,
}

impl Default for TableParams {
    fn default() -> Self {
        TableParams {
            users: Vec::new(),
            k: 10,
            user_column: "user".into(),
            item_column: "item".into(),
            value_column: None,
            kind_column: None,
            time_column: None,
            days_ago_column: None,
            today: None,
            exclude_seen: true,
            max_per_brand: 0,
            profile: Vec::new(),
            scoring: ScoreParams::default(),
        }
    }
}

impl TableParams {
    /// Answers whether every field is in its domain.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        if self.k == 0 {
            return Err(Error::argument("k", "at least 1", 0));
        }
        if self.time_column.is_some() && self.days_ago_column.is_some() {
            return Err(Error::argument("days_ago_column", "absent where there is a time_column", "both"));
        }
        if self.today.is_some() && self.time_column.is_none() {
            return Err(Error::argument("today", "absent where there is no time_column", "a day"));
        }
        self.scoring.check()
    }
}

/// Recommends items to users from a table of interactions and, optionally, one of items.
///
/// Items known from either table are recommended. Every other column of `items` is an attribute: a text
/// `a|b` in column `finish` gives `finish:a` and `finish:b`; integers and booleans give one; floats are left out.
///
/// # Errors
/// `INVALID_ARGUMENT` naming a parameter, or `column[row]` of a bad value; `MISSING_COLUMN`,
/// `WRONG_COLUMN_TYPE`; `CANCELLED`.
///
/// ```
/// use trousse::base::{Column, Table, Task};
/// use trousse::recommend::{TableParams, table};
/// let text = |list: [&str; 5]| Column::Text(list.map(String::from).to_vec());
/// let interactions = Table::default()
///     .with("user", text(["ana", "ana", "bo", "bo", "eve"]))?
///     .with("item", text(["LIP-01", "SER-30", "LIP-01", "SER-30", "LIP-01"]))?;
/// let params = TableParams { users: vec!["eve".into()], ..Default::default() };
/// let picks = table(&interactions, None, &params, &Task::default())?;
/// assert_eq!(picks.texts("item")?, ["SER-30"]);
/// assert_eq!(picks.texts("why")?, ["because you bought LIP-01"]);
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn table(interactions: &Table, items: Option<&Table>, params: &TableParams, task: &Task) -> Result<Table> {
    params.check()?;
    let data = Data::read(interactions, items, params)?;
    let users = data.users(params);
    let trend = Trend::new(&data.taste, data.skus.len(), data.today, &data.scoring);
    let Data { taste, content, skus, scoring, .. } = &data;
    let model = Model { taste, content, skus, trend: &trend, params: scoring };
    let candidates: Vec<Candidate> = (0..skus.len() as u32).map(|id| Candidate::new(SkuId(id))).collect();
    task.expect(users.len());
    let one = |user: &String| {
        task.tick()?;
        Ok(model.rank(&data.request(user, params), &candidates))
    };
    let picks = users.par_iter().map(one).collect::<Result<Vec<Vec<Pick>>>>()?;
    rows(&users, picks)
}

/// The tables, folded.
struct Data {
    subjects: Interner,
    skus: Interner,
    taste: Taste,
    content: Content,
    today: Day,
    scoring: ScoreParams,
}

impl Data {
    fn read(interactions: &Table, items: Option<&Table>, params: &TableParams) -> Result<Data> {
        let users = interactions.as_texts(&params.user_column)?;
        let keys = interactions.as_texts(&params.item_column)?;
        let kinds = kinds(interactions, params)?;
        let days = days(interactions, params)?;
        let (mut subjects, mut skus) = (Interner::default(), Interner::default());
        let latest = days.iter().flatten().max().copied().unwrap_or_default();
        let today = params.today.unwrap_or(if params.days_ago_column.is_some() { Day(0) } else { latest });
        let day_of = |row: usize| days.as_ref().map_or(today, |days| days[row]);
        let mut order: Vec<usize> = (0..users.len()).filter(|row| day_of(*row) <= today).collect();
        order.sort_by_key(|row| day_of(*row)); // stable: rows of one day in their order
        let mut taste = Taste::default();
        for row in order {
            let (subject, sku) = (subjects.intern(users.get(row)), skus.intern(keys.get(row)));
            taste.observe(SubjectId(subject), SkuId(sku), kinds[row], day_of(row));
        }
        let content = read_items(items, &params.item_column, &mut skus)?;
        let mut scoring = params.scoring.clone();
        if days.is_none() {
            scoring.demand_half_life_days = 0.0;
        }
        Ok(Data { subjects, skus, taste, content, today, scoring })
    }

    fn users(&self, params: &TableParams) -> Vec<String> {
        if !params.users.is_empty() {
            return params.users.clone();
        }
        self.subjects.ids_by_key().into_iter().map(|id| self.subjects.key(id).to_string()).collect()
    }

    fn request(&self, user: &str, params: &TableParams) -> Request {
        Request {
            subject: self.subjects.id(user).map(SubjectId),
            k: params.k,
            exclude_seen: params.exclude_seen,
            explain: true,
            profile: params.profile.clone(),
            max_per_brand: params.max_per_brand,
        }
    }
}

fn kinds(table: &Table, params: &TableParams) -> Result<Vec<Interaction>> {
    let values = params.value_column.as_ref().map(|name| table.as_floats(name)).transpose()?;
    let value_name = params.value_column.as_deref().unwrap_or("value_column");
    let rating = |row: usize| stars(value_name, row, values.as_ref().map(|values| values[row]));
    let Some(name) = &params.kind_column else {
        let each = |row| if values.is_some() { rating(row) } else { Ok(Interaction::Purchase) };
        return (0..table.rows()).map(each).collect();
    };
    let texts = table.as_texts(name)?;
    let each = |(row, text): (usize, &str)| match text {
        "view" => Ok(Interaction::View),
        "click" => Ok(Interaction::Click),
        "cart" => Ok(Interaction::Cart),
        "purchase" => Ok(Interaction::Purchase),
        "return" => Ok(Interaction::Return),
        "rating" => rating(row),
        other => Err(Error::argument(format!("{name}[{row}]"), "view, click, cart, purchase, rating or return", other)),
    };
    texts.iter().enumerate().map(each).collect()
}

fn stars(column: &str, row: usize, value: Option<f64>) -> Result<Interaction> {
    match value {
        Some(x) if (1.0..=5.0).contains(&x) && x.fract() == 0.0 => Ok(Interaction::Rating(x as u8)),
        Some(x) => Err(Error::argument(format!("{column}[{row}]"), "a whole number of 1 to 5", x)),
        None => Err(Error::argument(column, "given where a row is a rating", "nothing")),
    }
}

/// The day of each row; `None` without a column of times. Ages count back from day 0.
fn days(table: &Table, params: &TableParams) -> Result<Option<Vec<Day>>> {
    if let Some(name) = &params.time_column {
        return table.days(name).map(Some);
    }
    let Some(name) = &params.days_ago_column else { return Ok(None) };
    let day = |(row, age): (usize, i64)| match i32::try_from(age) {
        Ok(age) if age >= 0 => Ok(Day(-age)),
        _ => Err(Error::argument(format!("{name}[{row}]"), "a number of days of at least 0", age)),
    };
    table.integers(name)?.into_iter().enumerate().map(day).collect::<Result<_>>().map(Some)
}

fn read_items(items: Option<&Table>, item_column: &str, skus: &mut Interner) -> Result<Content> {
    let Some(items) = items else { return Ok(Content::default()) };
    let mut texts: BTreeMap<SkuId, Vec<String>> = BTreeMap::new();
    for (row, key) in items.as_texts(item_column)?.iter().enumerate() {
        let own = texts.entry(SkuId(skus.intern(key))).or_default();
        for (name, column) in items.columns().iter().filter(|(name, _)| name != item_column) {
            own.extend(attributes(name, column, row));
        }
    }
    let list: Vec<Attributes<'_>> = texts.iter().map(|(sku, texts)| Attributes { sku: *sku, texts }).collect();
    Ok(Content::new(skus.len(), &list))
}

fn attributes(name: &str, column: &Column, row: usize) -> Vec<String> {
    let parts = |text: &str| {
        let parts = text.split('|').map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| format!("{name}:{part}")).collect()
    };
    match column.view() {
        View::Text(v) => parts(&v[row]),
        View::Category(rows, texts) => parts(&texts[rows[row] as usize]),
        View::Integer(v) => vec![format!("{name}:{}", v[row])],
        View::Bool(v) => vec![format!("{name}:{}", v[row])],
        View::Float(_) | View::Day(_) | View::Timestamp(_) => Vec::new(),
    }
}

fn rows(users: &[String], picks: Vec<Vec<Pick>>) -> Result<Table> {
    let (mut user, mut item, mut why) = (Vec::new(), Vec::new(), Vec::new());
    let (mut score, mut rank) = (Vec::new(), Vec::new());
    for (name, own) in users.iter().zip(picks) {
        for (pick, place) in own.into_iter().zip(1..) {
            user.push(name.clone());
            item.push(pick.sku);
            score.push(pick.score);
            rank.push(place);
            why.push(pick.why);
        }
    }
    Table::default()
        .with("user", Column::Text(user))?
        .with("item", Column::Text(item))?
        .with("score", Column::Float(score))?
        .with("rank", Column::Integer(rank))?
        .with("why", Column::Text(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Column {
        Column::Text(list.iter().map(|text| text.to_string()).collect())
    }

    /// Four users; bo disliked one item; Z-NEW is known from the items alone.
    fn shop() -> (Table, Table) {
        let interactions = Table::default()
            .with("user", texts(&["ana", "ana", "bo", "bo", "cy", "cy", "di"]))
            .and_then(|t| t.with("item", texts(&["L1", "S1", "L1", "M1", "L1", "S1", "L1"])))
            .and_then(|t| t.with("stars", Column::Integer(vec![5, 5, 4, 1, 5, 4, 5])))
            .and_then(|t| t.with("age", Column::Integer(vec![9, 8, 7, 7, 5, 4, 0])))
            .unwrap();
        let items = Table::default()
            .with("item", texts(&["L1", "S1", "M1", "Z-NEW"]))
            .and_then(|t| t.with("finish", texts(&["matte|long", "", "matte", "long"])))
            .unwrap();
        (interactions, items)
    }

    fn params() -> TableParams {
        let name = |text: &str| Some(text.to_string());
        TableParams { value_column: name("stars"), days_ago_column: name("age"), ..Default::default() }
    }

    #[test]
    fn users_get_what_alike_users_liked_and_never_what_they_have() {
        let (interactions, items) = shop();
        let picks = table(&interactions, Some(&items), &params(), &Task::default()).unwrap();
        let rows: Vec<(String, String)> =
            picks.texts("user").unwrap().into_iter().zip(picks.texts("item").unwrap()).collect();
        let of = |user: &str| -> Vec<&str> {
            rows.iter().filter(|(own, _)| own == user).map(|(_, item)| item.as_str()).collect()
        };
        assert_eq!(of("di"), ["S1", "M1", "Z-NEW"]);
        assert_eq!(of("bo"), ["S1", "Z-NEW"]);
        assert_eq!(picks.texts("why").unwrap()[0], "matches finish:matte");
    }

    #[test]
    fn an_unknown_user_is_served_cold() {
        let (interactions, items) = shop();
        let params = TableParams { users: vec!["nobody".into()], k: 2, ..params() };
        let picks = table(&interactions, Some(&items), &params, &Task::default()).unwrap();
        assert_eq!(picks.texts("item").unwrap(), ["L1", "S1"]);
        let no_time = TableParams { days_ago_column: None, ..params.clone() };
        let picks = table(&interactions, Some(&items), &no_time, &Task::default()).unwrap();
        assert_eq!(picks.texts("item").unwrap(), ["L1", "S1"]);
        assert_eq!(picks.texts("why").unwrap()[0], "chosen by 4 people");
        let wishes = TableParams { profile: vec!["finish:long".into()], k: 1, exclude_seen: false, ..no_time };
        let picks = table(&interactions, Some(&items), &wishes, &Task::default()).unwrap();
        assert_eq!(picks.texts("why").unwrap()[0], "matches finish:long");
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let (interactions, items) = shop();
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let run = || table(&interactions, Some(&items), &params(), &Task::default());
            let picks = pool.install(run).unwrap();
            let bits: Vec<u64> = picks.floats("score").unwrap().into_iter().map(f64::to_bits).collect();
            (picks, bits)
        };
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn bad_input_names_its_place() {
        let (interactions, _) = shop();
        let name = |text: &str| Some(text.to_string());
        let run = |params: TableParams| table(&interactions, None, &params, &Task::default()).unwrap_err();
        for (params, message) in [
            (TableParams { k: 0, ..params() }, "k must be at least 1, got 0"),
            (TableParams { value_column: name("age"), ..params() }, "age[0] must be a whole number of 1 to 5, got 9"),
            (
                TableParams { kind_column: name("item"), ..params() },
                "item[0] must be view, click, cart, purchase, rating or return, got L1",
            ),
            (
                TableParams { user_column: "who".into(), ..params() },
                "column who is missing; there are user, item, stars, age",
            ),
            (
                TableParams { time_column: name("user"), ..params() },
                "days_ago_column must be absent where there is a time_column, got both",
            ),
        ] {
            assert_eq!(run(params).to_string(), message);
        }
        let task = Task::default();
        task.cancel();
        assert_eq!(table(&interactions, None, &params(), &task).unwrap_err().code(), "CANCELLED");
    }
}
