// The README's Node quick start runs and says what the README says.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the quick start runs', () => {
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)]
  assert.equal(blocks.length, 1)
  const cwd = new URL('.', import.meta.url)
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', blocks[0][1]], { cwd, encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  assert.equal(run.stdout, 'A1: 1, B7: 2\nINSUFFICIENT_STOCK 46\n')
})
