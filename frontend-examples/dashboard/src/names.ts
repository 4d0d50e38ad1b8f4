import type { Dimension } from './graphql/documents'

const countries = new Intl.DisplayNames('en', { type: 'region' })

const WORDS: Record<string, string> = {
  '(unknown)': 'Not known',
  '(other)': 'Others',
  RENDER: 'Shown',
  VIEW: 'Looked at',
  COPY: 'Copied',
  DOWNLOAD: 'Downloaded',
  SEARCH_PICK: 'Picked from a search',
  DESKTOP: 'Desktop',
  MOBILE: 'Phone',
  TABLET: 'Tablet',
  SERVER: 'Server',
  OTHER: 'Other',
}

/** A key of a dimension as a person reads it. */
export function keyName(dimension: Dimension, key: string): string {
  const word = WORDS[key]
  if (dimension === 'SET' || dimension === 'CLIENT') return key.startsWith('(') ? (word ?? key) : key
  if (word) return word
  return dimension === 'COUNTRY' && /^[A-Z]{2}$/.test(key) ? (countries.of(key) ?? key) : key
}
