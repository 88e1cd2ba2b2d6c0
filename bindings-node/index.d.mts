// Written by bindings-node/generate.mjs from tests/surface.json: do not edit.
export * from './index.js'
