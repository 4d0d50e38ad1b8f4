import type { Interval, TimeRange } from './graphql/documents'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** Ranges that end now, by their names in the address. */
export const PRESETS = {
  '1h': { label: '1 hour', ms: HOUR_MS },
  '24h': { label: '24 hours', ms: DAY_MS },
  '7d': { label: '7 days', ms: 7 * DAY_MS },
  '30d': { label: '30 days', ms: 30 * DAY_MS },
  '90d': { label: '90 days', ms: 90 * DAY_MS },
  '1y': { label: '1 year', ms: 365 * DAY_MS },
} as const

export type Preset = keyof typeof PRESETS

/** A range between two moments, as RFC 3339, or one that ends now. */
export type Range = Preset | TimeRange

/** As the API keeps it: longer ago there are no minutes, and no hours. */
const MINUTES_KEPT_MS = 3 * DAY_MS
const HOURS_KEPT_MS = 92 * DAY_MS

/** As the API takes it. */
export const LONGEST_MS = 1096 * DAY_MS

/** What panels ask about. */
export interface Span {
  range: TimeRange
  /** How long the steps of a line are. */
  interval: Interval
}

const STEP_MS: Record<Interval, number> = { MINUTE: MINUTE_MS, HOUR: HOUR_MS, DAY: DAY_MS, WEEK: 7 * DAY_MS }

/** The steps that suit a range, a hundred or some more, and the range from the beginning of the first. */
export function spanOf(range: Range, now: number): Span {
  const isPreset = typeof range === 'string'
  const to = isPreset ? Math.ceil(now / MINUTE_MS) * MINUTE_MS : Date.parse(range.to)
  const from = isPreset ? to - PRESETS[range].ms : Date.parse(range.from)
  const interval = intervalOf(to - from, now - from)
  return { range: { from: iso(isPreset ? floor(from, interval) : from), to: iso(to) }, interval }
}

function intervalOf(length: number, age: number): Interval {
  if (length <= 4 * HOUR_MS && age < MINUTES_KEPT_MS) return 'MINUTE'
  if (length <= 8 * DAY_MS && age < HOURS_KEPT_MS) return 'HOUR'
  return length <= 200 * DAY_MS ? 'DAY' : 'WEEK'
}

/** When the step begins that a moment is in. Weeks begin on Mondays, and 1970 on a Thursday. */
export function floor(moment: number, interval: Interval): number {
  const shift = interval === 'WEEK' ? 4 * DAY_MS : 0
  const step = STEP_MS[interval]
  return Math.floor((moment - shift) / step) * step + shift
}

export function stepOf(interval: Interval): number {
  return STEP_MS[interval]
}

export function iso(moment: number): string {
  return new Date(moment).toISOString().replace('.000Z', 'Z')
}

/** Days and weeks are those of UTC, and are called so; all else is in the viewer's zone. */
export function isOfUtc(interval: Interval): boolean {
  return interval === 'DAY' || interval === 'WEEK'
}

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

const dayOfUtc = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** A step by its beginning, in milliseconds. */
export function stepName(at: number, interval: Interval): string {
  if (!isOfUtc(interval)) return moment.format(at)
  return interval === 'WEEK' ? `Week of ${dayOfUtc.format(at)}` : dayOfUtc.format(at)
}

export function momentName(at: number): string {
  return moment.format(at)
}

export function clockName(at: number): string {
  return clock.format(at)
}

/** `12 s`, `3 min`, `5 h`, `2 days`. */
export function lengthName(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 90) return `${seconds} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  const hours = Math.round(seconds / 3600)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`
}
