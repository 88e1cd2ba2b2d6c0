//! The page, drawn from a generated season: whole, self-contained, escaped, within its size.
//!
//! The forecasts here are means of the last weeks, made for the test alone: the demo takes them from the engine.
//! `season-sample.html` in the test's temporary folder is the page to look at.

use std::collections::BTreeMap;

use trousse::Day;
use trousse_examples::season::generate::{Params, Shop, What, shop};
use trousse_examples::season::page::*;

type Lots = BTreeMap<(String, String), Day>;

fn expiries(shop: &Shop) -> Lots {
    let lot = |what: &What| match what {
        What::Receive { sku, lot, expires_on, .. } => Some(((sku.clone(), lot.clone()), *expires_on)),
        _ => None,
    };
    shop.events.iter().filter_map(|event| lot(&event.what)).collect()
}

fn recent(values: &[i64], days: usize) -> f64 {
    let last = &values[values.len().saturating_sub(days)..];
    last.iter().sum::<i64>() as f64 / last.len().max(1) as f64
}

fn sample() -> Page {
    let shop = shop(&Params::default());
    let lots = expiries(&shop);
    let recalled = shop.events.iter().find_map(|e| match &e.what {
        What::Recall { sku, lot, .. } => Some((sku.clone(), lot.clone())),
        _ => None,
    });
    let stock = stock_rows(&shop, &lots, recalled.as_ref());
    Page {
        head: Head {
            shop: shop.name.into(),
            from: shop.start,
            to: shop.today + -1,
            currency: shop.currency.into(),
            source: shop.source.clone(),
            left: vec!["README.md: not a .csv or .csv.gz file".into()],
            version: "0.1.0".into(),
            journal_sequence: shop.events.len() as u64,
            journal_digest: "9f2c4e".repeat(10),
        },
        tiles: tiles(&shop),
        actions: actions(),
        strips: strips(&shop, &stock),
        expiry: calendar(&shop, &stock),
        stock,
        demand: plots(&shop),
        purchases: purchases(&shop),
        people: people(&shop),
        shades: shades(&shop),
        feedback: signals(&shop),
        changes: vec![Change {
            day: shop.today + -3,
            signal: "three people before an empty shelf".into(),
            touched: "belief in the stock of LIP-VELVET-02 at paris-store".into(),
            before: "0.05".into(),
            after: "0.71".into(),
        }],
        method: method(),
    }
}

fn stock_rows(shop: &Shop, lots: &Lots, recalled: Option<&(String, String)>) -> Vec<StockRow> {
    let row = |((sku, location, lot), units): (&(String, &'static str, String), &i64)| {
        let item = shop.skus.iter().find(|s| s.id == *sku).unwrap();
        let blocked = recalled.is_some_and(|(s, l)| s == sku && l == lot);
        StockRow {
            sku: sku.clone(),
            name: item.name.clone(),
            lot: lot.clone(),
            expires_on: lots.get(&(sku.clone(), lot.clone())).copied(),
            location: location.to_string(),
            on_hand: *units,
            held: units % 2,
            available: if blocked { 0 } else { units - units % 2 },
            value_minor: units * item.cost_minor,
            state: if blocked { "recalled" } else { "sellable" }.into(),
        }
    };
    shop.truth.on_hand.iter().map(row).collect()
}

fn strips(shop: &Shop, stock: &[StockRow]) -> Vec<Strip> {
    let mut all: Vec<Strip> = shop.skus.iter().map(|sku| strip(shop, sku.id.as_str(), stock)).collect();
    all.sort_by(|a, b| {
        let loss =
            |s: &Strip| s.lots.iter().map(|l| l.unsold + f64::from(u8::from(!l.blocked.is_empty()))).sum::<f64>();
        loss(b).total_cmp(&loss(a))
    });
    all.truncate(12);
    all
}

fn strip(shop: &Shop, sku: &str, stock: &[StockRow]) -> Strip {
    let daily = recent(&shop.truth.sold[sku], 28);
    let mut by_lot: BTreeMap<(Day, String), (i64, bool)> = BTreeMap::new();
    for row in stock.iter().filter(|r| r.sku == sku) {
        let entry = by_lot.entry((row.expires_on.unwrap(), row.lot.clone())).or_default();
        *entry = (entry.0 + row.on_hand, row.state == "recalled");
    }
    let mut sold = 0.0;
    let lots: Vec<StripLot> = by_lot
        .into_iter()
        .map(|((expires_on, lot), (units, blocked))| {
            let room = (daily * f64::from(expires_on - shop.today + 1) - sold).max(0.0);
            let unsold = if blocked { units as f64 } else { (units as f64 - room).max(0.0) };
            sold += units as f64 - unsold;
            StripLot {
                lot,
                expires_on,
                units,
                unsold,
                blocked: if blocked { "recalled".into() } else { String::new() },
            }
        })
        .collect();
    let units: i64 = lots.iter().map(|l| l.units).sum();
    let unsold: f64 = lots.iter().map(|l| l.unsold).sum();
    let name = &shop.skus.iter().find(|s| s.id == sku).unwrap().name;
    let finding = if unsold > 0.5 {
        format!("{name}: {unsold:.0} of {units} units will not sell in time")
    } else {
        format!("{name} lasts {:.0} days", units as f64 / daily.max(0.01))
    };
    Strip { sku: sku.into(), finding, daily_demand: daily, available_to_promise: units - 1, held: 1, lots }
}

fn calendar(shop: &Shop, stock: &[StockRow]) -> Vec<ExpiryWeek> {
    (0..52)
        .map(|week| {
            let from = shop.today + 7 * week;
            let in_week = |r: &&StockRow| r.expires_on.is_some_and(|day| day >= from && day < from + 7);
            let value: i64 = stock.iter().filter(in_week).map(|r| r.value_minor).sum();
            let unsold = if week < 14 { value * 2 / 3 } else { 0 };
            let units = stock.iter().filter(in_week).map(|r| r.on_hand).sum();
            ExpiryWeek { week: from, units, value_minor: value, unsold_minor: unsold }
        })
        .collect()
}

fn plots(shop: &Shop) -> Vec<DemandPlot> {
    let shown = ["LIP-VELVET-01", "SPF-FLUID-50", "TINT-GLOSS-02", "SER-VITC-30", "EDP-FIG-50", "FND-SKIN-03"];
    shown.iter().map(|sku| plot(shop, sku)).collect()
}

fn plot(shop: &Shop, sku: &str) -> DemandPlot {
    let sold: Vec<f64> = shop.truth.sold[sku].iter().skip(70).map(|&u| u as f64).collect();
    let days: Vec<Day> = (70..180).map(|d| shop.start + d).collect();
    let week: Vec<f64> = sold[sold.len() - 28..].to_vec();
    let mean: Vec<f64> = (0..28).map(|h| (0..4).map(|w| week[w * 7 + h % 7]).sum::<f64>() / 4.0).collect();
    let wide = |z: f64| mean.iter().map(|m| ((m - z * m.sqrt()).max(0.0), m + z * m.sqrt())).collect();
    let promoted =
        |day: &Day| shop.promotions.iter().any(|p| p.skus.iter().any(|s| s == sku) && p.from <= *day && *day <= p.to);
    DemandPlot {
        name: sku.into(),
        finding: format!("{sku} sells {:.1} a day", recent(&shop.truth.sold[sku], 28)),
        step_days: 1,
        promotion: days.iter().map(promoted).collect(),
        in_stock: shop.truth.in_stock[sku].iter().skip(70).map(|&there| f64::from(u8::from(there))).collect(),
        naive: (0..28).map(|h| week[21 + h % 7]).collect(),
        interval_80: wide(1.28),
        interval_95: wide(1.96),
        mean,
        days,
        sold,
        model: "mean of the last four weeks by weekday, for the test".into(),
        total: None,
    }
}

fn purchases(shop: &Shop) -> Vec<Purchase> {
    let order = |sku: &trousse_examples::season::generate::Sku| {
        let daily = recent(&shop.truth.sold[&sku.id], 28);
        let units: i64 = shop.truth.on_hand.iter().filter(|(k, _)| k.0 == sku.id).map(|(_, u)| u).sum();
        let supplier = shop.suppliers.iter().find(|s| s.id == sku.supplier).unwrap();
        let need = daily * f64::from(supplier.lead_time_days + 21) - units as f64;
        let quantity = (need.max(0.0) as i64 / sku.pack_size + 1) * sku.pack_size;
        (need > 0.0).then(|| Purchase {
            supplier: supplier.name.into(),
            sku: sku.id.clone(),
            location: "paris-dc".into(),
            quantity,
            need,
            cost_minor: quantity * sku.cost_minor,
            cover_days: units as f64 / daily,
            cover_after_days: (units + quantity) as f64 / daily,
            protection_days: f64::from(supplier.lead_time_days + 7),
            risk_stockout: (need / (need + units as f64)).clamp(0.0, 1.0),
            risk_expiry: 0.02,
            binding: format!("pack of {}", sku.pack_size),
            why: format!("{daily:.1} sell a day and the next delivery is {} days away", supplier.lead_time_days + 7),
        })
    };
    shop.skus.iter().filter_map(order).collect()
}

fn people(shop: &Shop) -> Vec<Person> {
    shop.customers
        .iter()
        .filter(|c| !c.avoids.is_empty())
        .take(3)
        .map(|c| {
            let unsafe_for =
                |s: &&trousse_examples::season::generate::Sku| s.ingredients.iter().any(|i| c.avoids.contains(i));
            let pick = |s: &trousse_examples::season::generate::Sku| Pick {
                name: s.name.clone(),
                shade_hex: s.shade_hex.map(String::from),
                price_minor: Some(s.price_minor),
                reason: format!("often bought with what {} has", c.id),
            };
            let withheld = |s: &trousse_examples::season::generate::Sku| Withheld {
                name: s.name.clone(),
                kind: "allergen".into(),
                detail: format!("contains {}", c.avoids.join(", ")),
            };
            Person {
                subject: c.id.clone(),
                profile: format!("{} skin, avoids {}", c.skin_type, c.avoids.join(" and ")),
                picks: shop.skus.iter().filter(|s| !unsafe_for(s)).skip(c.id.len() * 3).take(5).map(pick).collect(),
                withheld: shop.skus.iter().filter(unsafe_for).take(3).map(withheld).collect(),
            }
        })
        .collect()
}

fn shades(shop: &Shop) -> Vec<ShadeMatch> {
    let shaded = |prefix: &str| -> Vec<(String, String, f64)> {
        let near = shop.skus.iter().filter(|s| s.id.starts_with(prefix)).enumerate();
        near.map(|(i, s)| (s.shade.to_string(), s.shade_hex.unwrap().to_string(), 1.4 + 3.3 * i as f64)).collect()
    };
    vec![
        ShadeMatch {
            wanted: "a lipstick of another brand".into(),
            hex: "#c58276".into(),
            nearest: shaded("LIP-VELVET"),
        },
        ShadeMatch {
            wanted: "a foundation of another brand".into(),
            hex: "#d9ad86".into(),
            nearest: shaded("FND-SKIN"),
        },
    ]
}

fn signals(shop: &Shop) -> Vec<Signal> {
    let weekly = |wanted: &dyn Fn(&What) -> bool| -> Vec<f64> {
        let mut weeks = vec![0.0; 26];
        for event in shop.events.iter().filter(|e| wanted(&e.what)) {
            weeks[((event.at.day(0) - shop.start) / 7).clamp(0, 25) as usize] += 1.0;
        }
        weeks
    };
    let days: Vec<Day> = (0..26).map(|w| shop.start + 7 * w).collect();
    let one = |finding: &str, unit: &str, values: Vec<f64>, marks: Vec<(Day, String)>| Signal {
        finding: finding.into(),
        unit: unit.into(),
        days: days.clone(),
        values,
        marks,
    };
    vec![
        one(
            "Complaints about empty shelves follow vanished units",
            "complaints a week",
            weekly(&|w| matches!(w, What::Complaint { .. })),
            vec![(shop.start + 56, "shelf of SPF-FLUID-50 counted: 0 instead of 12".into())],
        ),
        one(
            "Bad words about the vitamin C serum end with its recall",
            "reviews of 1 or 2 stars a week",
            weekly(&|w| matches!(w, What::Review { sku, value: 1..=2, .. } if sku == "SER-VITC-30")),
            vec![(shop.start + 150, "lot recalled".into())],
        ),
        one("Returns keep their level", "returns a week", weekly(&|w| matches!(w, What::Return { .. })), vec![]),
    ]
}

fn tiles(shop: &Shop) -> Vec<Tile> {
    let sold: i64 = shop.truth.sold.values().flatten().sum();
    let daily: Vec<f64> = (0..25)
        .map(|w| shop.truth.sold.values().map(|d| d[w * 7..w * 7 + 7].iter().sum::<i64>()).sum::<i64>() as f64)
        .collect();
    let tile = |label: &str, value: String, unit: &str, tone: Tone| Tile {
        label: label.into(),
        value,
        unit: unit.into(),
        note: "180 days".into(),
        definition: format!("{label}: how it is defined"),
        tone,
        trend: daily.clone(),
    };
    vec![
        tile("Stock value", number(31_512.4, 0), "EUR", Tone::Plain),
        tile("Fill rate", number(93.1, 1), "%", Tone::Warn),
        tile("Stock-outs", number(41.0, 0), "SKU-days", Tone::Warn),
        tile("Expiring in 90 days", number(1_204.0, 0), "EUR", Tone::Bad),
        tile("Error against naive", number(-18.0, 0), "%", Tone::Good),
        tile("Units sold", count(sold), "units", Tone::Plain),
    ]
}

fn actions() -> Vec<Action> {
    let action = |kind, title: &str, gain_minor, reason: &str| Action {
        kind,
        title: title.into(),
        gain_minor,
        reason: reason.into(),
    };
    vec![
        action(
            ActionKind::Order,
            "Order 48 Sun Fluid SPF 50 from Océane",
            Some(61_200),
            "Stock lasts 6 days, the next delivery is 21 days away.",
        ),
        action(
            ActionKind::MarkDown,
            "Mark down Caffeine Eye Gel at lyon-dc by 30 %",
            Some(18_450),
            "31 of 44 units will not sell before 2027-01-12.",
        ),
        action(
            ActionKind::Count,
            "Count Velvet Lipstick 02 Brick in the Paris store",
            Some(9_900),
            "Phantom belief 0.71: nothing sold for 24 days, five people asked.",
        ),
        action(
            ActionKind::Quarantine,
            "Quarantine the recalled lot of the vitamin C serum",
            None,
            "42 units still lie at paris-dc and paris-store.",
        ),
    ]
}

fn method() -> Method {
    let row = |model: &str, series, error, naive_error| ModelRow { model: model.into(), series, error, naive_error };
    Method {
        models: vec![
            row("Theta", 14, 0.42, 0.55),
            row("ETS", 9, 0.47, 0.52),
            row("TSB", 12, 0.81, 0.88),
            row("Launch curve", 3, 0.62, 0.6),
        ],
        error_name: "WAPE".into(),
        settings: vec![("Review period".into(), "7 days".into()), ("Seed".into(), "7".into())],
        notes: vec!["Every number is a fold of the journal: the same events give the same page.".into()],
        links: vec![
            ("documentation".into(), "https://docs.rs/trousse".into()),
            ("bad".into(), "javascript:alert(1)".into()),
        ],
    }
}

/// The page must ask nothing of anybody and hold no number that is none.
fn check(html: &str) {
    for word in [
        "NaN",
        "inf,",
        ">inf<",
        "undefined",
        "@import",
        "url(",
        "<link",
        "<img",
        "<iframe",
        "src=",
        "fetch(",
        "javascript:",
    ] {
        assert!(!html.contains(word), "{word}");
    }
    let asked = html.match_indices("http").filter(|(at, _)| !html[..*at].ends_with("href=\"")).count();
    assert_eq!(asked, 0, "an address outside a link");
    assert_eq!(html.matches("<section").count(), 7);
    for tag in ["section", "figure", "table", "svg", "div", "ul", "ol", "dl", "li", "p", "span", "text", "tr", "td"] {
        let opened = html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_generated_season_makes_a_whole_page() {
    let html = render(&sample());
    check(&html);
    assert!(html.len() < 500_000, "{} bytes", html.len());
    assert!(html.contains("generated, seed 7") && html.contains("Phantom belief 0.71"));
    let at = |word: &str| html.find(word).unwrap_or_else(|| panic!("{word}"));
    let order = [
        "class=\"tiles\"",
        "id=\"today\"",
        "id=\"stock\"",
        "id=\"demand\"",
        "id=\"purchases\"",
        "id=\"people\"",
        "id=\"feedback\"",
        "id=\"method\"",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    assert_eq!(html, render(&sample()));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("season-sample.html");
    std::fs::write(path, html).unwrap();
}

#[test]
fn an_empty_page_says_what_there_is_not() {
    let html = render(&Page::default());
    check(&html);
    assert_eq!(html.matches("class=\"none\"").count(), 7);
    assert!(!html.contains("<svg"));
}

#[test]
fn text_is_escaped_wherever_it_comes_from() {
    let evil = "<script>alert('x')</script>\" onload=\"";
    let mut page = sample();
    page.head.shop = evil.into();
    page.head.source = evil.into();
    page.head.left = vec![evil.into()];
    page.head.currency = evil.into();
    page.head.journal_digest = evil.into();
    page.tiles[0].definition = evil.into();
    page.actions[0].title = evil.into();
    page.strips[0].lots[0].lot = evil.into();
    page.strips[0].finding = evil.into();
    page.stock[0].sku = evil.into();
    page.demand[0].name = evil.into();
    page.purchases[0].why = evil.into();
    page.people[0].picks[0].shade_hex = Some(evil.into());
    page.people[0].withheld[0].kind = evil.into();
    page.shades[0].hex = "#12".into();
    page.feedback[0].marks[0].1 = evil.into();
    page.method.models[0].model = evil.into();
    let html = render(&page);
    assert!(!html.contains("<script>alert") && !html.contains("\" onload=\""));
    assert_eq!(html.matches("<script>").count(), 1);
}

#[test]
fn numbers_that_are_none_are_dashes_and_short_series_are_drawn() {
    let mut page = sample();
    page.demand[0].sold = vec![f64::NAN, 2.0];
    page.demand[0].days.truncate(2);
    page.demand[0].mean = vec![f64::INFINITY];
    page.demand[1] = DemandPlot { finding: "nothing".into(), ..DemandPlot::default() };
    page.purchases[0].cover_days = f64::INFINITY;
    page.purchases[0].risk_stockout = f64::NAN;
    page.strips[0].daily_demand = 0.0;
    page.strips[0].lots[0].expires_on = page.head.from;
    page.feedback[0].values = vec![f64::NAN; 26];
    page.feedback[1].days.truncate(1);
    page.method.models[0].error = f64::NAN;
    page.tiles[0].trend = vec![f64::NAN; 3];
    check(&render(&page));
}

#[test]
fn five_hundred_skus_stay_under_the_limit_of_size() {
    let mut page = sample();
    let grow = |n: usize, i: usize| i % n;
    page.stock = (0..3_000).map(|i| page.stock[grow(page.stock.len(), i)].clone()).collect();
    page.strips = (0..500).map(|i| page.strips[grow(page.strips.len(), i)].clone()).collect();
    page.demand = (0..500).map(|i| page.demand[grow(page.demand.len(), i)].clone()).collect();
    page.purchases = (0..500).map(|i| page.purchases[grow(page.purchases.len(), i)].clone()).collect();
    let html = render(&page);
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert!(html.contains("24 of 500 series are drawn") && html.contains("(2000 of 3000 rows)"));
}
