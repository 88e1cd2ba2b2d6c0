// Forecasts from day to day: fit once, take each day's sales in, keep the state as bytes.
import assert from 'node:assert/strict'
import { Forecaster, forecast } from 'trousse'

const y = Float64Array.from({ length: 84 }, (_, day) => 20 + 4 * (day % 7) + ((day * 7) % 5))

const { auto, 'auto-hi-80': high } = await forecast({ y, h: 7, season: 7, level: [80] }) // off the event loop
assert.ok(auto instanceof Float64Array && auto.every((mean, i) => mean < high[i]))

const kept = await Forecaster.fit({ y, season: 7, models: ['AutoETS', 'SeasonalNaive'] })
await kept.update({ df: { unique_id: ['y', 'y'], ds: [84, 86], y: [21, 30] } }) // 85 is missing: nothing is known of it
const ahead = await kept.predict({ h: 2, level: [80, 95] })
console.log(ahead)
assert.deepEqual(ahead.ds, [87, 88])
assert.deepEqual(Array.from(ahead.SeasonalNaive), [y[80], y[81]])

const again = Forecaster.load(kept.save()) // Rust and Python read these bytes too
assert.deepEqual(await again.predict({ h: 2, level: [80, 95] }), ahead)
assert.deepEqual((await again.drifted()).due, [false, false])
