'use strict'
// snake_case in the core, camelCase in JavaScript.

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

module.exports = { camel, snake }
