// The same types from CommonJS.
import trousse = require('trousse')

const shop: trousse.Engine = trousse.memory()
const rows: trousse.StockRow[] = shop.stock({ location: 'paris' })
export const quantity: number = trousse.orderQuantity({ need: rows.length, packSize: 6 })
