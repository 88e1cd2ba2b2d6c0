// The declarations under tsc --strict, as ESM, as CommonJS and in a bundler.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(new URL('../../bindings-node/package.json', import.meta.url))
const tsc = require.resolve('typescript/bin/tsc')
const strict = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--exactOptionalPropertyTypes', '--target', 'es2022']
const lib = ['--lib', 'es2022,dom']

function compile(...given) {
  const cwd = fileURLToPath(new URL('types', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...strict, ...lib, ...given], { cwd, encoding: 'utf8' })
  return { status, stdout }
}

const kinds = [
  ['ESM under node16', '--module', 'node16', 'use.mts'],
  ['CommonJS under node16', '--module', 'node16', 'use.cts'],
  ['ESM under nodenext', '--module', 'nodenext', 'use.mts'],
  ['a bundler', '--module', 'esnext', '--moduleResolution', 'bundler', 'use.mts'],
]
for (const [what, ...given] of kinds) {
  test(`types: ${what}`, () => assert.deepEqual(compile(...given), { status: 0, stdout: '' }))
}
