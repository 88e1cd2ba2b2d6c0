//! Every operation by name: one Rust definition that the Python and Node faces call and are generated from.
//!
//! Small arguments and answers cross as JSON, frames as a [`Table`]; a face converts, calls, converts.
//! The list [`OPS`] says for each operation what it takes, answers and may refuse; `tests/surface.json`
//! is written from it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::base::{Error, Quantity, Result, Table, Task, Timestamp, csv, json};
#[cfg_attr(not(feature = "schema"), allow(unused_imports))] // some types are named in schemas only
use crate::engine::{
    Advanced, AlertRow, AlertsParams, Ask, Availability, AvailabilityParams, BackupParams, Changes, ChangesParams,
    Copied, CycleCountParams, CycleCountRow, DemandParams, Engine, Entered, ExpiringParams, ExpiryCalendarParams,
    ForecastParams, Held, HoldParams, HoldRow, LotTrace, Moved, OpenPurchaseRow, OrderTrace, PlanPurchasesParams,
    Position, RecommendParams, Recorded, Released, RetainParams, Retained, SalvageParams, Salvaged, SegmentsParams,
    Shared, Shipped, Shop, SignalRow, SignalsParams, StockParams, StockRow, StockValueParams, StockValueRow, TesterRow,
    TraceLotParams, TraceOrderParams, TransferRow, Verified, VerifyParams, View, WithheldParams, WithheldRow,
};
#[cfg_attr(not(feature = "schema"), allow(unused_imports))]
use crate::event::{
    Answer, Arrive, Assemble, Channel, Command, Commit, Complaint, Consent, Count, Fact, Freeze, Interest, Location,
    Move, OpenTester, Profile, Purchase, Rating, Recall, Receive, Reclassify, Release, Reserve, Return, Review, Sale,
    Sku, Supplier, WriteOff,
};
use crate::expiry::{
    ExpiryRisk, ExpiryRiskParams, OpenJar, OpenJarParams, PaoParams, PickParams, Picks, RemainingLifeParams,
    SellableParams, ShelfLife, ShelfLifeParams,
};
use crate::feedback::{PhantomBelief, PhantomParams};
use crate::recommend::Pick;
use crate::replenish::{Newsvendor, NewsvendorNormal, NewsvendorPoisson, OrderRule, Proposal};
use crate::{demand, engine, expiry, feedback, forecast, recommend, replenish, segment};

/// The tables that an operation takes, by the names of its parameters.
pub type Tables = std::collections::BTreeMap<String, Table>;

/// How an operation runs.
#[derive(Clone, Copy)]
pub enum Run {
    /// A pure function.
    Function(fn(Value) -> Result<Value>),
    /// A pure function over frames: it takes long, shows progress and can be cancelled.
    Frame(fn(&Tables, Value, &Task) -> Result<Table>),
    /// A door of the engine: it changes the world and answers once that is durable.
    Door(fn(&mut Engine, Value, Timestamp) -> Result<Value>),
    /// Care of the journal beside the writer: it takes long, shows progress and can be cancelled.
    Care(fn(&Shared, Value, Timestamp, &Task) -> Result<Value>),
    /// A door of the engine for many inputs from a frame.
    DoorFrame(fn(&mut Engine, &Tables, Value, Timestamp) -> Result<Table>),
    /// A question to a view of the engine.
    Query(fn(&View, Value, &Task) -> Result<Value>),
    /// A question to a view of the engine that is answered with a frame.
    QueryFrame(fn(&View, Value, &Task) -> Result<Table>),
}

/// One operation.
pub struct Op {
    /// Its name, `snake_case`; Node spells it in `camelCase`.
    pub name: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// How it runs.
    pub run: Run,
    /// Frames that it takes beside its parameters, with their columns; those that end in `?` may be left out.
    pub frames: &'static [(&'static str, &'static str)],
    /// Whether it takes longer than a millisecond on usual input: a Promise in Node.
    pub long: bool,
    /// The codes that it may refuse with, beside `CLOSED` and `INTERNAL`, and of doors `DISK_FULL` and `READ_ONLY`.
    pub codes: &'static [&'static str],
    /// The JSON Schemas of its parameters and of its answer.
    #[cfg(feature = "schema")]
    pub schemas: fn(&mut schemars::SchemaGenerator) -> (schemars::Schema, schemars::Schema),
}

macro_rules! op {
    ($name:literal, $doc:literal, $params:ty => $answer:ty, $run:expr $(, frames $frames:expr)? $(, long $long:expr)?, codes $codes:expr) => {
        Op {
            name: $name,
            doc: $doc,
            run: $run,
            frames: op!(@or &[] $(, $frames)?),
            long: op!(@or false $(, $long)?),
            codes: $codes,
            #[cfg(feature = "schema")]
            schemas: |generator| (generator.subschema_for::<$params>(), generator.subschema_for::<$answer>()),
        }
    };
    (@or $default:expr) => { $default };
    (@or $default:expr, $value:expr) => { $value };
}

macro_rules! function {
    ($name:literal, $doc:literal, $params:ty => $answer:ty, $call:expr) => {
        op!($name, $doc, $params => $answer,
            Run::Function(|value| { let call: fn($params) -> Result<$answer> = $call; to_json(call(json::fit(value)?)?) }),
            codes &["INVALID_ARGUMENT"])
    };
}

macro_rules! query {
    ($name:literal, $doc:literal, $params:ty => $answer:ty, $call:expr, long $long:expr, codes $codes:expr) => {
        op!($name, $doc, $params => $answer,
            Run::Query(|view, value, task| {
                let call: fn(&View, $params, &Task) -> Result<$answer> = $call;
                to_json(call(view, json::fit(value)?, task)?)
            }),
            long $long, codes $codes)
    };
}

macro_rules! command {
    ($name:literal, $doc:literal, $params:ty => $answer:ty, codes $codes:expr) => {
        op!($name, $doc, $params => $answer, Run::Door(|engine, value, now| submit(engine, named($name, value), now)), codes $codes)
    };
}

macro_rules! fact {
    ($name:literal, $doc:literal, $params:ty) => {
        op!($name, $doc, $params => Recorded, Run::Door(|engine, value, now| record(engine, named($name, value), now)), codes DOOR)
    };
}

const DOOR: &[&str] = &["CONFLICT", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED"];
const RECEIPT: &[&str] = &["CONFLICT", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "LIFE_TOO_SHORT"];
const RECONCILE: &[&str] = &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "WRONG_COLUMN_TYPE"];
/// The parameters of a forecast that say what its drivers are.
const DRIVERS: &[&str] = &forecast::DriverParams::NAMES;
/// The frames of a forecast.
const DRIVEN: &[(&str, &str)] = &[
    ("df", "unique_id, ds, y, and optionally in_stock, drivers, a group and a market"),
    ("future?", "unique_id, ds, the drivers"),
];
const FRAME: &[&str] = &["CANCELLED", "INVALID_ARGUMENT", "MISSING_COLUMN", "WRONG_COLUMN_TYPE"];

/// No parameters.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Nothing {}

macro_rules! wrapped {
    ($($(#[$doc:meta])* $name:ident { $(#[$fdoc:meta])* $field:ident : $type:ty })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(#[$fdoc])*
            pub $field: $type,
        }
    )*};
}

wrapped! {
    /// A person.
    SubjectParams {
        /// The person.
        subject: String
    }
    /// SKUs.
    SkusParams {
        /// The entries; each replaces the one of its key.
        skus: Vec<Sku>
    }
    /// Suppliers.
    SuppliersParams {
        /// The entries; each replaces the one of its key.
        suppliers: Vec<Supplier>
    }
    /// Channels.
    ChannelsParams {
        /// The entries; each replaces the one of its key.
        channels: Vec<Channel>
    }
    /// Locations.
    LocationsParams {
        /// The entries; each replaces the one of its key.
        locations: Vec<Location>
    }
    /// Any command.
    SubmitParams {
        /// The command.
        command: Command
    }
    /// A frame of inputs.
    BatchParams {
        /// The name of a command or fact: `reserve`, `commit`, `release`, `sale`, `receive`, `return`, `count`, `move` …
        kind: String
    }
    /// Many commands.
    SubmitManyParams {
        /// The commands, decided in order.
        commands: Vec<Command>
    }
    /// Any fact.
    RecordParams {
        /// The fact.
        fact: Fact
    }
    /// Many facts.
    RecordManyParams {
        /// The facts, recorded in order.
        facts: Vec<Fact>
    }
}

/// Arguments of `order_quantity`.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OrderQuantityParams {
    /// Units needed; nothing is ordered for 0 or less.
    pub need: Quantity,
    /// The least that may be ordered.
    #[serde(default)]
    pub min_order_qty: Quantity,
    /// Orders are multiples of this.
    #[serde(default = "one")]
    pub pack_size: Quantity,
    /// The most that may be ordered.
    #[serde(default)]
    pub max_order_qty: Option<Quantity>,
}

fn one() -> Quantity {
    Quantity(1)
}

/// What one command of many was answered.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decided {
    /// The command's id.
    pub id: String,
    /// Whether it was done.
    pub accepted: bool,
    /// Why not, as a code.
    pub code: Option<String>,
    /// Why not, in words.
    pub message: Option<String>,
}

/// One event of a person.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exported {
    /// When.
    pub at: Timestamp,
    /// What, as `{"type": …}`.
    pub event: Value,
}

/// Every operation, in the order in which the faces list them.
pub static OPS: &[Op] = &[
    // Functions.
    function!("is_sellable", "Answers whether a lot may be sold on a day: the expiry day is the last good day.",
    SellableParams => bool, |p| {
        if p.min_remaining_days < 0 {
            return Err(Error::argument("min_remaining_days", "at least 0", p.min_remaining_days));
        }
        let lot = expiry::LotState { expires_on: p.expires_on, received_on: None, recalled: p.recalled };
        Ok(expiry::is_sellable(&lot, p.day, p.min_remaining_days))
    }),
    function!("fefo", "Picks sellable lots, over as many as it takes: first expired first out, or by another strategy.",
        PickParams => Picks, |p| expiry::pick(&p)),
    function!("shelf_life", "Answers until when a lot is good and what its label has to show (EU 1223/2009, article 19).",
        ShelfLifeParams => ShelfLife, |p| expiry::shelf_life(&p)),
    function!("parse_pao", "Reads the months of a period after opening such as `12M`.",
        PaoParams => i32, |p| expiry::parse_pao(&p.text)),
    function!("open_jar", "Answers until when an opened unit is good: its period after opening, never past its expiry.",
        OpenJarParams => OpenJar, |p| expiry::open_jar(&p)),
    function!("required_remaining_days", "Answers how many days must remain of a lot on a day of sale or receipt.",
        RemainingLifeParams => i32, |p| expiry::required_remaining_days(&p)),
    function!("expiry_risk", "Answers what expires when, how much of it will not sell in time, and what that costs.",
        ExpiryRiskParams => ExpiryRisk, |p| expiry::expiry_risk(&p)),
    function!("phantom_posterior", "Answers how likely a shelf with a positive record is empty in truth (Bayes).",
        PhantomParams => PhantomBelief, |p| feedback::phantom_posterior(&p)),
    function!("order_quantity", "Rounds a need to what the supplier sells: minimum, pack, maximum.",
    OrderQuantityParams => Quantity, |p| {
        let OrderQuantityParams { need, min_order_qty, pack_size, max_order_qty } = p;
        replenish::order_quantity(need, &OrderRule { min_order_qty, pack_size, max_order_qty })
    }),
    function!("newsvendor_normal", "Answers the base-stock level of least cost under normal demand.",
        NewsvendorNormal => Newsvendor, |p| replenish::newsvendor_normal(&p)),
    function!("newsvendor_poisson", "Answers the base-stock level of least cost under Poisson demand.",
        NewsvendorPoisson => Newsvendor, |p| replenish::newsvendor_poisson(&p)),
    function!("demand_class", "Classifies demand: smooth, erratic, intermittent, lumpy (Syntetos & Boylan), new or ended.",
        forecast::calls::DemandClassParams => forecast::DemandClass, |p| forecast::calls::classified(&p)),
    function!("intermittent", "Forecasts a rate per period by Croston, SBA, TSB, ADIDA or IMAPA.",
        forecast::calls::IntermittentParams => f64, |p| forecast::calls::intermittent_rate(&p)),
    op!("forecast_counts", "Forecasts one series of counts: means, integer quantiles, and the total of a lead time from simulated paths.",
        forecast::calls::CountsParams => forecast::calls::CountsForecast,
        Run::Function(|value| to_json(forecast::calls::counts_forecast(&json::fit(value)?)?)),
        codes &["INVALID_ARGUMENT", "NAN_IN_SERIES", "SERIES_TOO_SHORT"]),
    function!("recover_demand", "Recovers the demand that stock-outs lost, from sales by slot of the day and the share of each slot in stock.",
        forecast::SlotSales => forecast::Recovered, |p| forecast::recover_demand(&p)),
    function!("shade_split", "Splits a launch over its shades: shares expected from siblings, updated by what sold (Dirichlet-multinomial).",
        forecast::ShadeSplitParams => forecast::ShadeSplit, |p| forecast::shade_split(&p)),
    op!("verify", "Reads the whole journal in a folder and checks it: checksums, hash chain, keys, snapshots; and that its books balance. It may be open elsewhere.",
        VerifyParams => Verified, Run::Function(|value| to_json(engine::verify(&json::fit(value)?)?)), long true,
        codes &["INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_VERSION"]),
    op!("salvage", "Copies everything that is whole in the damaged journal of a folder into a new one, and says what was lost.",
        SalvageParams => Salvaged, Run::Function(|value| to_json(engine::salvage(&json::fit(value)?)?)), long true,
        codes &["DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_LOCKED", "JOURNAL_VERSION", "READ_ONLY"]),
    // Frames.
    op!("forecast", "Forecasts each series of a long frame with intervals; the models are chosen by rolling-origin error. With drivers that are known ahead (price, deal, advert, holiday) in `future`, every model is moved by their effects, pooled over the series; a driver that does not help is dropped.",
        forecast::ForecastFrameParams => Nothing, Run::Frame(|tables, value, task| {
            let (drivers, rest) = apart(value, DRIVERS);
            let (df, params) = (frame(tables, "df")?, json::fit(rest)?);
            match known_ahead(tables, json::fit(drivers)?)? {
                None => forecast::table(df, &params, task),
                Some((future, drivers)) => forecast::with_drivers(df, future, &params, &drivers, task),
            }
        }),
        frames DRIVEN, long true,
        codes &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "NAN_IN_SERIES", "SERIES_TOO_SHORT", "WRONG_COLUMN_TYPE"]),
    op!("driver_effects", "Answers what drivers do to demand over all series of a long frame, with 95 % intervals, and which of them help.",
        forecast::ForecastFrameParams => Nothing, Run::Frame(|tables, value, task| {
            let (drivers, rest) = apart(value, DRIVERS);
            forecast::driver_effects(frame(tables, "df")?, &json::fit(rest)?, &json::fit(drivers)?, task)
        }),
        frames &[("df", "unique_id, ds, y, the drivers, and optionally a group and a market")], long true,
        codes &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "NAN_IN_SERIES", "SERIES_TOO_SHORT", "WRONG_COLUMN_TYPE"]),
    op!("calendar_drivers", "Adds columns of a calendar to a long frame: days of events, paydays, and whether a series is on sale.",
        forecast::CalendarParams => Nothing, Run::Frame(|tables, value, _| {
            let lifecycle = tables.get("lifecycle");
            forecast::calendar_drivers(frame(tables, "df")?, frame(tables, "events")?, lifecycle, &json::fit(value)?)
        }),
        frames &[
            ("df", "ds, and optionally unique_id and a location"),
            ("events", "ds, name, and optionally a location"),
            ("lifecycle?", "unique_id, and starts_on, ends_on: the first and last day of sale"),
        ],
        long true, codes FRAME),
    op!("signal_drivers", "Adds columns of feedback that leads demand to a long frame: ratings, carts, waiting lists of h periods before, drawn to their mean as their numbers ask.",
        forecast::SignalParams => Nothing, Run::Frame(|tables, value, _| {
            forecast::signal_drivers(frame(tables, "df")?, frame(tables, "signals")?, &json::fit(value)?)
        }),
        frames &[("df", "unique_id, ds"), ("signals", "unique_id, ds, kind, value, n")], long true, codes RECONCILE),
    op!("forecast_new", "Forecasts new products by what similar ones sold after their launches, corrected by what was seen, with whole quantiles.",
        forecast::LaunchParams => Nothing, Run::Frame(|tables, value, task| {
            let (products, history) = (frame(tables, "products")?, frame(tables, "history")?);
            forecast::forecast_new(products, history, frame(tables, "attributes")?, &json::fit(value)?, task)
        }),
        frames &[
            ("products", "unique_id, ds: the first period of sale, and the attributes"),
            ("history", "unique_id, ds, y: of the others, and what was seen of the products"),
            ("attributes", "unique_id and the attributes of the others"),
        ],
        long true, codes RECONCILE),
    op!("cannibalisation", "Estimates which share of a new product's sales is taken from its siblings, by group and over all, with 95 % intervals.",
        forecast::CannibalParams => Nothing, Run::Frame(|tables, value, task| {
            forecast::cannibalisation(frame(tables, "df")?, tables.get("launches"), &json::fit(value)?, task)
        }),
        frames &[("df", "unique_id, ds, y, and group: what are siblings"), ("launches?", "unique_id, ds: the first period of sale")],
        long true, codes RECONCILE),
    op!("cannibalised", "Adds to forecasts by how much they fall when new products of their groups are launched.",
        forecast::TakenParams => Nothing, Run::Frame(|tables, value, _| {
            let (df, products) = (frame(tables, "df")?, frame(tables, "products")?);
            forecast::cannibalised(df, products, tables.get("shares"), &json::fit(value)?)
        }),
        frames &[
            ("df", "ds, auto, group: forecasts of what is on sale"),
            ("products", "ds, auto, group: forecasts of the new products"),
            ("shares?", "group, share, lo-95, hi-95: as cannibalisation answers"),
        ],
        long true, codes FRAME),
    op!("cross_validation", "Forecasts each series of a long frame from past origins: what would have been told, beside what came.",
        forecast::CrossValidationParams => Nothing, Run::Frame(|tables, value, task| {
            let (origins, rest) = apart(value, &["n_windows", "step_size", "refit"]);
            let (drivers, rest) = apart(rest, DRIVERS);
            let (df, params, origins) = (frame(tables, "df")?, json::fit(rest)?, json::fit(origins)?);
            let drivers: forecast::DriverParams = json::fit(drivers)?;
            if drivers.is_empty() {
                return forecast::cross_validation(df, &params, &origins, task);
            }
            forecast::cross_validation_with_drivers(df, &params, &drivers, &origins, task)
        }),
        frames &[("df", "unique_id, ds, y, and optionally in_stock, drivers, a group and a market")], long true,
        codes &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "NAN_IN_SERIES", "SERIES_TOO_SHORT", "WRONG_COLUMN_TYPE"]),
    op!("forecast_paths", "Simulates the future of each series of a long frame: columns path-1 … path-n, each one future of all series, whose sums and reconciled nodes are coherent.",
        forecast::ForecastPathsParams => Nothing, Run::Frame(|tables, value, task| {
            let (draws, rest) = apart(value, &["n_paths", "seed"]);
            let (drivers, rest) = apart(rest, DRIVERS);
            let (df, params, draws) = (frame(tables, "df")?, json::fit(rest)?, json::fit(draws)?);
            match known_ahead(tables, json::fit(drivers)?)? {
                None => forecast::forecast_paths(df, &params, &draws, task),
                Some((future, drivers)) => forecast::forecast_paths_with_drivers(df, future, &params, &drivers, &draws, task),
            }
        }),
        frames DRIVEN, long true,
        codes &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "NAN_IN_SERIES", "SERIES_TOO_SHORT", "WRONG_COLUMN_TYPE"]),
    op!("forecast_totals", "Forecasts the demand of the next h periods together, a lead time: quantiles of the sums of simulated paths.",
        forecast::ForecastTotalsParams => Nothing, Run::Frame(|tables, value, task| {
            let (totals, rest) = apart(value, &["quantiles", "seed"]);
            let (drivers, rest) = apart(rest, DRIVERS);
            let (df, params, totals) = (frame(tables, "df")?, json::fit(rest)?, json::fit(totals)?);
            match known_ahead(tables, json::fit(drivers)?)? {
                None => forecast::forecast_totals(df, &params, &totals, task),
                Some((future, drivers)) => forecast::forecast_totals_with_drivers(df, future, &params, &drivers, &totals, task),
            }
        }),
        frames DRIVEN, long true,
        codes &["CANCELLED", "DUPLICATE_TIME", "INVALID_ARGUMENT", "MISSING_COLUMN", "NAN_IN_SERIES", "SERIES_TOO_SHORT", "WRONG_COLUMN_TYPE"]),
    op!("evaluate", "Scores the forecasts in the columns of a frame against the truth beside them: errors, scaled errors, coverage of intervals.",
        forecast::EvaluateParams => Nothing, Run::Frame(|tables, value, _| {
            forecast::evaluate(frame(tables, "df")?, tables.get("train"), &json::fit(value)?)
        }),
        frames &[("df", "unique_id, ds, y, a column a model, and optionally model-lo-80, model-hi-80, cutoff"), ("train?", "unique_id, ds, y: the rows before")],
        long true, codes FRAME),
    op!("aggregate", "Sums the series of leaves up to those of all nodes of a hierarchy: products, brands, categories, locations.",
        forecast::AggregateParams => Nothing, Run::Frame(|tables, value, task| {
            forecast::aggregate(frame(tables, "df")?, frame(tables, "hierarchy")?, &json::fit(value)?, task)
        }),
        frames &[("df", "unique_id, ds, y of the leaves"), ("hierarchy", "parent, child; a child may have several parents")],
        long true, codes RECONCILE),
    op!("reconcile", "Makes forecasts of all nodes of a hierarchy add up: bottom-up, top-down, least squares, minimum trace.",
        forecast::ReconcileParams => Nothing, Run::Frame(|tables, value, task| {
            let (residuals, history) = (tables.get("residuals"), tables.get("history"));
            forecast::reconcile(frame(tables, "df")?, frame(tables, "hierarchy")?, residuals, history, &json::fit(value)?, task)
        }),
        frames &[
            ("df", "unique_id, ds and a column a model, for the nodes of all levels"),
            ("hierarchy", "parent, child; a child may have several parents"),
            ("residuals?", "unique_id, ds, residual: one step ahead in sample, for wls_var and mint_shrink"),
            ("history?", "unique_id, ds, y of the leaves: proportions for top_down"),
        ],
        long true, codes RECONCILE),
    op!("recommend", "Recommends items to users from a frame of interactions.",
        recommend::TableParams => Nothing, Run::Frame(|tables, value, task| {
            recommend::table(frame(tables, "interactions")?, tables.get("items"), &json::fit(value)?, task)
        }),
        frames &[("interactions", "user, item, and optionally value, kind, time or days_ago"), ("items?", "item and attribute columns")],
        long true, codes FRAME),
    op!("plan_purchases", "Proposes purchases from a frame with stock and daily demand per SKU, or with simulated futures of it.",
        replenish::TableParams => Nothing, Run::Frame(|tables, value, task| {
            replenish::table(frame(tables, "df")?, tables.get("paths"), &json::fit(value)?, task)
        }),
        frames &[
            ("df", "sku, available, demand_mean, demand_sd, lead_time_days …"),
            ("paths?", "unique_id, path-1, path-2 …: what forecast_paths answers, over lead time and review"),
        ],
        long true, codes FRAME),
    op!("rfm", "Scores and segments customers by recency, frequency and money.",
        segment::RfmParams => Nothing, Run::Frame(|tables, value, _| segment::rfm(frame(tables, "df")?, &json::fit(value)?)),
        frames &[("df", "customer, ds, value")], long true, codes FRAME),
    op!("kmeans", "Clusters the rows of a frame of numbers by k-means.",
        segment::KMeansParams => Nothing, Run::Frame(|tables, value, _| segment::kmeans(frame(tables, "df")?, &json::fit(value)?)),
        frames &[("df", "numeric columns, and optionally an id column")], long true, codes FRAME),
    op!("read_csv", "Reads CSV text into a frame; errors name the line.",
        csv::CsvParams => Nothing, Run::Frame(|_, value, _| csv::read(&json::fit(value)?)),
        long true, codes &["INVALID_ARGUMENT", "MALFORMED", "MISSING_COLUMN"]),
    // Doors.
    op!("upsert_skus", "Adds SKUs or replaces their entries, and settles the facts that waited for them.",
        SkusParams => Nothing, Run::Door(|engine, value, now| {
            let params: SkusParams = json::fit(value)?;
            engine.upsert_skus(params.skus, now)?;
            Ok(json!({}))
        }), codes DOOR),
    op!("upsert_suppliers", "Adds suppliers or replaces their terms.",
        SuppliersParams => Nothing, Run::Door(|engine, value, now| {
            let params: SuppliersParams = json::fit(value)?;
            engine.upsert_suppliers(params.suppliers, now)?;
            Ok(json!({}))
        }), codes DOOR),
    op!("upsert_channels", "Adds channels or replaces them: what each keeps for itself and how long goods must keep there.",
        ChannelsParams => Nothing, Run::Door(|engine, value, now| {
            let params: ChannelsParams = json::fit(value)?;
            engine.upsert_channels(params.channels, now)?;
            Ok(json!({}))
        }), codes DOOR),
    op!("upsert_locations", "Adds locations or replaces their entries: where the business day of each begins, and with it its expiry day.",
        LocationsParams => Nothing, Run::Door(|engine, value, now| {
            let params: LocationsParams = json::fit(value)?;
            engine.upsert_locations(params.locations, now)?;
            Ok(json!({}))
        }), codes DOOR),
    command!("reserve", "Holds stock for a basket until a deadline: all lines or none.", Reserve => Held,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_CHANNEL", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("commit", "Turns a hold into a shipment, first expired first out.", Commit => Shipped,
        codes &["CONFLICT", "HOLD_CLOSED", "HOLD_EXPIRED", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_HOLD"]),
    command!("release", "Gives a hold back.", Release => Released,
        codes &["CONFLICT", "HOLD_CLOSED", "HOLD_EXPIRED", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_HOLD"]),
    command!("move", "Moves free stock between locations, first expired first out.", Move => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("arrive", "Says that goods of a move that was sent on its way arrived.", Arrive => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_TRANSFER"]),
    command!("reclassify", "Gives units another condition: into quarantine and out of it, damaged, expired, free.", Reclassify => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "LOT_RECALLED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("write_off", "Takes units off the books, in any condition.", WriteOff => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("open_tester", "Opens units as testers: their period after opening begins.", OpenTester => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("assemble", "Makes units of a kit from its parts: they expire with the first of them.", Assemble => Moved,
        codes &["CONFLICT", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    command!("freeze", "Closes the books up to a day: later facts about those days are booked on the day after.", Freeze => Entered,
        codes &["CANNOT_FREEZE", "CONFLICT", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED"]),
    command!("purchase", "Orders from a supplier: incoming until receipts name this purchase.", Purchase => Entered,
        codes &["CONFLICT", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "UNKNOWN_SKU"]),
    op!("receive", "Records that goods of a lot arrived.", Receive => Recorded,
        Run::Door(|engine, value, now| record(engine, named("receive", value), now)), codes RECEIPT),
    fact!(
        "sale",
        "Records a till sale, also where the books say there is nothing: `missing` tells what they lacked.",
        Sale
    ),
    fact!("return", "Records goods that a customer brought back.", Return),
    fact!("count", "Records a count of a shelf.", Count),
    fact!("recall", "Records that a lot must not be sold any more.", Recall),
    fact!("view", "Records that a person looked at a SKU.", Interest),
    fact!("click", "Records that a person clicked a SKU.", Interest),
    fact!("cart", "Records that a person put a SKU into the cart.", Interest),
    fact!("rating", "Records a person's rating of a SKU.", Rating),
    fact!("review", "Records a person's review of a SKU.", Review),
    fact!("answer", "Records a person's answer to a poll.", Answer),
    fact!(
        "complaint",
        "Records a complaint; `not_available` changes the stock belief, the forecast's input and the ranking.",
        Complaint
    ),
    fact!("profile", "Records a person's hard rules and traits; the newest wins as a whole.", Profile),
    fact!("consent", "Records that a person gave or withdrew consent.", Consent),
    op!("submit", "Decides any command, given as an object with a `type`.",
        SubmitParams => Value, Run::Door(|engine, value, now| submit(engine, inner(value, "command")?, now)),
        codes &["CANNOT_FREEZE", "CONFLICT", "HOLD_CLOSED", "HOLD_EXPIRED", "INSUFFICIENT_STOCK", "INVALID_ARGUMENT", "IO",
            "JOURNAL_POISONED", "LOT_RECALLED", "UNKNOWN_CHANNEL", "UNKNOWN_HOLD", "UNKNOWN_LOCATION", "UNKNOWN_SKU", "UNKNOWN_TRANSFER"]),
    op!("submit_many", "Decides commands in order with one flush; a refusal is an answer here, not an error.",
        SubmitManyParams => Vec<Decided>, Run::Door(submit_many), codes DOOR),
    op!("record", "Records any fact, given as an object with a `type`.",
        RecordParams => Recorded, Run::Door(|engine, value, now| record(engine, inner(value, "fact")?, now)), codes RECEIPT),
    op!("record_many", "Records facts in order with one flush.",
        RecordManyParams => Vec<Recorded>, Run::Door(record_many), codes RECEIPT),
    op!("batch", "Puts many inputs of one kind through its door, in order and with one flush. A row is an input; neighbouring rows with one id are the lines of one reserve or sale. Answers id, accepted, code and message, one row an input: what is refused or malformed does not stop the others.",
        BatchParams => Nothing, Run::DoorFrame(|engine, tables, value, now| {
            let params: BatchParams = json::fit(value)?;
            engine.batch(&params.kind, frame(tables, "df")?, now)
        }), frames &[("df", "id and the fields of the kind, such as sku, quantity, location, hold")],
        codes &["INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "MISSING_COLUMN", "WRONG_COLUMN_TYPE"]),
    op!("advance", "Fires what is due: hold deadlines and expiry days.",
        Nothing => Advanced, Run::Door(|engine, value, now| {
            let Nothing {} = json::fit(value)?;
            to_json(engine.advance(now)?)
        }), codes DOOR),
    op!("snapshot", "Writes a snapshot beside the journal, so that the next opening is faster.",
        Nothing => Nothing, Run::Door(|engine, value, _| {
            let Nothing {} = json::fit(value)?;
            engine.snapshot()?;
            Ok(json!({}))
        }), codes &["IO", "JOURNAL_POISONED"]),
    op!("erase", "Forgets a person: key and ciphertext go, and the world is folded anew. Answers whether anything was known.",
        SubjectParams => bool, Run::Door(|engine, value, _| {
            let params: SubjectParams = json::fit(value)?;
            Ok(Value::Bool(engine.erase(&params.subject)?))
        }), codes &["INVALID_ARGUMENT", "IO", "JOURNAL_POISONED"]),
    op!("export", "Answers everything that is kept of a person, in order.",
        SubjectParams => Vec<Exported>, Run::Care(|shop, value, _, task| {
            let params: SubjectParams = json::fit(value)?;
            let events = shop.export(&params.subject, task)?;
            let rows: Result<Vec<Exported>> = events.into_iter().map(|(at, event)| {
                Ok(Exported { at, event: json::tag(to_json(event)?) })
            }).collect();
            to_json(rows?)
        }), long true, codes &["CANCELLED", "DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_POISONED", "READ_ONLY"]),
    op!("retain", "Drops what people did once no purpose keeps it any longer: from the log and from all that was learned. A purpose keeps nothing of a person who withdrew consent to it. Of a purchase that only marketing keeps day and worth remain; profiles, consents and stock stay. Answers how many events went.",
        RetainParams => Retained, Run::Care(|shop, value, now, task| to_json(shop.retain(&json::fit(value)?, now, task)?)), long true,
        codes &["CANCELLED", "DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_POISONED", "READ_ONLY"]),
    op!("compact", "Gives back the space of what was erased; the hash chain stays what it was.",
        Nothing => Nothing, Run::Door(|engine, value, _| {
            let Nothing {} = json::fit(value)?;
            engine.compact()?;
            Ok(json!({}))
        }), codes &["DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_POISONED"]),
    op!("backup", "Copies the journal into an empty folder while the writer goes on, verifying what it copies: all that was answered when it began. Without keys nobody's events can be read there; with them an erase has to be repeated there.",
        BackupParams => Copied, Run::Care(|shop, value, _, task| to_json(shop.backup(&json::fit(value)?, task)?)), long true,
        codes &["CANCELLED", "DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_CORRUPT", "JOURNAL_LOCKED", "JOURNAL_POISONED", "READ_ONLY"]),
    op!("verify", "Reads the whole journal while the writer goes on and checks it: checksums, hash chain, keys, snapshots; and that the books balance. Damage is an answer, not an error.",
        Nothing => Verified, Run::Care(|shop, value, _, task| {
            let Nothing {} = json::fit(value)?;
            to_json(shop.verify(task)?)
        }), long true, codes &["CANCELLED", "DISK_FULL", "INVALID_ARGUMENT", "IO", "JOURNAL_POISONED", "READ_ONLY"]),
    // Questions.
    query!("stock", "Shows stock by SKU, location and lot.", StockParams => Vec<StockRow>, |v, p, _| v.stock(&p),
        long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    query!("availability", "Sums up what may be promised of a SKU.", AvailabilityParams => Availability, |v, p, _| v.availability(&p),
        long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_CHANNEL", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    query!("expiring", "Shows lots that expire soon or did, the first first.", ExpiringParams => Vec<StockRow>, |v, p, _| v.expiring(&p),
        long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    query!("expiry_calendar", "Answers what expires when, what the forecast demand will not take in time, what that is worth, and how long each lot lasts.",
        ExpiryCalendarParams => ExpiryRisk, |v, p, task| v.expiry_calendar(&p, task), long true,
        codes &["CANCELLED", "INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    query!("demand", "Shows the demand of a SKU by day, week or month, at one location or all together, with the share in stock; returns and bulk orders apart. The last row is not over.",
        DemandParams => Vec<demand::DemandRow>, |v, p, _| v.demand(&p), long false,
        codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    query!("open_purchases", "Shows purchase lines with units still to come.", Nothing => Vec<OpenPurchaseRow>,
        |v, _, _| Ok(v.open_purchases()), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("hold", "Shows a hold: its state, its deadline and the lots that it has now.", HoldParams => HoldRow,
        |v, p, _| v.hold(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_HOLD"]),
    query!("holds", "Shows live holds, the first to fall first.", Nothing => Vec<HoldRow>,
        |v, _, _| Ok(v.holds()), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("trace_lot", "Traces a lot: receipts, locations, holds, orders, returns.", TraceLotParams => LotTrace,
        |v, p, _| v.trace_lot(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOT", "UNKNOWN_SKU"]),
    query!("trace_order", "Traces an order: which lots went where.", TraceOrderParams => OrderTrace,
        |v, p, _| v.trace_order(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_ORDER"]),
    query!("changes", "Shows the shelves that changed since a cursor, as they are now: what a shop window follows.",
        ChangesParams => Changes, |v, p, _| v.changes(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("alerts", "Shows low stock, stock-outs, books below zero and their ends since a cursor, the oldest first.",
        AlertsParams => Vec<AlertRow>, |v, p, _| v.alerts(&p), long false,
        codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    query!("stock_value", "Values the stock of each SKU as of the end of a business day: by lot, moving average or standard cost.",
        StockValueParams => Vec<StockValueRow>, |v, p, _| v.stock_value(&p), long true,
        codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_SKU"]),
    query!("cycle_count", "Proposes shelves to count, blind: below zero, likely empty in truth, longest uncounted.",
        CycleCountParams => Vec<CycleCountRow>, |v, p, _| v.cycle_count(&p), long false,
        codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    query!("testers", "Shows opened units, the first to run out first.", Nothing => Vec<TesterRow>,
        |v, _, _| Ok(v.testers()), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("transfers", "Shows goods on their way between locations.", Nothing => Vec<TransferRow>,
        |v, _, _| Ok(v.transfers()), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("purchases", "Shows purchase lines, done ones too: ordered, received, still to come, beyond the tolerance.",
        Nothing => Vec<OpenPurchaseRow>, |v, _, _| Ok(v.purchase_lines()), long false,
        codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("signals", "Shows what people said and did per SKU, day and kind; below `min_n` people are not shown.",
        SignalsParams => Vec<SignalRow>, |v, p, _| v.signals(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_SKU"]),
    query!("recommend", "Recommends SKUs to a person: nothing out of stock, recalled, expired or against their hard rules.",
        RecommendParams => Vec<Pick>, |v, p, _| v.recommend(&p), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    query!("withheld", "Says what a person is not shown, and why.", WithheldParams => Vec<WithheldRow>, |v, p, _| v.withheld(&p),
        long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    query!("plan_purchases", "Proposes purchases for each shelf whose SKU names a supplier, with their reasons.",
        PlanPurchasesParams => Vec<Proposal>, |v, p, task| v.plan_purchases(&p, task), long true,
        codes &["CANCELLED", "INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION"]),
    op!("forecast", "Forecasts the daily demand of each shelf with intervals, from its complete days.",
        ForecastParams => Nothing, Run::QueryFrame(|view, value, task| view.forecast(&json::fit(value)?, task)),
        long true, codes &["CANCELLED", "INVALID_ARGUMENT", "JOURNAL_POISONED", "UNKNOWN_LOCATION", "UNKNOWN_SKU"]),
    op!("segments", "Segments the people who bought by recency, frequency and money.",
        SegmentsParams => Nothing, Run::QueryFrame(|view, value, _| view.segments(&json::fit(value)?)),
        long true, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
    query!("position", "Says where the journal stands: equal digests have equal histories.",
        Nothing => Position, |v, _, _| Ok(v.position()), long false, codes &["INVALID_ARGUMENT", "JOURNAL_POISONED"]),
];

fn to_json(value: impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|e| Error::Internal { message: format!("answer not written: {e}") })
}

fn named(kind: &str, value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            fields.insert("type".into(), kind.into());
            Value::Object(fields)
        }
        other => other,
    }
}

fn inner(value: Value, field: &str) -> Result<Value> {
    let Value::Object(mut fields) = value else {
        return Err(Error::argument(field, "given", "nothing"));
    };
    let own = fields.remove(field).ok_or_else(|| Error::argument(field, "given", "nothing"))?;
    match fields.keys().next() {
        Some(other) => Err(Error::argument(other.as_str(), format!("one of {field}, now"), other)),
        None => Ok(own),
    }
}

fn many<T: DeserializeOwned>(value: Value, field: &str) -> Result<Vec<T>> {
    let Value::Array(items) = inner(value, field)? else {
        return Err(Error::argument(field, "an array", "something else"));
    };
    let fit = |(i, item)| {
        json::fit_tagged(item).map_err(|error| match error {
            Error::InvalidArgument { field, rule, got } => {
                Error::InvalidArgument { field: format!("[{i}].{field}"), rule, got }
            }
            other => other,
        })
    };
    items.into_iter().enumerate().map(fit).collect()
}

fn submit(engine: &mut Engine, value: Value, now: Timestamp) -> Result<Value> {
    let command: Command = json::fit_tagged(value)?;
    to_json(engine.submit(command, now)?.accepted()?)
}

fn submit_many(engine: &mut Engine, value: Value, now: Timestamp) -> Result<Value> {
    let commands: Vec<Command> = many(value, "commands")?;
    let outcomes = engine.submit_many(&commands, now)?;
    let decided = commands.iter().zip(outcomes).map(|(command, outcome)| {
        let why = outcome.rejected();
        Decided {
            id: command.id().into(),
            accepted: why.is_none(),
            code: why.map(|why| why.code().to_string()),
            message: why.map(ToString::to_string),
        }
    });
    to_json(decided.collect::<Vec<_>>())
}

fn record(engine: &mut Engine, value: Value, now: Timestamp) -> Result<Value> {
    let fact: Fact = json::fit_tagged(value)?;
    to_json(engine.record(fact, now)?)
}

fn record_many(engine: &mut Engine, value: Value, now: Timestamp) -> Result<Value> {
    let facts: Vec<Fact> = many(value, "facts")?;
    to_json(engine.record_many(&facts, now)?)
}

/// The periods ahead with their drivers, where those are told.
fn known_ahead(tables: &Tables, drivers: forecast::DriverParams) -> Result<Option<(&Table, forecast::DriverParams)>> {
    match tables.get("future") {
        None if drivers.is_empty() => Ok(None),
        None => Err(Error::argument("future", "a frame with the drivers of the periods ahead", "nothing")),
        Some(future) => Ok(Some((future, drivers))),
    }
}

/// Some fields of an object, and the others.
fn apart(value: Value, names: &[&str]) -> (Value, Value) {
    match value {
        Value::Object(fields) => {
            let (own, rest): (serde_json::Map<_, _>, _) =
                fields.into_iter().partition(|(name, _)| names.contains(&name.as_str()));
            (Value::Object(own), Value::Object(rest))
        }
        other => (Value::Object(serde_json::Map::new()), other),
    }
}

fn frame<'a>(tables: &'a Tables, name: &str) -> Result<&'a Table> {
    tables.get(name).ok_or_else(|| Error::argument(name, "a frame", "nothing"))
}

fn find(name: &str, fits: impl Fn(&Run) -> bool) -> Result<&'static Op> {
    let unknown = || Error::UnknownOperation { operation: name.into() };
    OPS.iter().find(|op| op.name == name && fits(&op.run)).ok_or_else(unknown)
}

/// The arguments as an object, with `now` taken out of them.
fn arguments(text: &str, clock: Timestamp) -> Result<(Value, Timestamp)> {
    match json::read(if text.is_empty() { "{}" } else { text })? {
        Value::Object(mut fields) => {
            let now = match fields.remove("now") {
                None | Some(Value::Null) => clock,
                Some(now) => json::fit(now).map_err(|error| name_field(error, "now"))?,
            };
            Ok((drop_nulls(Value::Object(fields)), now))
        }
        _ => Err(Error::argument("arguments", "an object", "something else")),
    }
}

/// `null` means "not given", at any depth: the default holds.
fn drop_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let given = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(given.map(|(name, value)| (name, drop_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(drop_nulls).collect()),
        other => other,
    }
}

fn name_field(error: Error, field: &str) -> Error {
    match error {
        Error::InvalidArgument { rule, got, .. } => Error::argument(field, rule, got),
        other => other,
    }
}

/// Runs a pure function: JSON in, JSON out.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`.
///
/// ```
/// let answer = trousse::ops::call("is_sellable", r#"{"day": "2027-06-30", "expires_on": "2027-06-30"}"#)?;
/// assert_eq!(answer, "true");
/// # Ok::<(), trousse::Error>(())
/// ```
pub fn call(name: &str, arguments_json: &str) -> Result<String> {
    let Run::Function(run) = find(name, |run| matches!(run, Run::Function(_)))?.run else { unreachable!() };
    let (value, _) = arguments(arguments_json, Timestamp(0))?;
    Ok(run(value)?.to_string())
}

/// Runs a function over frames.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`, `CANCELLED`.
pub fn call_frame(name: &str, tables: &Tables, arguments_json: &str, task: &Task) -> Result<Table> {
    let Run::Frame(run) = find(name, |run| matches!(run, Run::Frame(_)))?.run else { unreachable!() };
    let (value, _) = arguments(arguments_json, Timestamp(0))?;
    run(tables, value, task)
}

/// Fits a forecaster to the frame `df`.
///
/// # Errors
/// As [`forecast::Forecaster::fit`]; `MALFORMED`.
pub fn fit_forecaster(tables: &Tables, arguments_json: &str, task: &Task) -> Result<forecast::Forecaster> {
    let (value, _) = arguments(arguments_json, Timestamp(0))?;
    forecast::Forecaster::fit(forecast::ForecasterParams::read(value)?, frame(tables, "df")?, task)
}

/// What `predict` of a forecaster takes.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PredictParams {
    h: Option<usize>,
    level: Vec<f64>,
}

impl Default for PredictParams {
    fn default() -> Self {
        PredictParams { h: None, level: vec![80.0] }
    }
}

/// Asks a fitted forecaster: `predict` with `h`, `level` and the frame `future` where it knows drivers, `drifted`; or brings it on with the frame `df`: `update`,
/// `refit`, which answer an empty table.
///
/// # Errors
/// Those of the method; `UNKNOWN_OPERATION`, `MALFORMED`.
pub fn call_forecaster(
    forecaster: &mut forecast::Forecaster,
    name: &str,
    tables: &Tables,
    arguments_json: &str,
    task: &Task,
) -> Result<Table> {
    let (value, _) = arguments(arguments_json, Timestamp(0))?;
    if name == "predict" {
        let PredictParams { h, level } = json::fit(value)?;
        let h = h.unwrap_or(forecaster.params().forecast.h);
        return match tables.get("future") {
            None => forecaster.predict(h, &level, task),
            Some(future) => forecaster.predict_with_drivers(future, h, &level, task),
        };
    }
    let Nothing {} = json::fit(value)?;
    match name {
        "drifted" => return forecaster.drifted(),
        "update" => forecaster.update(frame(tables, "df")?)?,
        "refit" => forecaster.refit(frame(tables, "df")?, task)?,
        _ => return Err(Error::UnknownOperation { operation: name.into() }),
    }
    Ok(Table::default())
}

/// Runs a door of the engine. `clock` is the instant where the arguments name no `now`.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`.
pub fn call_door(engine: &mut Engine, name: &str, arguments_json: &str, clock: Timestamp) -> Result<String> {
    let Run::Door(run) = find(name, |run| matches!(run, Run::Door(_)))?.run else { unreachable!() };
    let (value, now) = arguments(arguments_json, clock)?;
    Ok(run(engine, value, now)?.to_string())
}

/// Runs a door of the engine for a frame of inputs. `clock` is the instant where the arguments name no `now`.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`.
pub fn call_door_frame(
    engine: &mut Engine,
    name: &str,
    tables: &Tables,
    arguments_json: &str,
    clock: Timestamp,
) -> Result<Table> {
    let Run::DoorFrame(run) = find(name, |run| matches!(run, Run::DoorFrame(_)))?.run else { unreachable!() };
    let (value, now) = arguments(arguments_json, clock)?;
    run(engine, tables, value, now)
}

/// Takes care of the journal beside its writer. `clock` is the instant where the arguments name no `now`.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`, `CANCELLED`, `CLOSED`.
pub fn care(shop: &Shared, name: &str, arguments_json: &str, clock: Timestamp, task: &Task) -> Result<String> {
    let Run::Care(run) = find(name, |run| matches!(run, Run::Care(_)))?.run else { unreachable!() };
    let (value, now) = arguments(arguments_json, clock)?;
    Ok(run(shop, value, now, task)?.to_string())
}

/// Does what takes long, as [`care`] or [`query`].
///
/// # Errors
/// As [`care`] and [`query`]; `READ_ONLY` for care of what a follower reads.
pub fn long(shop: &Shop, name: &str, arguments_json: &str, clock: Timestamp, task: &Task) -> Result<String> {
    match find(name, |run| matches!(run, Run::Care(_))) {
        Ok(op) => care(shop.writer(op.name)?, name, arguments_json, clock, task),
        Err(_) => query(shop, name, arguments_json, clock, task),
    }
}

/// Asks the engine. `clock` is the instant where the arguments name no `now`.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`, `CANCELLED`, `CLOSED`.
pub fn query(shop: &impl Ask, name: &str, arguments_json: &str, clock: Timestamp, task: &Task) -> Result<String> {
    let op = find(name, |run| matches!(run, Run::Query(_)))?;
    let Run::Query(run) = op.run else { unreachable!() };
    let (value, now) = arguments(arguments_json, clock)?;
    now.check("now")?;
    shop.ask(now, op.long, |view| Ok(run(view, value, task)?.to_string()))
}

/// Asks the engine for a frame. `clock` is the instant where the arguments name no `now`.
///
/// # Errors
/// Those that the operation lists; `UNKNOWN_OPERATION`, `MALFORMED`, `CANCELLED`, `CLOSED`.
pub fn query_frame(shop: &impl Ask, name: &str, arguments_json: &str, clock: Timestamp, task: &Task) -> Result<Table> {
    let op = find(name, |run| matches!(run, Run::QueryFrame(_)))?;
    let Run::QueryFrame(run) = op.run else { unreachable!() };
    let (value, now) = arguments(arguments_json, clock)?;
    now.check("now")?;
    shop.ask(now, op.long, |view| run(view, value, task))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_not_given_inside_objects_too() {
        let mut engine = Engine::memory(Default::default());
        let skus = r#"{"skus": [{"sku": "a", "category": null, "price": null, "pack_size": null}]}"#;
        call_door(&mut engine, "upsert_skus", skus, Timestamp(0)).unwrap();
        let purchase = r#"{"command": {"type": "reserve", "id": "p", "lines": [{"sku": "a", "quantity": 1}], "location": "x", "ttl_seconds": null}}"#;
        assert_eq!(call_door(&mut engine, "submit", purchase, Timestamp(0)).unwrap_err().code(), "UNKNOWN_LOCATION");
        let odd = r#"{"command": {"type": "reserve", "id": "q", "lines": [{"sku": "a", "quantity": 1}], "location": "x", "e": 1}}"#;
        let fields = call_door(&mut engine, "submit", odd, Timestamp(0)).unwrap_err().fields();
        assert_eq!(fields["field"], "e");
    }
}
