// Compiled under --strict by types.test.mjs: what a user writes has types, what is wrong is refused.
import { open, memory, forecast, recommend, fefo, Ledger, RejectedError, TrousseError } from 'trousse'
import type { Code, Command, Engine, Fact, Held, LotPick, SkuPick, StockRow } from 'trousse'

// A name of ours must not shadow TypeScript's own.
type Some = Pick<StockRow, 'sku' | 'onHand'>

export async function checkout(shop: Engine, signal: AbortSignal): Promise<Some[]> {
  const held: Held = await shop.reserve({ id: 'o', lines: { 'LIP-01': 2 }, location: 'paris', ttlSeconds: 60, now: new Date() })
  const { lots } = await shop.commit({ id: 'p', hold: held.id, subject: null })
  const expiry: string | null = lots[0]?.expiresOn ?? null
  const picks: SkuPick[] = shop.recommend({ subject: 'ana', k: 5 })
  const why: string | undefined = picks[0]?.why
  const frame = await shop.forecast({ h: 7, level: [80], signal, onProgress: (done: number, total: number) => void (done / total) })
  const column = frame['auto']
  const one = await forecast<{ auto: Float64Array; ds: number[] }>({ y: Float64Array.of(1, 2, 3), h: 2, season: 7 })
  const first: number | undefined = one.auto[0]
  await forecast({ df: { unique_id: ['a'], ds: [new Date()], y: [1, null] }, h: 1, gaps: 'zero', models: ['seasonal_naive'] })
  await recommend({ interactions: { user: ['a'], item: ['b'] } })
  const lotPicks: LotPick[] = fefo({ lots: [{ lot: 'A', quantity: 1, expiresOn: '2027-06-30' }], quantity: 1, day: new Date() }).picks
  const command: Command = { type: 'reserve', id: 'o', lines: [{ sku: 'X', quantity: 1 }], location: 'paris' }
  const fact: Fact = { type: 'complaint', id: 'c', sku: 'X', kind: 'not_available' }
  await shop.submitMany({ commands: [command] })
  await shop.record({ fact })
  console.log(expiry, why, column, first, lotPicks)
  return shop.stock()
}

export async function mistakes(shop: Engine) {
  // @ts-expect-error an id is required
  await shop.reserve({ lines: { 'LIP-01': 2 }, location: 'paris' })
  // @ts-expect-error a misspelt parameter
  await shop.reserve({ id: 'o', lines: {}, location: 'paris', ttl: 60 })
  // @ts-expect-error snake_case is Python's
  shop.expiring({ within_days: 3 })
  // @ts-expect-error a kind that is none
  await shop.complaint({ id: 'c', sku: 'X', kind: 'notAvailable' })
  // @ts-expect-error both a series and a frame
  await forecast({ y: [1], df: { y: [1] }, h: 1 })
  // @ts-expect-error a question is no Promise
  shop.stock().then()
  // @ts-expect-error only open and memory make engines
  new shop.constructor.Engine()
  // @ts-expect-error the Ledger recommends nothing
  new Ledger().recommend({ subject: 'ana' })
}

export async function main() {
  await using shop = await open('shop.trousse', { utcOffsetMinutes: 60 })
  try {
    await checkout(shop, new AbortController().signal)
  } catch (error) {
    if (error instanceof RejectedError && error.code === 'INSUFFICIENT_STOCK') console.log(error.available)
    const code: Code | undefined = error instanceof TrousseError ? error.code : undefined
    console.log(code)
  }
  await memory().close()
}
