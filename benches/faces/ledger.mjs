// The ledger through the Node face: frames of inputs and single calls, in memory.
// 100,000 SKUs × 10 places, Zipf, as benches/ledger.rs. Run by `make bench-faces`; a ratio is only to be taken
// between lines of one run.
import { memory, fefo } from '../../bindings-node/index.mjs'

const SMALL = process.env.SMALL === '1'
const SKUS = SMALL ? 200 : 100_000
const INPUTS = SMALL ? 2_000 : 400_000
const BATCH = 1_000
const NOW = 1_795_424_400_000

let state = 7n
const unit = () => {
  state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
  return Number(state >> 11n) / 2 ** 53
}
const cumulative = new Float64Array(SKUS)
for (let i = 0, sum = 0; i < SKUS; i++) cumulative[i] = sum += 1 / (i + 1)
const zipf = () => {
  const wanted = unit() * cumulative[SKUS - 1]
  let [low, high] = [0, SKUS - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (cumulative[middle] < wanted) low = middle + 1
    else high = middle
  }
  return (low * 7919) % SKUS
}
const skuKey = (sku) => `SKU-${String(sku).padStart(6, '0')}`
const list = (n, make) => Array.from({ length: n }, (_, i) => make(i))

async function stock(shop) {
  for (let first = 0; first < SKUS; first += 1_000) {
    const n = Math.min(1_000, SKUS - first) * 10
    const df = {
      id: list(n, (i) => `r-${first + Math.floor(i / 10)}-${i % 10}`),
      sku: list(n, (i) => skuKey(first + Math.floor(i / 10))),
      location: list(n, (i) => `place-${i % 10}`),
      quantity: new Float64Array(n).fill(1_000_000),
    }
    await shop.batch({ df, kind: 'receive', now: NOW })
  }
}

function frames(round) {
  const made = []
  for (let b = 0; b < INPUTS / (2 * BATCH); b++) {
    let id
    for (const [kind, n] of [['sale', BATCH], ['reserve', BATCH / 2]]) {
      id = list(n, (i) => `${kind}-${round}-${b}-${i}`)
      const df = { id, sku: list(n, () => skuKey(zipf())), location: list(n, () => `place-${Math.floor(unit() * 10)}`), quantity: new Float64Array(n).fill(1) }
      made.push([kind, df])
    }
    made.push(['commit', { id: id.map((own) => `pay-${own}`), hold: id }])
  }
  return made
}

async function perSecond(shop, round) {
  const batches = frames(round)
  const start = performance.now()
  for (const [kind, df] of batches) await shop.batch({ df, kind, now: NOW })
  return (INPUTS / (performance.now() - start)) * 1_000
}

async function single(call, n) {
  const start = performance.now()
  for (let i = 0; i < n; i++) await call(i)
  return ((performance.now() - start) / n) * 1_000
}

const shop = memory({ openCatalog: true })
await stock(shop)
const rates = []
for (let round = 0; round < (SMALL ? 1 : 5); round++) rates.push(await perSecond(shop, round))
rates.sort((a, b) => a - b)
console.log(`node: sales and orders as frames        ${Math.round(rates[rates.length >> 1]).toLocaleString('en')} /s`)
const n = SMALL ? 200 : 20_000
const lots = [{ lot: 'A1', quantity: 3, expiresOn: '2027-06-30' }]
const basket = (i) => ({ id: `one-${i}`, lines: { 'SKU-000001': 1 }, location: 'place-1', now: NOW })
const pure = await single(async () => fefo({ lots, quantity: 1, day: '2026-11-23' }), n)
const reserve = await single((i) => shop.reserve(basket(i)), n)
// The same objects again: they are converted, looked up and answered as the first time, and nothing is decided.
const again = await single((i) => shop.reserve(basket(i)), n)
console.log(`node: a call of a pure function         ${pure.toFixed(2)} µs`)
console.log(`node: a reserve in memory               ${reserve.toFixed(2)} µs, ${(reserve / pure).toFixed(2)} of that`)
console.log(`node: the same reserve again            ${again.toFixed(2)} µs: the first is ${(reserve / again).toFixed(2)} of that`)
await shop.close()
