const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** `1,234` to five digits, then `12.3K`. */
export function amount(value: number): string {
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value)
}

/** For things that come a few at a time. */
export function rate(value: number): string {
  return value < 10 ? trimmed(value, 1) : amount(value)
}

/** Milliseconds: `0.4 ms`, `12 ms`, `1.5 s`. */
export function duration(ms: number): string {
  if (ms >= 1000) return `${trimmed(ms / 1000, ms < 10_000 ? 1 : 0)} s`
  return `${trimmed(ms, ms < 10 ? 1 : 0)} ms`
}

/** A share of 1, as percent. Nearly all is not said to be all. */
export function percent(share: number, digits = 1): string {
  const rounded = trimmed(share * 100, digits)
  const isNearlyAll = rounded === '100' && share < 1
  return isNearlyAll ? `> ${trimmed(100 - 10 ** -digits, digits)} %` : `${rounded} %`
}

/** How something changed: `+12 %`, `−3 %`, `±0 %`, and `× 34` of what was nearly nothing before. */
export function change(share: number): string {
  if (share >= 10) return `× ${amount(share + 1)}`
  const rounded = Math.round(share * 100)
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : '±'}${amount(Math.abs(rounded))} %`
}

export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
  const value = count / 1000 ** power
  return `${trimmed(value, value < 10 && power > 0 ? 1 : 0)} ${units[power]}`
}

function trimmed(value: number, digits: number): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value)
}
