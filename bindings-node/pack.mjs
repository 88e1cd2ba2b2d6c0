// Packs two tarballs into dist/: trousse, and the binary of this platform. They install without a toolchain:
//   node pack.mjs                      builds for release, then packs
//   node pack.mjs --binary FILE.node   packs a binary that is there
// The other platforms' binaries come from the release machines; npm skips those that it cannot install.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = join(here, 'dist')
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const { binaryName, packageName, targets } = manifest.napi

/** What npm calls the platform of a Rust target. */
function platform(target) {
  const [machine, , system, abi] = target.split('-')
  const cpu = { x86_64: 'x64', aarch64: 'arm64' }[machine]
  const os = { linux: 'linux', darwin: 'darwin', windows: 'win32' }[system]
  const libc = { gnu: 'glibc', musl: 'musl' }[os === 'linux' ? abi : '']
  return { name: [os, cpu, abi].filter(Boolean).join('-'), os, cpu, libc }
}

function thisPlatform() {
  const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  const fits = (one) => one.os === process.platform && one.cpu === process.arch && (one.os !== 'linux' || one.libc === libc)
  const own = targets.map(platform).find(fits)
  if (!own) throw new Error(`no target for ${process.platform}-${process.arch} in package.json`)
  return own
}

function build() {
  const arguments_ = ['build', '--platform', '--release', '--no-js', '--manifest-path', 'Cargo.toml']
  const out = ['--output-dir', join('dist', 'build'), '--dts', 'native.d.ts']
  execFileSync(join(here, 'node_modules', '.bin', 'napi'), [...arguments_, ...out], { cwd: here, stdio: 'inherit' })
  return join(dist, 'build', `${binaryName}.${thisPlatform().name}.node`)
}

function pack(folder, own) {
  const root = join(here, '..')
  for (const one of readdirSync(root).filter((name) => name.startsWith('LICENSE'))) cpSync(join(root, one), join(folder, one))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', dist], { cwd: folder, encoding: 'utf8' })
  const [{ filename, size }] = Object.values(JSON.parse(output))
  console.log(`${join('dist', filename)} ${(size / 1024).toFixed(0)} kB`)
}

const given = process.argv.indexOf('--binary')
const binary = given > 0 ? process.argv[given + 1] : build()
const { version, description, license, repository, engines } = manifest
const common = { version, license, repository, engines }

const { name, os, cpu, libc } = thisPlatform()
const file = `${binaryName}.${name}.node`
const own = join(dist, name)
rmSync(own, { recursive: true, force: true })
mkdirSync(own, { recursive: true })
cpSync(binary, join(own, file))
pack(own, {
  name: `${packageName}-${name}`,
  description: `The binary of trousse for ${name}.`,
  ...common,
  os: [os],
  cpu: [cpu],
  ...(libc && { libc: [libc] }),
  main: file,
  files: [file],
})

const main = join(dist, 'main')
rmSync(main, { recursive: true, force: true })
mkdirSync(main, { recursive: true })
for (const one of manifest.files) cpSync(join(here, one), join(main, one), { recursive: true })
const { devDependencies, scripts, napi, ...published } = manifest
const optionalDependencies = Object.fromEntries(targets.map((target) => [`${packageName}-${platform(target).name}`, version]))
pack(main, { ...published, description, optionalDependencies })
