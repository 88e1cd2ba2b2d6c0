// The README's Node quick start runs and says what the README says.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

const run = (block) => {
  const cwd = new URL('.', import.meta.url)
  return spawnSync(process.execPath, ['--input-type=module', '-e', block], { cwd, encoding: 'utf8' })
}

test('the forecasts of the examples run', () => {
  const ran = run(readFileSync(new URL('../../examples/node/forecasts.mjs', import.meta.url), 'utf8'))
  assert.equal(ran.status, 0, ran.stderr)
})

test('the quick starts run', () => {
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)]
  const said = ['A1: 1, B7: 2\nINSUFFICIENT_STOCK 46\n', '7 [ 3, 2 ]\n']
  assert.equal(blocks.length, said.length)
  for (const [i, [, block]] of blocks.entries()) {
    const ran = run(block)
    assert.equal(ran.status, 0, ran.stderr)
    assert.equal(ran.stdout, said[i])
  }
})
