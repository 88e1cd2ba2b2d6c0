//! The season through the engine in memory: a small generated one, and tiny folders of real data.

use std::io::Write;
use std::path::PathBuf;

use trousse::engine::StockParams;
use trousse::{Durability, Engine, Options};
use trousse_examples::season::datasets::{self, Mapping};
use trousse_examples::season::generate::{Params, shop};
use trousse_examples::season::page::{Page, render};
use trousse_examples::season::play::{self, Played, Script};
use trousse_examples::season::report::{self, Series};
use trousse_examples::season::{real, terminal};

const SECTIONS: [&str; 7] = ["today", "stock", "demand", "purchases", "people", "feedback", "method"];

fn played(script: &Script) -> Played {
    play::play(Engine::memory(Options::default()), script, &mut |_| {}).unwrap()
}

/// The page must be whole, and the books too.
fn check(script: &Script, series: Option<&[Series]>) -> (Played, Page, String) {
    let played = played(script);
    assert_eq!(played.view.world().ledger.broken_invariant(), None);
    let sent: u64 = played.inputs.values().sum();
    assert_eq!(sent, script.inputs.len() as u64);
    let page = report::page(script, &played, series).unwrap();
    let html = render(&page);
    for section in SECTIONS {
        assert!(html.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    assert!(!html.contains("NaN") && !html.contains(">inf"));
    (played, page, html)
}

/// A folder that goes away with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Folder {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("season-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (file, text) in files {
            let path = folder.join(file);
            if file.ends_with(".gz") {
                let packed = std::fs::File::create(path).unwrap();
                let mut gz = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
                gz.write_all(text.as_bytes()).unwrap();
                gz.finish().unwrap();
            } else {
                std::fs::write(path, text).unwrap();
            }
        }
        Folder(folder)
    }

    fn script(&self) -> trousse::Result<(Script, Vec<Series>)> {
        let mapping = Mapping::parse(include_str!("../../datasets.toml"))?;
        real::script("tiny", datasets::load(&self.0, &mapping)?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_season_on_a_disk_is_the_season_in_memory() {
    let script = play::generated(&shop(&Params { days: 40, ..Params::default() }));
    let folder = Folder::new("disk", &[]);
    let options = Options { durability: Durability::Os, ..Options::default() };
    let on_disk = play::play(Engine::open(&folder.0, options).unwrap(), &script, &mut |_| {}).unwrap();
    assert!(on_disk.view.world() == played(&script).view.world(), "inputs were taken in another order");
}

#[test]
fn a_generated_season_is_played_whole() {
    let shop = shop(&Params { days: 40, ..Params::default() });
    let script = play::generated(&shop);
    let (played, page, html) = check(&script, None);
    assert!(played.refused.is_empty(), "{:?}", played.refused);
    assert!(html.contains("generated, seed 7"));
    assert_eq!(page.people.len(), 3);
    assert_eq!(page.demand.len(), shop.skus.iter().filter(|sku| sku.launched_on.is_none()).count());
    assert!(!page.purchases.is_empty() && !page.stock.is_empty() && !page.actions.is_empty());
    let text = terminal::text(&page);
    assert!(text.contains("generated, seed 7") && text.contains("PURCHASE PROPOSALS") && text.contains("withheld"));
    // What the generator knows to lie on the sound shelves, the books know too.
    let on_hand = |place: &str| -> i64 {
        let rows = played.view.stock(&StockParams { location: Some(place.into()), ..Default::default() }).unwrap();
        rows.iter()
            .filter(|row| row.days_left.is_none_or(|days| days >= 0))
            .map(|row| row.on_hand - if row.recalled { 0 } else { row.quarantined }) // recalled units wait there
            .sum()
    };
    for place in ["paris-dc", "lyon-dc"] {
        let truth: i64 = shop.truth.on_hand.iter().filter(|((_, at, _), _)| *at == place).map(|(_, units)| units).sum();
        assert_eq!(on_hand(place), truth, "{place}");
    }
}

#[test]
fn nobody_is_shown_what_they_avoid() {
    let script = play::generated(&shop(&Params { days: 20, ..Params::default() }));
    let (_, page, _) = check(&script, None);
    let person = page.people.iter().find(|person| person.profile.contains("avoids")).unwrap();
    let banned: Vec<&str> =
        person.profile.split("avoids ").nth(1).unwrap().split(';').next().unwrap().split(" and ").collect();
    let bad = |name: &str| {
        let sku = script.skus.iter().find(|sku| name.starts_with(&sku.product)).unwrap();
        sku.ingredients.iter().any(|i| banned.contains(&i.as_str()))
    };
    assert!(!person.picks.is_empty());
    assert!(person.picks.iter().all(|pick| !bad(&pick.name)), "{banned:?}");
    assert!(person.withheld.iter().any(|item| item.kind == "allergen"));
}

#[test]
fn the_same_season_gives_the_same_page() {
    let script = play::generated(&shop(&Params { days: 20, ..Params::default() }));
    let page = || {
        let played = played(&script);
        let mut page = report::page(&script, &played, None).unwrap();
        page.head.journal_digest.clear(); // persons are enciphered with keys of their own in each journal
        render(&page)
    };
    assert_eq!(page(), page());
}

fn weekly() -> String {
    let mut text = "unique_id,ds,y\n".to_string();
    for week in 0..60 {
        let day = "2024-01-01".parse::<trousse::Day>().unwrap() + 7 * week;
        text += &format!("CREAM,{day},{}\nLIP,{day},{}\n", 20 + week % 4, week % 3);
    }
    text
}

fn reviews() -> String {
    let mut text = "user_id,product_id,rating,is_recommended,days_ago,split\n".to_string();
    for person in 0..30 {
        for item in 0..4 {
            text += &format!("u{person},P{},{},1,{},train\n", (person + item) % 6, 2 + item, 40 - person);
        }
    }
    text
}

const ITEMS: &str = "product_id,brand_name,tertiary_category,price_usd,highlights,product_name,ingredients\n\
    P0,A,creams,10.5,Vegan,Cream,\"Water, Linalool\"\nP1,A,creams,8,Vegan,Balm,\"Water, Glycerin\"\n\
    P2,B,lips,9,,Stick,\"Water, Squalane\"\n";

#[test]
fn real_sales_and_interactions_are_played() {
    let folder = Folder::new(
        "both",
        &[("sales.csv", &weekly()), ("reviews.csv.gz", &reviews()), ("items.csv", ITEMS), ("notes.txt", "hello")],
    );
    let (script, series) = folder.script().unwrap();
    let (played, page, html) = check(&script, Some(&series));
    assert_eq!(played.inputs["rating"], 120);
    assert_eq!(played.missing_units, 0);
    let sold: i64 = (0..60).map(|week| 20 + week % 4 + week % 3).sum();
    let ledger = &played.view.world().ledger;
    let booked: i64 =
        ["CREAM", "LIP"].iter().map(|sku| ledger.outside(ledger.sku(sku).unwrap(), trousse::Outside::Customer)).sum();
    assert_eq!(booked, sold);
    assert_eq!(page.demand.len(), 2);
    assert_eq!(page.demand[0].step_days, 7);
    assert_eq!(page.people.len(), 3);
    assert!(page.people[0].profile.contains("avoids Linalool and Limonene"));
    assert!(page.people[0].withheld.iter().any(|w| w.detail == "contains Linalool"), "{:?}", page.people[0].withheld);
    assert!(html.contains("notes.txt") && html.contains("Assumed, because no file says it"));
}

#[test]
fn malformed_rows_are_named_on_the_page() {
    let text = weekly().replace("LIP,2024-01-15,2\n", "LIP,2024-01-15,many\n");
    let folder = Folder::new("malformed", &[("sales.csv", &text)]);
    let (script, series) = folder.script().unwrap();
    let (_, page, html) = check(&script, Some(&series));
    assert!(
        html.contains("malformed sales.csv:7, column y: must be a number of at least 0, got many"),
        "{:?}",
        page.head.left
    );
    assert!(html.contains("The source has no persons") && html.contains("The source has no ratings"));
}

#[test]
fn a_folder_with_nothing_to_play_says_why() {
    let folder = Folder::new("nothing", &[("odd.csv", "left,right\n1,2\n"), ("README.md", "hello")]);
    let error = folder.script().unwrap_err();
    assert_eq!(error.code(), "INVALID_ARGUMENT");
    let words = error.to_string();
    assert!(words.contains("odd.csv") && words.contains("README.md"), "{words}");
}
