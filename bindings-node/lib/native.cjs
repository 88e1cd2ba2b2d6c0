'use strict'
// Finds the native module: beside this package (a build of one's own), else in the package of the platform.

function isMusl() {
  const report = process.report?.getReport()
  return !(typeof report === 'string' ? JSON.parse(report) : report)?.header?.glibcVersionRuntime
}

function triple() {
  const { platform, arch } = process
  if (platform === 'linux') return `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}`
  if (platform === 'win32') return `win32-${arch}-msvc`
  return `${platform}-${arch}`
}

function load() {
  const name = triple()
  const tried = []
  for (const path of [`../trousse.${name}.node`, `@trousse/binding-${name}`]) {
    try {
      return require(path)
    } catch (error) {
      tried.push(`${path}: ${error.message.split('\n')[0]}`)
    }
  }
  throw new Error(`trousse has no binary for ${name}; install @trousse/binding-${name} (${tried.join('; ')})`)
}

module.exports = { native: load(), triple }
