// The generated layer against tests/surface.json: every operation, parameter and field is there, nothing else is.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as trousse from 'trousse'
import { camel } from './vectors.mjs'

const binding = (name) => new URL(`../../bindings-node/${name}`, import.meta.url)
const ts = createRequire(binding('package.json'))('typescript')
const surface = JSON.parse(readFileSync(new URL('../surface.json', import.meta.url), 'utf8'))
const { operations, definitions } = surface
const text = readFileSync(binding('index.d.ts'), 'utf8')
const source = ts.createSourceFile('index.d.ts', text, ts.ScriptTarget.Latest, true)

const nameOf = (member) => member.name?.getText(source)
const membersOf = (node) => node.members.filter((member) => member.name).map(nameOf)
const declared = { classes: new Map(), interfaces: new Map(), types: new Map(), functions: new Map() }
for (const node of source.statements) {
  if (ts.isClassDeclaration(node)) declared.classes.set(nameOf(node), node)
  if (ts.isInterfaceDeclaration(node)) declared.interfaces.set(nameOf(node), node)
  if (ts.isTypeAliasDeclaration(node)) declared.types.set(nameOf(node), node)
  if (ts.isFunctionDeclaration(node)) declared.functions.set(nameOf(node), node)
}

const named = (filter) => operations.filter(filter).map(({ name }) => camel(name)).sort()
const own = (target) => Object.getOwnPropertyNames(target).filter((name) => name !== 'constructor').sort()
const onEngine = named((op) => op.on === 'engine')
const onLedger = named((op) => op.on === 'engine' && surface.ledger.includes(op.name))
const onModule = named((op) => op.on === 'module')

test('the classes have the operations and nothing else', () => {
  assert.deepEqual(own(trousse.Engine.prototype), [...onEngine, 'close', 'watch'].sort())
  assert.deepEqual(own(trousse.Ledger.prototype), [...onLedger, 'watch'].sort())
  assert.equal(typeof trousse.Engine.prototype[Symbol.asyncDispose], 'function')
  const others = ['Engine', 'Follower', 'Forecaster', 'Ledger', 'RejectedError', 'TrousseError', 'follow', 'memory', 'open', 'version']
  assert.deepEqual(Object.keys(trousse).sort(), [...onModule, ...others].sort())
})

test('the declarations have the operations and nothing else', () => {
  const members = (name) => membersOf(declared.classes.get(name)).sort()
  assert.deepEqual(members('Engine'), [...onEngine, 'close', 'watch', '[Symbol.asyncDispose]'].sort())
  assert.deepEqual(members('Ledger'), [...onLedger, 'watch'].sort())
  assert.deepEqual([...declared.functions.keys()].sort(), [...onModule, 'follow', 'memory', 'open'].sort())
})

const isObject = ([name, definition]) => definition.type === 'object' && name !== 'Nothing'
for (const [name, definition] of Object.entries(definitions).filter(isObject)) {
  test(`the fields of ${name}`, () => {
    const node = declared.interfaces.get(name === 'Pick' ? 'SkuPick' : name)
    assert.ok(node, `no interface ${name}`)
    assert.deepEqual(membersOf(node).sort(), Object.keys(definition.properties ?? {}).map(camel).sort())
    for (const member of node.members) {
      const [doc] = ts.getJSDocCommentsAndTags(member)
      assert.ok(doc?.comment, `${name}.${nameOf(member)} has no doc`)
    }
  })
}

test('no interface is left over', () => {
  const objects = Object.entries(definitions).filter(isObject).map(([name]) => (name === 'Pick' ? 'SkuPick' : name))
  assert.deepEqual([...declared.interfaces.keys()].sort(), [...objects, 'Change', 'ForecasterParams', 'Long', 'Now', 'PredictParams', 'Watch'].sort())
})

test('the variants of unions and the codes', () => {
  for (const [name, { oneOf }] of Object.entries(definitions).filter(([, { oneOf }]) => oneOf)) {
    const written = declared.types.get(name).getText(source)
    for (const variant of oneOf) {
      const tag = variant.const ?? Object.keys(variant.properties)[0]
      const isNested = !('const' in variant) && oneOf.some((other) => 'const' in other)
      assert.ok(written.includes(isNested ? `{ ${tag}: {` : `'${tag}'`), `${name} lacks ${tag}`)
    }
  }
  const codes = [...declared.types.get('Code').getText(source).matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code)
  assert.deepEqual(codes, surface.codes)
})

function signatureOf(op) {
  if (op.on === 'module') return declared.functions.get(camel(op.name))
  return declared.classes.get('Engine').members.find((member) => nameOf(member) === camel(op.name))
}

for (const op of operations) {
  test(`${op.on} ${op.name}: parameters, answer, docs, codes`, () => {
    const node = signatureOf(op)
    const params = node.parameters[0].type.getText(source)
    const definition = op.params.$ref.split('/').at(-1)
    if (definition !== 'Nothing') assert.match(params, new RegExp(`\\b${definition}\\b`))
    assert.equal(/\bNow\b/.test(params), op.on === 'engine')
    assert.equal(/\bLong\b/.test(params), op.long && op.kind !== 'function')
    for (const { name, optional } of op.frames) {
      if (!/\bOneSeries\b/.test(params)) assert.ok(params.includes(`${camel(name)}${optional ? '?' : ''}: Frame`), params)
    }
    const isPromise = op.long || op.kind.startsWith('door')
    assert.equal(node.type.getText(source).startsWith('Promise<'), isPromise)
    const doc = ts.getJSDocCommentsAndTags(node)[0].getText(source).replace(/\n\s*\* ?/g, '\n')
    assert.ok(doc.includes(op.doc), doc)
    for (const code of op.codes) assert.ok(doc.includes(`\`${code}\``), `${code} is not documented`)
  })
}

test('what is not long answers at once, what is long answers later', async () => {
  const shop = trousse.memory()
  for (const op of operations.filter(({ on, kind }) => on === 'engine' && !kind.startsWith('door'))) {
    const answer = (() => {
      try {
        return shop[camel(op.name)]({})
      } catch (error) {
        return error
      }
    })()
    assert.equal(answer instanceof Promise, op.long, op.name)
    if (answer instanceof Promise) await answer.catch(() => {})
  }
})

test('defaults are documented', () => {
  for (const [name, definition] of Object.entries(definitions).filter(isObject)) {
    for (const [field, schema] of Object.entries(definition.properties ?? {})) {
      if (schema.default === undefined || schema.default === null) continue
      const node = declared.interfaces.get(name === 'Pick' ? 'SkuPick' : name)
      const member = node.members.find((one) => nameOf(one) === camel(field))
      assert.ok(ts.getJSDocTags(member).some((tag) => tag.tagName.text === 'defaultValue'), `${name}.${field}`)
    }
  }
})

test('the generated files are those that the generator writes', () => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(binding('generate.mjs')), '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})
