// The engine through the public Node face: the loop, the disk, many callers, the event loop, and bad input.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import {
  Engine, Follower, Ledger, RejectedError, TrousseError, follow, forecast, isSellable, kmeans, memory, open, orderQuantity, rfm, salvage,
  verify,
} from 'trousse'

const NOON = '2026-11-23T12:00:00Z'
const path = createRequire(import.meta.url).resolve('trousse')
const SEGMENT = 'journal-0000000000000000.seg'
const later = (days) => new Date(Date.parse(NOON) + days * 86_400_000)

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'trousse-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function stocked(shop, now = NOON) {
  await shop.upsertSkus({ skus: ['LIP-01', 'SER-30', 'MAS-02'].map((sku) => ({ sku, brand: 'A' })), now })
  for (const sku of ['LIP-01', 'SER-30', 'MAS-02']) {
    await shop.receive({ id: `r-${sku}`, sku, lot: 'L', expiresOn: '2028-12-31', quantity: 50, location: 'paris', now })
  }
  return shop
}

async function sold(shop, first, second, times) {
  for (let i = 0; i < times; i += 1) {
    const id = `${first}-${second}-${i}`
    await shop.sale({ id, lines: { [first]: 1, [second]: 1 }, location: 'paris', subject: id, now: NOON })
  }
}

const order = (shop, subject) => shop.recommend({ subject, k: 3, now: NOON }).map(({ sku }) => sku)

async function failure(call) {
  try {
    await call()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}

// ---------------------------------------------------------------- the loop

test('one complaint changes the stock belief, the demand and the ranking', async () => {
  const shop = await stocked(memory())
  await sold(shop, 'LIP-01', 'SER-30', 4)
  await sold(shop, 'LIP-01', 'MAS-02', 3)
  await shop.sale({ id: 's-1', lines: { 'LIP-01': 7 }, location: 'paris', now: later(1) })
  const now = later(2)
  const share = () => shop.demand({ sku: 'LIP-01', location: 'paris', now }).map(({ inStock }) => inStock)
  const before = { belief: shop.availability({ sku: 'LIP-01', now: NOON }).pPhantom, share: share(), order: order(shop, 'zoe') }
  for (const subject of ['bo', 'cy']) {
    await shop.complaint({ id: `c-${subject}`, subject, sku: 'LIP-01', kind: 'not_available', location: 'paris', now })
  }
  assert.equal(before.order[0], 'LIP-01')
  assert.notEqual(order(shop, 'zoe')[0], 'LIP-01')
  assert.ok(shop.availability({ sku: 'LIP-01', now }).pPhantom > 0.5 && before.belief < 0.1)
  assert.ok(share().at(-1) < before.share.at(-1) / 2, `${before.share} became ${share()}`)
})

test('one rating changes the next recommendation', async () => {
  const shop = await stocked(memory())
  await sold(shop, 'LIP-01', 'SER-30', 4)
  await sold(shop, 'LIP-01', 'MAS-02', 3)
  const before = order(shop, 'ana')
  await shop.rating({ id: 'g-1', subject: 'ana', sku: 'LIP-01', value: 1, now: NOON })
  assert.equal(before[0], 'LIP-01')
  assert.notDeepEqual(order(shop, 'ana'), before)
})

test('an input may be sent twice; other content under its id is a conflict', async () => {
  const shop = await stocked(memory())
  const wish = { id: 'o-1', lines: { 'LIP-01': 2 }, location: 'paris', now: NOON }
  const held = await shop.reserve(wish)
  assert.deepEqual(await shop.reserve({ ...wish, now: new Date(NOON) }), held)
  assert.deepEqual(held.lines, [{ sku: 'LIP-01', quantity: 2 }])
  assert.equal(held.expiresAt, '2026-11-23T12:15:00Z')
  const error = await failure(() => shop.reserve({ ...wish, lines: { 'LIP-01': 3 } }))
  assert.ok(error instanceof RejectedError)
  assert.deepEqual([error.code, error.id], ['CONFLICT', 'o-1'])
})

test('submit and record take any input by its type', async () => {
  const shop = await stocked(memory())
  const reserve = { type: 'reserve', id: 'o-1', lines: { 'LIP-01': 2 }, location: 'paris', ttlSeconds: 60 }
  assert.equal((await shop.submit({ command: reserve, now: NOON })).expiresAt, '2026-11-23T12:01:00Z')
  const decided = await shop.submitMany({ commands: [{ type: 'release', id: 'x', hold: 'o-1' }, { ...reserve, id: 'o-2', lines: { 'LIP-01': 51 } }], now: NOON })
  assert.deepEqual(decided.map(({ accepted, code }) => [accepted, code]), [[true, null], [false, 'INSUFFICIENT_STOCK']])
  assert.equal((await shop.record({ fact: { type: 'recall', id: 'q', sku: 'LIP-01', lot: 'L' }, now: NOON })).resolved, true)
  assert.equal(shop.availability({ sku: 'LIP-01', now: NOON }).availableToPromise, 0)
  const error = await failure(() => shop.submit({ command: { ...reserve, id: 'o-3', ttlSeconds: 0 } }))
  assert.deepEqual([error.code, error.field], ['INVALID_ARGUMENT', 'ttlSeconds'])
})

test('the system clock counts where no now is given', async () => {
  const shop = memory()
  const before = Date.now()
  await shop.upsertSkus({ skus: [{ sku: 'LIP-01' }] })
  const now = Date.parse((await shop.advance()).now)
  assert.ok(now >= before - 1 && now <= Date.now() + 1, `${now}`)
})

test('the Ledger has stock alone and needs no catalogue', async () => {
  const ledger = new Ledger()
  await ledger.receive({ id: 'r', sku: 'X', quantity: 3, location: 'paris', expiresOn: new Date('2027-06-30'), now: NOON })
  const [row] = ledger.stock({ now: NOON })
  assert.deepEqual([row.sku, row.onHand, row.expiresOn], ['X', 3, '2027-06-30'])
  assert.equal(ledger.recommend, undefined)
})

// ---------------------------------------------------------------- the disk

const inputs = async (shop) => {
  await stocked(shop)
  await shop.sale({ id: 's', lines: { 'LIP-01': 1 }, location: 'paris', subject: 'ana', now: NOON })
}

test('a reopened folder knows what was answered', async (t) => {
  const path = folder(t)
  const shop = await open(path)
  await inputs(shop)
  const before = [shop.position(), shop.stock({ now: NOON })]
  await shop.close()
  const again = await open(pathToFileURL(path))
  assert.deepEqual([again.position(), again.stock({ now: NOON })], before)
  assert.equal((await again.export({ subject: 'ana', now: NOON })).length, 1)
  assert.equal(await again.erase({ subject: 'ana' }), true)
  assert.deepEqual(await again.export({ subject: 'ana' }), [])
  await again.snapshot()
  await again.close()
  const third = await open(path)
  assert.deepEqual(third.stock({ now: NOON }), before[1])
  await third.close()
})

test('a torn tail is dropped, a flipped bit before it is an error', async (t) => {
  const path = folder(t)
  const shop = await open(path)
  await inputs(shop)
  const { sequence } = shop.position()
  await shop.close()
  const file = join(path, SEGMENT)
  const whole = readFileSync(file)
  const used = whole.findLastIndex((byte) => byte !== 0) + 1
  writeFileSync(file, whole.subarray(0, used - 5))
  const torn = await open(path)
  assert.ok(torn.position().sequence < sequence && torn.position().sequence > 0)
  await torn.close()
  const flipped = Buffer.from(whole)
  flipped[4096 + Math.floor((used - 4096) / 2)] ^= 1
  writeFileSync(file, flipped)
  const error = await failure(() => open(path))
  assert.equal(error.code, 'JOURNAL_CORRUPT')
  assert.ok(Number.isInteger(error.offset) && error.offset > 0 && error.offset < used)
})

test('damage names its place and is salvaged', async (t) => {
  const root = folder(t)
  const [path, saved] = [join(root, 'shop'), join(root, 'saved')]
  const shop = await open(path)
  await inputs(shop)
  const whole = await shop.verify()
  assert.deepEqual([whole.sound, whole.events, whole.damage], [true, shop.position().sequence, null])
  await shop.close()
  const bytes = readFileSync(join(path, SEGMENT))
  const used = bytes.findLastIndex((byte) => byte !== 0) + 1
  bytes[4096 + Math.floor((used - 4096) / 2)] ^= 1
  writeFileSync(join(path, SEGMENT), bytes)
  const refused = await failure(() => open(path))
  assert.deepEqual([refused.code, refused.segment], ['JOURNAL_CORRUPT', 0])
  const { sound, damage } = await verify({ folder: path })
  assert.deepEqual([sound, damage.code, damage.segment, damage.offset], [false, 'JOURNAL_CORRUPT', 0, refused.offset])
  const found = await salvage({ source: path, target: saved })
  const lost = found.lost.reduce((sum, { fromSequence, toSequence }) => sum + toSequence - fromSequence, 0)
  assert.ok(lost > 0 && found.keysWhole)
  assert.deepEqual([found.sequence, found.events], [whole.events, whole.events - lost])
  const again = await open(saved)
  assert.equal((await again.verify()).lost, lost)
  await again.close()
  const twice = await failure(() => salvage({ source: path, target: saved }))
  assert.deepEqual([twice.code, twice.field], ['INVALID_ARGUMENT', 'target'])
})

test('a journal of another format is named', async (t) => {
  const path = folder(t)
  writeFileSync(join(path, 'journal'), Buffer.concat([Buffer.from('trousse\0'), Buffer.alloc(56)])) // v0 had one file
  const { code, found, supported } = await failure(() => open(path))
  assert.deepEqual({ code, found, supported }, { code: 'JOURNAL_VERSION', found: 0, supported: 1 })
  assert.equal((await verify({ folder: path })).damage.code, 'JOURNAL_VERSION')
})

test('a full disk, and one that may not be written', { skip: process.platform !== 'linux' }, (t) => {
  const disk = folder(t)
  const mount = (size) => `mount -t tmpfs -o size=${size}m none ${disk}`
  const run = (script) => spawnSync('unshare', ['-rm', 'sh', '-c', script], { encoding: 'utf8' })
  if (run(mount(1)).status !== 0) return t.skip('this system lets nobody mount a small disk')
  const source = `require('${path}').open('${disk}/shop').then((shop) => shop.close()).then(() => console.log('opened'), (error) => console.log(error.code))`
  const node = `${process.execPath} -e "${source}"`
  assert.equal(run(`${mount(1)} && ${node}`).stdout, 'DISK_FULL\n')
  assert.equal(run(`${mount(200)} && ${node} && mount -o remount,ro ${disk} && ${node}`).stdout, 'opened\nREAD_ONLY\n')
})

test('what is erased is erased on the disk too', async (t) => {
  const root = folder(t)
  const names = ['shop', 'bare', 'whole'].map((name) => join(root, name))
  const holds = (path) => readdirSync(path).some((name) => readFileSync(join(path, name)).includes('ana-84617'))
  const [path, bare, whole] = names
  const shop = await open(path)
  await stocked(shop)
  await shop.rating({ id: 'g-ana-84617', subject: 'ana-84617', sku: 'LIP-01', value: 5, now: NOON })
  await shop.snapshot()
  assert.equal((await shop.backup({ folder: bare })).digest, shop.position().digest)
  await shop.backup({ folder: whole, withKeys: true })
  assert.deepEqual(names.map(holds), [true, false, true])
  assert.equal((await shop.export({ subject: 'ana-84617' })).length, 1)
  assert.equal(await shop.erase({ subject: 'ana-84617' }), true)
  assert.equal(holds(path), false)
  assert.deepEqual([(await shop.verify()).sound, (await shop.verify()).dropped], [true, 1])
  await shop.close()
  const copy = await open(whole) // an erase has to be repeated in copies with keys
  assert.equal(await copy.erase({ subject: 'ana-84617' }), true)
  assert.equal(holds(whole), false)
  await copy.close()
})

test('a follower reads what another process writes', async (t) => {
  const folderOfShop = join(folder(t), 'shop')
  assert.equal((await failure(() => follow(folderOfShop))).code, 'IO')
  const shop = await stocked(await open(folderOfShop))
  const source = `
    const { follow } = require('${path}')
    follow('${folderOfShop}').then(async (shop) => {
      console.log(shop.position().digest, await shop.poll(), await shop.advance().catch(({ code }) => code))
    })`
  const answer = execFileSync(process.execPath, ['-e', source], { encoding: 'utf8' })
  assert.equal(answer, `${shop.position().digest} 0 READ_ONLY\n`)
  const follower = await follow(pathToFileURL(folderOfShop))
  assert.ok(follower instanceof Follower && follower instanceof Engine)
  await shop.sale({ id: 's', lines: { 'LIP-01': 1 }, location: 'paris', subject: 'ana', now: NOON })
  assert.equal(follower.availability({ sku: 'LIP-01', now: NOON }).onHand, 50)
  assert.deepEqual([await follower.poll(), await follower.poll()], [2, 0])
  assert.deepEqual([follower.stock({ now: NOON }), follower.position()], [shop.stock({ now: NOON }), shop.position()])
  const refused = await failure(() => follower.sale({ id: 't', lines: { 'LIP-01': 1 }, location: 'paris' }))
  assert.deepEqual([refused.code, refused.operation], ['READ_ONLY', 'sale'])
  await shop.close()
  await follower.close()
  assert.equal((await failure(() => follower.poll())).code, 'CLOSED')
})

test('changes can be watched', async (t) => {
  const path = folder(t)
  const shop = await stocked(await open(path))
  const take = async (source, n, params) => {
    const seen = []
    for await (const change of source.watch(params)) if (seen.push(change) === n) break
    return seen
  }
  const first = await take(shop, 3)
  assert.deepEqual(first.map(({ sku, onHand, cursor }) => [sku, onHand, cursor > 0]), [['LIP-01', 50, false], ['MAS-02', 50, false], ['SER-30', 50, true]])
  const since = first.at(-1).cursor
  const follower = await follow(path)
  const both = Promise.all([take(shop, 1, { since, intervalMs: 2 }), take(follower, 1, { since, intervalMs: 2 })])
  await shop.sale({ id: 's', lines: { 'SER-30': 1 }, location: 'paris', now: NOON })
  for (const [change] of await both) assert.deepEqual([change.sku, change.onHand], ['SER-30', 49])
  await follower.close()
  const controller = new AbortController()
  const endless = failure(() => take(shop, 9, { since, signal: controller.signal }))
  setTimeout(() => controller.abort(), 10)
  assert.equal(await endless, controller.signal.reason)
  const rest = take(shop, 9, { since, intervalMs: 1 })
  await shop.close()
  assert.equal((await rest).length <= 1, true, 'the end of the engine is the end of the changes')
  assert.equal((await failure(() => take(memory(), 1, { since: -1 }))).field, 'since')
  assert.equal((await failure(() => take(memory(), 1, { sinse: 1 }))).field, 'sinse')
})

for (const durability of ['sync', 'os', { group: { maxDelayMs: 2 } }]) {
  test(`durability ${JSON.stringify(durability)}`, async (t) => {
    const path = folder(t)
    const shop = await open(path, { durability })
    await Promise.all(Array.from({ length: 20 }, (_, i) => shop.upsertSkus({ skus: [{ sku: `S-${i}` }], now: NOON })))
    const { digest, sequence } = shop.position()
    await shop.close()
    const again = await open(path)
    assert.deepEqual([again.position().digest, sequence], [digest, 20])
    await again.close()
  })
}

test('retention by purpose, and the expiry calendar', async () => {
  const shop = memory()
  await shop.upsertSkus({ skus: [{ sku: 'LIP-01', cost: { minor: 450 } }], now: NOON })
  await shop.receive({ id: 'r', sku: 'LIP-01', lot: 'A', expiresOn: '2027-01-22', quantity: 100, location: 'paris', now: NOON })
  await shop.view({ id: 'v', subject: 'ana', sku: 'LIP-01', now: NOON })
  for (let day = 0; day < 30; day += 1) {
    await shop.sale({ id: `s-${day}`, lines: { 'LIP-01': 1 }, location: 'paris', subject: 'ana', now: later(day) })
  }
  const { lots, horizons } = await shop.expiryCalendar({ now: later(30) })
  const [{ quantity, daysLeft, unitsAtRisk, valueAtRiskMinor, horizonDays }] = lots
  assert.deepEqual([quantity, daysLeft, unitsAtRisk, valueAtRiskMinor, horizonDays], [70, 30, 39, 39 * 450, 30])
  assert.deepEqual(horizons.map(({ withinDays }) => withinDays), [30, 60, 90])
  assert.deepEqual(await shop.retain({ personalisationDays: 10, analyticsDays: 10, now: later(30) }), { dropped: 1, reduced: 20 })
  assert.deepEqual(await shop.retain({ personalisationDays: 10, analyticsDays: 10, marketingDays: 20, now: later(30) }), { dropped: 10, reduced: 0 })
  assert.equal((await shop.export({ subject: 'ana' })).length, 20)
})

test('a folder has one writer', async (t) => {
  const path = folder(t)
  const shop = await open(path)
  const error = await failure(() => open(path))
  assert.deepEqual([error.code, error.path], ['JOURNAL_LOCKED', path])
  await shop.close()
  await (await open(path)).close()
})

test('a closed engine says so', async (t) => {
  const shop = await open(folder(t))
  await Promise.all([shop.close(), shop.close()])
  for (const call of [() => shop.stock(), () => shop.advance(), () => shop.forecast(), () => shop.planPurchases()]) {
    assert.equal((await failure(call)).code, 'CLOSED')
  }
  await shop.close()
})

test('close answers all that is queued; asyncDispose closes', async (t) => {
  const path = folder(t)
  const shop = await open(path)
  const queued = Array.from({ length: 50 }, (_, i) => shop.upsertSkus({ skus: [{ sku: `S-${i}` }] }))
  await shop.close()
  assert.equal((await Promise.allSettled(queued)).filter(({ status }) => status === 'fulfilled').length, 50)
  const again = await open(path)
  assert.equal(again.position().sequence, 50)
  await again[Symbol.asyncDispose]()
  assert.equal((await failure(() => again.stock())).code, 'CLOSED')
})

// ---------------------------------------------------------------- many callers

test('200 concurrent doors: what is sold is what there was', async (t) => {
  const shop = await open(folder(t))
  t.after(() => shop.close())
  await stocked(shop)
  const wishes = Array.from({ length: 200 }, (_, i) => shop.reserve({ id: `o-${i}`, lines: { 'LIP-01': 1 }, location: 'paris', now: NOON }))
  const settled = await Promise.allSettled(wishes)
  const refused = settled.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
  assert.equal(settled.length - refused.length, 50)
  assert.ok(refused.every((reason) => reason instanceof RejectedError && reason.code === 'INSUFFICIENT_STOCK' && reason.available === 0))
  assert.equal(shop.availability({ sku: 'LIP-01', now: NOON }).held, 50)
})

test('a worker thread has its own engines', async () => {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { memory } = require(workerData)
    const shop = memory()
    shop.upsertSkus({ skus: [{ sku: 'W' }] }).then(() => parentPort.postMessage(shop.position().sequence))`
  const worker = new Worker(source, { eval: true, workerData: path })
  assert.equal(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)), 1)
  await worker.terminate()
})

test('a worker thread may end in the middle of long work', async () => {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { forecast } = require(workerData)
    const y = Float64Array.from({ length: 3000 }, (_, i) => 5 + (i * 7919) % 11)
    forecast({ y, h: 14, season: 7 })
    parentPort.postMessage('begun')`
  const worker = new Worker(source, { eval: true, workerData: path })
  await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await worker.terminate()
  assert.equal(orderQuantity({ need: 7, packSize: 6 }), 12)
})

// ---------------------------------------------------------------- the event loop

const SERIES = 60
const LENGTH = 400

function long() {
  const rows = SERIES * LENGTH
  const ids = Array.from({ length: rows }, (_, row) => `s-${Math.floor(row / LENGTH)}`)
  const ds = Array.from({ length: rows }, (_, row) => row % LENGTH)
  const y = Float64Array.from({ length: rows }, (_, row) => 5 + ((row * 7919) % 13) + (row % 7))
  return { df: { unique_id: ids, ds, y }, h: 14, season: 7 }
}

test('the event loop turns during a long forecast', async () => {
  let longest = 0
  let ticks = 0
  let last
  const start = performance.now()
  const work = forecast(long())
  let isDone = false
  work.finally(() => (isDone = true))
  last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    ticks += 1
  }, 5)
  let reads = 0
  while (!isDone) {
    await readFile(import.meta.filename)
    reads += 1
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  clearInterval(timer)
  const took = performance.now() - start
  assert.equal((await work).auto.length, SERIES * 14)
  assert.ok(took > 100, `too short a test: ${took} ms`)
  assert.ok(ticks > 10 && reads > 10, `${ticks} ticks, ${reads} reads in ${took} ms`)
  assert.ok(longest < took / 2, `the loop stood still for ${longest} of ${took} ms`)
})

test('progress rises to the total', async () => {
  const seen = []
  await forecast({ ...long(), onProgress: (done, total) => seen.push([done, total]) })
  assert.deepEqual(seen.at(-1), [SERIES, SERIES])
  assert.ok(seen.every(([done], i) => i === 0 || done > seen[i - 1][0]))
})

test('an abort rejects with its reason, at once and before the end', async () => {
  const reason = new Error('the shopper left')
  const aborted = AbortSignal.abort(reason)
  assert.equal(await failure(() => forecast({ y: [1, 2, 3], h: 1, signal: aborted })), reason)
  const controller = new AbortController()
  let heard = 0
  controller.signal.onabort = () => (heard += 1)
  const start = performance.now()
  const work = forecast({ ...long(), signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  const error = await failure(() => work)
  assert.ok(error === controller.signal.reason && error.name === 'AbortError')
  assert.equal(heard, 1, "the caller's own listener stays")
  const toAbort = performance.now() - start
  const again = performance.now()
  const shared = new AbortController()
  await forecast({ ...long(), signal: shared.signal })
  assert.ok(toAbort < performance.now() - again, 'it stopped early')
  const second = forecast({ ...long(), signal: shared.signal })
  shared.abort('again')
  assert.equal(await failure(() => second), 'again', 'a signal serves many calls')
})

test('an onProgress that throws ends the call with its error', async () => {
  const error = new Error('no')
  assert.equal(await failure(() => forecast({ ...long(), onProgress: () => { throw error } })), error)
})

test('questions of the engine that take long are Promises with progress', async () => {
  const shop = await stocked(memory())
  for (let day = 0; day < 40; day += 1) {
    await shop.sale({ id: `s-${day}`, lines: { 'LIP-01': 1 }, location: 'paris', now: later(day) })
  }
  const seen = []
  const frame = await shop.forecast({ h: 3, level: [80, 95], now: later(41), onProgress: (...progress) => seen.push(progress) })
  assert.deepEqual(Object.keys(frame), ['sku', 'location', 'ds', 'auto', 'auto-lo-80', 'auto-hi-80', 'auto-lo-95', 'auto-hi-95', 'model'])
  assert.equal(frame.ds[0], '2027-01-03')
  assert.ok(seen.length > 0)
  assert.deepEqual(await failure(() => shop.planPurchases({ signal: AbortSignal.abort('stop') })), 'stop')
})

// ---------------------------------------------------------------- frames

test('one series: as y, as a frame without times, as a frame with them', async () => {
  const y = [3, 4, 3, 5, 4, 4, 5, 4, 6, 4]
  const how = { h: 2, season: 1, level: [80] }
  const one = await forecast({ y: Float64Array.from(y), ...how })
  assert.deepEqual([one.ds, one.unique_id], [[10, 11], ['y', 'y']])
  assert.ok(one.auto instanceof Float64Array)
  const frame = await forecast({ df: { y, open: y.map(() => 1) }, inStock: 'open', ...how })
  const days = y.map((_, i) => new Date(Date.UTC(2026, 0, 1 + i)))
  const dated = await forecast({ df: { unique_id: y.map(() => 7), ds: days, y: Int32Array.from(y) }, ...how })
  assert.deepEqual([one.auto, one.auto], [frame.auto, dated.auto])
  assert.deepEqual([dated.ds, dated.unique_id], [['2026-01-11', '2026-01-12'], ['7', '7']])
  const hours = y.map((_, i) => new Date(Date.UTC(2026, 0, 1, i)))
  assert.deepEqual((await forecast({ df: { ds: hours, y }, ...how })).ds, ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z'])
})

test('texts that repeat cross once and are the same texts', async () => {
  const rows = 4096
  const ids = Array.from({ length: rows }, (_, row) => [null, undefined, '', 'é', '🌸', 'b'][row % 6])
  const few = { customer: ids, ds: ids.map(() => '2026-11-01'), value: ids.map(() => 1) }
  const got = await rfm({ df: few, today: '2026-11-02' })
  assert.deepEqual(got.customer, ['', 'b', 'é', '🌸'])
  assert.deepEqual(got.frequency, [2049, 682, 683, 682])
  // repeated at first, then each its own
  const late = ids.map((_, row) => (row < 2048 ? 'a' : `u${row}`))
  const many = await rfm({ df: { ...few, customer: late }, today: '2026-11-02' })
  assert.deepEqual([many.customer.length, many.customer[0], many.frequency[0]], [2049, 'a', 2048])
  const broken = late.map((id, row) => (row === 5 ? '\ud800' : 'a'))
  await assert.rejects(rfm({ df: { ...few, customer: broken } }), { code: 'INVALID_ARGUMENT', field: 'customer' })
  const series = Array.from({ length: rows }, (_, row) => row >> 6)
  const df = { unique_id: series.map((one) => `s${one}`), ds: series.map((_, row) => row % 64), y: series.map((_, row) => row % 7) }
  const ahead = await forecast({ df, h: 20, models: ['naive'], level: [] })
  assert.deepEqual(ahead.unique_id, Array.from({ length: 1280 }, (_, row) => `s${Math.floor(row / 20)}`))
  assert.ok(ahead.error.every((text) => text === ''))
})

test('answers can be written as JSON and cloned', async () => {
  const frame = await rfm({ df: { customer: ['a', 'b'], ds: ['2026-11-01', '2026-11-20'], value: [10, 20.5] }, today: new Date(NOON) })
  const plain = JSON.parse(JSON.stringify(frame))
  assert.deepEqual(plain.customer, ['a', 'b'])
  assert.deepEqual(structuredClone(frame), { ...frame })
  const shop = await stocked(memory())
  const rows = shop.stock({ now: NOON })
  assert.deepEqual([JSON.parse(JSON.stringify(rows)), structuredClone(rows)], [rows, rows])
  assert.deepEqual(shop.recommend({ subject: 'ana' }).map((pick) => structuredClone(pick).sku).length, 3)
})

test('values of another realm are values all the same', async () => {
  const { y, now } = runInNewContext(`({ y: Float64Array.of(1.5, 1.5, 1.5), now: new Date('${NOON}') })`)
  assert.deepEqual(Array.from((await forecast({ y, h: 1 })).auto), [1.5])
  assert.deepEqual(memory().stock(runInNewContext('({ sku: null })')), [])
  assert.deepEqual(memory().stock({ now }), [])
})

test('a name of a column that is special in JavaScript stays data', async () => {
  const df = { id: ['a', 'b'], x: [0, 1] }
  Object.defineProperty(df, '__proto__', { value: [0, 1], enumerable: true })
  const answer = await kmeans({ df, k: 2, idColumn: 'id' })
  assert.deepEqual(answer.id, ['a', 'b'])
  assert.equal({}.polluted, undefined)
})

// ---------------------------------------------------------------- errors and bad input

test('an error carries its code and fields', async () => {
  const shop = await stocked(memory())
  const error = await failure(() => shop.reserve({ id: 'o', lines: { 'LIP-01': 51 }, location: 'paris', now: NOON }))
  assert.ok(error instanceof RejectedError && error instanceof TrousseError && error instanceof Error)
  const { code, sku, location, requested, available, name, message } = error
  assert.deepEqual({ code, sku, location, requested, available, name, message }, {
    code: 'INSUFFICIENT_STOCK', sku: 'LIP-01', location: 'paris', requested: 51, available: 50,
    name: 'RejectedError', message: 'LIP-01 at paris: 50 available, 51 requested',
  })
  assert.equal(JSON.parse(JSON.stringify(error)).code, 'INSUFFICIENT_STOCK')
  assert.match(error.stack, /engine\.test\.mjs/)
  const unknown = await failure(() => shop.availability({ sku: 'nope' }))
  assert.ok(!(unknown instanceof RejectedError))
  assert.deepEqual([unknown.code, unknown.sku], ['UNKNOWN_SKU', 'nope'])
})

const line = (quantity) => ({ id: 'o', lines: [{ sku: 'LIP-01', quantity }], location: 'paris' })
const circle = {}
circle.self = circle
const bad = [
  ['a fraction', (shop) => shop.reserve(line(1.5)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['minus one', (shop) => shop.reserve(line(-1)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['NaN', (shop) => shop.reserve(line(Number.NaN)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['infinity', (shop) => shop.reserve(line(Infinity)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['2^53', (shop) => shop.reserve(line(2 ** 53)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['2^32 + 1', (shop) => shop.reserve(line(2 ** 32 + 1)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['a BigInt', (shop) => shop.reserve(line(1n)), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['a text for a number', (shop) => shop.reserve(line('1')), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['a map with a text', (shop) => shop.reserve({ ...line(1), lines: { X: '1' } }), 'INVALID_ARGUMENT', 'lines[0].quantity'],
  ['no lines', (shop) => shop.reserve({ ...line(1), lines: {} }), 'INVALID_ARGUMENT', 'lines'],
  ['lines as null', (shop) => shop.reserve({ ...line(1), lines: null }), 'INVALID_ARGUMENT', 'lines'],
  ['a missing id', (shop) => shop.reserve({ ...line(1), id: undefined }), 'INVALID_ARGUMENT', 'id'],
  ['an empty id', (shop) => shop.reserve({ ...line(1), id: '' }), 'INVALID_ARGUMENT', 'id'],
  ['a long id', (shop) => shop.reserve({ ...line(1), id: 'x'.repeat(600) }), 'INVALID_ARGUMENT', 'id'],
  ['a lone surrogate', (shop) => shop.reserve({ ...line(1), id: '\ud800' }), 'MALFORMED'],
  ['a misspelt name', (shop) => shop.reserve({ ...line(1), ttlSecond: 5 }), 'INVALID_ARGUMENT', 'ttlSecond'],
  ['a name given twice', (shop) => shop.reserve({ ...line(1), ttlSeconds: 5, ttl_seconds: 6 }), 'INVALID_ARGUMENT', 'ttl_seconds'],
  ['a lifetime of 0', (shop) => shop.reserve({ ...line(1), ttlSeconds: 0 }), 'INVALID_ARGUMENT', 'ttlSeconds'],
  ['an invalid Date', (shop) => shop.reserve({ ...line(1), now: new Date('no') }), 'INVALID_ARGUMENT', 'now'],
  ['a now of the year 9999', (shop) => shop.reserve({ ...line(1), now: '9999-01-01T00:00:00Z' }), 'INVALID_ARGUMENT', 'now'],
  ['a bad day', (shop) => shop.receive({ id: 'r', sku: 'X', quantity: 1, location: 'p', expiresOn: '2027-02-30' }), 'INVALID_ARGUMENT', 'expiresOn'],
  ['a function', (shop) => shop.stock({ sku: () => 1 }), 'INVALID_ARGUMENT', 'sku'],
  ['a symbol', (shop) => shop.stock({ sku: Symbol('x') }), 'INVALID_ARGUMENT', 'sku'],
  ['a circle', (shop) => shop.upsertSkus({ skus: [circle] }), 'INVALID_ARGUMENT'],
  ['a Map', (shop) => shop.stock(new Map()), 'INVALID_ARGUMENT', 'params'],
  ['an array', (shop) => shop.stock([]), 'INVALID_ARGUMENT', 'params'],
  ['a text', (shop) => shop.recommend('ana'), 'INVALID_ARGUMENT', 'params'],
  ['a misspelt kind', (shop) => shop.complaint({ id: 'c', sku: 'X', kind: 'notAvailable' }), 'INVALID_ARGUMENT', 'kind'],
  ['an unknown type', (shop) => shop.record({ fact: { type: 'gossip', id: 'g' } }), 'INVALID_ARGUMENT', 'type'],
  ['a command as a fact', (shop) => shop.record({ fact: { type: 'reserve', ...line(1) } }), 'INVALID_ARGUMENT', 'type'],
  ['many facts, one bad', (shop) => shop.recordMany({ facts: [{ type: 'recall', id: 'a', sku: 'x', lot: 'y' }, { type: 'recall' }] }), 'INVALID_ARGUMENT', '[1].id'],
  ['a rating of 6', (shop) => shop.rating({ id: 'r', subject: 'a', sku: 'X', value: 6 }), 'INVALID_ARGUMENT', 'value'],
  ['a rating of 261', (shop) => shop.rating({ id: 'r', subject: 'a', sku: 'X', value: 261 }), 'INVALID_ARGUMENT', 'value'],
  ['a signal on a door', (shop) => shop.advance({ signal: AbortSignal.abort() }), 'INVALID_ARGUMENT', 'signal'],
  ['a signal of a text', (shop) => shop.forecast({ signal: 'now' }), 'INVALID_ARGUMENT', 'signal'],
  ['a progress of a number', (shop) => shop.forecast({ onProgress: 1 }), 'INVALID_ARGUMENT', 'onProgress'],
  ['h of -1', (shop) => shop.forecast({ h: -1 }), 'INVALID_ARGUMENT', 'h'],
  ['an offset of 1000 minutes', () => memory({ utcOffsetMinutes: 1000 }), 'INVALID_ARGUMENT', 'utcOffsetMinutes'],
  ['an unknown option', () => memory({ path: 'x' }), 'INVALID_ARGUMENT', 'path'],
  ['no folder', () => open(), 'INVALID_ARGUMENT', 'folder'],
  ['an empty folder name', () => open(''), 'INVALID_ARGUMENT', 'folder'],
  ['a file as a folder', () => open(import.meta.filename), 'IO'],
  ['an unknown durability', () => memory({ durability: 'never' }), 'INVALID_ARGUMENT', 'durability'],
  ['a wait of an hour', () => memory({ durability: { group: { maxDelayMs: 3_600_000 } } }), 'INVALID_ARGUMENT', 'durability.group.maxDelayMs'],
  ['a folder to follow of a number', () => follow(7), 'INVALID_ARGUMENT', 'folder'],
  ['an Engine of its own', () => new Engine(), 'INVALID_ARGUMENT', 'Engine'],
  ['no day', () => isSellable(), 'INVALID_ARGUMENT', 'day'],
  ['a quantity of 2^53', () => orderQuantity({ need: 2 ** 53 }), 'INVALID_ARGUMENT', 'need'],
  ['no frame', () => forecast({ h: 1 }), 'INVALID_ARGUMENT', 'df'],
  ['a frame of rows', () => forecast({ df: [{ y: 1 }], h: 1 }), 'INVALID_ARGUMENT', 'df'],
  ['a frame and a series', () => forecast({ df: { y: [1] }, y: [1], h: 1 }), 'INVALID_ARGUMENT', 'y'],
  ['a series of texts', () => forecast({ y: ['a'], h: 1 }), 'WRONG_COLUMN_TYPE'],
  ['a series of BigInts', () => forecast({ y: BigInt64Array.of(1n), h: 1 }), 'INVALID_ARGUMENT', 'y'],
  ['a mixed column', () => forecast({ y: [1, 'a'], h: 1 }), 'INVALID_ARGUMENT', 'y[1]'],
  ['a column of objects', () => forecast({ y: [{}], h: 1 }), 'INVALID_ARGUMENT', 'y'],
  ['a text as a column', () => forecast({ y: 'abc', h: 1 }), 'INVALID_ARGUMENT', 'y'],
  ['infinity in a series', () => forecast({ y: [1, Number.POSITIVE_INFINITY, 2], h: 1 }), 'NAN_IN_SERIES'],
  ['columns of two lengths', () => forecast({ df: { ds: [1, 2], y: [1] }, h: 1 }), 'INVALID_ARGUMENT', 'y'],
  ['a missing column', () => forecast({ df: { unique_id: ['a'], y: [1] }, h: 1 }), 'MISSING_COLUMN'],
  ['a time twice', () => forecast({ df: { ds: [1, 1], y: [1, 2] }, h: 1 }), 'DUPLICATE_TIME'],
  ['an invalid Date in a column', () => forecast({ df: { ds: [new Date('no')], y: [1] }, h: 1 }), 'INVALID_ARGUMENT', 'ds[0]'],
  ['a lone surrogate in a column', () => forecast({ df: { unique_id: ['\udc00'], ds: [1], y: [1] }, h: 1 }), 'INVALID_ARGUMENT', 'unique_id'],
  ['a bad level', () => forecast({ y: [1, 2], h: 1, level: [180] }), 'INVALID_ARGUMENT'],
  ['a parameter that is misspelt', () => forecast({ y: [1, 2], h: 1, nonNegativ: true }), 'INVALID_ARGUMENT', 'nonNegativ'],
]
for (const [what, call, code, field] of bad) {
  test(`bad input: ${what}`, async () => {
    const shop = memory()
    const error = await failure(() => call(shop))
    assert.ok(error instanceof TrousseError, error.stack)
    assert.equal(error.code, code, error.message)
    if (field) assert.equal(error.field, field, error.message)
    assert.equal(shop.position().sequence, 0, 'nothing was journalled')
  })
}

test('ESM and CommonJS get the same classes', () => {
  const required = createRequire(import.meta.url)('trousse')
  assert.equal(required.TrousseError, TrousseError)
  assert.equal(required.Engine, Engine)
  assert.ok(statSync(createRequire(import.meta.url).resolve('trousse')).isFile())
})
