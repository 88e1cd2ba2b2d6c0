'use strict'
// Parameters, answers and frames on their way to the core and back.

const { isBigInt64Array, isBigUint64Array, isDate, isFloat32Array, isFloat64Array, isTypedArray } = require('node:util').types
const { days } = require('../operations.cjs')
const { camel, snake } = require('./names.cjs')
const { argument } = require('./errors.cjs')

const dayNames = new Set(days)
const DAY_MS = 86_400_000
const DEEPEST = 32

const join = (path, name) => (path ? `${path}.${name}` : name)

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function number(value, path) {
  if (!Number.isFinite(value)) throw argument(path, 'a finite number', value)
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw argument(path, 'exact: at most 2^53 - 1', value)
  return value
}

function date(value, path) {
  if (Number.isNaN(value.getTime())) throw argument(path, 'a valid Date', 'Invalid Date')
  const text = value.toISOString()
  return dayNames.has(snake(path.split('.').at(-1))) ? text.slice(0, 10) : text
}

/** `{ 'LIP-01': 2 }` as `[{ sku: 'LIP-01', quantity: 2 }]`. */
function lines(value) {
  const isMap = value !== null && typeof value === 'object' && !Array.isArray(value) && isPlain(value)
  return isMap ? Object.entries(value).map(([sku, quantity]) => ({ sku, quantity })) : value
}

/** A parameter as the core takes it. `undefined` counts as not given. */
function toCore(value, path = '', depth = 0) {
  if (depth > DEEPEST) throw argument(path, 'a value without circles', 'one nested too deep')
  switch (typeof value) {
    case 'number':
      return number(value, path)
    case 'string':
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      break
    default:
      throw argument(path, 'a number, text, boolean, Date, array or plain object', `a ${typeof value}`)
  }
  if (value === null) return null
  if (isDate(value)) return date(value, path)
  if (isTypedArray(value)) value = Array.from(value)
  if (Array.isArray(value)) return value.map((item, i) => toCore(item, `${path}[${i}]`, depth + 1))
  if (!isPlain(value)) throw argument(path, 'a plain object', `a ${value.constructor?.name ?? 'class instance'}`)
  const out = {}
  for (const [name, own] of Object.entries(value)) {
    const given = name === 'lines' ? lines(own) : own
    const converted = toCore(given, join(path, name), depth + 1)
    if (converted !== undefined) {
      if (Object.hasOwn(out, snake(name))) throw argument(join(path, name), 'given once', 'twice')
      Object.defineProperty(out, snake(name), { value: converted, enumerable: true, configurable: true, writable: true })
    }
  }
  return out
}

/** The one options object of a call as JSON text. */
function params(value) {
  const given = value ?? {}
  if (typeof given !== 'object' || Array.isArray(given) || !isPlain(given)) {
    throw argument('params', 'one options object', Array.isArray(given) ? 'an array' : `a ${typeof given}`)
  }
  return JSON.stringify(toCore(given))
}

/** An answer of the core with its keys in camelCase. */
function fromCore(value) {
  if (Array.isArray(value)) return value.map(fromCore)
  if (value === null || typeof value !== 'object') return value
  const out = {}
  for (const [name, own] of Object.entries(value)) out[camel(name)] = fromCore(own)
  return out
}

const answer = (text) => fromCore(JSON.parse(text))

/** One column: what its values are decides the kind; `null` is a missing text or number. */
function column(name, values) {
  if (isBigInt64Array(values) || isBigUint64Array(values)) {
    throw argument(name, 'a column of numbers', 'BigInt')
  }
  if (isFloat64Array(values)) return { name, kind: 'float', numbers: values }
  if (isTypedArray(values)) {
    const kind = isFloat32Array(values) ? 'float' : 'integer'
    return { name, kind, numbers: new Float64Array(values) }
  }
  if (!Array.isArray(values)) throw argument(name, 'an array or a typed array', values === null ? 'null' : typeof values)
  const kind = kindOf(name, values)
  if (kind === 'string') return texts(name, values)
  if (kind === 'boolean') return { name, kind, numbers: Float64Array.from(values, Number) }
  if (kind === 'date') return dates(name, values)
  const numbers = new Float64Array(values.length)
  let isWhole = true
  for (let i = 0; i < numbers.length; i += 1) {
    numbers[i] = values[i] ?? Number.NaN
    isWhole &&= Number.isSafeInteger(numbers[i])
  }
  return { name, kind: isWhole ? 'integer' : 'float', numbers }
}

const MANY_ROWS = 1024

/** Texts: where each comes four times or more on average, they cross once and each row as its place among them. */
function texts(name, values) {
  const places = new Map()
  const rows = new Uint32Array(values.length)
  let repeats = values.length >= MANY_ROWS
  for (let i = 0; i < rows.length && repeats; i += 1) {
    const text = values[i] ?? ''
    let place = places.get(text)
    if (place === undefined) places.set(text, (place = places.size))
    rows[i] = place
    repeats = i < MANY_ROWS || 4 * places.size <= i
  }
  if (!repeats) return { name, kind: 'text', texts: JSON.stringify(values) }
  return { name, kind: 'text', texts: JSON.stringify([...places.keys()]), rows }
}

/** What all values of an array are; one loop, since a column may have millions. */
function kindOf(name, values) {
  let kind
  let missing
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]
    if (value === null || value === undefined) {
      missing ??= i
      continue
    }
    const own = isDate(value) ? 'date' : typeof value
    if (kind === undefined && !['number', 'string', 'boolean', 'date'].includes(own)) {
      throw argument(name, 'numbers, texts, booleans or Dates', `a ${own}`)
    }
    kind ??= own
    if (own !== kind) throw argument(`${name}[${i}]`, `a ${kind} as the others`, `a ${own}`)
  }
  if (missing !== undefined && (kind === 'boolean' || kind === 'date')) {
    throw argument(`${name}[${missing}]`, `a ${kind} as the others`, 'null')
  }
  return kind ?? 'number'
}

const describe = (value) => (value === null ? 'null' : typeof value)

/** Dates at midnight UTC, all of them, are days; others are instants. */
function dates(name, values) {
  const numbers = Float64Array.from(values, (value) => value.getTime())
  return { name, kind: numbers.every((ms) => ms % DAY_MS === 0) ? 'day' : 'instant', numbers }
}

/** A frame: an object of columns. */
function frame(name, columns) {
  if (columns === null || typeof columns !== 'object' || Array.isArray(columns) || isTypedArray(columns)) {
    throw argument(name, 'an object of columns', Array.isArray(columns) ? 'an array' : describe(columns))
  }
  return { name, columns: Object.entries(columns).map(([own, values]) => column(own, values)) }
}

/** A frame as an answer: floats as Float64Array, all else as arrays. */
function frameAnswer(columns) {
  const out = {}
  for (const { name, kind, numbers, texts, rows } of columns) {
    const value = kind === 'float' ? numbers : kind === 'text' ? spelled(JSON.parse(texts), rows) : Array.from(numbers)
    const own = kind === 'boolean' ? value.map((x) => x === 1) : value
    Object.defineProperty(out, name, { value: own, enumerable: true, configurable: true, writable: true })
  }
  return Object.defineProperty(out, 'toJSON', { value: toJSON, configurable: true, writable: true })
}

/** Each row's text. */
function spelled(texts, rows) {
  if (!rows) return texts
  const out = new Array(rows.length)
  for (let i = 0; i < rows.length; i += 1) out[i] = texts[rows[i]]
  return out
}

function toJSON() {
  const plain = (value) => (isTypedArray(value) ? Array.from(value) : value)
  return Object.fromEntries(Object.entries(this).map(([name, value]) => [name, plain(value)]))
}

module.exports = { params, toCore, answer, frame, frameAnswer }
