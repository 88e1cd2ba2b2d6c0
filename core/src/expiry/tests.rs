//! Regressions that users of other systems reported, and laws under random input.

use proptest::prelude::*;
use proptest::strategy::Strategy;

use super::*;
use crate::base::{Quantity, Timestamp};
use crate::event::Strategy as Leaves;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> (String, String) {
    let error = result.unwrap_err();
    let field = error.fields()["field"].as_str().unwrap().to_string();
    (error.code().to_string(), field)
}

fn on_shelf(lot: &str, quantity: i64, expires_on: &str, received_on: &str) -> LotOnShelf {
    let day = |text: &str| text.parse().ok();
    let (expires_on, received_on) = (day(expires_on), day(received_on));
    LotOnShelf { lot: lot.into(), quantity: Quantity(quantity), expires_on, received_on, recalled: false }
}

fn wanted(quantity: i64, lots: Vec<LotOnShelf>) -> PickParams {
    let quantity = Quantity(quantity);
    PickParams { lots, quantity, day: day("2026-11-23"), min_remaining_days: 0, strategy: Leaves::Fefo }
}

fn taken(params: &PickParams) -> Vec<(String, i64)> {
    pick(params).unwrap().picks.into_iter().map(|pick| (pick.lot, pick.quantity.0)).collect()
}

// Regressions.

/// Four predicates compared the expiry with "today" by `<`, `<=`, with and without a time (ERPNext 58735).
#[test]
fn erpnext_58735_expires_today_has_one_answer_for_list_hold_pick_and_ship() {
    let expiry = day("2027-06-30");
    for (today, good) in [("2027-06-29", true), ("2027-06-30", true), ("2027-07-01", false)] {
        let today = day(today);
        let lot = LotState { expires_on: Some(expiry), ..LotState::default() };
        let list = is_sellable(&lot, today, 0);
        let policy = ExpiryPolicy::default();
        let asked = RemainingLifeParams { policy, day: today, channel: None, moment: LifeMoment::Sale };
        let hold = is_sellable(&lot, today, required_remaining_days(&asked).unwrap());
        let mut params = wanted(1, vec![on_shelf("A", 1, "2027-06-30", "")]);
        params.day = today;
        let strategies = [Leaves::Fefo, Leaves::Fifo, Leaves::Lifo];
        let picks = strategies.map(|strategy| pick(&PickParams { strategy, ..params.clone() }).unwrap().short.0 == 0);
        let stocked = StockedLot { quantity: Quantity(1), expires_on: Some(expiry), ..StockedLot::default() };
        let demand = vec![ShelfDemand { units_per_day: vec![1.0], ..ShelfDemand::default() }];
        let calendar =
            ExpiryRiskParams { lots: vec![stocked], today, locations: vec![], demand, horizons_days: vec![] };
        let ships = expiry_risk(&calendar).unwrap().lots[0].units_at_risk.0 == 0;
        assert_eq!((list, hold, picks, ships), (good, good, [good; 3], good), "{today}");
    }
}

/// An expiry stored as an instant became the day before in another time zone (Odoo 98368, OCA wms 1196).
#[test]
fn odoo_98368_oca_wms_1196_expiry_does_not_shift_with_the_time_zone() {
    let with_time = [
        "2027-06-30T00:00:00+09:00",
        "2027-06-30T00:00:00Z",
        "2027-06-30T23:59:59-11:00",
        "2027-06-30 00:00",
        "2027-06-30Z",
        "2027-06-30+09:00",
    ];
    for text in with_time {
        assert_eq!(code(text.parse::<Day>()), ("INVALID_ARGUMENT".into(), "day".into()), "{text}");
        assert_eq!(code(text.parse::<PrintedDate>()), ("INVALID_ARGUMENT".into(), "expires_on".into()), "{text}");
        assert!(serde_json::from_str::<Day>(&format!("{text:?}")).is_err(), "{text}");
    }
    // What was written is what is read back, and it is sold until midnight at the location, wherever that is.
    let lot = LotState { expires_on: Some(day("2027-06-30")), ..LotState::default() };
    assert_eq!(serde_json::to_string(&lot.expires_on).unwrap(), "\"2027-06-30\"");
    for offset_hours in [-11, 0, 2, 9, 14] {
        let offset = offset_hours * 60;
        let midnight = day("2027-07-01").start(offset);
        assert!(is_sellable(&lot, Timestamp(midnight.0 - 1).day(offset), 0), "{offset_hours}");
        assert!(!is_sellable(&lot, midnight.day(offset), 0), "{offset_hours}");
    }
}

/// The lot that expires first was proposed alone, though it could not fill the line (ERPNext 58640).
#[test]
fn erpnext_58640_fefo_fills_a_line_from_several_lots() {
    let lots = vec![
        on_shelf("C", 50, "2028-01-31", ""),
        on_shelf("A", 2, "2027-03-31", ""),
        on_shelf("B", 5, "2027-06-30", ""),
    ];
    let own = |lot: &str, quantity| (lot.to_string(), quantity);
    assert_eq!(taken(&wanted(10, lots)), [own("A", 2), own("B", 5), own("C", 3)]);
}

// Tables.

#[test]
fn printed_dates() {
    for (text, last) in [
        ("2027-06-30", "2027-06-30"),
        ("2027-06", "2027-06-30"),
        ("2027-12", "2027-12-31"),
        ("2027-02", "2027-02-28"),
        ("2028-02", "2028-02-29"),
        ("2100-02", "2100-02-28"),
        ("2000-02", "2000-02-29"),
    ] {
        let printed: PrintedDate = text.parse().unwrap();
        assert_eq!((printed.last_good_day(), printed.to_string().as_str()), (day(last), text));
        assert_eq!(printed.is_to_the_month(), text.len() == 7);
        assert_eq!(serde_json::to_string(&printed).unwrap(), format!("{text:?}"));
        assert_eq!(serde_json::from_str::<PrintedDate>(&format!("{text:?}")).unwrap(), printed);
    }
    for bad in [
        "",
        "2027",
        "2027-6",
        "2027-00",
        "2027-13",
        "06-2027",
        "06/2027",
        "202-706",
        "2027-+6",
        "2027-6 ",
        "2027-W26",
        "2027-W26-3",
        "2027-02-29",
        "２-07",
    ] {
        assert_eq!(code(bad.parse::<PrintedDate>()), ("INVALID_ARGUMENT".into(), "expires_on".into()), "{bad}");
    }
    assert_eq!(PrintedDate::month(2027, 13), None);
}

#[test]
fn periods_after_opening() {
    for (text, months) in [("12M", 12), ("24 M", 24), ("12 m", 12), ("6M", 6), (" 36M ", 36), ("1200M", 1_200)] {
        assert_eq!(parse_pao(text), Ok(months), "{text}");
    }
    for bad in [
        "",
        "M",
        "12",
        "0M",
        "-6M",
        "+6M",
        "1.5M",
        "1,5M",
        "12MM",
        "12 months",
        "2Y",
        "M12",
        "1 2M",
        "1201M",
        "99999999999M",
        "１２M",
    ] {
        assert_eq!(code(parse_pao(bad)), ("INVALID_ARGUMENT".into(), "text".into()), "{bad}");
    }
}

/// Around 30 months: what the label shows, by what is known.
#[test]
fn a_label_shows_the_date_up_to_thirty_months() {
    let shows = |params: ShelfLifeParams| shelf_life(&params).unwrap().label_shows;
    let none = ShelfLifeParams::default;
    let printed = |from: &str, to: &str| ShelfLifeParams {
        produced_on: Some(day(from)),
        expires_on: Some(to.parse().unwrap()),
        ..none()
    };
    let received = |from: &str, to: &str| {
        let own = printed(from, to);
        ShelfLifeParams { received_on: own.produced_on, produced_on: None, ..own }
    };
    let days = |days, produced_on: Option<&str>| ShelfLifeParams {
        shelf_life_days: Some(days),
        produced_on: produced_on.map(day),
        ..none()
    };
    let months = |months| ShelfLifeParams { shelf_life_months: Some(months), ..none() };
    for (params, expected) in [
        (months(30), LabelMark::Date),
        (months(31), LabelMark::Pao),
        (ShelfLifeParams { pao_relevant: false, ..months(31) }, LabelMark::Nothing),
        (printed("2025-01-15", "2027-07-15"), LabelMark::Date),
        (printed("2025-01-15", "2027-07-16"), LabelMark::Pao),
        (printed("2025-08-31", "2028-02-29"), LabelMark::Date),
        (printed("2025-08-31", "2028-03-01"), LabelMark::Pao),
        (printed("2025-01-15", "2027-07"), LabelMark::Date),
        (printed("2025-01-15", "2027-08"), LabelMark::Pao),
        (received("2025-01-15", "2027-07-15"), LabelMark::Unknown),
        (received("2025-01-15", "2027-07-16"), LabelMark::Pao),
        (days(911, Some("2025-01-15")), LabelMark::Date),
        (days(912, Some("2025-01-15")), LabelMark::Pao),
        (days(912, Some("2025-08-31")), LabelMark::Date),
        (days(913, Some("2025-08-31")), LabelMark::Pao),
        (days(915, None), LabelMark::Date),
        (days(916, None), LabelMark::Pao),
        (ShelfLifeParams { pao_months: Some(12), ..none() }, LabelMark::Unknown),
        (none(), LabelMark::Unknown),
    ] {
        assert_eq!(shows(params.clone()), expected, "{params:?}");
    }
}

#[test]
fn no_thirty_months_have_more_days_than_is_said() {
    let spans = (0..4 * 366).map(|i| day("2023-01-01") + i).map(|from| from.add_months(30) - from);
    assert_eq!(spans.max(), Some(915));
}

// Laws.

/// Months later, by walking: to the month, then from its first day to the same day of month or the last there is.
fn months_later_by_walking(from: Day, months: i32) -> Day {
    let mut day = from;
    for _ in 0..months {
        let month = day.ymd().1;
        while day.ymd().1 == month {
            day = day + 1;
        }
    }
    let month = day.ymd().1;
    while day.ymd().2 < from.ymd().2 && (day + 1).ymd().1 == month {
        day = day + 1;
    }
    day
}

fn any_day() -> impl Strategy<Value = Day> {
    (10_957..47_482_i32).prop_map(Day) // 2000 to 2099
}

fn near() -> impl Strategy<Value = Option<Day>> {
    prop::option::weighted(0.9, (20_000..20_020_i32).prop_map(Day))
}

fn any_lots() -> impl Strategy<Value = Vec<LotOnShelf>> {
    let lot = ("[a-c]", 0..6_i64, near(), near(), prop::bool::weighted(0.1));
    let lot = lot.prop_map(|(lot, quantity, expires_on, received_on, recalled)| LotOnShelf {
        lot,
        quantity: Quantity(quantity),
        expires_on,
        received_on,
        recalled,
    });
    prop::collection::vec(lot, 0..8)
}

fn any_pick() -> impl Strategy<Value = PickParams> {
    let strategy = prop::sample::select(vec![Leaves::Fefo, Leaves::Fifo, Leaves::Lifo]);
    (any_lots(), 1..30_i64, 19_995..20_022_i32, 0..6, strategy).prop_map(|(lots, quantity, day, days, strategy)| {
        PickParams { lots, quantity: Quantity(quantity), day: Day(day), min_remaining_days: days, strategy }
    })
}

fn any_calendar() -> impl Strategy<Value = ExpiryRiskParams> {
    let lot = ("[ab]", "[a-c]", 0..40_i64, near(), near(), 0..3_i64, 0..3);
    let lot = lot.prop_map(|(sku, lot, quantity, expires_on, received_on, unit_cost_minor, min_remaining_days)| {
        let (location, quantity) = ("x".to_string(), Quantity(quantity));
        StockedLot { sku, location, lot, quantity, expires_on, received_on, unit_cost_minor, min_remaining_days }
    });
    let demand = prop::collection::vec(0..5_i32, 1..30);
    (prop::collection::vec(lot, 0..8), demand, 19_990..20_021_i32).prop_map(|(lots, units, today)| {
        let units_per_day = units.into_iter().map(f64::from).collect();
        let demand = vec![ShelfDemand { sku: "a".into(), location: "x".into(), units_per_day }];
        ExpiryRiskParams { lots, today: Day(today), locations: vec![], demand, horizons_days: vec![5, 15] }
    })
}

/// Units of each lot of SKU `a` left after their last day of sale, day by day and unit by unit.
fn unsold_day_by_day(params: &ExpiryRiskParams) -> Vec<i64> {
    let mut lots: Vec<&StockedLot> = params.lots.iter().filter(|lot| lot.sku == "a").collect();
    let last = |lot: &StockedLot| lot.expires_on.map_or(i32::MAX, |day| day.0 - lot.min_remaining_days);
    let received = |lot: &StockedLot| lot.received_on.map_or(i32::MAX, |day| day.0);
    lots.sort_by_key(|lot| {
        (last(lot), received(lot), lot.lot.clone(), lot.expires_on, lot.quantity, lot.unit_cost_minor)
    });
    let mut left: Vec<i64> = lots.iter().map(|lot| lot.quantity.0).collect();
    let daily = &params.demand[0].units_per_day;
    for ahead in 0..60 {
        let units = daily[ahead.min(daily.len() - 1)] as i64;
        for _ in 0..units {
            let sellable = |i: &usize| left[*i] > 0 && params.today.0 + ahead as i32 <= last(lots[*i]);
            if let Some(i) = (0..lots.len()).find(sellable) {
                left[i] -= 1;
            }
        }
    }
    let mut unsold: Vec<i64> =
        left.iter().zip(&lots).filter(|(_, lot)| lot.expires_on.is_some()).map(|(left, _)| *left).collect();
    unsold.sort_unstable();
    unsold
}

proptest! {
    #[test]
    fn months_agree_with_a_walk_day_by_day(from in any_day(), months in 0..40_i32) {
        prop_assert_eq!(from.add_months(months), months_later_by_walking(from, months));
    }

    #[test]
    fn the_last_day_of_sale_is_the_last_that_leaves_what_is_asked(
        expires_on in any_day(),
        min_remaining_days in 0..90_i32,
        use_period_days in proptest::option::of(0..400_i32),
        pao_months in proptest::option::of(1..14_i32),
    ) {
        let policy = ExpiryPolicy { min_remaining_days, use_period_days, pao_months, ..ExpiryPolicy::default() };
        let life = policy.remaining_life(None, LifeMoment::Sale);
        let lot = LotState { expires_on: Some(expires_on), ..LotState::default() };
        let last = life.last_day(expires_on);
        prop_assert!(is_sellable(&lot, last, life.days(last)));
        prop_assert!(!is_sellable(&lot, last + 1, life.days(last + 1)));
        // The days as they are asked for in words.
        let opened = pao_months.map(|months| last.add_months(months) - last);
        let used_up = use_period_days.into_iter().chain(opened).min().unwrap_or(0);
        prop_assert_eq!(life.days(last), min_remaining_days.max(used_up));
    }

    #[test]
    fn a_printed_month_ends_the_day_before_the_next(year in 1900..2200_i16, month in 1..=12_i8) {
        let last = PrintedDate::month(year, month).unwrap().last_good_day();
        prop_assert_eq!(last.ymd(), (year, month, last.ymd().2));
        prop_assert_eq!((last + 1).ymd().2, 1);
    }

    #[test]
    fn an_opened_unit_is_never_good_past_its_expiry(opened_on in any_day(), expiry in any_day(), pao_months in 1..60) {
        let params = OpenJarParams { opened_on, pao_months, expires_on: Some(expiry.into()) };
        let sealed = open_jar(&OpenJarParams { expires_on: None, ..params.clone() }).unwrap();
        prop_assert_eq!(open_jar(&params).unwrap().expires_on, expiry.min(sealed.expires_on));
    }

    #[test]
    fn picks_take_what_is_there_and_may_be_sold(params in any_pick()) {
        let answer = pick(&params).unwrap();
        let sum: i64 = answer.picks.iter().map(|pick| pick.quantity.0).sum();
        prop_assert_eq!(sum + answer.short.0, params.quantity.0);
        let sellable = |lot: &&LotOnShelf| {
            let days_enough = lot.expires_on.is_none_or(|last| last.0 - params.day.0 >= params.min_remaining_days);
            !lot.recalled && days_enough
        };
        let there: i64 = params.lots.iter().filter(sellable).map(|lot| lot.quantity.0).sum();
        prop_assert_eq!(answer.short.0, (params.quantity.0 - there).max(0));
        for own in &answer.picks {
            prop_assert!(own.quantity.0 > 0);
            let alike = |lot: &&LotOnShelf| lot.lot == own.lot && lot.expires_on == own.expires_on;
            let there: i64 = params.lots.iter().filter(sellable).filter(alike).map(|lot| lot.quantity.0).sum();
            let picked: i64 = answer.picks.iter().filter(|p| p.lot == own.lot && p.expires_on == own.expires_on)
                .map(|p| p.quantity.0).sum();
            prop_assert!(picked <= there, "{} of {}", picked, there);
        }
    }

    #[test]
    fn picks_do_not_depend_on_the_order_of_the_lots(params in any_pick(), turn in 0..8_usize) {
        let mut turned = params.clone();
        let places = turned.lots.len();
        turned.lots.rotate_left(turn.min(places));
        prop_assert_eq!(pick(&turned).unwrap(), pick(&params).unwrap());
        turned.lots.reverse();
        prop_assert_eq!(pick(&turned).unwrap(), pick(&params).unwrap());
    }

    #[test]
    fn fefo_takes_expiries_in_order(params in any_pick()) {
        let params = PickParams { strategy: Leaves::Fefo, ..params };
        let days: Vec<Day> = pick(&params).unwrap().picks.iter().map(|p| p.expires_on.unwrap_or(Day(i32::MAX))).collect();
        prop_assert!(days.is_sorted());
    }

    #[test]
    fn units_at_risk_agree_with_a_sale_day_by_day(params in any_calendar()) {
        let answer = expiry_risk(&params).unwrap();
        let own = answer.lots.iter().filter(|row| row.sku == "a" && row.expires_on.is_some());
        let mut at_risk: Vec<i64> = own.map(|row| row.units_at_risk.0).collect();
        at_risk.sort_unstable();
        prop_assert_eq!(at_risk, unsold_day_by_day(&params));
    }

    #[test]
    fn an_expiry_calendar_adds_up(params in any_calendar()) {
        let answer = expiry_risk(&params).unwrap();
        prop_assert_eq!(answer.lots.len(), params.lots.len());
        for sum in &answer.horizons {
            let within = |row: &&LotRisk| row.days_left.is_some_and(|days| days <= sum.within_days);
            let rows: Vec<&LotRisk> = answer.lots.iter().filter(within).collect();
            prop_assert_eq!(sum.lots, rows.len() as i64);
            prop_assert_eq!(sum.units.0, rows.iter().map(|row| row.quantity.0).sum::<i64>());
            prop_assert_eq!(sum.units_at_risk.0, rows.iter().map(|row| row.units_at_risk.0).sum::<i64>());
            prop_assert_eq!(sum.value_at_risk_minor, rows.iter().map(|row| row.value_at_risk_minor).sum::<i64>());
            prop_assert!(sum.units_at_risk <= sum.units && sum.value_at_risk_minor <= sum.value_minor);
        }
        let mut turned = params.clone();
        turned.lots.reverse();
        prop_assert_eq!(expiry_risk(&turned).unwrap(), answer);
    }

    #[test]
    fn more_demand_puts_no_more_at_risk(params in any_calendar(), place in 0..30_usize, more in 0.0..3.0_f64) {
        let before = expiry_risk(&params).unwrap();
        let mut busier = params.clone();
        let units = &mut busier.demand[0].units_per_day;
        let place = place % units.len();
        units[place] += more;
        let after = expiry_risk(&busier).unwrap();
        let risk = |answer: &ExpiryRisk| answer.lots.iter().map(|row| row.units_at_risk.0).collect::<Vec<_>>();
        prop_assert!(risk(&before).iter().zip(risk(&after)).all(|(before, after)| after <= *before));
    }
}
