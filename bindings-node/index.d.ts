// Written by bindings-node/generate.mjs from tests/surface.json: do not edit.
/// <reference lib="es2022" />
/// <reference lib="esnext.disposable" />

/** The codes that `error.code` may have. */
export type Code =
  | 'CANCELLED'
  | 'CANNOT_FREEZE'
  | 'CLOSED'
  | 'CONFLICT'
  | 'DISK_FULL'
  | 'DUPLICATE_TIME'
  | 'HEAD_MOVED'
  | 'HOLD_CLOSED'
  | 'HOLD_EXPIRED'
  | 'INSUFFICIENT_STOCK'
  | 'INTERNAL'
  | 'INVALID_ARGUMENT'
  | 'IO'
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_POISONED'
  | 'JOURNAL_VERSION'
  | 'LIFE_TOO_SHORT'
  | 'LOT_RECALLED'
  | 'MALFORMED'
  | 'MISSING_COLUMN'
  | 'NAN_IN_SERIES'
  | 'READ_ONLY'
  | 'SERIES_TOO_SHORT'
  | 'STATE_CORRUPT'
  | 'STATE_VERSION'
  | 'UNKNOWN_CHANNEL'
  | 'UNKNOWN_HOLD'
  | 'UNKNOWN_LOCATION'
  | 'UNKNOWN_LOT'
  | 'UNKNOWN_OPERATION'
  | 'UNKNOWN_ORDER'
  | 'UNKNOWN_SKU'
  | 'UNKNOWN_TRANSFER'
  | 'WRONG_COLUMN_TYPE'

/** A calendar day: `'2027-06-30'`, or a Date of which the UTC day counts. */
export type Day = string | Date
/** An instant: `'2026-11-23T09:00:00Z'`, a Date, or milliseconds since 1970. */
export type Instant = string | Date | number
/** Lines of a basket: a list, or quantities by SKU such as `{ 'LIP-01': 2 }`. */
export type Lines = Line[] | Record<string, number>

/**
 * A column that is given. A typed array of floats holds floats, an array of whole numbers holds integers, Dates that
 * are all at midnight UTC are days. `null` is a missing number or text.
 */
export type Column =
  | Float64Array
  | Float32Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | (number | null)[]
  | (string | null)[]
  | boolean[]
  | Date[]
/**
 * A frame that is given: columns of one length by name. The names of columns are never changed. The call copies the
 * columns, once, before it returns its Promise: they may be changed at once.
 */
export type Frame = Record<string, Column>
/** A column of an answer: floats (`NaN` for missing ones), whole numbers, texts and ISO days, booleans. */
export type AnswerColumn = Float64Array | number[] | string[] | boolean[]
/** A frame that is answered. `JSON.stringify` writes it with plain arrays. */
export type AnswerFrame = Record<string, AnswerColumn>

/** When an input happens or a question is asked; the system's clock if not given. */
export interface Now {
  /** The instant. */
  now?: Instant
}

/** How to steer a long call. */
export interface Long {
  /** Stops the work; the Promise rejects with `signal.reason`. */
  signal?: AbortSignal | null
  /** Hears of progress, some 20 times a second and at the end. */
  onProgress?: ((done: number, total: number) => void) | null
}

/** Many series as a frame, or one as its values. */
export type OneSeries =
  | {
      /** A frame with the columns unique_id, ds, y, and optionally in_stock. Without unique_id and ds it is one series of equal steps 0, 1, 2 …. */
      df: Frame
      y?: undefined
    }
  | {
      /** The values of one series in time order: steps are 0, 1, 2 …. */
      y: Float64Array | number[]
      df?: undefined
    }

/** An error of trousse. The fields that name the culprit are properties, e.g. `field`, `rule` and `got`. */
export class TrousseError extends Error {
  /** The stable code, the same in Rust, Python and Node. */
  readonly code: Code
  /** The fields of the code by name, also one that every Error has, such as `message`. */
  readonly fields: Record<string, unknown>
  /** The fields of the code, in camelCase. */
  readonly [field: string]: unknown
  constructor(code: Code, message: string, fields?: Record<string, unknown>)
  /** Name, message, code and fields. */
  toJSON(): Record<string, unknown>
}

/** A command was refused: the refusal is journalled, and its id answers so for ever. */
export class RejectedError extends TrousseError {}

/** The version of trousse. */
export const version: string

/**
 * Opens the engine in a folder, made where there is none.
 *
 * @throws {@link TrousseError} with the code `DISK_FULL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_LOCKED`, `JOURNAL_VERSION`,
 * `READ_ONLY`.
 */
export function open(folder: string | URL, options?: Options): Promise<Engine>

/**
 * Opens an engine without a disk.
 *
 * @throws {@link TrousseError} with the code `INVALID_ARGUMENT`.
 */
export function memory(options?: Options): Engine

/**
 * Follows the journal in a folder that another process writes: it takes no lock and changes nothing.
 *
 * @throws {@link TrousseError} with the code `IO` if there is no journal, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
 */
export function follow(folder: string | URL): Promise<Follower>

/** How to follow the stock. */
export interface Watch {
  /**
   * The cursor of the last row that was dealt with; 0 from the beginning.
   *
   * @defaultValue `0`
   */
  since?: number
  /**
   * How long to wait where there is nothing new, in milliseconds.
   *
   * @defaultValue `200`
   */
  intervalMs?: number
  /** Ends the iteration, which throws `signal.reason`. */
  signal?: AbortSignal | null
}

/** A shelf that changed, as it is now, and where to go on after it. */
export interface Change extends ChangeRow {
  /** What to give as `since` to go on after this row. */
  cursor: number
}

/**
 * Answers whether a lot may be sold on a day: the expiry day is the last good day.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function isSellable(params: SellableParams): boolean

/**
 * Picks sellable lots, over as many as it takes: first expired first out, or by another strategy.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function fefo(params: PickParams): Picks

/**
 * Answers until when a lot is good and what its label has to show (EU 1223/2009, article 19).
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function shelfLife(params?: ShelfLifeParams): ShelfLife

/**
 * Reads the months of a period after opening such as `12M`.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function parsePao(params: PaoParams): number

/**
 * Answers until when an opened unit is good: its period after opening, never past its expiry.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function openJar(params: OpenJarParams): OpenJar

/**
 * Answers how many days must remain of a lot on a day of sale or receipt.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function requiredRemainingDays(params: RemainingLifeParams): number

/**
 * Answers what expires when, how much of it will not sell in time, and what that costs.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function expiryRisk(params: ExpiryRiskParams): ExpiryRisk

/**
 * Answers how likely a shelf with a positive record is empty in truth (Bayes).
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function phantomPosterior(params?: PhantomParams): PhantomBelief

/**
 * Rounds a need to what the supplier sells: minimum, pack, maximum.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function orderQuantity(params: OrderQuantityParams): number

/**
 * Answers the base-stock level of least cost under normal demand.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function newsvendorNormal(params?: NewsvendorNormal): Newsvendor

/**
 * Answers the base-stock level of least cost under Poisson demand.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function newsvendorPoisson(params?: NewsvendorPoisson): Newsvendor

/**
 * Classifies demand: smooth, erratic, intermittent, lumpy (Syntetos & Boylan), new or ended.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function demandClass(params: DemandClassParams): DemandClass

/**
 * Forecasts a rate per period by Croston, SBA, TSB, ADIDA or IMAPA.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function intermittent(params: IntermittentParams): number

/**
 * Forecasts one series of counts: means, integer quantiles, and the total of a lead time from simulated paths.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`.
 */
export function forecastCounts(params?: CountsParams): CountsForecast

/**
 * Recovers the demand that stock-outs lost, from sales by slot of the day and the share of each slot in stock.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function recoverDemand(params: SlotSales): Recovered

/**
 * Splits a launch over its shades: shares expected from siblings, updated by what sold (Dirichlet-multinomial).
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`.
 */
export function shadeSplit(params: ShadeSplitParams): ShadeSplit

/**
 * Reads the whole journal in a folder and checks it: checksums, hash chain, keys, snapshots; and that its books balance. It may be open elsewhere.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
 */
export function verify(params: VerifyParams): Promise<Verified>

/**
 * Copies everything that is whole in the damaged journal of a folder into a new one, and says what was lost.
 *
 * @throws {@link TrousseError} with the code `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_LOCKED`, `JOURNAL_VERSION`, `READ_ONLY`.
 */
export function salvage(params: SalvageParams): Promise<Salvaged>

/**
 * Forecasts each series of a long frame with intervals; the models are chosen by rolling-origin error. With drivers that are known ahead (price, deal, advert, holiday) in `future`, every model is moved by their effects, pooled over the series; a driver that does not help is dropped.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`, `WRONG_COLUMN_TYPE`.
 */
export function forecast<T extends AnswerFrame = AnswerFrame>(params: ForecastFrameParams & OneSeries & { /** A frame with the columns unique_id, ds, the drivers. */ future?: Frame } & Long): Promise<T>

/**
 * Answers what drivers do to demand over all series of a long frame, with 95 % intervals, and which of them help.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`, `WRONG_COLUMN_TYPE`.
 */
export function driverEffects<T extends AnswerFrame = AnswerFrame>(params: ForecastFrameParams & { /** A frame with the columns unique_id, ds, y, the drivers, and optionally a group and a market. */ df: Frame } & Long): Promise<T>

/**
 * Adds columns of a calendar to a long frame: days of events, paydays, and whether a series is on sale.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function calendarDrivers<T extends AnswerFrame = AnswerFrame>(params: CalendarParams & { /** A frame with the columns ds, and optionally unique_id and a location. */ df: Frame } & { /** A frame with the columns ds, name, and optionally a location. */ events: Frame } & { /** A frame with the columns unique_id, and starts_on, ends_on: the first and last day of sale. */ lifecycle?: Frame } & Long): Promise<T>

/**
 * Adds columns of feedback that leads demand to a long frame: ratings, carts, waiting lists of h periods before, drawn to their mean as their numbers ask.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function signalDrivers<T extends AnswerFrame = AnswerFrame>(params: SignalParams & { /** A frame with the columns unique_id, ds. */ df: Frame } & { /** A frame with the columns unique_id, ds, kind, value, n. */ signals: Frame } & Long): Promise<T>

/**
 * Forecasts new products by what similar ones sold after their launches, corrected by what was seen, with whole quantiles.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function forecastNew<T extends AnswerFrame = AnswerFrame>(params: LaunchParams & { /** A frame with the columns unique_id, ds: the first period of sale, and the attributes. */ products: Frame } & { /** A frame with the columns unique_id, ds, y: of the others, and what was seen of the products. */ history: Frame } & { /** A frame with the columns unique_id and the attributes of the others. */ attributes: Frame } & Long): Promise<T>

/**
 * Estimates which share of a new product's sales is taken from its siblings, by group and over all, with 95 % intervals.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function cannibalisation<T extends AnswerFrame = AnswerFrame>(params: CannibalParams & { /** A frame with the columns unique_id, ds, y, and group: what are siblings. */ df: Frame } & { /** A frame with the columns unique_id, ds: the first period of sale. */ launches?: Frame } & Long): Promise<T>

/**
 * Adds to forecasts by how much they fall when new products of their groups are launched.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function cannibalised<T extends AnswerFrame = AnswerFrame>(params: TakenParams & { /** A frame with the columns ds, auto, group: forecasts of what is on sale. */ df: Frame } & { /** A frame with the columns ds, auto, group: forecasts of the new products. */ products: Frame } & { /** A frame with the columns group, share, lo-95, hi-95: as cannibalisation answers. */ shares?: Frame } & Long): Promise<T>

/**
 * Forecasts each series of a long frame from past origins: what would have been told, beside what came.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`, `WRONG_COLUMN_TYPE`.
 */
export function crossValidation<T extends AnswerFrame = AnswerFrame>(params: CrossValidationParams & { /** A frame with the columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market. */ df: Frame } & Long): Promise<T>

/**
 * Simulates the future of each series of a long frame: columns path-1 … path-n, each one future of all series, whose sums and reconciled nodes are coherent.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`, `WRONG_COLUMN_TYPE`.
 */
export function forecastPaths<T extends AnswerFrame = AnswerFrame>(params: ForecastPathsParams & { /** A frame with the columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market. */ df: Frame } & { /** A frame with the columns unique_id, ds, the drivers. */ future?: Frame } & Long): Promise<T>

/**
 * Forecasts the demand of the next h periods together, a lead time: quantiles of the sums of simulated paths.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`, `SERIES_TOO_SHORT`, `WRONG_COLUMN_TYPE`.
 */
export function forecastTotals<T extends AnswerFrame = AnswerFrame>(params: ForecastTotalsParams & { /** A frame with the columns unique_id, ds, y, and optionally in_stock, drivers, a group and a market. */ df: Frame } & { /** A frame with the columns unique_id, ds, the drivers. */ future?: Frame } & Long): Promise<T>

/**
 * Scores the forecasts in the columns of a frame against the truth beside them: errors, scaled errors, coverage of intervals.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function evaluate<T extends AnswerFrame = AnswerFrame>(params: EvaluateParams & { /** A frame with the columns unique_id, ds, y, a column a model, and optionally model-lo-80, model-hi-80, cutoff. */ df: Frame } & { /** A frame with the columns unique_id, ds, y: the rows before. */ train?: Frame } & Long): Promise<T>

/**
 * Sums the series of leaves up to those of all nodes of a hierarchy: products, brands, categories, locations.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function aggregate<T extends AnswerFrame = AnswerFrame>(params: AggregateParams & { /** A frame with the columns unique_id, ds, y of the leaves. */ df: Frame } & { /** A frame with the columns parent, child; a child may have several parents. */ hierarchy: Frame } & Long): Promise<T>

/**
 * Makes forecasts of all nodes of a hierarchy add up: bottom-up, top-down, least squares, minimum trace.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `DUPLICATE_TIME`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function reconcile<T extends AnswerFrame = AnswerFrame>(params: ReconcileParams & { /** A frame with the columns unique_id, ds and a column a model, for the nodes of all levels. */ df: Frame } & { /** A frame with the columns parent, child; a child may have several parents. */ hierarchy: Frame } & { /** A frame with the columns unique_id, ds, residual: one step ahead in sample, for wls_var and mint_shrink. */ residuals?: Frame } & { /** A frame with the columns unique_id, ds, y of the leaves: proportions for top_down. */ history?: Frame } & Long): Promise<T>

/**
 * Recommends items to users from a frame of interactions.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function recommend<T extends AnswerFrame = AnswerFrame>(params: RecommendFrameParams & { /** A frame with the columns user, item, and optionally value, kind, time or days_ago. */ interactions: Frame } & { /** A frame with the columns item and attribute columns. */ items?: Frame } & Long): Promise<T>

/**
 * Proposes purchases from a frame with stock and daily demand per SKU, or with simulated futures of it.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function planPurchases<T extends AnswerFrame = AnswerFrame>(params: PlanPurchasesFrameParams & { /** A frame with the columns sku, available, demand_mean, demand_sd, lead_time_days …. */ df: Frame } & { /** A frame with the columns unique_id, path-1, path-2 …: what forecast_paths answers, over lead time and review. */ paths?: Frame } & Long): Promise<T>

/**
 * Scores and segments customers by recency, frequency and money.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function rfm<T extends AnswerFrame = AnswerFrame>(params: RfmParams & { /** A frame with the columns customer, ds, value. */ df: Frame } & Long): Promise<T>

/**
 * Clusters the rows of a frame of numbers by k-means.
 *
 * @throws {@link TrousseError} with the code `CANCELLED`, `INTERNAL`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `WRONG_COLUMN_TYPE`.
 */
export function kmeans<T extends AnswerFrame = AnswerFrame>(params: KMeansParams & { /** A frame with the columns numeric columns, and optionally an id column. */ df: Frame } & Long): Promise<T>

/**
 * Reads CSV text into a frame; errors name the line.
 *
 * @throws {@link TrousseError} with the code `INTERNAL`, `INVALID_ARGUMENT`, `MALFORMED`, `MISSING_COLUMN`.
 */
export function readCsv<T extends AnswerFrame = AnswerFrame>(params: CsvParams & Long): Promise<T>

/** The engine: stock, people, forecasts and recommendations over one journal. Made by {@link open} or {@link memory}. */
export class Engine {
  protected constructor()

  /**
   * Adds SKUs or replaces their entries, and settles the facts that waited for them.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertSkus(params: SkusParams & Now): Promise<Record<string, never>>

  /**
   * Adds suppliers or replaces their terms.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertSuppliers(params: SuppliersParams & Now): Promise<Record<string, never>>

  /**
   * Adds channels or replaces them: what each keeps for itself and how long goods must keep there.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertChannels(params: ChannelsParams & Now): Promise<Record<string, never>>

  /**
   * Adds locations or replaces their entries: where the business day of each begins, and with it its expiry day.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertLocations(params: LocationsParams & Now): Promise<Record<string, never>>

  /**
   * Holds stock for a basket until a deadline: all lines or none.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_CHANNEL`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  reserve(params: Reserve & Now): Promise<Held>

  /**
   * Turns a hold into a shipment, first expired first out.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_HOLD`.
   */
  commit(params: Commit & Now): Promise<Shipped>

  /**
   * Gives a hold back.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_HOLD`.
   */
  release(params: Release & Now): Promise<Released>

  /**
   * Moves free stock between locations, first expired first out.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  move(params: Move & Now): Promise<Moved>

  /**
   * Says that goods of a move that was sent on its way arrived.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_TRANSFER`.
   */
  arrive(params: Arrive & Now): Promise<Moved>

  /**
   * Gives units another condition: into quarantine and out of it, damaged, expired, free.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LOT_RECALLED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  reclassify(params: Reclassify & Now): Promise<Moved>

  /**
   * Takes units off the books, in any condition.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  writeOff(params: WriteOff & Now): Promise<Moved>

  /**
   * Opens units as testers: their period after opening begins.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  openTester(params: OpenTester & Now): Promise<Moved>

  /**
   * Makes units of a kit from its parts: they expire with the first of them.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  assemble(params: Assemble & Now): Promise<Moved>

  /**
   * Closes the books up to a day: later facts about those days are booked on the day after.
   *
   * @throws {@link TrousseError} with the code `CANNOT_FREEZE`, `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  freeze(params: Freeze & Now): Promise<Entered>

  /**
   * Orders from a supplier: incoming until receipts name this purchase.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_SKU`.
   */
  purchase(params: Purchase & Now): Promise<Entered>

  /**
   * Records that goods of a lot arrived.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  receive(params: Receive & Now): Promise<Recorded>

  /**
   * Records a till sale, also where the books say there is nothing: `missing` tells what they lacked.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  sale(params: Sale & Now): Promise<Recorded>

  /**
   * Records goods that a customer brought back.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  return(params: Return & Now): Promise<Recorded>

  /**
   * Records a count of a shelf.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  count(params: Count & Now): Promise<Recorded>

  /**
   * Records that a lot must not be sold any more.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  recall(params: Recall & Now): Promise<Recorded>

  /**
   * Records that a person looked at a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  view(params: Interest & Now): Promise<Recorded>

  /**
   * Records that a person clicked a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  click(params: Interest & Now): Promise<Recorded>

  /**
   * Records that a person put a SKU into the cart.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  cart(params: Interest & Now): Promise<Recorded>

  /**
   * Records a person's rating of a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  rating(params: Rating & Now): Promise<Recorded>

  /**
   * Records a person's review of a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  review(params: Review & Now): Promise<Recorded>

  /**
   * Records a person's answer to a poll.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  answer(params: Answer & Now): Promise<Recorded>

  /**
   * Records a complaint; `not_available` changes the stock belief, the forecast's input and the ranking.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  complaint(params: Complaint & Now): Promise<Recorded>

  /**
   * Records a person's hard rules and traits; the newest wins as a whole.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  profile(params: Profile & Now): Promise<Recorded>

  /**
   * Records that a person gave or withdrew consent.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  consent(params: Consent & Now): Promise<Recorded>

  /**
   * Decides any command, given as an object with a `type`.
   *
   * @throws {@link TrousseError} with the code `CANNOT_FREEZE`, `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LOT_RECALLED`, `READ_ONLY`, `UNKNOWN_CHANNEL`, `UNKNOWN_HOLD`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`, `UNKNOWN_TRANSFER`.
   */
  submit(params: SubmitParams & Now): Promise<Held | Shipped | Released | Moved | Moved | Entered | Moved | Moved | Moved | Moved | Entered>

  /**
   * Decides commands in order with one flush; a refusal is an answer here, not an error.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  submitMany(params: SubmitManyParams & Now): Promise<Decided[]>

  /**
   * Records any fact, given as an object with a `type`.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  record(params: RecordParams & Now): Promise<Recorded>

  /**
   * Records facts in order with one flush.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  recordMany(params: RecordManyParams & Now): Promise<Recorded[]>

  /**
   * Puts many inputs of one kind through its door, in order and with one flush. A row is an input; neighbouring rows with one id are the lines of one reserve or sale. Answers id, accepted, code and message, one row an input: what is refused or malformed does not stop the others.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `MISSING_COLUMN`, `READ_ONLY`, `WRONG_COLUMN_TYPE`.
   */
  batch<T extends AnswerFrame = AnswerFrame>(params: BatchParams & { /** A frame with the columns id and the fields of the kind, such as sku, quantity, location, hold. */ df: Frame } & Now): Promise<T>

  /**
   * Fires what is due: hold deadlines and expiry days.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  advance(params?: Now): Promise<Advanced>

  /**
   * Writes a snapshot beside the journal, so that the next opening is faster.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `DISK_FULL`, `INTERNAL`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  snapshot(params?: Now): Promise<Record<string, never>>

  /**
   * Forgets a person: key and ciphertext go, and the world is folded anew. Answers whether anything was known.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  erase(params: SubjectParams & Now): Promise<boolean>

  /**
   * Answers everything that is kept of a person, in order.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  export(params: SubjectParams & Now & Long): Promise<Exported[]>

  /**
   * Drops what people did once no purpose keeps it any longer: from the log and from all that was learned. A purpose keeps nothing of a person who withdrew consent to it. Of a purchase that only marketing keeps day and worth remain; profiles, consents and stock stay. Answers how many events went.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  retain(params?: RetainParams & Now & Long): Promise<Retained>

  /**
   * Gives back the space of what was erased; the hash chain stays what it was.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  compact(params?: Now): Promise<Record<string, never>>

  /**
   * Copies the journal into an empty folder while the writer goes on, verifying what it copies: all that was answered when it began. Without keys nobody's events can be read there; with them an erase has to be repeated there.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_LOCKED`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  backup(params: BackupParams & Now & Long): Promise<Copied>

  /**
   * Reads the whole journal while the writer goes on and checks it: checksums, hash chain, keys, snapshots; and that the books balance. Damage is an answer, not an error.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  verify(params?: Now & Long): Promise<Verified>

  /**
   * Shows stock by SKU, location and lot.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  stock(params?: StockParams & Now): StockRow[]

  /**
   * Sums up what may be promised of a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_CHANNEL`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  availability(params: AvailabilityParams & Now): Availability

  /**
   * Shows lots that expire soon or did, the first first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  expiring(params?: ExpiringParams & Now): StockRow[]

  /**
   * Answers what expires when, what the forecast demand will not take in time, what that is worth, and how long each lot lasts.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  expiryCalendar(params?: ExpiryCalendarParams & Now & Long): Promise<ExpiryRisk>

  /**
   * Shows the demand of a SKU by day, week or month, at one location or all together, with the share in stock; returns and bulk orders apart. The last row is not over.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  demand(params: DemandParams & Now): DemandRow[]

  /**
   * Shows purchase lines with units still to come.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  openPurchases(params?: Now): OpenPurchaseRow[]

  /**
   * Shows a hold: its state, its deadline and the lots that it has now.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_HOLD`.
   */
  hold(params: HoldParams & Now): HoldRow

  /**
   * Shows live holds, the first to fall first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  holds(params?: Now): HoldRow[]

  /**
   * Traces a lot: receipts, locations, holds, orders, returns.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOT`, `UNKNOWN_SKU`.
   */
  traceLot(params: TraceLotParams & Now): LotTrace

  /**
   * Traces an order: which lots went where.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_ORDER`.
   */
  traceOrder(params: TraceOrderParams & Now): OrderTrace

  /**
   * Shows the shelves that changed since a cursor, as they are now: what a shop window follows.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  changes(params?: ChangesParams & Now): Changes

  /**
   * Shows low stock, stock-outs, books below zero and their ends since a cursor, the oldest first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  alerts(params?: AlertsParams & Now): AlertRow[]

  /**
   * Values the stock of each SKU as of the end of a business day: by lot, moving average or standard cost.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_SKU`.
   */
  stockValue(params?: StockValueParams & Now & Long): Promise<StockValueRow[]>

  /**
   * Proposes shelves to count, blind: below zero, likely empty in truth, longest uncounted.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  cycleCount(params?: CycleCountParams & Now): CycleCountRow[]

  /**
   * Shows opened units, the first to run out first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  testers(params?: Now): TesterRow[]

  /**
   * Shows goods on their way between locations.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  transfers(params?: Now): TransferRow[]

  /**
   * Shows purchase lines, done ones too: ordered, received, still to come, beyond the tolerance.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  purchases(params?: Now): OpenPurchaseRow[]

  /**
   * Shows what people said and did per SKU, day and kind; below `min_n` people are not shown.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_SKU`.
   */
  signals(params?: SignalsParams & Now): SignalRow[]

  /**
   * Recommends SKUs to a person: nothing out of stock, recalled, expired or against their hard rules.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  recommend(params: RecommendParams & Now): SkuPick[]

  /**
   * Says what a person is not shown, and why.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  withheld(params: WithheldParams & Now): WithheldRow[]

  /**
   * Proposes purchases for each shelf whose SKU names a supplier, with their reasons.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  planPurchases(params?: PlanPurchasesParams & Now & Long): Promise<Proposal[]>

  /**
   * Forecasts the daily demand of each shelf with intervals, from its complete days.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  forecast<T extends AnswerFrame = AnswerFrame>(params?: ForecastParams & Now & Long): Promise<T>

  /**
   * Segments the people who bought by recency, frequency and money.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  segments<T extends AnswerFrame = AnswerFrame>(params?: SegmentsParams & Now & Long): Promise<T>

  /**
   * Says where the journal stands: equal digests have equal histories.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  position(params?: Now): Position

  /**
   * Yields the shelves that change, for ever: `for await (const change of shop.watch())`. It ends when the engine is
   * closed. The cursor of a row is where to go on after it; a page that was not read to its end comes again.
   *
   * @throws {@link TrousseError} with the code `INVALID_ARGUMENT`, `JOURNAL_POISONED`; `signal.reason`.
   */
  watch(params?: Watch): AsyncGenerator<Change, void, void>
  /** Answers all that is queued, then releases the folder. Later calls answer `CLOSED`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An engine that only reads what another process writes: all questions work, doors throw `READ_ONLY`. */
export class Follower extends Engine {
  private constructor()

  /**
   * Takes in what was written since; answers how many events that were. Cheap where there are none.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `IO`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
   */
  poll(): Promise<number>
}

/** Stock alone, in memory: SKUs that it does not know enter the catalogue with the first fact about them. */
export class Ledger {
  constructor()

  /**
   * Adds SKUs or replaces their entries, and settles the facts that waited for them.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertSkus(params: SkusParams & Now): Promise<Record<string, never>>

  /**
   * Adds channels or replaces them: what each keeps for itself and how long goods must keep there.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertChannels(params: ChannelsParams & Now): Promise<Record<string, never>>

  /**
   * Adds locations or replaces their entries: where the business day of each begins, and with it its expiry day.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  upsertLocations(params: LocationsParams & Now): Promise<Record<string, never>>

  /**
   * Holds stock for a basket until a deadline: all lines or none.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_CHANNEL`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  reserve(params: Reserve & Now): Promise<Held>

  /**
   * Turns a hold into a shipment, first expired first out.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_HOLD`.
   */
  commit(params: Commit & Now): Promise<Shipped>

  /**
   * Gives a hold back.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_HOLD`.
   */
  release(params: Release & Now): Promise<Released>

  /**
   * Moves free stock between locations, first expired first out.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  move(params: Move & Now): Promise<Moved>

  /**
   * Says that goods of a move that was sent on its way arrived.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_TRANSFER`.
   */
  arrive(params: Arrive & Now): Promise<Moved>

  /**
   * Gives units another condition: into quarantine and out of it, damaged, expired, free.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LOT_RECALLED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  reclassify(params: Reclassify & Now): Promise<Moved>

  /**
   * Takes units off the books, in any condition.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  writeOff(params: WriteOff & Now): Promise<Moved>

  /**
   * Opens units as testers: their period after opening begins.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  openTester(params: OpenTester & Now): Promise<Moved>

  /**
   * Makes units of a kit from its parts: they expire with the first of them.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  assemble(params: Assemble & Now): Promise<Moved>

  /**
   * Closes the books up to a day: later facts about those days are booked on the day after.
   *
   * @throws {@link TrousseError} with the code `CANNOT_FREEZE`, `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  freeze(params: Freeze & Now): Promise<Entered>

  /**
   * Orders from a supplier: incoming until receipts name this purchase.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`, `UNKNOWN_SKU`.
   */
  purchase(params: Purchase & Now): Promise<Entered>

  /**
   * Records that goods of a lot arrived.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  receive(params: Receive & Now): Promise<Recorded>

  /**
   * Records a till sale, also where the books say there is nothing: `missing` tells what they lacked.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  sale(params: Sale & Now): Promise<Recorded>

  /**
   * Records goods that a customer brought back.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  return(params: Return & Now): Promise<Recorded>

  /**
   * Records a count of a shelf.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  count(params: Count & Now): Promise<Recorded>

  /**
   * Records that a lot must not be sold any more.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  recall(params: Recall & Now): Promise<Recorded>

  /**
   * Decides any command, given as an object with a `type`.
   *
   * @throws {@link TrousseError} with the code `CANNOT_FREEZE`, `CLOSED`, `CONFLICT`, `DISK_FULL`, `HOLD_CLOSED`, `HOLD_EXPIRED`, `INSUFFICIENT_STOCK`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LOT_RECALLED`, `READ_ONLY`, `UNKNOWN_CHANNEL`, `UNKNOWN_HOLD`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`, `UNKNOWN_TRANSFER`.
   */
  submit(params: SubmitParams & Now): Promise<Held | Shipped | Released | Moved | Moved | Entered | Moved | Moved | Moved | Moved | Entered>

  /**
   * Decides commands in order with one flush; a refusal is an answer here, not an error.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  submitMany(params: SubmitManyParams & Now): Promise<Decided[]>

  /**
   * Records any fact, given as an object with a `type`.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  record(params: RecordParams & Now): Promise<Recorded>

  /**
   * Records facts in order with one flush.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `LIFE_TOO_SHORT`, `READ_ONLY`.
   */
  recordMany(params: RecordManyParams & Now): Promise<Recorded[]>

  /**
   * Puts many inputs of one kind through its door, in order and with one flush. A row is an input; neighbouring rows with one id are the lines of one reserve or sale. Answers id, accepted, code and message, one row an input: what is refused or malformed does not stop the others.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `MISSING_COLUMN`, `READ_ONLY`, `WRONG_COLUMN_TYPE`.
   */
  batch<T extends AnswerFrame = AnswerFrame>(params: BatchParams & { /** A frame with the columns id and the fields of the kind, such as sku, quantity, location, hold. */ df: Frame } & Now): Promise<T>

  /**
   * Fires what is due: hold deadlines and expiry days.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `CONFLICT`, `DISK_FULL`, `INTERNAL`, `INVALID_ARGUMENT`, `IO`, `JOURNAL_POISONED`, `READ_ONLY`.
   */
  advance(params?: Now): Promise<Advanced>

  /**
   * Shows stock by SKU, location and lot.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  stock(params?: StockParams & Now): StockRow[]

  /**
   * Sums up what may be promised of a SKU.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_CHANNEL`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  availability(params: AvailabilityParams & Now): Availability

  /**
   * Shows lots that expire soon or did, the first first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  expiring(params?: ExpiringParams & Now): StockRow[]

  /**
   * Answers what expires when, what the forecast demand will not take in time, what that is worth, and how long each lot lasts.
   *
   * @throws {@link TrousseError} with the code `CANCELLED`, `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`, `UNKNOWN_SKU`.
   */
  expiryCalendar(params?: ExpiryCalendarParams & Now & Long): Promise<ExpiryRisk>

  /**
   * Shows purchase lines with units still to come.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  openPurchases(params?: Now): OpenPurchaseRow[]

  /**
   * Shows a hold: its state, its deadline and the lots that it has now.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_HOLD`.
   */
  hold(params: HoldParams & Now): HoldRow

  /**
   * Shows live holds, the first to fall first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  holds(params?: Now): HoldRow[]

  /**
   * Traces a lot: receipts, locations, holds, orders, returns.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOT`, `UNKNOWN_SKU`.
   */
  traceLot(params: TraceLotParams & Now): LotTrace

  /**
   * Traces an order: which lots went where.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_ORDER`.
   */
  traceOrder(params: TraceOrderParams & Now): OrderTrace

  /**
   * Shows the shelves that changed since a cursor, as they are now: what a shop window follows.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  changes(params?: ChangesParams & Now): Changes

  /**
   * Shows low stock, stock-outs, books below zero and their ends since a cursor, the oldest first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  alerts(params?: AlertsParams & Now): AlertRow[]

  /**
   * Values the stock of each SKU as of the end of a business day: by lot, moving average or standard cost.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_SKU`.
   */
  stockValue(params?: StockValueParams & Now & Long): Promise<StockValueRow[]>

  /**
   * Proposes shelves to count, blind: below zero, likely empty in truth, longest uncounted.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`, `UNKNOWN_LOCATION`.
   */
  cycleCount(params?: CycleCountParams & Now): CycleCountRow[]

  /**
   * Shows opened units, the first to run out first.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  testers(params?: Now): TesterRow[]

  /**
   * Shows goods on their way between locations.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  transfers(params?: Now): TransferRow[]

  /**
   * Shows purchase lines, done ones too: ordered, received, still to come, beyond the tolerance.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  purchases(params?: Now): OpenPurchaseRow[]

  /**
   * Says where the journal stands: equal digests have equal histories.
   *
   * @throws {@link TrousseError} with the code `CLOSED`, `INTERNAL`, `INVALID_ARGUMENT`, `JOURNAL_POISONED`.
   */
  position(params?: Now): Position

  /**
   * Yields the shelves that change, for ever: `for await (const change of shop.watch())`. It ends when the engine is
   * closed. The cursor of a row is where to go on after it; a page that was not read to its end comes again.
   *
   * @throws {@link TrousseError} with the code `INVALID_ARGUMENT`, `JOURNAL_POISONED`; `signal.reason`.
   */
  watch(params?: Watch): AsyncGenerator<Change, void, void>
}

/** How to fit and keep forecasts. */
export interface ForecasterParams extends Omit<ForecastFrameParams, 'level' | 'onError'> {
  /**
   * Periods ahead whose spread is measured; beyond them it grows with the square root of time. A whole number.
   *
   * @defaultValue `14`
   */
  h?: number
  /**
   * The columns of forecasts.
   *
   * @defaultValue `["auto"]`
   */
  models?: string[]
  /**
   * How intervals are made. Other ways need errors of the past, which are not kept.
   *
   * @defaultValue `"auto"`
   */
  intervals?: 'auto' | 'analytic'
  /** After so many periods a series is due to be fitted anew; none for never. A whole number. */
  refitEvery?: number | null
  /**
   * Whether a series that drifted is due to be fitted anew.
   *
   * @defaultValue `true`
   */
  refitOnDrift?: boolean
}

/** What to forecast from where the series stand. */
export interface PredictParams {
  /** Periods to forecast; by default the `h` of the fit. A whole number. */
  h?: number | null
  /**
   * Levels of the intervals in percent.
   *
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /** With drivers: unique_id, ds and the drivers, a row for each of the `h` periods of a series. One that lacks a row keeps its error. */
  future?: Frame
}

/** Fitted series and where each stands: no history is kept, an update takes O(1) a value. */
export class Forecaster {
  private constructor()

  /**
   * Fits each series of a frame. One that cannot be fitted keeps its error and takes nothing from the others.
   *
   * @throws {@link TrousseError} as {@link forecast}.
   */
  static fit(params: ForecasterParams & OneSeries & Long): Promise<Forecaster>
  /**
   * Reads the state that `save` wrote, in any language.
   *
   * @throws {@link TrousseError} with the code `STATE_CORRUPT`, `STATE_VERSION`.
   */
  static load(state: Uint8Array): Forecaster
  /** Fits the series of a frame anew, and those that are new; all others stay as they are. */
  refit(params: { df: Frame } & Long): Promise<void>
  /**
   * Takes new rows in, each series' after its last value; a period that is left out is a gap. All rows or none.
   *
   * @throws {@link TrousseError} with the code `DUPLICATE_TIME`, `INVALID_ARGUMENT`, `MISSING_COLUMN`, `NAN_IN_SERIES`,
   * `WRONG_COLUMN_TYPE`.
   */
  update(params: { df: Frame } & Long): Promise<void>
  /** Forecasts each series from where it stands: the columns of {@link forecast}. */
  predict<T extends AnswerFrame = AnswerFrame>(params?: PredictParams & Long): Promise<T>
  /**
   * How each series fares since it was fitted: `unique_id, model, updates, drift, drifted, due`. `drift` is the larger of
   * two cumulative sums of its errors (Page 1954), `drifted` whether it is above 8.
   */
  drifted<T extends AnswerFrame = AnswerFrame>(params?: Long): Promise<T>
  /** The state as bytes, which Rust, Python and Node read alike. */
  save(): Uint8Array
  /** How many series there are. */
  readonly size: number
}

/** Arguments of `isSellable` for faces. */
export interface SellableParams {
  /** The day of the sale. */
  day: Day
  /** Last good day of the lot; none for goods that do not expire. */
  expiresOn?: Day | Day
  /**
   * Whether the lot was recalled.
   * @defaultValue `false`
   */
  recalled?: boolean
  /**
   * Days that must remain. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
}

/** What to pick from which lots: the arguments of `fefo`. */
export interface PickParams {
  /** The lots on the shelf. */
  lots: LotOnShelf[]
  /** Units wanted, at least 1. */
  quantity: number
  /** The day of the pick. */
  day: Day
  /**
   * Days that must remain. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Which lots leave first.
   * @defaultValue `"fefo"`
   */
  strategy?: Strategy
}

/** A lot on a shelf to pick from. */
export interface LotOnShelf {
  /** The lot's key. */
  lot: string
  /** Units there. */
  quantity: number
  /** Last good day. */
  expiresOn?: Day | Day
  /** The day on which it arrived. */
  receivedOn?: Day | Day
  /**
   * Whether it was recalled.
   * @defaultValue `false`
   */
  recalled?: boolean
}

/** Which lots of a shelf leave first; ties by expiry, receipt and the lot's key. */
export type Strategy =
  /** First expired first out; goods that never expire come last. */
  | 'fefo'
  /** First in first out, by the day of receipt. */
  | 'fifo'
  /** Last in first out, by the day of receipt. */
  | 'lifo'

/** What to take from which lots: the answer of `fefo`. */
export interface Picks {
  /** What to take, in order. */
  picks: LotPick[]
  /** Units that no sellable lot covers. */
  short: number
}

/** Units to take from a lot. */
export interface LotPick {
  /** The lot's key. */
  lot: string
  /** Units to take. */
  quantity: number
  /** Last good day. */
  expiresOn: string | string | null
}

/** What is known about the life of a lot: the arguments of `shelfLife`. */
export interface ShelfLifeParams {
  /** The printed date, `2027-06-30`, or `2027-06` for the last day of that month. */
  expiresOn?: Day | Day
  /** The day of production or filling. */
  producedOn?: Day | Day
  /** The day on which the lot arrived. */
  receivedOn?: Day | Day
  /** Minimum durability from production in days, 1 … 36,500; not together with months. A whole number. */
  shelfLifeDays?: number | null
  /** Minimum durability from production in calendar months, 1 … 1,200; not together with days. A whole number. */
  shelfLifeMonths?: number | null
  /** The period after opening in months, 1 … 1,200. A whole number. */
  paoMonths?: number | null
  /**
   * Whether durability after opening is relevant: not for single-use, airless or aerosol packs.
   * @defaultValue `true`
   */
  paoRelevant?: boolean
}

/** What `shelfLife` answers. */
export interface ShelfLife {
  /** Last good day of the unopened goods; none where nothing tells. */
  expiresOn: string | string | null
  /** Where that day comes from. */
  source: ExpirySource
  /** What the label has to show. */
  labelShows: LabelMark
  /** Whether that was not given: a date that is not printed, or an unknown period after opening. */
  labelLacks: boolean
}

/** Where a last good day comes from. */
export type ExpirySource =
  /** The printed date. */
  | 'printed'
  /** The day of production and the shelf life. */
  | 'production'
  /** The day of receipt and the shelf life: the last resort, because the goods are older than that. */
  | 'receipt'
  /** Nothing that is known tells. */
  | 'unknown'

/** What a label has to show. */
export type LabelMark =
  /** The date of minimum durability: it lasts 30 months or less. */
  | 'date'
  /** The open jar with the period after opening: it lasts more than 30 months. */
  | 'pao'
  /** Neither: more than 30 months, and durability after opening is not relevant. */
  | 'nothing'
  /** Nothing that is known tells how long the goods last. */
  | 'unknown'

/** Arguments of `parsePao` for faces. */
export interface PaoParams {
  /** What stands in or beside the open jar, such as `12M`. */
  text: string
}

/** Arguments of `openJar`. */
export interface OpenJarParams {
  /** The day on which the unit was opened. */
  openedOn: Day
  /** The period after opening in months, 1 … 1,200. A whole number. */
  paoMonths: number
  /** Last good day of the unopened goods, to the day or the month; none where nothing is printed. */
  expiresOn?: Day | Day
}

/** What `openJar` answers. */
export interface OpenJar {
  /** Last good day of the opened unit. */
  expiresOn: string
  /** What ends its life. */
  limitedBy: OpenJarLimit
}

/** What ends the life of an opened unit. */
export type OpenJarLimit =
  /** The period after opening. */
  | 'pao'
  /** The expiry of the unopened goods, which comes first. */
  | 'expiry'

/** Arguments of `requiredRemainingDays`. */
export interface RemainingLifeParams {
  /** What is asked. */
  policy: ExpiryPolicy
  /** The day of the sale or the receipt; months are counted from it. */
  day: Day
  /** The channel of the sale; one that the policy does not name asks for nothing of its own. */
  channel?: string | null
  /**
   * Whether goods are sold or received.
   * @defaultValue `"sale"`
   */
  moment?: LifeMoment
}

/** What is asked of the remaining life of a SKU's lots; all days are 0 … 36,500. */
export interface ExpiryPolicy {
  /**
   * Days that must remain on any sale of the SKU. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Days that must remain on a sale in a channel, one entry a channel.
   * @defaultValue `[]`
   */
  channels?: ChannelMinimum[]
  /**
   * Days that must remain when goods arrive from a supplier. A whole number.
   * @defaultValue `0`
   */
  minRemainingAtReceiptDays?: number
  /**
   * Days before the last good day on which the lot is sold for the last time. A whole number.
   * @defaultValue `0`
   */
  sellByBufferDays?: number
  /** Days that a customer needs to use it up. A whole number. */
  usePeriodDays?: number | null
  /** The period after opening in months, 1 … 1,200: the longest that a customer may use it. A whole number. */
  paoMonths?: number | null
}

/** The least remaining life that one channel asks for. */
export interface ChannelMinimum {
  /** The channel, such as `wholesale`. */
  channel: string
  /** Days that must remain on a sale there, 0 … 36,500. A whole number. */
  minRemainingDays: number
}

/** When remaining life is asked for. */
export type LifeMoment =
  /** On a sale to a customer. */
  | 'sale'
  /** On a receipt from a supplier. */
  | 'receipt'

/** Arguments of `expiryRisk`. */
export interface ExpiryRiskParams {
  /** The lots. */
  lots: StockedLot[]
  /** The day of the question, which is still a day of sale. */
  today: Day
  /**
   * Locations where it is another day, one entry a location.
   * @defaultValue `[]`
   */
  locations?: LocationDay[]
  /**
   * What shelves are forecast to sell, one entry a shelf; without one a shelf sells nothing.
   * @defaultValue `[]`
   */
  demand?: ShelfDemand[]
  /**
   * Days ahead to sum up, each 0 … 36,500.
   * @defaultValue `[30,60,90]`
   */
  horizonsDays?: number[] | Float64Array
}

/** Units of a lot at a location, as `expiryRisk` takes them; leave recalled lots out. */
export interface StockedLot {
  /** The SKU. */
  sku: string
  /** Where it is. */
  location: string
  /** The lot's key. */
  lot: string
  /** Units there. */
  quantity: number
  /** Last good day; none for goods that do not expire. */
  expiresOn?: Day | Day
  /** The day on which it arrived: of lots that expire on one day the first received is sold first. */
  receivedOn?: Day | Day
  /**
   * Cost of one unit in minor units of one currency, at least 0; 0 where it is not known. A whole number.
   * @defaultValue `0`
   */
  unitCostMinor?: number
  /**
   * Days that must remain on a sale, 0 … 36,500. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
}

/** Today at a location. */
export interface LocationDay {
  /** The location. */
  location: string
  /** The day that it is there. */
  today: Day
}

/** What a shelf is forecast to sell. */
export interface ShelfDemand {
  /** The SKU. */
  sku: string
  /** Where it is sold. */
  location: string
  /** Units per day from today on, each 0 … 1,000,000,000; the last one goes on for ever. */
  unitsPerDay: number[] | Float64Array
}

/** What `expiryRisk` answers. */
export interface ExpiryRisk {
  /** A row per lot: by last good day, SKU, location and key. */
  lots: LotRisk[]
  /** A row per horizon, the shortest first; each contains those before it. */
  horizons: HorizonRisk[]
}

/** What becomes of a lot. */
export interface LotRisk {
  /** The SKU. */
  sku: string
  /** Where it is. */
  location: string
  /** The lot's key. */
  lot: string
  /** Units there. */
  quantity: number
  /** Last good day. */
  expiresOn: string | string | null
  /** Days from today to the last good day: 0 on that day, negative after it. A whole number. */
  daysLeft: number | null
  /** Last day on which it may be sold. */
  sellUntil: string | string | null
  /** Whole days, today included, whose demand this lot and those before it meet; none if over 36,500. */
  daysOfCover: number | null
  /** Units that will not be sold in time, part of a unit counted as one. */
  unitsAtRisk: number
  /** What they cost. A whole number. */
  valueAtRiskMinor: number
  /** The shortest horizon that the lot falls in; none if it expires after all of them or not at all. A whole number. */
  horizonDays: number | null
}

/** What expires within a horizon, expired stock and shorter horizons included. */
export interface HorizonRisk {
  /** Days ahead: lots with at most this many days left. A whole number. */
  withinDays: number
  /** How many lots. A whole number. */
  lots: number
  /** Their units. */
  units: number
  /** What those cost. A whole number. */
  valueMinor: number
  /** The units that will not be sold in time. */
  unitsAtRisk: number
  /** What those cost. A whole number. */
  valueAtRiskMinor: number
}

/** Arguments of `phantomPosterior`. */
export interface PhantomParams {
  /**
   * Belief before any evidence, in (0, 1).
   * @defaultValue `0.02`
   */
  priorPhantom?: number
  /**
   * Units that usually sell a day, at least 0.
   * @defaultValue `0`
   */
  dailyRate?: number
  /**
   * Days without a sale since stock was last proven, at least 0. A whole number.
   * @defaultValue `0`
   */
  zeroSaleDays?: number
  /**
   * "Was not available" complaints since then, at least 0. A whole number.
   * @defaultValue `0`
   */
  complaints?: number
  /**
   * How many times likelier a complaint is when the shelf is empty in truth, at least 1.
   * @defaultValue `20`
   */
  complaintLikelihoodRatio?: number
}

/** What `phantomPosterior` answers. */
export interface PhantomBelief {
  /** Belief that the shelf is empty in truth, 0–1. */
  posterior: number
}

/** Arguments of `order_quantity`. */
export interface OrderQuantityParams {
  /** Units needed; nothing is ordered for 0 or less. */
  need: number
  /**
   * The least that may be ordered.
   * @defaultValue `0`
   */
  minOrderQty?: number
  /**
   * Orders are multiples of this.
   * @defaultValue `1`
   */
  packSize?: number
  /** The most that may be ordered. */
  maxOrderQty?: number | null
}

/** Costs and normal demand of `newsvendorNormal`. */
export interface NewsvendorNormal {
  /**
   * Cost of a unit left at the end of a period (h), above 0.
   * @defaultValue `1`
   */
  holdingCost?: number
  /**
   * Cost of a unit short (p), above 0.
   * @defaultValue `9`
   */
  stockoutCost?: number
  /**
   * Mean demand of a period (μ).
   * @defaultValue `0`
   */
  demandMean?: number
  /**
   * Standard deviation of the demand of a period (σ).
   * @defaultValue `0`
   */
  demandSd?: number
  /**
   * Periods between order and receipt (L).
   * @defaultValue `0`
   */
  leadTime?: number
}

/** The best stock and what it costs. */
export interface Newsvendor {
  /** Stock to have (S*). */
  baseStockLevel: number
  /** Expected cost of a period with it. */
  cost: number
}

/** Costs and Poisson demand of `newsvendorPoisson`. */
export interface NewsvendorPoisson {
  /**
   * Cost of a unit left (h), above 0.
   * @defaultValue `1`
   */
  holdingCost?: number
  /**
   * Cost of a unit short (p), above 0.
   * @defaultValue `9`
   */
  stockoutCost?: number
  /**
   * Mean demand, at most 100,000.
   * @defaultValue `0`
   */
  demandMean?: number
}

/** Arguments of `demand_class`. */
export interface DemandClassParams {
  /** Demand per period in time order; none where unknown. */
  y: (number | null)[]
}

/** A demand class and what it was read from. */
export interface DemandClass {
  /** The class. */
  class: DemandKind
  /** Mean number of periods between demands, the known periods over the demands; none without demand. */
  interval: number | null
  /** Squared coefficient of variation of the sizes of demand; none without demand. */
  cv2: number | null
  /** Known periods without demand at the end. A whole number. */
  quiet: number
}

/** How an item sells. */
export type DemandKind =
  /** Often, in even sizes. */
  | 'smooth'
  /** Often, in uneven sizes. */
  | 'erratic'
  /** Seldom, in even sizes. */
  | 'intermittent'
  /** Seldom, in uneven sizes. */
  | 'lumpy'
  /** Known for fewer than 8 periods, or never sold. */
  | 'new'
  /** Nothing for far longer than it ever was: see [`demand_class`]. */
  | 'ended'

/** Arguments of `intermittent`. */
export interface IntermittentParams {
  /** Demand per period in time order; none where unknown. */
  y: (number | null)[]
  /** The method. */
  method: IntermittentMethod
  /**
   * Smoothing of sizes (and intervals), 0–1; ADIDA and IMAPA find their own.
   * @defaultValue `0.1`
   */
  alpha?: number
  /**
   * Smoothing of the probability of TSB, 0–1.
   * @defaultValue `0.1`
   */
  beta?: number
}

/** A method for intermittent demand. */
export type IntermittentMethod =
  /** Smoothed size over smoothed interval. */
  | 'croston'
  /** Croston's rate times 1 − α/2. */
  | 'sba'
  /** Smoothed size times smoothed probability. */
  | 'tsb'
  /** Sums over the mean interval, smoothed. */
  | 'adida'
  /** The mean of ADIDA at every aggregation up to the mean interval. */
  | 'imapa'

/** Arguments of `forecast_counts`. */
export interface CountsParams {
  /**
   * Units per period in time order, whole numbers of at least 0; none where unknown.
   * @defaultValue `[]`
   */
  y?: (number | null)[]
  /** Share of each period, 0–1, in which the item could be bought; none for always. */
  inStock?: number[] | Float64Array | null
  /**
   * Periods in a season; 1 for none. A whole number.
   * @defaultValue `1`
   */
  season?: number
  /**
   * Periods to forecast. A whole number.
   * @defaultValue `1`
   */
  h?: number
  /**
   * Probabilities of the quantiles, each in (0, 1).
   * @defaultValue `[0.1,0.5,0.9]`
   */
  quantiles?: number[] | Float64Array
  /**
   * Periods whose demand together is wanted (a lead time), from simulated paths; 0 for none. A whole number.
   * @defaultValue `0`
   */
  totalPeriods?: number
  /**
   * Seed of the paths. A whole number.
   * @defaultValue `0`
   */
  seed?: number
}

/** A forecast of counts. */
export interface CountsForecast {
  /** Expected demand per period ahead. */
  mean: number[]
  /** For each probability asked for, the quantile per period ahead: whole numbers. */
  quantiles: number[][]
  /** For each probability asked for, the quantile of the demand of `total_periods` together; empty where none were asked. */
  total: number[]
}

/** Sales of one item by slot. */
export interface SlotSales {
  /** Slots of a day: 24 for hours, 1 for whole days. */
  slots: number
  /** Sales of each slot, day after day, in any unit, at least 0. */
  sales: number[] | Float64Array
  /** Share of each slot in stock, 0–1. What sold in a slot with share 0 counts as sold all the same. */
  inStock: number[] | Float64Array
  /** Share of a day's sales by slot that other items show; none draws towards even slots. */
  profile?: number[] | Float64Array | null
}

/** Demand behind the sales. */
export interface Recovered {
  /** Expected demand of each day; sales where the day was in stock throughout. */
  demand: number[]
  /** Share of each day's expected demand that fell into stocked time, 0–1: the `in_stock` of a daily series. */
  inStock: number[]
  /** Share of a day's demand by slot. */
  profile: number[]
}

/** Arguments of `shade_split`. */
export interface ShadeSplitParams {
  /** What is expected of each shade, in any unit above 0: sales of the most alike shades of siblings. */
  prior: number[] | Float64Array
  /**
   * Units that the expectation counts for, above 0.
   * @defaultValue `20`
   */
  strength?: number
  /**
   * Units sold of each shade since the launch, at least 0; none before it.
   * @defaultValue `[]`
   */
  sold?: number[] | Float64Array
}

/** How a launch splits over its shades. */
export interface ShadeSplit {
  /** Expected share of each shade; they sum to 1. */
  share: number[]
  /** Standard deviation of each share. */
  sd: number[]
}

/** Which folder to verify. */
export interface VerifyParams {
  /** The folder of a journal. */
  folder: string
}

/** What a verification found. */
export interface Verified {
  /** Whether there is no damage and the books balance. */
  sound: boolean
  /** Segments that were read. A whole number. */
  segments: number
  /** Atomic batches. A whole number. */
  batches: number
  /** Events, dropped and lost ones among them. A whole number. */
  events: number
  /** Events of people that were erased or ran out. A whole number. */
  dropped: number
  /** Events that an earlier salvage could not save. A whole number. */
  lost: number
  /** Bytes of all batches. A whole number. */
  bytes: number
  /** Bytes of an input that was never answered: opening cuts them. A whole number. */
  tornBytes: number
  /** Snapshots that fit. A whole number. */
  snapshots: number
  /** Snapshots that do not, which opening throws away. */
  badSnapshots: string[]
  /** The first damage; what comes after it was not read. */
  damage: Damaged | null
  /** The first rule of the books that is broken, such as units that came from nowhere. */
  books: string | null
}

/** The first damage of a journal. */
export interface Damaged {
  /** `JOURNAL_CORRUPT` or `JOURNAL_VERSION`. */
  code: string
  /** The damage in words. */
  message: string
  /** Number of the segment, which its file is named by. A whole number. */
  segment: number | null
  /** Byte in its file. A whole number. */
  offset: number | null
}

/** What to salvage, and where to. */
export interface SalvageParams {
  /** The folder of the damaged journal, which is only read. */
  source: string
  /** An empty folder, made where there is none. */
  target: string
}

/** What a salvage saved. */
export interface Salvaged {
  /** Events that were saved. A whole number. */
  events: number
  /** What was not, in order. */
  lost: LostRange[]
  /** Whether the keys of people were whole: without theirs a person is as if erased. */
  keysWhole: boolean
  /** Events of the new journal, lost ones among them. A whole number. */
  sequence: number
  /** Chain hash of the new journal, in hexadecimal. */
  digest: string
}

/** A range that could not be saved. */
export interface LostRange {
  /** Number of the segment. A whole number. */
  segment: number
  /** First byte in its file. A whole number. */
  fromByte: number
  /** Byte after the last. A whole number. */
  toByte: number
  /** First event that is lost. A whole number. */
  fromSequence: number
  /** Event after the last; the same as the first where nobody can tell whether there were any. A whole number. */
  toSequence: number
}

/** How to forecast a long table, and with which drivers. */
export interface ForecastFrameParams {
  /**
   * Periods to forecast; with drivers, 0 for those after each series that `future` has rows for. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Step between periods: `D`, `W`, `MS` or `ME`, `QS` or `QE`, `YS` or `YE`, `B` (Monday to Friday), `h`, `min`, `s`, or
   * several such as `2W`; by default it is read off the table. Of integer times it says the season only, where it is no number.
   */
  freq?: string | null
  /**
   * Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters. A whole number.
   * @defaultValue `0`
   */
  season?: number
  /**
   * Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
   * @defaultValue `[]`
   */
  seasons?: number[] | Float64Array
  /**
   * Levels of the intervals in percent, each between 0 and 100.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /**
   * How intervals are made. Where another way than `auto` is named, a column `intervals` tells by which each row's were:
   * `auto` where the past does not suffice (under 8 one-step errors for `analytic` and `bootstrap`, under 1/(1 − level) − 1
   * errors as far ahead for `conformal`), `conformal; auto at 95` where it does for some of the levels only. Where a further model's way is another, it says so:
   * `auto; naive: bootstrap`. With drivers
   * those of what they leave are multiplied; the level and the drivers in logs know `auto` and `analytic` only.
   * @defaultValue `"auto"`
   */
  intervals?: Intervals
  /**
   * The columns of forecasts: `auto`, the choice among the candidates, and models by our names (`ets`, `theta`) or by
   * statsforecast's (`AutoETS`, `AutoTheta`).
   * @defaultValue `["auto"]`
   */
  models?: string[]
  /**
   * Models that `auto` chooses among; empty for all of the pool that suit the series. `blend` averages those.
   * @defaultValue `[]`
   */
  candidates?: Model[]
  /**
   * Which models are tried where none are named.
   * @defaultValue `"standard"`
   */
  pool?: Pool
  /**
   * Rolling-origin windows on which the models are scored. A whole number.
   * @defaultValue `3`
   */
  windows?: number
  /**
   * Whether a series without negative values gets no negative forecast.
   * @defaultValue `true`
   */
  nonNegative?: boolean
  /**
   * Column of the series' names; where the table lacks it, all rows are one series.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times: dates, instants, ISO texts or integers.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values.
   * @defaultValue `"y"`
   */
  targetColumn?: string
  /** Column of the share of each period, 0–1, in which the item could be bought. */
  inStock?: string | null
  /**
   * What a period without a row means.
   * @defaultValue `"missing"`
   */
  gaps?: Gaps
  /**
   * What happens to a series that cannot be forecast.
   * @defaultValue `"keep"`
   */
  onError?: OnError
  /**
   * Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout and has more
   * than two values acts by the log of its ratio to the series' median; any other as it is.
   * @defaultValue `[]`
   */
  drivers?: string[]
  /**
   * Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
   * may act in common.
   */
  groupColumn?: string | null
  /** Column of what is bought in one place (a store): the mean of the others' drivers there may act too. */
  marketColumn?: string | null
  /** Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will. */
  onSale?: string | null
}

/**
 * How intervals are made.
 *
 * Sources: Hyndman, Koehler, Ord & Snyder (2008), ch. 6, for `analytic`; Vovk, Gammerman & Shafer (2005) and Stankevičiūtė,
 * Alaa & van der Schaar (2021) for `conformal`.
 */
export type Intervals =
  /** Errors of the past per period ahead, the recent ones counting more, drawn to Student's t; counts have their models. */
  | 'auto'
  /** The normal distribution with the variance that the model's recursion makes of its one-step errors. */
  | 'analytic'
  /** Quantiles of 1,000 paths on which one-step errors of the past are drawn anew, with a fixed seed. */
  | 'bootstrap'
  /** Quantiles of absolute errors as far ahead that parameters fitted before them made (split conformal). */
  | 'conformal'

/** The models that `auto` chooses from. */
export type Model =
  /** The last value. */
  | 'naive'
  /** The value one season ago. */
  | 'seasonal_naive'
  /** Simple exponential smoothing. */
  | 'ses'
  /** Exponential smoothing with a damped trend and an additive or multiplicative season, as the data ask for. */
  | 'holt_winters'
  /** Croston's method for items that sell in few periods. */
  | 'croston'
  /** Croston's method with the correction of Syntetos and Boylan. */
  | 'sba'
  /** The pool of count models ([`counts()`]): integer quantiles for items that sell seldom, unevenly or few at a time. */
  | 'counts'
  /** Exponential smoothing of any form, chosen by AICc. */
  | 'ets'
  /** The dynamic optimised Theta model; `dotm` is read as the same. */
  | 'theta'
  /** Complex exponential smoothing of the form that AICc prefers. */
  | 'ces'
  /** ARIMA with a season, the average of at most ten models near the least AICc ([`auto_arima`] is the one of the least): some ten
milliseconds a series, so only where it is named. */
  | 'arima'
  /** The last value and the mean change per period so far. */
  | 'drift'
  /** The mean of the last known values, as many as forecast best. */
  | 'window_average'
  /** The mean of the last known values of the same phase of the season, as many as forecast best. */
  | 'seasonal_window_average'
  /** Exponential smoothing with a straight trend, without a season. */
  | 'holt'
  /** Exponential smoothing with a damped trend, without a season. */
  | 'damped_holt'
  /** The standard Theta model: half a line, half simple smoothing. */
  | 'standard_theta'
  /** The optimised Theta model, whose line stays that of the whole series. */
  | 'optimised_theta'
  /** The one of the four Theta models with the least squared errors. */
  | 'auto_theta'
  /** Several seasons taken out by LOESS, each going on as in its last cycle; exponential smoothing of the rest. */
  | 'mstl'
  /** The method of Teunter, Syntetos and Babai for items that go out of use. */
  | 'tsb'
  /** The sum over the mean interval between demands, smoothed. */
  | 'adida'
  /** The mean of smoothed sums over one period up to the mean interval between demands. */
  | 'imapa'
  /** The average of the candidates, weighted by their backtest error. Never a candidate itself. */
  | 'blend'

/** What a series may cost. */
export type Pool =
  /** Naive ones, simple smoothing and Theta: under half a millisecond for a hundred values, for millions of series. */
  | 'fast'
  /** Naive ones, Theta, exponential smoothing of fifteen forms and complex smoothing: some milliseconds. */
  | 'standard'

/** What a period without a row means. */
export type Gaps =
  /** Nothing is known of it. */
  | 'missing'
  /** Nothing was sold in it. */
  | 'zero'

/** What happens to a series that cannot be forecast. */
export type OnError =
  /** Its rows stay, with `NaN` for numbers and the reason in the column `error`, which is empty for all others. Where
no series can be forecast, the first one's error is raised. */
  | 'keep'
  /** The first one's error is raised, and nothing is answered. */
  | 'raise'

/** How to make columns of a calendar. */
export interface CalendarParams {
  /**
   * Days of a period, 1 … 366: 1 for days, 7 for weeks that begin on `ds`. A whole number.
   * @defaultValue `1`
   */
  periodDays?: number
  /**
   * Days before an event on which it acts already, 0 … 366. A whole number.
   * @defaultValue `0`
   */
  before?: number
  /**
   * Days after an event on which it still acts, 0 … 366. A whole number.
   * @defaultValue `0`
   */
  after?: number
  /**
   * Days of the month on which wages are paid, 1 … 31, or −1 for its last day; a month that is shorter pays on its last.
   * @defaultValue `[]`
   */
  paydays?: number[] | Float64Array
  /** Column of the location in both frames; an event without one is everywhere. */
  locationColumn?: string | null
  /**
   * Column of the series' names.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the days in all frames.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
}

/** How to make columns of feedback. */
export interface SignalParams {
  /**
   * Periods by which feedback leads: at least those that will be forecast, since none is known of the days ahead. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Periods whose feedback is taken together, the last of them `h` before the row's. A whole number.
   * @defaultValue `7`
   */
  window?: number
  /**
   * Kinds whose values are counts: a period without a row had none. In the engine's rows every kind but `rating` is.
   * @defaultValue `[]`
   */
  counts?: string[]
  /**
   * Column of the series' names in both frames.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times in both frames, of the same kind.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
}

/** How to forecast new products. */
export interface LaunchParams {
  /**
   * Periods to forecast. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Columns of the attributes in both frames, 0 … 64: numbers are compared by their range, texts by the share of their
   * comma-separated words that both have (a brand, a list of ingredients).
   * @defaultValue `[]`
   */
  attributeColumns?: string[]
  /**
   * The most alike launches that are taken as analogues, 1 … 1000. A whole number.
   * @defaultValue `20`
   */
  analogues?: number
  /**
   * The form of the curve.
   * @defaultValue `"empirical"`
   */
  curve?: LaunchCurve
  /**
   * Levels of the intervals in percent, each between 0 and 100.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /**
   * Column of the series' names in all frames.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times in `history`, and of the first period of sale in `products`.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values, at least 0.
   * @defaultValue `"y"`
   */
  targetColumn?: string
}

/** The form of a launch curve. */
export type LaunchCurve =
  /** The analogues' mean in each period. */
  | 'empirical'
  /** The diffusion of Bass that is nearest to it. */
  | 'bass'

/** How to estimate cannibalisation. */
export interface CannibalParams {
  /**
   * Periods that are compared before and after a launch. A whole number.
   * @defaultValue `28`
   */
  window?: number
  /**
   * The share that is expected where nothing is known, −1 … 1: an assumption, not a measurement.
   * @defaultValue `0.25`
   */
  priorShare?: number
  /**
   * Its standard deviation, above 0.
   * @defaultValue `0.25`
   */
  priorSd?: number
  /**
   * Column of what are siblings; where the frame lacks it, all series are.
   * @defaultValue `"group"`
   */
  groupColumn?: string
  /**
   * Column of the series' names.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values, at least 0.
   * @defaultValue `"y"`
   */
  targetColumn?: string
}

/** Columns of `cannibalised`. */
export interface TakenParams {
  /**
   * Column of the forecasts, at least 0, in both frames.
   * @defaultValue `"auto"`
   */
  forecastColumn?: string
  /**
   * Column of what are siblings in all frames; where a frame of forecasts lacks it, all series are.
   * @defaultValue `"group"`
   */
  groupColumn?: string
  /**
   * Column of the times.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
}

/** The parameters of `crossValidation` as faces take them: in one. */
export interface CrossValidationParams {
  /**
   * Periods to forecast; with drivers, 0 for those after each series that `future` has rows for. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Step between periods: `D`, `W`, `MS` or `ME`, `QS` or `QE`, `YS` or `YE`, `B` (Monday to Friday), `h`, `min`, `s`, or
   * several such as `2W`; by default it is read off the table. Of integer times it says the season only, where it is no number.
   */
  freq?: string | null
  /**
   * Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters. A whole number.
   * @defaultValue `0`
   */
  season?: number
  /**
   * Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
   * @defaultValue `[]`
   */
  seasons?: number[] | Float64Array
  /**
   * Levels of the intervals in percent, each between 0 and 100.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /**
   * How intervals are made. Where another way than `auto` is named, a column `intervals` tells by which each row's were:
   * `auto` where the past does not suffice (under 8 one-step errors for `analytic` and `bootstrap`, under 1/(1 − level) − 1
   * errors as far ahead for `conformal`), `conformal; auto at 95` where it does for some of the levels only. Where a further model's way is another, it says so:
   * `auto; naive: bootstrap`. With drivers
   * those of what they leave are multiplied; the level and the drivers in logs know `auto` and `analytic` only.
   * @defaultValue `"auto"`
   */
  intervals?: Intervals
  /**
   * The columns of forecasts: `auto`, the choice among the candidates, and models by our names (`ets`, `theta`) or by
   * statsforecast's (`AutoETS`, `AutoTheta`).
   * @defaultValue `["auto"]`
   */
  models?: string[]
  /**
   * Models that `auto` chooses among; empty for all of the pool that suit the series. `blend` averages those.
   * @defaultValue `[]`
   */
  candidates?: Model[]
  /**
   * Which models are tried where none are named.
   * @defaultValue `"standard"`
   */
  pool?: Pool
  /**
   * Rolling-origin windows on which the models are scored. A whole number.
   * @defaultValue `3`
   */
  windows?: number
  /**
   * Whether a series without negative values gets no negative forecast.
   * @defaultValue `true`
   */
  nonNegative?: boolean
  /**
   * Column of the series' names; where the table lacks it, all rows are one series.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times: dates, instants, ISO texts or integers.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values.
   * @defaultValue `"y"`
   */
  targetColumn?: string
  /** Column of the share of each period, 0–1, in which the item could be bought. */
  inStock?: string | null
  /**
   * What a period without a row means.
   * @defaultValue `"missing"`
   */
  gaps?: Gaps
  /**
   * What happens to a series that cannot be forecast.
   * @defaultValue `"keep"`
   */
  onError?: OnError
  /**
   * Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout and has more
   * than two values acts by the log of its ratio to the series' median; any other as it is.
   * @defaultValue `[]`
   */
  drivers?: string[]
  /**
   * Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
   * may act in common.
   */
  groupColumn?: string | null
  /** Column of what is bought in one place (a store): the mean of the others' drivers there may act too. */
  marketColumn?: string | null
  /** Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will. */
  onSale?: string | null
  /**
   * How many windows, 1 … 1,000. A whole number.
   * @defaultValue `1`
   */
  nWindows?: number
  /** Periods between their cutoffs; `h` by default. A whole number. */
  stepSize?: number | null
  /**
   * Whether models are chosen and fitted anew for each window; otherwise those of a series' first window take the
   * values up to the next ones in, as a [`Forecaster`](super::Forecaster) does; `intervals` are `auto` or `analytic` then.
   * @defaultValue `true`
   */
  refit?: boolean
}

/** The parameters of `forecastPaths` as faces take them: in one. */
export interface ForecastPathsParams {
  /**
   * Periods to forecast; with drivers, 0 for those after each series that `future` has rows for. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Step between periods: `D`, `W`, `MS` or `ME`, `QS` or `QE`, `YS` or `YE`, `B` (Monday to Friday), `h`, `min`, `s`, or
   * several such as `2W`; by default it is read off the table. Of integer times it says the season only, where it is no number.
   */
  freq?: string | null
  /**
   * Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters. A whole number.
   * @defaultValue `0`
   */
  season?: number
  /**
   * Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
   * @defaultValue `[]`
   */
  seasons?: number[] | Float64Array
  /**
   * Levels of the intervals in percent, each between 0 and 100.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /**
   * How intervals are made. Where another way than `auto` is named, a column `intervals` tells by which each row's were:
   * `auto` where the past does not suffice (under 8 one-step errors for `analytic` and `bootstrap`, under 1/(1 − level) − 1
   * errors as far ahead for `conformal`), `conformal; auto at 95` where it does for some of the levels only. Where a further model's way is another, it says so:
   * `auto; naive: bootstrap`. With drivers
   * those of what they leave are multiplied; the level and the drivers in logs know `auto` and `analytic` only.
   * @defaultValue `"auto"`
   */
  intervals?: Intervals
  /**
   * The columns of forecasts: `auto`, the choice among the candidates, and models by our names (`ets`, `theta`) or by
   * statsforecast's (`AutoETS`, `AutoTheta`).
   * @defaultValue `["auto"]`
   */
  models?: string[]
  /**
   * Models that `auto` chooses among; empty for all of the pool that suit the series. `blend` averages those.
   * @defaultValue `[]`
   */
  candidates?: Model[]
  /**
   * Which models are tried where none are named.
   * @defaultValue `"standard"`
   */
  pool?: Pool
  /**
   * Rolling-origin windows on which the models are scored. A whole number.
   * @defaultValue `3`
   */
  windows?: number
  /**
   * Whether a series without negative values gets no negative forecast.
   * @defaultValue `true`
   */
  nonNegative?: boolean
  /**
   * Column of the series' names; where the table lacks it, all rows are one series.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times: dates, instants, ISO texts or integers.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values.
   * @defaultValue `"y"`
   */
  targetColumn?: string
  /** Column of the share of each period, 0–1, in which the item could be bought. */
  inStock?: string | null
  /**
   * What a period without a row means.
   * @defaultValue `"missing"`
   */
  gaps?: Gaps
  /**
   * What happens to a series that cannot be forecast.
   * @defaultValue `"keep"`
   */
  onError?: OnError
  /**
   * Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout and has more
   * than two values acts by the log of its ratio to the series' median; any other as it is.
   * @defaultValue `[]`
   */
  drivers?: string[]
  /**
   * Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
   * may act in common.
   */
  groupColumn?: string | null
  /** Column of what is bought in one place (a store): the mean of the others' drivers there may act too. */
  marketColumn?: string | null
  /** Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will. */
  onSale?: string | null
  /**
   * How many paths, 1 … 10,000. A whole number.
   * @defaultValue `100`
   */
  nPaths?: number
  /**
   * Seed: the same gives the same paths. A whole number.
   * @defaultValue `0`
   */
  seed?: number
}

/** The parameters of `forecastTotals` as faces take them: in one. */
export interface ForecastTotalsParams {
  /**
   * Periods to forecast; with drivers, 0 for those after each series that `future` has rows for. A whole number.
   * @defaultValue `14`
   */
  h?: number
  /**
   * Step between periods: `D`, `W`, `MS` or `ME`, `QS` or `QE`, `YS` or `YE`, `B` (Monday to Friday), `h`, `min`, `s`, or
   * several such as `2W`; by default it is read off the table. Of integer times it says the season only, where it is no number.
   */
  freq?: string | null
  /**
   * Periods in a season; 1 for none, 0 for that of the step: 24 hours, 7 days, 5 business days, 52 weeks, 12 months, 4 quarters. A whole number.
   * @defaultValue `0`
   */
  season?: number
  /**
   * Further seasons, each longer than the one before (365 beside 7, 168 beside 24), for `mstl`. At most five.
   * @defaultValue `[]`
   */
  seasons?: number[] | Float64Array
  /**
   * Levels of the intervals in percent, each between 0 and 100.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /**
   * How intervals are made. Where another way than `auto` is named, a column `intervals` tells by which each row's were:
   * `auto` where the past does not suffice (under 8 one-step errors for `analytic` and `bootstrap`, under 1/(1 − level) − 1
   * errors as far ahead for `conformal`), `conformal; auto at 95` where it does for some of the levels only. Where a further model's way is another, it says so:
   * `auto; naive: bootstrap`. With drivers
   * those of what they leave are multiplied; the level and the drivers in logs know `auto` and `analytic` only.
   * @defaultValue `"auto"`
   */
  intervals?: Intervals
  /**
   * The columns of forecasts: `auto`, the choice among the candidates, and models by our names (`ets`, `theta`) or by
   * statsforecast's (`AutoETS`, `AutoTheta`).
   * @defaultValue `["auto"]`
   */
  models?: string[]
  /**
   * Models that `auto` chooses among; empty for all of the pool that suit the series. `blend` averages those.
   * @defaultValue `[]`
   */
  candidates?: Model[]
  /**
   * Which models are tried where none are named.
   * @defaultValue `"standard"`
   */
  pool?: Pool
  /**
   * Rolling-origin windows on which the models are scored. A whole number.
   * @defaultValue `3`
   */
  windows?: number
  /**
   * Whether a series without negative values gets no negative forecast.
   * @defaultValue `true`
   */
  nonNegative?: boolean
  /**
   * Column of the series' names; where the table lacks it, all rows are one series.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times: dates, instants, ISO texts or integers.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values.
   * @defaultValue `"y"`
   */
  targetColumn?: string
  /** Column of the share of each period, 0–1, in which the item could be bought. */
  inStock?: string | null
  /**
   * What a period without a row means.
   * @defaultValue `"missing"`
   */
  gaps?: Gaps
  /**
   * What happens to a series that cannot be forecast.
   * @defaultValue `"keep"`
   */
  onError?: OnError
  /**
   * Columns of the drivers, at most 16, numbers without gaps in both frames. One that is above 0 throughout and has more
   * than two values acts by the log of its ratio to the series' median; any other as it is.
   * @defaultValue `[]`
   */
  drivers?: string[]
  /**
   * Column of what is alike (a brand, a category): effects are shrunk to those of the group, whose level and drivers
   * may act in common.
   */
  groupColumn?: string | null
  /** Column of what is bought in one place (a store): the mean of the others' drivers there may act too. */
  marketColumn?: string | null
  /** Column of whether it is on sale, 0 or 1, in both frames: what sold on other days is unknown, ahead nothing will. */
  onSale?: string | null
  /**
   * Probabilities of the quantiles, each in (0, 1).
   * @defaultValue `[0.1,0.5,0.9]`
   */
  quantiles?: number[] | Float64Array
  /**
   * Seed of the 2,000 paths. A whole number.
   * @defaultValue `0`
   */
  seed?: number
}

/** How to score forecasts. */
export interface EvaluateParams {
  /**
   * The lag of the seasonal naive forecast that MASE and the interval score are scaled with. A whole number.
   * @defaultValue `1`
   */
  season?: number
  /**
   * Column of the series' names; where a table lacks it, all rows are one series.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the truth.
   * @defaultValue `"y"`
   */
  targetColumn?: string
  /** The model that the others have to beat, a column: they get `fva`. */
  reference?: string | null
}

/** How to sum up series. */
export interface AggregateParams {
  /**
   * What a leaf without a row at a time means for the sums above it.
   * @defaultValue `"missing"`
   */
  gaps?: Gaps
  /**
   * Column of the leaves' names.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of the values.
   * @defaultValue `"y"`
   */
  targetColumn?: string
}

/** How to reconcile. */
export interface ReconcileParams {
  /**
   * The method.
   * @defaultValue `"wls_struct"`
   */
  method?: ReconcileMethod
  /**
   * Whether no leaf may be below zero: those that are get zero and the others are reconciled again until none is.
   * @defaultValue `false`
   */
  nonNegative?: boolean
  /**
   * Column of the nodes' names.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
  /**
   * Column of the times.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
}

/** How forecasts are made to add up. */
export type ReconcileMethod =
  /** Sums of the leaves' forecasts; those of aggregates are not needed. */
  | 'bottom_up'
  /** The forecast of the root, split in the proportions of the leaves' forecasts, or of the averages of `history`. */
  | 'top_down'
  /** Least squares: every node's error counts the same. */
  | 'ols'
  /** Least squares weighted by structure: a node's variance is its number of leaves. */
  | 'wls_struct'
  /** Least squares weighted by the mean squared residual of each node. */
  | 'wls_var'
  /** Minimum trace with the covariance of the residuals, shrunk towards its diagonal. */
  | 'mint_shrink'

/** How to recommend from a table of interactions. */
export interface RecommendFrameParams {
  /**
   * Users to recommend to, in the order of the answer; empty for all, by key. Unknown users get what strangers get.
   * @defaultValue `[]`
   */
  users?: string[]
  /**
   * Items a user at most; at least 1. A whole number.
   * @defaultValue `10`
   */
  k?: number
  /**
   * Column of users: texts or integers.
   * @defaultValue `"user"`
   */
  userColumn?: string
  /**
   * Column of items, in both tables: texts or integers.
   * @defaultValue `"item"`
   */
  itemColumn?: string
  /** Column of ratings, whole numbers 1–5. Without a kind column every row is a rating. */
  valueColumn?: string | null
  /**
   * Column of kinds: `view`, `click`, `cart`, `purchase`, `rating` (needs a value column), `return`.
   * Without it and without a value column every row is a purchase.
   */
  kindColumn?: string | null
  /** Column of days, instants or ISO texts. */
  timeColumn?: string | null
  /** Column of ages in days, in place of a time column. */
  daysAgoColumn?: string | null
  /** The day of the recommendation; rows after it are left out. Default: the latest day of the data. */
  today?: Day | Day
  /**
   * Leaves out what a user rated or bought.
   * @defaultValue `true`
   */
  excludeSeen?: boolean
  /**
   * Most items of one brand a user (column `brand` of the items); 0 for no cap. A whole number.
   * @defaultValue `0`
   */
  maxPerBrand?: number
  /**
   * Attributes wished for by every user, such as `category:serum`.
   * @defaultValue `[]`
   */
  profile?: string[]
  /**
   * How taste, attributes and trend are blended. Without times the trend is left out.
   * @defaultValue `{"shrinkage":200,"content":0.03,"base":0.007,"tasteHalfLifeDays":365,"demandHalfLifeDays":5,"demandFloor":0.0005}`
   */
  scoring?: ScoreParams
}

/**
 * How taste, attributes and trend are blended.
 *
 * The defaults suit a shop that learns as it sells: chosen on the second-last year of a public set of cosmetics
 * reviews, on the last year they find the next liked item among 2,253 in the first ten 42 times of a hundred
 * (a half-life of 7 days: 40; without the trend: 12, on last-liked items). Where time does not matter, set
 * `demand_half_life_days` to 0.
 */
export interface ScoreParams {
  /**
   * Added to the denominator of the cosine, in squared strengths: trusts pairs that few people share less; ≥ 0.
   * @defaultValue `200`
   */
  shrinkage?: number
  /**
   * Weight of the attribute match beside the cosine; ≥ 0.
   * @defaultValue `0.03`
   */
  content?: number
  /**
   * Appeal of an item that nothing is known about; > 0.
   * @defaultValue `0.007`
   */
  base?: number
  /**
   * Days after which an interaction of the person counts half; > 0.
   * @defaultValue `365`
   */
  tasteHalfLifeDays?: number
  /**
   * Days after which demand counts half; 0 leaves the trend out.
   * @defaultValue `5`
   */
  demandHalfLifeDays?: number
  /**
   * Share of the demand of all time that is added to the trend; ≥ 0.
   * @defaultValue `0.0005`
   */
  demandFloor?: number
}

/** What holds for rows whose column is absent or empty. */
export interface PlanPurchasesFrameParams {
  /**
   * Days from order to receipt. A whole number.
   * @defaultValue `7`
   */
  leadTimeDays?: number
  /**
   * Days until the next order can be placed. A whole number.
   * @defaultValue `7`
   */
  reviewDays?: number
  /**
   * Probability with which demand has to be covered, between 0 and 1.
   * @defaultValue `0.95`
   */
  serviceLevel?: number
  /**
   * The least that may be ordered; 0 for no such rule.
   * @defaultValue `0`
   */
  minOrderQty?: number
  /**
   * Orders are multiples of this.
   * @defaultValue `1`
   */
  packSize?: number
  /**
   * Days of life that have to remain when it is sold. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Whether rows that need no order are listed too, with a quantity of 0.
   * @defaultValue `false`
   */
  includeZero?: boolean
  /**
   * An order is capped at the demand of this probability before its shelf life ends.
   * @defaultValue `0.5`
   */
  expiryQuantile?: number
  /**
   * Days of a row of `paths`: 7 where they are weekly.
   * @defaultValue `1`
   */
  periodDays?: number
  /**
   * Column of the SKUs in `paths`.
   * @defaultValue `"unique_id"`
   */
  idColumn?: string
}

/** How to score customers. */
export interface RfmParams {
  /**
   * Column of customers: texts or integers.
   * @defaultValue `"customer"`
   */
  customerColumn?: string
  /**
   * Column of purchase days: days, instants or ISO texts.
   * @defaultValue `"ds"`
   */
  timeColumn?: string
  /**
   * Column of values, in one currency.
   * @defaultValue `"value"`
   */
  valueColumn?: string
  /** The day to look from; rows after it are left out. Default: the latest day of the data. */
  today?: Day | Day
  /**
   * Scores run from 1 to this number, 2–100. A whole number.
   * @defaultValue `5`
   */
  bins?: number
}

/** How to cluster. */
export interface KMeansParams {
  /**
   * Number of clusters, 1 … rows. A whole number.
   * @defaultValue `8`
   */
  k?: number
  /**
   * Seed of the starts. A whole number.
   * @defaultValue `0`
   */
  seed?: number
  /** Column to carry over, which is no feature; every other column has to be numeric. */
  idColumn?: string | null
  /**
   * Most iterations of one start, at least 1. A whole number.
   * @defaultValue `300`
   */
  maxIterations?: number
  /**
   * A start ends when its centres move less than this, above 0.
   * @defaultValue `0.0001`
   */
  tolerance?: number
  /**
   * Starts, of which the tightest is kept; 1–1000. A whole number.
   * @defaultValue `10`
   */
  restarts?: number
  /**
   * Scales every column to mean 0 and standard deviation 1 first.
   * @defaultValue `true`
   */
  standardise?: boolean
}

/** What to read, and how. */
export interface CsvParams {
  /** The text, with a line of column names first. */
  text: string
  /**
   * Columns that have to be numbers: a value that is none is an error naming its line.
   * @defaultValue `[]`
   */
  numbers?: string[]
  /**
   * What separates values: one ASCII character.
   * @defaultValue `","`
   */
  separator?: string
}

/** SKUs. */
export interface SkusParams {
  /** The entries; each replaces the one of its key. */
  skus: Sku[]
}

/** A sellable shade or size of a product. */
export interface Sku {
  /** The key. */
  sku: string
  /**
   * Name of the product.
   * @defaultValue `""`
   */
  product?: string
  /**
   * Brand.
   * @defaultValue `""`
   */
  brand?: string
  /**
   * Category.
   * @defaultValue `""`
   */
  category?: string
  /**
   * Name of the shade.
   * @defaultValue `""`
   */
  shade?: string
  /**
   * Colour of the shade as `#rrggbb`.
   * @defaultValue `""`
   */
  shadeHex?: string
  /**
   * INCI names in the order of the label; empty means not known, and not known is not safe.
   * @defaultValue `[]`
   */
  ingredients?: string[]
  /**
   * Traits such as `finish:matte`, `skin:dry`.
   * @defaultValue `[]`
   */
  attributes?: string[]
  /** Days from production, or else from receipt, to the last good day, for receipts that do not say, 1 … 36,500. A whole number. */
  shelfLifeDays?: number | null
  /** Months it keeps after opening, 1 … 1,200: for testers, and the longest that a use period can be. A whole number. */
  paoMonths?: number | null
  /**
   * Days that must remain on any sale, 0 … 36,500. The largest of this, the channel's, `sell_by_buffer_days` and the
   * use period holds. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Days that must remain at receipt, where more than a sale on the same day asks for; `short_receipt` says what
   * becomes of goods that have fewer. A whole number.
   * @defaultValue `0`
   */
  minReceiptDays?: number
  /**
   * Units it is bought or sold in, beside its base unit.
   * @defaultValue `[]`
   */
  units?: Unit[]
  /**
   * The parts of one unit, where it is a kit that is sold as its parts.
   * @defaultValue `[]`
   */
  kit?: Units[]
  /**
   * Units of each shelf that are never promised. A whole number.
   * @defaultValue `0`
   */
  safetyStock?: number
  /**
   * At or below so many free units a shelf is low. A whole number.
   * @defaultValue `0`
   */
  lowStock?: number
  /**
   * Units of each shelf that may be promised beyond what there is. A whole number.
   * @defaultValue `0`
   */
  backorderLimit?: number
  /** Price to the customer. */
  price?: Money | null
  /** Cost of a unit. */
  cost?: Money | null
  /**
   * The supplier.
   * @defaultValue `""`
   */
  supplier?: string
  /**
   * Least quantity of a purchase line. A whole number.
   * @defaultValue `0`
   */
  minOrderQty?: number
  /**
   * Purchase lines are multiples of this. A whole number.
   * @defaultValue `1`
   */
  packSize?: number
  /** Calendar months instead of `shelf_life_days`, 1 … 1,200. A whole number. */
  shelfLifeMonths?: number | null
  /**
   * Days before the last good day on which a lot is sold for the last time, 0 … 36,500. A whole number.
   * @defaultValue `0`
   */
  sellByBufferDays?: number
  /** Days that a customer needs to use it up, 0 … 36,500; at most the calendar days of `pao_months`. A whole number. */
  usePeriodDays?: number | null
  /**
   * Days that must remain on a sale in a channel, one entry a channel; what the channel's own entry asks for holds too.
   * @defaultValue `[]`
   */
  channels?: ChannelMinimum[]
  /**
   * What becomes of a receipt that keeps too short.
   * @defaultValue `"quarantine"`
   */
  shortReceipt?: ShortReceipt
}

/**
 * A unit that a SKU is bought or sold in, as an exact ratio to its base unit.
 *
 * A case of 12 is 12/1 base units; a decant of a tenth is 1/10, and a line of it must come to whole base units.
 */
export interface Unit {
  /** Its name, such as `case`. */
  unit: string
  /** Base units of `per` of it, 1 … 1,000,000. A whole number. */
  baseUnits: number
  /**
   * How many of it make `base_units`, 1 … 1,000,000. A whole number.
   * @defaultValue `1`
   */
  per?: number
}

/** Units of a SKU. */
export interface Units {
  /** The SKU. */
  sku: string
  /** Whole number of its base unit, at least 1. */
  quantity: number
}

/** An amount in minor units (cents) of a currency. */
export interface Money {
  /** Minor units: 1299 is 12.99. A whole number. */
  minor: number
  /**
   * ISO 4217 code.
   * @defaultValue `"EUR"`
   */
  currency?: string
}

/** What becomes of a receipt that keeps too short. */
export type ShortReceipt =
  /** It is recorded, and the goods go into quarantine. */
  | 'quarantine'
  /** It is refused with `LIFE_TOO_SHORT`: the goods go back. */
  | 'refuse'

/** Suppliers. */
export interface SuppliersParams {
  /** The entries; each replaces the one of its key. */
  suppliers: Supplier[]
}

/** Somebody we buy from. */
export interface Supplier {
  /** The key. */
  supplier: string
  /**
   * Days from purchase to receipt. A whole number.
   * @defaultValue `14`
   */
  leadTimeDays?: number
}

/** Channels. */
export interface ChannelsParams {
  /** The entries; each replaces the one of its key. */
  channels: Channel[]
}

/** Somebody who sells: a web shop, a marketplace, a store. */
export interface Channel {
  /** The key. */
  channel: string
  /**
   * Days that must remain at a sale through it, where more than the SKU asks for. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Units of each shelf that are kept for it: the other channels do not get them.
   * @defaultValue `[]`
   */
  kept?: Units[]
}

/** Locations. */
export interface LocationsParams {
  /** The entries; each replaces the one of its key. */
  locations: Location[]
}

/** A place that holds stock. */
export interface Location {
  /** The key. */
  location: string
  /** Minutes east of UTC at which its business day begins, −840 … 840; by default the shop's. A whole number. */
  utcOffsetMinutes?: number | null
}

/**
 * Holds stock for a basket until a deadline. The hold's id is the command's id.
 *
 * Lines of one SKU, and the parts of kits, sum their demand. All is held or nothing, unless `up_to` says otherwise.
 */
export interface Reserve {
  /** Idempotency key; also the id of the hold. */
  id: string
  /** What to hold: all of it or nothing. */
  lines: Lines
  /** Where. */
  location: string
  /**
   * Seconds until the hold falls, 1 … 31,536,000. A whole number.
   * @defaultValue `900`
   */
  ttlSeconds?: number
  /**
   * Holds what there is of each line, at most its quantity, and at least one unit in all.
   * @defaultValue `false`
   */
  upTo?: boolean
  /** The channel that sells: its own minimum of remaining days and what is kept for the others count. */
  channel?: string | null
  /**
   * Days that must remain, where more than the SKU and the channel ask for, 0 … 36,500. A whole number.
   * @defaultValue `0`
   */
  minRemainingDays?: number
  /**
   * Which lots are taken first.
   * @defaultValue `"fefo"`
   */
  strategy?: Strategy
}

/** A line of a basket, a sale or a purchase. */
export interface Line {
  /** The SKU; a kit stands for its parts. */
  sku: string
  /** Whole number of `unit`, at least 1. */
  quantity: number
  /** A unit of the SKU's entry such as `case`; by default its base unit. */
  unit?: string | null
  /** Only this lot: what a scanner read. */
  lot?: string | null
  /** Another location than that of the basket. */
  location?: string | null
}

/** A hold that was made. */
export interface Held {
  /** The hold's id: that of the command. */
  id: string
  /** What is held, one line a SKU. */
  lines: Units[]
  /** What of it is promised beyond the books, one line a SKU. */
  backordered: Units[]
  /** Where. */
  location: string
  /** When it falls. */
  expiresAt: string
}

/** Turns a hold into a shipment. */
export interface Commit {
  /** Idempotency key. */
  id: string
  /** The hold's id. */
  hold: string
  /**
   * Ships only this part; the rest stays held. By default all that is held.
   * @defaultValue `[]`
   */
  lines?: Lines
  /** Who bought; goes into the people stream only. */
  subject?: string | null
}

/** A hold that was shipped. */
export interface Shipped {
  /** The command's id. */
  id: string
  /** The hold. */
  hold: string
  /** The lots that left, first expired first out. */
  lots: Taken[]
}

/** Units of one lot. */
export interface Taken {
  /** The SKU. */
  sku: string
  /** The lot; empty where goods carry none. */
  lot: string
  /** Units. */
  quantity: number
  /** Last good day of the lot. */
  expiresOn: string | string | null
}

/** Gives a hold back. */
export interface Release {
  /** Idempotency key. */
  id: string
  /** The hold's id. */
  hold: string
  /**
   * Gives back only this part. By default all that is held.
   * @defaultValue `[]`
   */
  lines?: Lines
}

/** A hold that was given back. */
export interface Released {
  /** The command's id. */
  id: string
  /** The hold. */
  hold: string
}

/** Moves stock from one location to another. */
export interface Move {
  /** Idempotency key; `arrive` names it. */
  id: string
  /** The SKU. */
  sku: string
  /** Whole number of `unit`, at least 1. */
  quantity: number
  /** Where it leaves. */
  from: string
  /** Where it arrives. */
  to: string
  /** A unit of the SKU's entry; by default its base unit. */
  unit?: string | null
  /** Only this lot; by default sellable lots, first expired first out. */
  lot?: string | null
  /**
   * Which units: free ones by default; expired, quarantined or damaged ones can be moved too.
   * @defaultValue `"available"`
   */
  condition?: Condition
  /**
   * Whether it is on its way until `arrive` says that it is there.
   * @defaultValue `false`
   */
  inTransit?: boolean
}

/** The condition of units at a location. */
export type Condition =
  /** Free: may be promised while its lot may be sold. */
  | 'available'
  /** Promised to a hold. */
  | 'held'
  /** Blocked: suspected, recalled, being examined. */
  | 'quarantined'
  /** Damaged. */
  | 'damaged'
  /** Past its last good day. */
  | 'expired'
  /** On its way to the location. */
  | 'in_transit'
  /** Opened for trying. */
  | 'tester'

/** Units whose account changed. */
export interface Moved {
  /** The command's id. */
  id: string
  /** The lots. */
  lots: Taken[]
}

/** Says that goods of a move arrived. */
export interface Arrive {
  /** Idempotency key. */
  id: string
  /** The id of the move that sent them. */
  transfer: string
  /** Units that arrived, at least 1; by default all that are still on their way. */
  quantity?: number | null
}

/** Gives units another condition: into quarantine and out of it, damaged, expired, back to free. */
export interface Reclassify {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /**
   * The lot; empty where goods carry none.
   * @defaultValue `""`
   */
  lot?: string
  /** Where. */
  location: string
  /** Units, at least 1. */
  quantity: number
  /**
   * The condition they have.
   * @defaultValue `"available"`
   */
  from?: Condition
  /** The condition they get. */
  to: Condition
  /**
   * Why, as a word of the shop's own list; at most 64 bytes, no free text.
   * @defaultValue `""`
   */
  reason?: string
}

/** Takes units off the books: scrapped, destroyed, given away. */
export interface WriteOff {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /**
   * The lot; empty where goods carry none.
   * @defaultValue `""`
   */
  lot?: string
  /** Where. */
  location: string
  /** Units, at least 1. */
  quantity: number
  /**
   * Which units, in any condition.
   * @defaultValue `"available"`
   */
  condition?: Condition
  /**
   * Why, as a word of the shop's own list; at most 64 bytes, no free text.
   * @defaultValue `""`
   */
  reason?: string
}

/** Opens units as testers: their period after opening begins. */
export interface OpenTester {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /** The lot; by default the sellable one that expires first. */
  lot?: string | null
  /** Where. */
  location: string
  /**
   * Units, at least 1.
   * @defaultValue `1`
   */
  quantity?: number
}

/** Makes units of a kit from its parts: the kit's lot expires with the first of them. */
export interface Assemble {
  /** Idempotency key. */
  id: string
  /** The SKU that is made. */
  sku: string
  /**
   * The lot that it becomes; empty where it carries none.
   * @defaultValue `""`
   */
  lot?: string
  /** Units that are made, at least 1. */
  quantity: number
  /** Where. */
  location: string
  /** The parts of one unit. */
  parts: Units[]
}

/** Closes the books up to a day: later facts about those days are booked on the day after. */
export interface Freeze {
  /** Idempotency key. */
  id: string
  /** The last day that is closed; it lies before today and not before the one that is closed already. */
  until: Day
}

/** What needs no more than a yes: a purchase that receipts may name, books that were closed. */
export interface Entered {
  /** The command's id. */
  id: string
}

/** Orders from a supplier: the quantity is incoming until receipts name this purchase. */
export interface Purchase {
  /** Idempotency key; receipts name it. */
  id: string
  /** The supplier. */
  supplier: string
  /** What is ordered. */
  lines: Lines
  /** Where it shall arrive. */
  location: string
  /** The day that the supplier promised. */
  expectedOn?: Day | Day
  /**
   * Percent of a line that may be missing for it to count as done, 0 … 100. A whole number.
   * @defaultValue `0`
   */
  underPercent?: number
  /**
   * Percent of a line that may come beyond it, 0 … 100; what is more is flagged as `over`. A whole number.
   * @defaultValue `0`
   */
  overPercent?: number
}

/** Goods of one lot arrived. */
export interface Receive {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /** Units that arrived, at least 1, in `unit`. */
  quantity: number
  /** Where. */
  location: string
  /**
   * The maker's lot; empty where goods carry none.
   * @defaultValue `""`
   */
  lot?: string
  /**
   * Last good day as it is printed, `2027-06-30`, or `2027-06` for the last day of that month; by default the
   * catalogue's shelf life from production or else from receipt, or never.
   */
  expiresOn?: Day | Day
  /** Day of production, not after the receipt. */
  producedOn?: Day | Day
  /** The supplier's own key of the lot. */
  supplierLot?: string | null
  /** A unit of the SKU's entry such as `case`; by default its base unit. */
  unit?: string | null
  /**
   * Into which condition; what keeps too short for a receipt goes into quarantine.
   * @defaultValue `"available"`
   */
  condition?: Condition
  /** The business day on which it happened, where that is not today. */
  occurredOn?: Day | Day
  /** The purchase that this receipt fulfils. */
  purchase?: string | null
  /** What one unit cost. */
  unitCost?: Money | null
}

/** A fact that was recorded. */
export interface Recorded {
  /** The fact's id. */
  id: string
  /** False while it waits for the catalogue to know its SKUs. */
  resolved: boolean
  /** The lots that a sale took. */
  lots: Taken[]
  /** What a sale took beyond the books. */
  missing: Units[]
  /** The business day on which it is booked, where it moved units: a late fact's own day, or the first open one. */
  bookedOn: string | string | null
}

/** Goods went over a till: recorded also where the books say there are none. */
export interface Sale {
  /** Idempotency key. */
  id: string
  /** What was sold. */
  lines: Lines
  /** Where. */
  location: string
  /** Who bought; goes into the people stream only. */
  subject?: string | null
  /** The business day on which it happened, where that is not today. */
  occurredOn?: Day | Day
}

/** A customer brought goods back. */
export interface Return {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /** Units that came back, at least 1. */
  quantity: number
  /** Where. */
  location: string
  /**
   * The lot, where it is known.
   * @defaultValue `""`
   */
  lot?: string
  /**
   * Why, as a word of the shop's own list, e.g. `irritation`, `wrong_shade`; at most 64 bytes, no free text.
   * @defaultValue `""`
   */
  reason?: string
  /**
   * Whether the goods may be sold again; else they go into quarantine.
   * @defaultValue `false`
   */
  resellable?: boolean
  /** Who; goes into the people stream only. */
  subject?: string | null
  /** The order or hold that they belonged to: the trace of both is joined. */
  order?: string | null
  /** The business day on which it happened, where that is not today. */
  occurredOn?: Day | Day
}

/** Somebody counted a shelf. */
export interface Count {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** Units found, at least 0. */
  quantity: number
  /** Only this lot was counted; else all lots together. */
  lot?: string | null
  /**
   * What was counted: by default good units, held ones included.
   * @defaultValue `"available"`
   */
  condition?: Condition
  /** The business day on which it happened, where that is not today. */
  occurredOn?: Day | Day
}

/** A lot must not be sold any more, anywhere. */
export interface Recall {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
}

/** A person looked at, clicked or carted a SKU. */
export interface Interest {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /** The SKU. */
  sku: string
}

/** A person rated a SKU. */
export interface Rating {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /** The SKU. */
  sku: string
  /** 1 (bad) to 5 (good). A whole number. */
  value: number
}

/** A person reviewed a SKU. */
export interface Review {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /** The SKU. */
  sku: string
  /** The text. */
  text: string
  /** 1 (bad) to 5 (good), where stars were given. A whole number. */
  value?: number | null
}

/** A person answered a poll. */
export interface Answer {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /** The poll. */
  poll: string
  /** The answer. */
  answer: string
  /** The SKU that the poll was about. */
  sku?: string | null
}

/** Somebody complained. `not_available` is a stock fact and enters that stream without its subject. */
export interface Complaint {
  /** Idempotency key. */
  id: string
  /** The SKU. */
  sku: string
  /**
   * What about.
   * @defaultValue `"not_available"`
   */
  kind?: ComplaintKind
  /** Where; everywhere if not given. */
  location?: string | null
  /** Who; goes into the people stream only. */
  subject?: string | null
  /**
   * In their own words.
   * @defaultValue `""`
   */
  text?: string
}

/** What a complaint is about. */
export type ComplaintKind =
  /** Shown as available, but it was not. */
  | 'not_available'
  /** Damaged or leaking. */
  | 'damaged'
  /** It irritated the skin. */
  | 'irritation'
  /** The shade was not as shown. */
  | 'wrong_shade'
  /** Anything else. */
  | 'other'

/** A person's own rules and traits; the newest wins as a whole. */
export interface Profile {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /**
   * Ingredients that this person must never be shown: a hard rule.
   * @defaultValue `[]`
   */
  avoid?: string[]
  /**
   * Traits such as `skin:dry`, matched with the attributes of SKUs.
   * @defaultValue `[]`
   */
  attributes?: string[]
}

/** A person gave or withdrew consent to a purpose. */
export interface Consent {
  /** Idempotency key. */
  id: string
  /** Who. */
  subject: string
  /**
   * To what.
   * @defaultValue `"personalisation"`
   */
  purpose?: Purpose
  /** Given (true) or withdrawn (false). */
  granted: boolean
}

/** A purpose of processing. */
export type Purpose =
  /** Learning this person's taste and recommending by it. */
  | 'personalisation'
  /** Counting what this person does, says and rates, per SKU and day. */
  | 'analytics'
  /** Having this person in segments of those who bought. */
  | 'marketing'

/** Any command. */
export interface SubmitParams {
  /** The command. */
  command: Command
}

/** A wish that may be refused. */
export type Command =
  /** Holds stock for a basket until a deadline. */
  | ({ type: 'reserve' } & Reserve)
  /** Turns a hold into a shipment. */
  | ({ type: 'commit' } & Commit)
  /** Gives a hold back. */
  | ({ type: 'release' } & Release)
  /** Moves stock between locations. */
  | ({ type: 'move' } & Move)
  /** Says that goods of a move arrived. */
  | ({ type: 'arrive' } & Arrive)
  /** Orders from a supplier. */
  | ({ type: 'purchase' } & Purchase)
  /** Gives units another condition. */
  | ({ type: 'reclassify' } & Reclassify)
  /** Takes units off the books. */
  | ({ type: 'write_off' } & WriteOff)
  /** Opens testers. */
  | ({ type: 'open_tester' } & OpenTester)
  /** Makes a kit from its parts. */
  | ({ type: 'assemble' } & Assemble)
  /** Closes the books up to a day. */
  | ({ type: 'freeze' } & Freeze)

/** Many commands. */
export interface SubmitManyParams {
  /** The commands, decided in order. */
  commands: Command[]
}

/** What one command of many was answered. */
export interface Decided {
  /** The command's id. */
  id: string
  /** Whether it was done. */
  accepted: boolean
  /** Why not, as a code. */
  code: string | null
  /** Why not, in words. */
  message: string | null
}

/** Any fact. */
export interface RecordParams {
  /** The fact. */
  fact: Fact
}

/** Something that happened. */
export type Fact =
  /** Goods of one lot arrived. */
  | ({ type: 'receive' } & Receive)
  /** Goods went over a till. */
  | ({ type: 'sale' } & Sale)
  /** A customer brought goods back. */
  | ({ type: 'return' } & Return)
  /** Somebody counted a shelf. */
  | ({ type: 'count' } & Count)
  /** A lot must not be sold any more. */
  | ({ type: 'recall' } & Recall)
  /** A person looked at a SKU. */
  | ({ type: 'view' } & Interest)
  /** A person clicked a SKU. */
  | ({ type: 'click' } & Interest)
  /** A person put a SKU into the cart. */
  | ({ type: 'cart' } & Interest)
  /** A person rated a SKU. */
  | ({ type: 'rating' } & Rating)
  /** A person reviewed a SKU. */
  | ({ type: 'review' } & Review)
  /** A person answered a poll. */
  | ({ type: 'answer' } & Answer)
  /** Somebody complained. */
  | ({ type: 'complaint' } & Complaint)
  /** A person's own rules and traits. */
  | ({ type: 'profile' } & Profile)
  /** A person gave or withdrew consent. */
  | ({ type: 'consent' } & Consent)

/** Many facts. */
export interface RecordManyParams {
  /** The facts, recorded in order. */
  facts: Fact[]
}

/** A frame of inputs. */
export interface BatchParams {
  /** The name of a command or fact: `reserve`, `commit`, `release`, `sale`, `receive`, `return`, `count`, `move` … */
  kind: string
}

/** What time brought about. */
export interface Advanced {
  /** The latest instant that the engine knows. */
  now: string
  /** Holds that fell. */
  holdsExpired: string[]
  /** Lots whose last good day passed. */
  lotsExpired: ExpiredLot[]
}

/** A lot whose last good day passed. */
export interface ExpiredLot {
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
  /**
   * Where good units of it were left. A lot is told at the midnight of each of these locations, and once more at
   * the last midnight of all.
   */
  locations: string[]
}

/** A person. */
export interface SubjectParams {
  /** The person. */
  subject: string
}

/** One event of a person. */
export interface Exported {
  /** When. */
  at: string
  /** What, as `{"type": …}`. */
  event: unknown
}

/** How long what people did is kept, by purpose. */
export interface RetainParams {
  /** Days for personal picks: views, clicks, carts, purchases, returns, ratings, reviews. Not given: for ever. A whole number. */
  personalisationDays?: number | null
  /** Days for counts per SKU: the same, and answers and complaints. Not given: for ever. A whole number. */
  analyticsDays?: number | null
  /** Days for segments of people: purchases. Not given: for ever. A whole number. */
  marketingDays?: number | null
}

/** What a retention did. */
export interface Retained {
  /** Events of people that were dropped. A whole number. */
  dropped: number
  /** Purchases that only marketing keeps: of them day and worth remain, for segments. A whole number. */
  reduced: number
}

/** Where to copy the journal. */
export interface BackupParams {
  /** An empty folder, made where there is none. */
  folder: string
  /**
   * Copies the keys of people too. Without them nobody's events can be read from the copy; with them it is as
   * secret as the journal, and who is erased later has to be erased there too.
   * @defaultValue `false`
   */
  withKeys?: boolean
}

/** What was copied. */
export interface Copied {
  /** Events in the copy. A whole number. */
  sequence: number
  /** Chain hash over all of them, in hexadecimal. */
  digest: string
}

/** Which stock to show. */
export interface StockParams {
  /** Only this SKU. */
  sku?: string | null
  /** Only this location. */
  location?: string | null
  /** As it was recorded at this instant; holds and expiry are those of then. */
  asOf?: Instant | Instant
  /** As it was at the end of this business day, late facts included. */
  asOfDay?: Day | Day
}

/** One lot on one shelf. */
export interface StockRow {
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** The lot; empty where goods carry none. */
  lot: string
  /** Last good day. */
  expiresOn: string | string | null
  /** Days from today to the last good day; negative once passed. A whole number. */
  daysLeft: number | null
  /** Units there, in any condition. A whole number. */
  onHand: number
  /** Free units of a lot that may be sold; below zero where more was sold than the books held. A whole number. */
  available: number
  /** Units under holds. A whole number. */
  held: number
  /** Units in quarantine. A whole number. */
  quarantined: number
  /** Damaged units. A whole number. */
  damaged: number
  /** Expired units, and free ones that keep too short to be sold. A whole number. */
  expired: number
  /** Units on their way to the location. A whole number. */
  inTransit: number
  /** Opened units. A whole number. */
  tester: number
  /** Whether the lot was recalled. */
  recalled: boolean
}

/** Which stock to sum up. */
export interface AvailabilityParams {
  /** The SKU. */
  sku: string
  /** Only this location; else all. */
  location?: string | null
  /** Through this channel: its own minimum of remaining days and what is kept for the others count. */
  channel?: string | null
}

/** What may be promised of a SKU. */
export interface Availability {
  /** The SKU. */
  sku: string
  /** Units in any condition. A whole number. */
  onHand: number
  /** Units that may be sold, before holds. A whole number. */
  sellable: number
  /** Units under holds. A whole number. */
  held: number
  /** Units promised beyond the books. A whole number. */
  backordered: number
  /** Units that are never promised. A whole number. */
  safetyStock: number
  /** Units ordered and not yet received, and units on their way. A whole number. */
  incoming: number
  /** Units that may be promised now. A whole number. */
  availableToPromise: number
  /** What may be promised from each day on which a purchase with a promised day comes in. */
  promise: Promised[]
  /** Belief that the shelf is empty in truth, 0–1; over several shelves weighted by their units. */
  pPhantom: number
}

/** What may be promised from a day on. */
export interface Promised {
  /** The day. */
  day: string
  /** Units that may be promised from then on, where the purchases come as promised and nothing else happens. A whole number. */
  availableToPromise: number
}

/** Which lots to show. */
export interface ExpiringParams {
  /**
   * Lots with at most this many days left, 0 … 36,500. A whole number.
   * @defaultValue `90`
   */
  withinDays?: number
  /** Only this location. */
  location?: string | null
}

/** What to show of the expiry calendar. */
export interface ExpiryCalendarParams {
  /**
   * Days ahead to sum up, each 0 … 36,500: the shortest that a lot falls in is its alert.
   * @defaultValue `[30,60,90]`
   */
  horizonsDays?: number[] | Float64Array
  /** Only lots with at most this many days left, 0 … 36,500; else all that expire. A whole number. */
  withinDays?: number | null
  /** Only this SKU. */
  sku?: string | null
  /** Only this location. */
  location?: string | null
}

/** Which demand to show. */
export interface DemandParams {
  /** The SKU. */
  sku: string
  /** The location; else all together. */
  location?: string | null
  /**
   * How days are summed up.
   * @defaultValue `"day"`
   */
  period?: Period
}

/** How days are summed up. */
export type Period =
  /** Not at all. */
  | 'day'
  /** From Monday to Sunday (ISO 8601). */
  | 'week'
  /** By calendar month. */
  | 'month'

/** The demand of a day, a week or a month. */
export interface DemandRow {
  /** The first day: of a week its Monday, of a month its first. */
  ds: string
  /** Units sold, bulk orders aside: what the forecast is fed with. Returns are not taken off. A whole number. */
  y: number
  /** Units sold, bulk orders among them. A whole number. */
  units: number
  /** Units of these that were sold as parts of kits. A whole number. */
  inKits: number
  /** Units that came back, on the day of their return. A whole number. */
  returned: number
  /**
   * Units of bulk orders: of at least 10 units and over ten times the shelf's usual order (the median, tracked), once 20 orders
   * have told that. A whole number.
   */
  bulk: number
  /** Share of the expected demand that fell into hours with stock, 0–1, belief in phantom stock included. */
  inStock: number
  /** Days that are summed up: fewer than the period has where the series begins or ends within it. A whole number. */
  days: number
}

/** A purchase line with units still to come. */
export interface OpenPurchaseRow {
  /** The purchase. */
  purchase: string
  /** The supplier. */
  supplier: string
  /** The SKU. */
  sku: string
  /** Where it shall arrive. */
  location: string
  /** Units still to come. A whole number. */
  quantity: number
  /** Units ordered. A whole number. */
  ordered: number
  /** Units received. A whole number. */
  received: number
  /** Units received beyond what was ordered and tolerated. A whole number. */
  over: number
  /** When it shall arrive. */
  expectedOn: string | string | null
}

/** Which hold to show. */
export interface HoldParams {
  /** The hold. */
  hold: string
}

/** A hold and what it has now. */
export interface HoldRow {
  /** The hold. */
  hold: string
  /** What became of it. */
  state: HoldState
  /** When it falls, or would have fallen. */
  expiresAt: string
  /** What it has now. */
  lots: HeldLot[]
}

/** What became of a hold. */
export type HoldState =
  /** Its units are held. */
  | 'live'
  /** It was shipped. */
  | 'committed'
  /** It was given back. */
  | 'released'
  /** Its deadline passed. */
  | 'expired'
  /** All its units were lost to it: their lots were blocked and nothing could stand in. */
  | 'lost'

/** Units of a lot that a hold has. */
export interface HeldLot {
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** The lot; none for units that are promised beyond the books. */
  lot: string | null
  /** Units. A whole number. */
  quantity: number
  /** Last good day of the lot. */
  expiresOn: string | string | null
}

/** Which lot to trace. */
export interface TraceLotParams {
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
}

/** Everything about one lot. */
export interface LotTrace {
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
  /** The supplier's own key. */
  supplierLot: string | null
  /** Day of production. */
  producedOn: string | string | null
  /** Last good day. */
  expiresOn: string | string | null
  /** Day of the first receipt. */
  receivedOn: string | string | null
  /** Whether it was recalled. */
  recalled: boolean
  /** Where it is now. */
  stock: StockRow[]
  /** Live holds that have units of it. */
  holds: string[]
  /** Orders that were shipped or sold with it. */
  orders: string[]
  /** Every movement, the oldest first. */
  movements: TraceRow[]
}

/** One movement of a trace. */
export interface TraceRow {
  /** When it was recorded. */
  at: string
  /** The business day that it belongs to. */
  day: string
  /** Why. */
  kind: EntryKind
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
  /** Units. A whole number. */
  quantity: number
  /** Where they left: a location, or `supplier`, `customer`, `scrap`, `count_difference`, `assembly`. */
  fromAccount: string
  /** In which condition they left; none outside. */
  fromCondition: Condition | null
  /** Where they went. */
  toAccount: string
  /** In which condition they arrived; none outside. */
  toCondition: Condition | null
  /** The id of the input that moved them; none for what time brought about. */
  id: string | null
  /** The hold, order or transfer that it concerns, where that is another id. */
  order: string | null
}

/** Why units moved. */
export type EntryKind =
  /** They arrived from a supplier. */
  | 'received'
  /** They were promised to a hold. */
  | 'held'
  /** They were shipped. */
  | 'committed'
  /** A hold was given back. */
  | 'released'
  /** A hold fell. */
  | 'hold_expired'
  /** A hold got other lots, or lost units. */
  | 'reallocated'
  /** They were sold over a till. */
  | 'sold'
  /** They were sold over a till beyond what the books held. */
  | 'oversold'
  /** A customer brought them back. */
  | 'returned'
  /** They moved. */
  | 'moved'
  /** They arrived from another location. */
  | 'arrived'
  /** A count found or missed them. */
  | 'counted'
  /** They got another condition. */
  | 'reclassified'
  /** They were scrapped. */
  | 'written_off'
  /** They were opened as testers. */
  | 'tester_opened'
  /** Their lot was recalled. */
  | 'recalled'
  /** Their lot's last good day passed. */
  | 'lot_expired'
  /** A kit was made. */
  | 'assembled'

/** Which order to trace. */
export interface TraceOrderParams {
  /** The id of a hold, sale, return, transfer or of any other input that moved units. */
  order: string
}

/** Everything about one order. */
export interface OrderTrace {
  /** The id. */
  order: string
  /** Units of each lot that went to the customer and did not come back. */
  lots: Taken[]
  /** Every movement, the oldest first. */
  movements: TraceRow[]
}

/** From where on to follow the stock. */
export interface ChangesParams {
  /**
   * The cursor of the last answer; 0 from the beginning. A whole number.
   * @defaultValue `0`
   */
  since?: number
  /**
   * Most touches of a shelf to look at, 1 … 1,000,000. A whole number.
   * @defaultValue `10000`
   */
  limit?: number
}

/** Shelves that changed, and from where to go on. */
export interface Changes {
  /** What to ask for next. A whole number. */
  cursor: number
  /** Whether there is more already. */
  more: boolean
  /** Each shelf once, by SKU and location. */
  rows: ChangeRow[]
}

/** A shelf that changed, as it is now. */
export interface ChangeRow {
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** Units in any condition. A whole number. */
  onHand: number
  /** Units under holds. A whole number. */
  held: number
  /** Units that may be promised. A whole number. */
  availableToPromise: number
  /** How many free units that is, in a word. */
  level: StockLevel
}

/** How many free units a shelf has, as alerts tell it. */
export type StockLevel =
  /** More was sold than the books held. */
  | 'negative'
  /** Nothing free. */
  | 'stock_out'
  /** At or below the SKU's `low_stock`. */
  | 'low_stock'
  /** More than that. */
  | 'in_stock'

/** Which alerts to show. */
export interface AlertsParams {
  /**
   * The cursor of the last answer; 0 from the beginning. A whole number.
   * @defaultValue `0`
   */
  since?: number
  /** Only this location. */
  location?: string | null
}

/** A shelf came to another level. */
export interface AlertRow {
  /** What to ask for next, so that this alert does not come again. A whole number. */
  cursor: number
  /** When. */
  at: string
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** Its new level. */
  level: StockLevel
  /** Its free units then, less what is owed. A whole number. */
  free: number
}

/** What to value. */
export interface StockValueParams {
  /** As of the end of this business day; today by default, the latest that it is at any location. */
  asOfDay?: Day | Day
  /**
   * How.
   * @defaultValue `"fifo"`
   */
  method?: CostMethod
  /** Only this SKU. */
  sku?: string | null
}

/** How units are valued. */
export type CostMethod =
  /** Each lot at the costs of its own receipts, the oldest leaving first. */
  | 'fifo'
  /** Each SKU at the moving average of its receipts. */
  | 'average'
  /** Each SKU at the catalogue's cost. */
  | 'standard'

/** What the stock of a SKU was worth. */
export interface StockValueRow {
  /** The SKU. */
  sku: string
  /** Units owned, those on their way between locations included. A whole number. */
  units: number
  /** Their worth. */
  value: Money
  /** Units of no known cost: they count as worth nothing. A whole number. */
  unvalued: number
}

/** What to propose for counting. */
export interface CycleCountParams {
  /** Only this location. */
  location?: string | null
  /**
   * Most shelves, 1 … 10,000. A whole number.
   * @defaultValue `20`
   */
  n?: number
}

/** A shelf to count. Counts are blind: what the books say is not shown. */
export interface CycleCountRow {
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** The business day of its last count. */
  countedOn: string | string | null
  /** `negative`, `phantom` or `due`. */
  reason: string
}

/** Opened units. */
export interface TesterRow {
  /** The SKU. */
  sku: string
  /** Where. */
  location: string
  /** The lot. */
  lot: string
  /** Units. A whole number. */
  quantity: number
  /** When they were opened. */
  openedOn: string
  /** Their last good day. */
  goodUntil: string | string | null
  /** Days from today to that day; negative once passed. A whole number. */
  daysLeft: number | null
}

/** Goods on their way between locations. */
export interface TransferRow {
  /** The move that sent them. */
  transfer: string
  /** Where they go. */
  to: string
  /** The SKU. */
  sku: string
  /** The lot. */
  lot: string
  /** Units still on their way. A whole number. */
  quantity: number
}

/** Which signals to show. */
export interface SignalsParams {
  /** Only this SKU. */
  sku?: string | null
  /** Only from this day on. */
  from?: Day | Day
  /**
   * Signals of people are shown from this number on, at least 1. A whole number.
   * @defaultValue `5`
   */
  minN?: number
}

/** A signal of a SKU on a day. */
export interface SignalRow {
  /** The SKU. */
  sku: string
  /** The day. */
  ds: string
  /** What is counted. */
  kind: SignalKind
  /** How many. A whole number. */
  n: number
  /** Sum of their values, for ratings and reviews. A whole number. */
  sum: number
}

/** What a signal counts. */
export type SignalKind =
  /** Views of a SKU. */
  | 'view'
  /** Clicks on a SKU. */
  | 'click'
  /** Additions to a cart. */
  | 'cart'
  /** Purchases by known persons; the sum is of their units. */
  | 'purchase'
  /** Ratings; the sum is of their values 1–5. */
  | 'rating'
  /** Reviews; the sum is of their stars, where given. */
  | 'review'
  /** Answers to polls about the SKU. */
  | 'answer'
  /** Units brought back. */
  | 'return'
  /** "Shown as available but was not." */
  | 'not_available'
  /** Complaints about damage. */
  | 'damaged'
  /** Complaints about irritated skin. */
  | 'irritation'
  /** Complaints about a wrong shade. */
  | 'wrong_shade'
  /** Other complaints. */
  | 'other_complaint'

/** For whom to recommend what. */
export interface RecommendParams {
  /** The person; a stranger where nobody knows them. */
  subject: string
  /**
   * How many picks at most, 1 … 1,000. A whole number.
   * @defaultValue `10`
   */
  k?: number
  /** Only what can be had at this location; else anywhere. */
  location?: string | null
  /**
   * Leaves out what the person bought or rated.
   * @defaultValue `true`
   */
  excludeSeen?: boolean
  /**
   * Fills `reasons` and `why`.
   * @defaultValue `true`
   */
  explain?: boolean
  /**
   * Most picks of one brand; 0 for no limit. A whole number.
   * @defaultValue `0`
   */
  maxPerBrand?: number
}

/** One recommended item. */
export interface SkuPick {
  /** The item's external key. */
  sku: string
  /** Appeal × trend × availability; comparable within one answer only. */
  score: number
  /** Why, part by part; empty unless asked for. */
  reasons: Reason[]
  /** The reasons as one sentence; empty unless asked for. */
  why: string
}

/** One reason for a pick. */
export interface Reason {
  /** What it rests on. */
  kind: ReasonKind
  /** The reason in words. */
  because: string
  /** How much it weighs, by kind. */
  weight: number
}

/** What a reason rests on. */
export type ReasonKind =
  /** An item of the person's history; weight = its part of the affinity. */
  | 'history'
  /** People who chose both; weight = the cosine. */
  | 'together'
  /** An attribute shared with what the person likes or wishes; weight = its part of the affinity. */
  | 'content'
  /** Recent demand; weight = demand relative to the most wanted item. */
  | 'trend'
  /** Demand of all time; weight = demand relative to the most wanted item. */
  | 'popular'

/** For whom to say what is withheld. */
export interface WithheldParams {
  /** The person. */
  subject: string
  /** Only what can be had at this location; else anywhere. */
  location?: string | null
}

/** A SKU that a person is not shown. */
export interface WithheldRow {
  /** The SKU. */
  sku: string
  /** `out_of_stock`, `expired`, `recalled` or `hard_rule`. */
  reason: string
  /** The reason in words. */
  why: string
}

/** What to propose. */
export interface PlanPurchasesParams {
  /**
   * Days between two purchases, 1 … 365: an order has to last for the lead time and these. A whole number.
   * @defaultValue `28`
   */
  reviewDays?: number
  /**
   * Share of cycles without a stock-out that is aimed at, in (0, 1).
   * @defaultValue `0.95`
   */
  serviceLevel?: number
  /** Only this location. */
  location?: string | null
  /**
   * Shows also what needs nothing.
   * @defaultValue `false`
   */
  includeZero?: boolean
}

/** A proposal to buy, with its reasons and risks. */
export interface Proposal {
  /** The supplier's key. */
  supplier: string
  /** The SKU's key. */
  sku: string
  /** The location's key. */
  location: string
  /** Base units to order. */
  quantity: number
  /** Base units missing to the order-up-to level. */
  need: number
  /** The level to order up to: demand over lead time and review period at the service level. */
  orderUpTo: number
  /** Expected demand over lead time and review period. */
  expectedDemand: number
  /** Days that stock and order together last at the expected demand; absent where nothing is expected to sell. */
  coverDays: number | null
  /** Probability that demand over lead time and review period exceeds stock and order together. */
  riskStockout: number
  /** Probability that part of the order is unsold when its shelf life ends; 0 where it does not expire. */
  riskExpiry: number
  /** Cost of the order in minor units, where the unit cost is known. A whole number. */
  costMinor: number | null
  /** The rule that made the quantity differ from the need. */
  bindingRule: BindingRule
  /** The reasons in one sentence. */
  why: string
}

/** The rule that made the order differ from the need. */
export type BindingRule =
  /** None: the order is the need. */
  | 'none'
  /** Raised to the supplier's minimum. */
  | 'min_order'
  /** Rounded up to whole packs. */
  | 'pack'
  /** Cut to the supplier's maximum. */
  | 'max_order'
  /** Cut to what sells before its shelf life ends. */
  | 'shelf_life'

/** What to forecast. */
export interface ForecastParams {
  /**
   * Days to forecast, 1 … 730. A whole number.
   * @defaultValue `28`
   */
  h?: number
  /**
   * Levels of the intervals in percent.
   * @defaultValue `[80]`
   */
  level?: number[] | Float64Array
  /** Only this SKU. */
  sku?: string | null
  /** Only this location. */
  location?: string | null
}

/** How to segment people. */
export interface SegmentsParams {
  /**
   * Scores per dimension, 2 … 10. A whole number.
   * @defaultValue `5`
   */
  bins?: number
}

/** Where the journal stands. */
export interface Position {
  /** Events so far. A whole number. */
  sequence: number
  /**
   * Chain hash over all of them, in hexadecimal: equal digests have equal histories. Every journal begins
   * with a random id of its own, so two journals fed alike differ.
   */
  digest: string
  /** The latest instant that the engine knows. */
  now: string
}

/** How an engine is opened. */
export interface Options {
  /**
   * Minutes east of UTC at which the business day begins, −840 … 840. It is kept in the journal: not given, it
   * stays what it was, and 0 at first. A whole number.
   */
  utcOffsetMinutes?: number | null
  /**
   * Whether a fact about an unknown SKU enters that SKU into the catalogue instead of waiting for it.
   * @defaultValue `false`
   */
  openCatalog?: boolean
  /**
   * When an answer is given: `sync`, once it survives a power cut; `group`, where inputs wait for each other to share
   * one flush; `os`, once it survives the end of the process.
   * @defaultValue `"sync"`
   */
  durability?: Durability
}

/** When an answer is given. Every mode but `os` answers only what is durable. */
export type Durability =
  /** Once it survives a power cut. */
  | 'sync'
  /** Once it survives a power cut, but the writer waits for more inputs to share one flush. */
  | { group: { maxDelayMs: number } }
  /** Once it survives the end of the process, not a power cut. */
  | 'os'
