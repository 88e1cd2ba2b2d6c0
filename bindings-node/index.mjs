// Written by bindings-node/generate.mjs from tests/surface.json: do not edit.
import face from './index.cjs'

export const {
  open,
  memory,
  Engine,
  Ledger,
  TrousseError,
  RejectedError,
  version,
  isSellable,
  fefo,
  shelfLife,
  parsePao,
  openJar,
  requiredRemainingDays,
  expiryRisk,
  phantomPosterior,
  orderQuantity,
  newsvendorNormal,
  newsvendorPoisson,
  forecast,
  recommend,
  planPurchases,
  rfm,
  kmeans,
  readCsv,
} = face
