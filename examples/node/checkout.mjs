// A checkout: reserve, pay, commit, then recommend. What is sold out is a 409 with its fields, not an exception.
//   npm install && node checkout.mjs
import assert from 'node:assert/strict'
import { memory } from 'trousse'

const shop = memory() // open('shop.trousse') keeps it
await shop.upsertSkus({
  skus: [
    { sku: 'LIP-01', product: 'Velvet lip', brand: 'Aube', attributes: ['finish:matte'] },
    { sku: 'LIP-02', product: 'Satin lip', brand: 'Aube', attributes: ['finish:satin'] },
    { sku: 'SER-30', product: 'Night serum', brand: 'Nuit', attributes: ['skin:dry'] },
  ],
})
const receipts = [
  { id: 'asn-7:1', sku: 'LIP-01', lot: 'B7', expiresOn: '2099-09-30', quantity: 2 },
  { id: 'asn-7:2', sku: 'LIP-01', lot: 'A1', expiresOn: '2099-06-30', quantity: 1 },
  { id: 'asn-7:3', sku: 'LIP-02', lot: 'C2', expiresOn: '2099-06-30', quantity: 5 },
  { id: 'asn-7:4', sku: 'SER-30', lot: 'D4', expiresOn: '2099-03-31', quantity: 5 },
]
await shop.recordMany({ facts: receipts.map((one) => ({ type: 'receive', location: 'paris', ...one })) })

/** POST /checkout: the basket is held, the card is charged, the goods leave. */
async function checkout({ order, basket, subject }, charge) {
  try {
    const hold = await shop.reserve({ id: order, lines: basket, location: 'paris', ttlSeconds: 900 })
    if (!(await charge(order))) {
      await shop.release({ id: `${order}:declined`, hold: hold.id })
      return { status: 402 }
    }
    const { lots } = await shop.commit({ id: `${order}:paid`, hold: hold.id, subject })
    return { status: 200, lots: lots.map(({ lot, quantity }) => [lot, quantity]) }
  } catch (error) {
    if (error.code !== 'INSUFFICIENT_STOCK') throw error
    const { code, sku, available, requested } = error
    return { status: 409, code, sku, available, requested }
  }
}

const paid = async () => true
const declined = async () => false
const first = await checkout({ order: 'order-1001', basket: { 'LIP-01': 2 }, subject: 'ana' }, paid)
const again = await checkout({ order: 'order-1001', basket: { 'LIP-01': 2 }, subject: 'ana' }, paid)
const poor = await checkout({ order: 'order-1002', basket: { 'SER-30': 1 }, subject: 'bo' }, declined)
const late = await checkout({ order: 'order-1003', basket: { 'LIP-01': 2 }, subject: 'bo' }, paid)
const traced = shop.traceOrder({ order: 'order-1001' }) // an order knows its lots, a lot its orders
const { orders } = shop.traceLot({ sku: 'LIP-01', lot: 'A1' })

// A hold has lots; a recall takes them away everywhere, in holds too.
await shop.reserve({ id: 'order-1004', lines: { 'LIP-01': 1 }, location: 'paris' })
const [held] = shop.holds()
await shop.recall({ id: 'recall-1', sku: 'LIP-01', lot: 'B7' })
const [recalled] = shop.stock({ sku: 'LIP-01' }).filter(({ lot }) => lot === 'B7')
await shop.release({ id: 'order-1004:recalled', hold: 'order-1004' }).catch(({ code }) => assert.equal(code, 'HOLD_CLOSED'))
await shop.rating({ id: 'r-5', subject: 'ana', sku: 'LIP-01', value: 5 })
const picks = shop.recommend({ subject: 'ana', k: 5, location: 'paris' })

console.log(first, late)
console.log(picks.map(({ sku, why }) => `${sku}: ${why}`))

assert.deepEqual(first, { status: 200, lots: [['A1', 1], ['B7', 1]] }, 'first expired, first out')
assert.deepEqual(again, first, 'an order may be sent twice')
assert.deepEqual(poor, { status: 402 })
assert.deepEqual(late, { status: 409, code: 'INSUFFICIENT_STOCK', sku: 'LIP-01', available: 1, requested: 2 })
assert.equal(shop.availability({ sku: 'SER-30' }).availableToPromise, 5, 'a declined card gives the goods back')
assert.deepEqual(picks.map(({ sku }) => sku).sort(), ['LIP-02', 'SER-30'], 'what ana has is not shown again')
assert.deepEqual(traced.lots.map(({ lot, quantity }) => [lot, quantity]), [['A1', 1], ['B7', 1]])
assert.deepEqual(orders, ['order-1001'])
assert.deepEqual(held.lots.map(({ lot }) => lot), ['B7'])
assert.ok(recalled.recalled && recalled.available === 0, 'nothing of a recalled lot is promised')
for await (const change of shop.watch()) { // a shop window follows: for ever, or until it has seen enough
  console.log(`${change.sku}: ${change.availableToPromise} (${change.level})`)
  if (change.cursor > 0) break
}
assert.ok((await shop.verify()).sound)
await shop.close()
