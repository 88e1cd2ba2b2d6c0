// Runs the shared vectors through the public Node face. Its rules are those of the Rust and Python runners:
// objects in `expect` are subsets, arrays match one by one, numbers within `tolerance`, all else exactly.
import { readFileSync, readdirSync } from 'node:fs'
import assert from 'node:assert/strict'
import * as trousse from 'trousse'

const surface = JSON.parse(readFileSync(new URL('../surface.json', import.meta.url), 'utf8'))

export const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())

export function camelKeys(value) {
  if (Array.isArray(value)) return value.map(camelKeys)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [camel(name), camelKeys(own)]))
}

/** Compares and answers how many values it compared. */
export function matches(expected, got, tolerance, path = 'answer') {
  if (expected !== null && typeof expected === 'object' && !Array.isArray(expected)) {
    assert.ok(got !== null && typeof got === 'object' && !Array.isArray(got), `${path} is no object: ${got}`)
    let compared = 0
    for (const [name, own] of Object.entries(expected)) {
      assert.ok(name in got, `${path}.${name} is missing`)
      compared += matches(own, got[name], tolerance, `${path}.${name}`)
    }
    return compared
  }
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(got) || ArrayBuffer.isView(got), `${path} is no array`)
    assert.equal(got.length, expected.length, `${path} has another length`)
    return 1 + expected.reduce((sum, own, i) => sum + matches(own, got[i], tolerance, `${path}[${i}]`), 0)
  }
  if (expected === null && typeof got === 'number') {
    assert.ok(Number.isNaN(got), `${path} is ${got}, expected none`)
    return 1
  }
  if (typeof expected === 'number') {
    assert.equal(typeof got, 'number', `${path} is no number: ${got}`)
    const off = Math.abs(got - expected)
    assert.ok(off <= tolerance || off <= tolerance * Math.abs(expected), `${path} is ${got}, expected ${expected}`)
    return 1
  }
  assert.deepEqual(got, expected, path)
  return 1
}

function operation(name, on) {
  const found = surface.operations.find((op) => op.name === name && op.on === on)
  assert.ok(found, `no operation ${name} on ${on}`)
  return found
}

async function step(target, on, { op: name, params = {}, frames = {}, tolerance = 1e-9, ...wish }) {
  const op = operation(name, on)
  assert.equal(typeof target[camel(name)], 'function', `${camel(name)} is missing from the Node face`)
  assert.ok(!('expect' in wish && 'error' in wish), 'expects both an answer and an error')
  const given = { ...camelKeys(params), ...frames }
  const call = async () => target[camel(name)](given)
  if ('error' in wish) return refused(call, wish.error, frames, tolerance)
  const answer = await call()
  if (!('expect' in wish)) return 0
  return matches(op.answer.frame ? wish.expect : camelKeys(wish.expect), answer, tolerance)
}

async function refused(call, { code, ...fields }, frames, tolerance) {
  const error = await call().then(
    (answer) => assert.fail(`expected ${code}, got ${JSON.stringify(answer)}`),
    (error) => error,
  )
  if (error instanceof assert.AssertionError) throw error
  assert.ok(error instanceof trousse.TrousseError, `${error.stack}`)
  assert.equal(error.code, code, error.message)
  const wanted = camelKeys(fields)
  const root = wanted.field?.split('[')[0]
  const isColumn = Object.values(frames).some((frame) => root in frame)
  if (wanted.field && !isColumn) wanted.field = camel(wanted.field)
  for (const [name, value] of Object.entries(error.fields)) {
    if (name !== 'message') assert.deepEqual(error[name], value, `${code}.${name} is no property of the error`)
  }
  return 1 + matches(wanted, error.fields, tolerance, code)
}

/** Runs a case and answers how many values it compared. */
export async function run(one) {
  const isLedger = 'ledger' in one
  if (!isLedger && !('engine' in one)) return step(trousse, 'module', one)
  assert.ok(Array.isArray(one.steps), 'a case of an engine has steps')
  const shop = isLedger ? new trousse.Ledger() : trousse.memory(camelKeys(one.engine))
  let compared = 0
  for (const [i, own] of one.steps.entries()) {
    try {
      if (isLedger) assert.ok(surface.ledger.includes(own.op), `the Ledger has no ${own.op}`)
      compared += await step(shop, 'engine', { tolerance: one.tolerance, ...own })
    } catch (error) {
      error.message = `step ${i} (${own.op}): ${error.message}`
      throw error
    }
  }
  await shop.close?.()
  return compared
}

/** The files of a folder with their cases; an empty folder is an error. */
export function load(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json')).sort()
  assert.ok(names.length > 0, `no vectors in ${folder}`)
  return names.map((name) => {
    const { cases } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
    assert.ok(Array.isArray(cases) && cases.length > 0, `${name} has no cases`)
    return { name, cases }
  })
}
