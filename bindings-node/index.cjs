'use strict'
// The Node face: classes and functions built from the generated table of operations.

const { isUint8Array } = require('node:util').types
const { native } = require('./lib/native.cjs')
const { operations, ledger } = require('./operations.cjs')
const { TrousseError, RejectedError, argument, fromNative } = require('./lib/errors.cjs')
const convert = require('./lib/convert.cjs')

const PROGRESS_MS = 50
const OWN = Symbol('native engine')
const ASK = Symbol('call of a forecaster')
const FRAME = { frames: [{ name: 'df' }] }
const NO_FRAME = { frames: [] }
const AHEAD = { frames: [{ name: 'future', optional: true }] }

function attempt(call, columns) {
  try {
    return call()
  } catch (error) {
    throw fromNative(error, columns)
  }
}

/** Takes what steers a long call out of its options. */
function steering({ signal, onProgress, ...rest }) {
  if (signal !== undefined && signal !== null && !(typeof signal === 'object' && 'aborted' in signal)) {
    throw argument('signal', 'an AbortSignal', typeof signal)
  }
  if (onProgress !== undefined && onProgress !== null && typeof onProgress !== 'function') {
    throw argument('onProgress', 'a function', typeof onProgress)
  }
  return { signal, onProgress, rest }
}

/** Runs a long call: the first of answer, error, abort and a throwing onProgress settles it. */
function long(start, { signal, onProgress }, columns) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const task = new native.Task()
    let seen = -1
    const report = () => {
      const [done, total] = task.progress()
      if (done === seen) return
      seen = done
      try {
        onProgress(done, total)
      } catch (error) {
        settle(reject, error)
        task.cancel()
      }
    }
    const timer = onProgress ? setInterval(report, PROGRESS_MS) : undefined
    const abort = () => {
      task.cancel()
      settle(reject, signal.reason)
    }
    const settle = (how, value) => {
      clearInterval(timer)
      signal?.removeEventListener('abort', abort)
      how(value)
    }
    signal?.addEventListener('abort', abort, { once: true })
    const started = (async () => start(task))()
    started.then(
      (value) => {
        if (onProgress) report()
        settle(resolve, value)
      },
      (error) => settle(reject, fromNative(error, columns)),
    )
  })
}

function options(given) {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw argument('params', 'one options object', typeof given)
  return given
}

/** Kinds that are called in another way where they take long. */
const LONG = { function: 'function_long', query: 'query_long' }

const callers = {
  function: (op) => (given) => attempt(() => convert.answer(native.call(op.name, convert.params(given)))),
  function_long: (op) => async (given) => {
    const text = convert.params(given)
    try {
      return convert.answer(await native.callLong(op.name, text))
    } catch (error) {
      throw fromNative(error)
    }
  },
  frame: (op) => async (given) => {
    const { rest, ...steer } = steering(options(given))
    const { frames, others } = takeFrames(op, rest)
    const columns = new Set(frames.flatMap((frame) => frame.columns.map((column) => column.name)))
    const text = convert.params(others)
    const answer = await long((task) => native.callFrame(op.name, frames, text, task), steer, columns)
    return convert.frameAnswer(answer)
  },
  door: (op) =>
    async function (given) {
      const text = convert.params(given)
      try {
        return convert.answer(await this[OWN].door(op.name, text, Date.now()))
      } catch (error) {
        throw fromNative(error)
      }
    },
  door_frame: (op) =>
    async function (given) {
      const { frames, others } = takeFrames(op, options(given))
      const columns = new Set(frames.flatMap((frame) => frame.columns.map((column) => column.name)))
      const text = convert.params(others)
      try {
        return convert.frameAnswer(await this[OWN].doorFrame(op.name, frames, text, Date.now()))
      } catch (error) {
        throw fromNative(error, columns)
      }
    },
  query: (op) =>
    function (given) {
      return attempt(() => convert.answer(this[OWN].query(op.name, convert.params(given), Date.now())))
    },
  query_long: (op) =>
    async function (given) {
      const { rest, ...steer } = steering(options(given))
      const text = convert.params(rest)
      return convert.answer(await long((task) => this[OWN].queryLong(op.name, text, Date.now(), task), steer))
    },
  query_frame: (op) =>
    async function (given) {
      const { rest, ...steer } = steering(options(given))
      const text = convert.params(rest)
      const answer = await long((task) => this[OWN].queryFrame(op.name, text, Date.now(), task), steer)
      return convert.frameAnswer(answer)
    },
}

function takeFrames(op, given) {
  const others = { ...given }
  if (op.series) oneSeries(others)
  const frames = []
  for (const { name, optional } of op.frames) {
    const own = others[name]
    delete others[name]
    if (own === undefined || own === null) {
      if (!optional) throw argument(name, 'a frame', 'nothing')
      continue
    }
    frames.push(convert.frame(name, own))
  }
  return { frames, others }
}

/** `{ y }` is one series. */
function oneSeries(given) {
  const { y, targetColumn = 'y' } = given
  if (y === undefined) return
  if (given.df !== undefined) throw argument('y', 'given alone, without df', 'both')
  given.df = { [targetColumn]: y }
  delete given.y
}

function method(target, op) {
  const caller = callers[op.long && op.kind in LONG ? LONG[op.kind] : op.kind](op)
  const value = Object.defineProperty(caller, 'name', { value: op.method })
  Object.defineProperty(target, op.method, { value, enumerable: target === face, configurable: true, writable: true })
}

/**
 * Yields the shelves that change, for ever: a page of `changes`, then, where there is no more, a pause. The cursor of a
 * row is where to go on after it; a page that was not read to its end comes again.
 */
async function* watch({ since, intervalMs, signal, ...rest }) {
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) throw argument(unknown, 'one of since, intervalMs, signal', unknown)
  since ??= 0
  intervalMs ??= 200
  if (!Number.isSafeInteger(since) || since < 0) throw argument('since', 'a cursor of a row, or 0', since)
  if (!Number.isFinite(intervalMs) || intervalMs < 0) throw argument('intervalMs', 'a number of milliseconds', intervalMs)
  steering({ signal })
  let cursor = since
  while (true) {
    signal?.throwIfAborted()
    let page
    try {
      await this.poll?.()
      page = this.changes({ since: cursor })
    } catch (error) {
      if (error.code === 'CLOSED') return
      throw error
    }
    for (const [i, row] of page.rows.entries()) {
      yield { ...row, cursor: i + 1 < page.rows.length ? cursor : page.cursor }
    }
    cursor = page.cursor
    if (!page.more) await pause(intervalMs, signal)
  }
}

/** Waits; an abort ends the wait with its reason. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

class Engine {
  constructor(own, key) {
    if (key !== OWN) throw argument('Engine', 'made by open() or memory()', 'new Engine()')
    Object.defineProperty(this, OWN, { value: own })
  }

  watch(given) {
    return watch.call(this, options(given))
  }

  async close() {
    await this[OWN].close().catch((error) => {
      throw fromNative(error)
    })
  }

  [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    return this.close()
  }
}

class Ledger {
  constructor() {
    const own = attempt(() => native.memory(convert.params({ openCatalog: true })))
    Object.defineProperty(this, OWN, { value: own })
  }

  watch(given) {
    return watch.call(this, options(given))
  }
}

/** An engine that only reads what another process writes. */
class Follower extends Engine {
  async poll() {
    return this[OWN].poll().catch((error) => {
      throw fromNative(error)
    })
  }
}

/** Fitted series and where each stands. */
class Forecaster {
  constructor(own, key) {
    if (key !== OWN) throw argument('Forecaster', 'made by Forecaster.fit() or Forecaster.load()', 'new Forecaster()')
    Object.defineProperty(this, OWN, { value: own })
  }

  static async fit(given) {
    const start = (task, frames, text) => native.fitForecaster(frames, text, task)
    return new Forecaster(await kept(start, { frames: [{ name: 'df' }], series: true }, given), OWN)
  }

  static load(state) {
    if (!isUint8Array(state)) throw argument('state', 'a Uint8Array', typeof state)
    return new Forecaster(attempt(() => native.loadForecaster(state)), OWN)
  }

  async refit(given) {
    await this[ASK]('refit', FRAME, given)
  }

  async update(given) {
    await this[ASK]('update', FRAME, given)
  }

  async predict(given) {
    return convert.frameAnswer(await this[ASK]('predict', AHEAD, given))
  }

  async drifted(given) {
    return convert.frameAnswer(await this[ASK]('drifted', NO_FRAME, given))
  }

  save() {
    return attempt(() => this[OWN].save())
  }

  get size() {
    return this[OWN].size
  }

  [ASK](name, op, given) {
    return kept((task, frames, text) => this[OWN].call(name, frames, text, task), op, given)
  }
}

/** Runs a call of a forecaster with its frame. */
async function kept(start, op, given) {
  const { rest, ...steer } = steering(options(given))
  const { frames, others } = takeFrames(op, rest)
  const columns = new Set(frames.flatMap((frame) => frame.columns.map((column) => column.name)))
  const text = convert.params(others)
  return long((task) => start(task, frames, text), steer, columns)
}

function pathOf(folder) {
  if (typeof folder !== 'string' && !(folder instanceof URL && folder.protocol === 'file:')) {
    throw argument('folder', 'a path', folder === null ? 'null' : typeof folder)
  }
  const path = typeof folder === 'string' ? folder : require('node:url').fileURLToPath(folder)
  if (path === '' || path.includes('\0')) throw argument('folder', 'a path', path === '' ? 'an empty text' : 'a NUL')
  return path
}

async function follow(folder) {
  const path = pathOf(folder)
  try {
    return new Follower(await native.follow(path), OWN)
  } catch (error) {
    throw fromNative(error)
  }
}

async function open(folder, given) {
  const path = pathOf(folder)
  const text = convert.params(given)
  try {
    return new Engine(await native.open(path, text), OWN)
  } catch (error) {
    throw fromNative(error)
  }
}

function memory(given) {
  return new Engine(attempt(() => native.memory(convert.params(given))), OWN)
}

const face = { open, memory, follow, Engine, Follower, Ledger, Forecaster, TrousseError, RejectedError, version: native.version() }
for (const op of operations) {
  if (op.on === 'module') method(face, op)
  else method(Engine.prototype, op)
  if (op.on === 'engine' && ledger.includes(op.name)) method(Ledger.prototype, op)
}
module.exports = face
