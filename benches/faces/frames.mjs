// Frames through the Node face: a long frame in, a long frame out, a million rows each. Run by `make bench-arrow`;
// TROUSSE names another build's folder to compare with. A ratio is only to be taken between lines of one run.
const { forecast } = await import(process.env.TROUSSE ?? '../../bindings-node/index.mjs')

const SMALL = process.env.SMALL === '1'
const SERIES = SMALL ? 100 : 10_000
const LENGTH = 100
const FIRST = Date.UTC(2026, 0, 1)
const rows = Array.from({ length: SERIES * LENGTH }, (_, row) => row)
const unique_id = rows.map((row) => `sku-${String(Math.floor(row / LENGTH)).padStart(6, '0')}`)
const days = Array.from({ length: LENGTH }, (_, day) => new Date(FIRST + day * 86_400_000).toISOString().slice(0, 10))
const ds = rows.map((row) => days[row % LENGTH])
const y = Float64Array.from(rows, (row) => (row * 7919) % 13)
const how = { level: [], models: ['naive'], onError: 'raise' }

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]

async function measure(what, params) {
  const [held, whole] = [[], []]
  for (let i = 0; i < 5; i += 1) {
    const start = performance.now()
    const work = forecast({ ...params, ...how })
    held.push(performance.now() - start)
    await work
    whole.push(performance.now() - start)
  }
  console.log(`${what}: ${median(whole).toFixed(0)} ms, the event loop held ${median(held).toFixed(0)} ms before (medians of five)`)
}

await measure(`${rows.length} rows in, ids and days as texts`, { df: { unique_id, ds, y }, h: 1 })
const last = { unique_id: unique_id.filter((_, row) => row % LENGTH < 2), ds: ds.filter((_, row) => row % LENGTH < 2), y: y.filter((_, row) => row % LENGTH < 2) }
await measure(`${rows.length} rows out`, { df: last, h: LENGTH })
