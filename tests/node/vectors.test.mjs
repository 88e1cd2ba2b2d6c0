// The shared vectors, and the runner itself: one that cannot fail proves nothing.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { load, run } from './vectors.mjs'

for (const { name, cases } of load(new URL('../vectors/', import.meta.url))) {
  for (const one of cases) {
    test(`${name}: ${one.name}`, async () => {
      assert.ok((await run(one)) > 0, 'this case asserts nothing')
    })
  }
}

const lines = [{ sku: 'LIP-01', quantity: 1 }]
const order = { op: 'order_quantity', params: { need: 7, pack_size: 6 } }
const wrong = [
  ['another answer', { ...order, expect: 13 }, /12, expected 13/],
  ['an unknown operation', { op: 'order_quantities', expect: 1 }, /no operation order_quantities/],
  ['an error that does not come', { ...order, error: { code: 'INVALID_ARGUMENT' } }, /expected INVALID_ARGUMENT, got 12/],
  ['another code', { op: 'order_quantity', error: { code: 'CLOSED' } }, /INVALID_ARGUMENT/],
  ['another field', { op: 'order_quantity', error: { code: 'INVALID_ARGUMENT', field: 'pack_size' } }, /field/],
  ['a missing key', { engine: {}, steps: [{ op: 'position', expect: { sequences: 0 } }] }, /step 0 \(position\).*sequences is missing/],
  ['a step of another class', { ledger: {}, steps: [{ op: 'recommend', expect: [] }] }, /the Ledger has no recommend/],
  ['a shorter array', { engine: {}, steps: [{ op: 'stock', expect: [{}] }] }, /another length/],
  ['a column', { op: 'forecast', frames: { df: { ds: [1, 2], y: [1, 1] } }, params: { h: 1 }, expect: { auto: [2] } }, /auto\[0\] is 1/],
]
for (const [what, one, message] of wrong) {
  test(`the runner notices ${what}`, () => assert.rejects(run(one), message))
}

test('the runner counts what it compared', async () => {
  assert.equal(await run(order), 0)
  assert.equal(await run({ ...order, expect: 12 }), 1)
  const refused = { op: 'reserve', params: { id: 'o', lines, location: 'paris' }, error: { code: 'UNKNOWN_SKU', sku: 'LIP-01' } }
  assert.equal(await run({ engine: {}, steps: [refused] }), 2)
})

test('the runner fails on an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trousse-'))
  assert.throws(() => load(pathToFileURL(`${folder}/`)), /no vectors in/)
  rmSync(folder, { recursive: true })
})
