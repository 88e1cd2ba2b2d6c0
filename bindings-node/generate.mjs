// Writes the typed layer of the Node face from tests/surface.json: operations.cjs, index.mjs, index.d.ts.
// `node generate.mjs` writes, `node generate.mjs --check` fails where a file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { camel } = createRequire(import.meta.url)('./lib/names.cjs')
const surface = JSON.parse(readFileSync(new URL('../tests/surface.json', import.meta.url), 'utf8'))
const { operations, definitions } = surface

/** Rust names that TypeScript needs for itself. */
const RENAMED = { Pick: 'SkuPick' }
/** Operations that also take one plain series as `y`. */
const SERIES = new Set(['forecast'])

const refOf = (schema) => schema?.$ref?.split('/').at(-1)
const typeName = (name) => RENAMED[name] ?? name

// ---------------------------------------------------------------- which definition is met where

function reach(schema, seen) {
  if (schema === null || typeof schema !== 'object') return seen
  const ref = refOf(schema)
  if (ref && !seen.has(ref)) reach(definitions[ref], seen.add(ref))
  for (const [key, value] of Object.entries(schema)) if (key !== '$ref' && key !== 'default') reach(value, seen)
  return seen
}

const inputs = reach([surface.options, ...operations.map((op) => op.params)], new Set())
const outputs = reach(operations.map((op) => op.answer), new Set())

function properties(names) {
  return [...names].flatMap((name) => Object.entries(definitions[name].properties ?? {}))
}

const days = [...new Set(properties(inputs).filter(([, schema]) => schema.format === 'date').map(([name]) => name))].sort()

// ---------------------------------------------------------------- types

const isScalar = (definition) => definition.type !== 'object' && !definition.oneOf
const isTagged = (definition) => definition.oneOf?.every((variant) => variant.type === 'object')
const isMixed = (definition) => definition.oneOf?.every((variant) => variant.type === 'object' || 'const' in variant)
const isEnum = (definition) => definition.oneOf?.every((variant) => 'const' in variant)

function type(schema, input) {
  if (schema === true) return 'unknown'
  const ref = refOf(schema)
  if (ref) return isScalar(definitions[ref]) ? type(definitions[ref], input) : typeName(ref)
  if (schema.anyOf) return schema.anyOf.map((one) => type(one, input)).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one }, input)).join(' | ')
  if (schema.format === 'date') return input ? 'Day' : 'string'
  if (schema.format === 'date-time') return input ? 'Instant' : 'string'
  if (schema.type === 'array') {
    if (input && refOf(schema.items) === 'Line') return 'Lines'
    const item = type(schema.items, input)
    const list = item.includes(' | ') ? `(${item})[]` : `${item}[]`
    return input && item === 'number' ? `${list} | Float64Array` : list
  }
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (['string', 'boolean', 'null'].includes(schema.type)) return schema.type
  return 'unknown'
}

function doc(lines, indent = '') {
  const flat = lines.filter((line) => line !== undefined).flatMap((line) => line.replaceAll('*/', '*\\/').split('\n'))
  if (flat.length === 1) return `${indent}/** ${flat[0]} */\n`
  return `${indent}/**\n${flat.map((line) => `${indent} *${line ? ` ${line}` : ''}`).join('\n')}\n${indent} */\n`
}

const spelled = (text) => text?.replace(/\[`([a-z_]+)(?:\(\))?`\]/g, (_, name) => `\`${camel(name)}\``)
const shown = (value) =>
  JSON.stringify(value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, own]) => [camel(name), own]))
    : value)

function property([name, schema], required, input) {
  const whole = schema.type === 'integer' || schema.type?.[0] === 'integer' ? ' A whole number.' : ''
  const given = 'default' in schema && schema.default !== null ? `@defaultValue \`${shown(schema.default)}\`` : undefined
  const text = `${spelled(schema.description) ?? ''}${/whole/i.test(schema.description ?? '') ? '' : whole}`
  const optional = input && !required.includes(name) ? '?' : ''
  const isNull = !input && !required.includes(name) && !type(schema, input).includes('null')
  return `${doc([text, given], '  ')}  ${camel(name)}${optional}: ${type(schema, input)}${isNull ? ' | null' : ''}\n`
}

function definition(name) {
  const own = definitions[name]
  const input = inputs.has(name)
  const head = doc([spelled(own.description) ?? name])
  if (name === 'Nothing' || isScalar(own)) return ''
  if (isEnum(own)) {
    const variants = own.oneOf.map((one) => `\n  /** ${one.description} */\n  | ${JSON.stringify(one.const).replaceAll('"', "'")}`)
    return `${head}export type ${typeName(name)} =${variants.join('')}\n\n`
  }
  if (isTagged(own)) {
    const variants = own.oneOf.map((one) => {
      const [[tag, schema]] = Object.entries(one.properties)
      return `\n  /** ${one.description} */\n  | ({ type: '${tag}' } & ${type(schema, input)})`
    })
    return `${head}export type ${typeName(name)} =${variants.join('')}\n\n`
  }
  if (isMixed(own)) {
    const variants = own.oneOf.map((one) => {
      if (one.type === 'object') {
        const [[tag, schema]] = Object.entries(one.properties)
        const fields = Object.entries(schema.properties).map(([name, own]) => `${camel(name)}: ${type(own, input)}`)
        return `\n  /** ${one.description} */\n  | { ${tag}: { ${fields.join('; ')} } }`
      }
      return `\n  /** ${one.description} */\n  | '${one.const}'`
    })
    return `${head}export type ${typeName(name)} =${variants.join('')}\n\n`
  }
  if (own.oneOf) throw new Error(`${name}: a union that this generator does not know`)
  if (input && outputs.has(name) && JSON.stringify(own).includes('"format":"date')) {
    throw new Error(`${name} holds days and is both taken and answered: give it two types`)
  }
  const required = own.required ?? []
  const body = Object.entries(own.properties ?? {}).map((one) => property(one, required, input)).join('')
  return `${head}export interface ${typeName(name)} {\n${body}}\n\n`
}

// ---------------------------------------------------------------- functions and methods

function answer(op) {
  if (op.answer.frame) return 'T'
  if (refOf(op.answer) === 'Nothing') return 'Record<string, never>'
  if (op.name !== 'submit') return type(op.answer, false)
  const commands = definitions.Command.oneOf.flatMap((one) => Object.keys(one.properties))
  return commands.map((name) => type(operations.find((one) => one.name === name).answer, false)).join(' | ')
}

const isPromise = (op) => op.long || op.kind === 'door' || op.answer.frame === true

function parameter(op) {
  const ref = refOf(op.params)
  const own = ref === 'Nothing' ? [] : [typeName(ref)]
  const given = op.frames.map(({ name, columns, optional }) => {
    if (SERIES.has(op.name) && op.on === 'module' && name === 'df') return 'OneSeries'
    const text = `A frame with the columns ${columns}.`
    return `{ ${doc([text]).trim()} ${camel(name)}${optional ? '?' : ''}: Frame }`
  })
  const time = op.on === 'engine' ? ['Now'] : []
  const parts = [...own, ...given, ...time, ...(op.long && op.kind !== 'function' ? ['Long'] : [])]
  const needed = (definitions[ref].required ?? []).length > 0 || op.frames.some((frame) => !frame.optional)
  return `params${needed ? '' : '?'}: ${parts.join(' & ') || 'Record<string, never>'}`
}

function signature(op, indent, prefix) {
  const generic = op.answer.frame ? '<T extends AnswerFrame = AnswerFrame>' : ''
  const result = isPromise(op) ? `Promise<${answer(op)}>` : answer(op)
  const everywhere = ['INTERNAL', ...(op.on === 'engine' ? ['CLOSED'] : []), ...(/^door/.test(op.kind) ? ['DISK_FULL', 'READ_ONLY'] : [])]
  const codes = [...new Set([...op.codes, ...everywhere])].sort()
  const lines = [op.doc, '', `@throws {@link TrousseError} with the code ${codes.map((code) => `\`${code}\``).join(', ')}.`]
  return `${doc(lines, indent)}${indent}${prefix}${camel(op.name)}${generic}(${parameter(op)}): ${result}\n`
}

const methods = (filter) =>
  operations.filter((op) => op.on === 'engine' && filter(op)).map((op) => signature(op, '  ', '')).join('\n')
const functions = operations.filter((op) => op.on === 'module').map((op) => signature(op, '', 'export function ')).join('\n')
const interfaces = Object.keys(definitions).filter((name) => inputs.has(name) || outputs.has(name)).map(definition).join('')

const HEAD = '// Written by bindings-node/generate.mjs from tests/surface.json: do not edit.\n'

const WATCH = `  /**
   * Yields the shelves that change, for ever: \`for await (const change of shop.watch())\`. It ends when the engine is
   * closed. The cursor of a row is where to go on after it; a page that was not read to its end comes again.
   *
   * @throws {@link TrousseError} with the code \`INVALID_ARGUMENT\`, \`JOURNAL_POISONED\`; \`signal.reason\`.
   */
  watch(params?: Watch): AsyncGenerator<Change, void, void>
`

const declarations = `${HEAD}/// <reference lib="es2022" />
/// <reference lib="esnext.disposable" />

/** The codes that \`error.code\` may have. */
export type Code =
${surface.codes.map((code) => `  | '${code}'`).join('\n')}

/** A calendar day: \`'2027-06-30'\`, or a Date of which the UTC day counts. */
export type Day = string | Date
/** An instant: \`'2026-11-23T09:00:00Z'\`, a Date, or milliseconds since 1970. */
export type Instant = string | Date | number
/** Lines of a basket: a list, or quantities by SKU such as \`{ 'LIP-01': 2 }\`. */
export type Lines = Line[] | Record<string, number>

/**
 * A column that is given. A typed array of floats holds floats, an array of whole numbers holds integers, Dates that
 * are all at midnight UTC are days. \`null\` is a missing number or text.
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
/** A column of an answer: floats (\`NaN\` for missing ones), whole numbers, texts and ISO days, booleans. */
export type AnswerColumn = Float64Array | number[] | string[] | boolean[]
/** A frame that is answered. \`JSON.stringify\` writes it with plain arrays. */
export type AnswerFrame = Record<string, AnswerColumn>

/** When an input happens or a question is asked; the system's clock if not given. */
export interface Now {
  /** The instant. */
  now?: Instant
}

/** How to steer a long call. */
export interface Long {
  /** Stops the work; the Promise rejects with \`signal.reason\`. */
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

/** An error of trousse. The fields that name the culprit are properties, e.g. \`field\`, \`rule\` and \`got\`. */
export class TrousseError extends Error {
  /** The stable code, the same in Rust, Python and Node. */
  readonly code: Code
  /** The fields of the code by name, also one that every Error has, such as \`message\`. */
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
 * @throws {@link TrousseError} with the code \`DISK_FULL\`, \`INVALID_ARGUMENT\`, \`IO\`, \`JOURNAL_CORRUPT\`, \`JOURNAL_LOCKED\`, \`JOURNAL_VERSION\`,
 * \`READ_ONLY\`.
 */
export function open(folder: string | URL, options?: Options): Promise<Engine>

/**
 * Opens an engine without a disk.
 *
 * @throws {@link TrousseError} with the code \`INVALID_ARGUMENT\`.
 */
export function memory(options?: Options): Engine

/**
 * Follows the journal in a folder that another process writes: it takes no lock and changes nothing.
 *
 * @throws {@link TrousseError} with the code \`IO\` if there is no journal, \`JOURNAL_CORRUPT\`, \`JOURNAL_VERSION\`.
 */
export function follow(folder: string | URL): Promise<Follower>

/** How to follow the stock. */
export interface Watch {
  /**
   * The cursor of the last row that was dealt with; 0 from the beginning.
   *
   * @defaultValue \`0\`
   */
  since?: number
  /**
   * How long to wait where there is nothing new, in milliseconds.
   *
   * @defaultValue \`200\`
   */
  intervalMs?: number
  /** Ends the iteration, which throws \`signal.reason\`. */
  signal?: AbortSignal | null
}

/** A shelf that changed, as it is now, and where to go on after it. */
export interface Change extends ChangeRow {
  /** What to give as \`since\` to go on after this row. */
  cursor: number
}

${functions}
/** The engine: stock, people, forecasts and recommendations over one journal. Made by {@link open} or {@link memory}. */
export class Engine {
  protected constructor()

${methods(() => true)}
${WATCH}  /** Answers all that is queued, then releases the folder. Later calls answer \`CLOSED\`. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An engine that only reads what another process writes: all questions work, doors throw \`READ_ONLY\`. */
export class Follower extends Engine {
  private constructor()

  /**
   * Takes in what was written since; answers how many events that were. Cheap where there are none.
   *
   * @throws {@link TrousseError} with the code \`CLOSED\`, \`IO\`, \`JOURNAL_CORRUPT\`, \`JOURNAL_VERSION\`.
   */
  poll(): Promise<number>
}

/** Stock alone, in memory: SKUs that it does not know enter the catalogue with the first fact about them. */
export class Ledger {
  constructor()

${methods((op) => surface.ledger.includes(op.name))}
${WATCH}}

/** How to fit and keep forecasts. */
export interface ForecasterParams extends Omit<ForecastFrameParams, 'level' | 'onError'> {
  /**
   * Periods ahead whose spread is measured; beyond them it grows with the square root of time. A whole number.
   *
   * @defaultValue \`14\`
   */
  h?: number
  /**
   * The columns of forecasts.
   *
   * @defaultValue \`["auto"]\`
   */
  models?: string[]
  /**
   * How intervals are made. Other ways need errors of the past, which are not kept.
   *
   * @defaultValue \`"auto"\`
   */
  intervals?: 'auto' | 'analytic'
  /** After so many periods a series is due to be fitted anew; none for never. A whole number. */
  refitEvery?: number | null
  /**
   * Whether a series that drifted is due to be fitted anew.
   *
   * @defaultValue \`true\`
   */
  refitOnDrift?: boolean
}

/** What to forecast from where the series stand. */
export interface PredictParams {
  /** Periods to forecast; by default the \`h\` of the fit. A whole number. */
  h?: number | null
  /**
   * Levels of the intervals in percent.
   *
   * @defaultValue \`[80]\`
   */
  level?: number[] | Float64Array
  /** With drivers: unique_id, ds and the drivers, a row for each of the \`h\` periods of a series. One that lacks a row keeps its error. */
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
   * Reads the state that \`save\` wrote, in any language.
   *
   * @throws {@link TrousseError} with the code \`STATE_CORRUPT\`, \`STATE_VERSION\`.
   */
  static load(state: Uint8Array): Forecaster
  /** Fits the series of a frame anew, and those that are new; all others stay as they are. */
  refit(params: { df: Frame } & Long): Promise<void>
  /**
   * Takes new rows in, each series' after its last value; a period that is left out is a gap. All rows or none.
   *
   * @throws {@link TrousseError} with the code \`DUPLICATE_TIME\`, \`INVALID_ARGUMENT\`, \`MISSING_COLUMN\`, \`NAN_IN_SERIES\`,
   * \`WRONG_COLUMN_TYPE\`.
   */
  update(params: { df: Frame } & Long): Promise<void>
  /** Forecasts each series from where it stands: the columns of {@link forecast}. */
  predict<T extends AnswerFrame = AnswerFrame>(params?: PredictParams & Long): Promise<T>
  /**
   * How each series fares since it was fitted: \`unique_id, model, updates, drift, drifted, due\`. \`drift\` is the larger of
   * two cumulative sums of its errors (Page 1954), \`drifted\` whether it is above 8.
   */
  drifted<T extends AnswerFrame = AnswerFrame>(params?: Long): Promise<T>
  /** The state as bytes, which Rust, Python and Node read alike. */
  save(): Uint8Array
  /** How many series there are. */
  readonly size: number
}

${interfaces.trimEnd()}
`

// ---------------------------------------------------------------- the tables

const table = operations.map((op) => {
  const { name, on, kind, long } = op
  const frames = op.frames.map(({ name, optional }) => ({ name: camel(name), optional }))
  const series = SERIES.has(name) && on === 'module'
  return `    ${JSON.stringify({ name, method: camel(name), on, kind, long, frames, ...(series && { series }) })},`
})

const list = (items) => `[\n${items.map((item) => `    ${JSON.stringify(item)},`).join('\n')}\n  ]`
const tables = `${HEAD}'use strict'

module.exports = {
  operations: [
${table.join('\n')}
  ],
  ledger: ${list(surface.ledger)},
  /** Parameters that are days. */
  days: ${list(days)},
}
`

const exported = ['open', 'memory', 'follow', 'Engine', 'Follower', 'Ledger', 'Forecaster', 'TrousseError', 'RejectedError', 'version',
  ...operations.filter((op) => op.on === 'module').map((op) => camel(op.name))]
const esm = `${HEAD}import face from './index.cjs'

export const {
${exported.map((name) => `  ${name},`).join('\n')}
} = face
`
const esmTypes = `${HEAD}export * from './index.js'\n`

const files = { 'operations.cjs': tables, 'index.mjs': esm, 'index.d.mts': esmTypes, 'index.d.ts': declarations }
let stale = 0
for (const [name, text] of Object.entries(files)) {
  const path = new URL(name, import.meta.url)
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text)
    continue
  }
  let found = ''
  try {
    found = readFileSync(path, 'utf8')
  } catch {}
  if (found !== text) {
    stale += 1
    console.error(`bindings-node/${name} differs from tests/surface.json: run generate.mjs and commit what it writes`)
  }
}
process.exitCode = stale ? 1 : 0
