'use strict'
// Errors of the core as JavaScript errors: code, fields in camelCase, paths as the caller spelled them.

const { camel } = require('./names.cjs')

class TrousseError extends Error {
  constructor(code, message, fields = {}) {
    super(message)
    this.code = code
    const own = Object.fromEntries(Object.entries(fields).map(([name, value]) => [camel(name), value]))
    Object.defineProperty(this, 'fields', { value: own, configurable: true })
    for (const [name, value] of Object.entries(own)) {
      if (!(name in this)) this[name] = value
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

/** Spells a path of parameters as JavaScript does; the name of a column stays as it is. */
function respell({ field, rule, got }, columns) {
  if (columns.has(field.split('[')[0])) return { field, rule, got }
  const isUnknown = rule.startsWith('one of ') && field.endsWith(got)
  return { field: camel(field), rule: isUnknown ? camel(rule) : rule, got: isUnknown ? camel(got) : got }
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
  if (text.code === 'INVALID_ARGUMENT') {
    const { field, rule, got } = respell(text.fields, columns)
    return argument(field, rule, got)
  }
  if (text.code === 'CONFLICT') text.fields.field = camel(text.fields.field)
  return new (text.rejected ? RejectedError : TrousseError)(text.code, text.message, text.fields)
}

module.exports = { TrousseError, RejectedError, argument, fromNative }
