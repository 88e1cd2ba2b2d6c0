// The same bits on 1, 2 and 8 threads: the bytes of each answer, from processes of their own.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Forecaster, crossValidation, forecast, forecastPaths, forecastTotals, kmeans, recommend } from 'trousse'

const SERIES = 24
const LENGTH = 70
const list = (n, make) => Array.from({ length: n }, (_, i) => make(i))

/** Smooth series, counts and series that sell on few days, with a deal and a share in stock. */
function long() {
  const rows = list(SERIES * LENGTH, (row) => {
    const [t, own] = [row % LENGTH, Math.floor(row / LENGTH)]
    const noise = ((t * 7919 + own * 104729) % 101) / 101
    const smooth = 20 + own + ((t % 7) - 3) ** 2 + 3 * noise
    const y = [smooth, Math.floor(4 * noise * (1 + (own % 3))), noise > 0.8 ? Math.floor(9 * noise) : 0][own % 3]
    const deal = (t + own) % 9 === 0 ? 1 : 0
    return { unique_id: `s${own}`, ds: t, y: y * (1 + deal / 2), deal, open: 1 - noise / 4 }
  })
  return Object.fromEntries(Object.keys(rows[0]).map((name) => [name, rows.map((row) => row[name])]))
}

async function answers() {
  const df = long()
  const plain = { unique_id: df.unique_id, ds: df.ds, y: df.y }
  const future = {
    unique_id: list(3 * SERIES, (row) => `s${Math.floor(row / 3)}`),
    ds: list(3 * SERIES, (row) => LENGTH + (row % 3)),
    deal: list(3 * SERIES, (row) => (row + 1) % 2),
  }
  const both = { season: 7, level: [80, 95] }
  const kept = await Forecaster.fit({ df: plain, season: 7 })
  await kept.update({ df: { unique_id: ['s0', 's1'], ds: [LENGTH, LENGTH], y: [21, 3] } })
  const bought = { user: list(3000, (i) => `u${(i * 7919) % 211}`), item: list(3000, (i) => `i${(i * 104729) % 83}`) }
  return {
    forecast: await forecast({ df, h: 7, inStock: 'open', ...both }),
    counts: await forecast({ df: plain, h: 7, models: ['counts'], ...both }),
    drivers: await forecast({ df, future, drivers: ['deal'], h: 3, ...both }),
    paths: await forecastPaths({ df: plain, h: 5, season: 7, nPaths: 20, seed: 3 }),
    totals: await forecastTotals({ df: plain, h: 5, season: 7 }),
    crossValidation: await crossValidation({ df: plain, h: 7, nWindows: 2, ...both }),
    forecaster: await kept.predict({ h: 7, level: [80] }),
    'forecaster bytes': { state: kept.save() },
    kmeans: await kmeans({ df: { a: df.y, b: df.open }, k: 4, seed: 1, restarts: 2 }),
    recommend: await recommend({ interactions: bought, k: 5 }),
  }
}

function digest(answer) {
  const hash = createHash('sha256')
  for (const [name, values] of Object.entries(answer)) {
    hash.update(name).update(ArrayBuffer.isView(values) ? values : JSON.stringify(values))
  }
  return hash.digest('hex')
}

const file = fileURLToPath(import.meta.url)
if (process.argv[2] === 'answers') {
  const told = Object.entries(await answers()).map(([name, answer]) => [name, digest(answer)])
  console.log(JSON.stringify(Object.fromEntries(told)))
} else {
  test('the same bits on any number of threads', () => {
    const on = (threads) =>
      JSON.parse(execFileSync(process.execPath, [file, 'answers'], { env: { ...process.env, RAYON_NUM_THREADS: `${threads}` } }))
    const one = on(1)
    assert.equal(new Set(Object.values(one)).size, 10)
    assert.deepEqual(on(2), one)
    assert.deepEqual(on(8), one)
  })
}
