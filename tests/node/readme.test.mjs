// The README's Node quick start runs and says what the README says.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the quick starts run', () => {
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)]
  const said = ['A1: 1, B7: 2\nINSUFFICIENT_STOCK 46\n', '7 [ 3, 2 ]\n']
  assert.equal(blocks.length, said.length)
  const cwd = new URL('.', import.meta.url)
  for (const [i, [, block]] of blocks.entries()) {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', block], { cwd, encoding: 'utf8' })
    assert.equal(run.status, 0, run.stderr)
    assert.equal(run.stdout, said[i])
  }
})
