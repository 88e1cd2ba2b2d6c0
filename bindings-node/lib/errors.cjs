'use strict'
// Errors of the core as JavaScript errors: code, fields in camelCase, paths as the caller spelled them.

const { names } = require('../operations.cjs')
const { camel } = require('./names.cjs')

const known = new Set(names)

class TrousseError extends Error {
  constructor(code, message, fields = {}) {
    super(message)
    this.code = code
    for (const [name, value] of Object.entries(fields)) {
      if (!(name in this)) this[camel(name)] = value
    }
  }

  toJSON() {
    return { name: this.name, message: this.message, ...this }
  }
}
Object.defineProperty(TrousseError.prototype, 'name', { value: 'TrousseError', configurable: true, writable: true })

class RejectedError extends TrousseError {}
Object.defineProperty(RejectedError.prototype, 'name', { value: 'RejectedError', configurable: true, writable: true })

/** A bad argument found before the core saw it, worded as the core words it. */
function argument(field, rule, got) {
  return new TrousseError('INVALID_ARGUMENT', `${field} must be ${rule}, got ${got}`, { field, rule, got: String(got) })
}

const spell = (text) => text.replace(/[a-z][a-z0-9]*(?:_[a-z0-9]+)+/g, (word) => (known.has(word) ? camel(word) : word))

/** Spells a path of parameters as JavaScript does; the name of a column stays as it is. */
function respell(fields, message, columns) {
  const { field, rule, got } = fields
  if (typeof field !== 'string' || columns.has(field.split('[')[0])) return { fields, message }
  const unknown = rule.startsWith('one of ') && field.endsWith(got)
  const own = { field: spell(field), rule: unknown ? spell(rule) : rule, got }
  return { fields: own, message: `${own.field} must be ${own.rule}, got ${got}` }
}

/** Turns what the native module threw into a TrousseError. */
function fromNative(error, columns = new Set()) {
  if (error instanceof TrousseError) return error
  let text
  try {
    text = JSON.parse(error.message)
  } catch {
    return new TrousseError('INTERNAL', `internal error, please report it: ${error?.message ?? error}`)
  }
  const isArgument = text.code === 'INVALID_ARGUMENT'
  const { fields, message } = isArgument ? respell(text.fields, text.message, columns) : text
  return new (text.rejected ? RejectedError : TrousseError)(text.code, message, fields)
}

module.exports = { TrousseError, RejectedError, argument, fromNative }
