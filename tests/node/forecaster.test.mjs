// The forecaster in Node; the bytes are read by all three faces.
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { Forecaster, TrousseError, forecast } from 'trousse'
import { matches } from './vectors.mjs'

const states = ['forecaster.json', 'forecaster-drivers.json'].map((name) =>
  JSON.parse(readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8')),
)
const golden = states[0]
const week = Float64Array.from({ length: 84 }, (_, t) => 10 + 3 * (t % 7) + ((t * 5) % 4))
const day = (t) => new Date(Date.UTC(2026, 0, 1 + t))

test('it begins as the forecast does and goes on', async () => {
  const df = { unique_id: Array.from(week, () => 'a'), ds: Array.from(week, (_, t) => day(t)), y: week }
  const kept = await Forecaster.fit({ df, models: ['AutoETS', 'naive'] })
  const plain = await forecast({ df, h: 14, models: ['AutoETS'] })
  const own = await kept.predict()
  assert.deepEqual(own.AutoETS, plain.AutoETS)
  assert.ok(own.AutoETS instanceof Float64Array)
  await kept.update({ df: { unique_id: ['a', 'a'], ds: [day(84), day(85)], y: [11, null] } })
  assert.deepEqual(Array.from((await kept.predict({ h: 1, level: [] })).naive), [11])
  assert.deepEqual((await kept.drifted()).updates, [2, 2])
  await kept.refit({ df })
  assert.deepEqual([(await kept.drifted()).updates, kept.size], [[0, 0], 1])
  const one = await Forecaster.fit({ y: week, season: 7, models: ['seasonal_naive'] })
  assert.deepEqual(Array.from((await one.predict({ h: 2 })).seasonal_naive), Array.from(week.slice(-7, -5)))
})

for (const golden of states) test('bytes of another language', async () => {
  const kept = Forecaster.load(Buffer.from(golden.hex, 'hex'))
  assert.equal(Buffer.from(kept.save()).toString('hex'), golden.hex)
  for (const { update, predict, expect } of golden.steps) {
    if (update) await kept.update({ df: update })
    assert.ok(matches(expect, await kept.predict(predict), 1e-9) > 0)
  }
})

const deals = (start, end, y = true) => {
  const ds = Array.from({ length: end - start }, (_, i) => start + i)
  const deal = ds.map((t) => Number(t % 3 === 0))
  return { unique_id: ds.map(() => 'a'), ds, deal, ...(y && { y: deal.map((d) => 10.5 * (1 + d)) }) }
}

test('drivers', async () => {
  const how = { models: ['auto', 'ets'], h: 2, season: 1, drivers: ['deal'] }
  const kept = await Forecaster.fit({ df: deals(0, 30), ...how })
  const future = deals(30, 32, false)
  assert.deepEqual(await kept.predict({ future }), await forecast({ df: deals(0, 30), future, ...how }))
  await kept.update({ df: deals(30, 33) })
  const told = await Forecaster.load(kept.save()).predict({ h: 2, future: deals(33, 35, false) })
  for (const model of how.models) [21, 10.5].forEach((y, i) => assert.ok(Math.abs(told[model][i] - y) < 0.02, model))
  await assert.rejects(kept.predict({ h: 2 }), { code: 'INVALID_ARGUMENT', field: 'future' })
  await assert.rejects(kept.predict({ future: { ...deals(33, 35, false), deal: [0, NaN] } }), { field: 'future.deal[1]' })
  await assert.rejects(kept.update({ df: { ...deals(33, 35), deal: [0, Infinity] } }), { field: 'deal[1]' })
})

test('what is refused', async () => {
  const code = async (call) => call().then(() => assert.fail('no error'), (error) => (assert.ok(error instanceof TrousseError), error.code))
  const load = async (state) => Forecaster.load(state)
  const state = Buffer.from(golden.hex, 'hex')
  assert.equal(await code(() => load(state.subarray(1))), 'STATE_CORRUPT')
  assert.equal(await code(() => load(Buffer.concat([state.subarray(0, 4), Buffer.of(7), state.subarray(5)]))), 'STATE_VERSION')
  assert.equal(await code(() => load('text')), 'INVALID_ARGUMENT')
  assert.equal(await code(async () => new Forecaster()), 'INVALID_ARGUMENT')
  assert.equal(await code(() => Forecaster.load(state).update({ df: { unique_id: ['nobody'], ds: ['2026-05-01'], y: [1] } })), 'INVALID_ARGUMENT')
  assert.equal(await code(() => Forecaster.load(state).predict({ h: 0 })), 'INVALID_ARGUMENT')
})
