import { useCallback, useEffect, useRef, useState } from 'react'
import { NextPage, Search, type SearchQuery, type SearchQueryVariables, type TileFragment } from './graphql/documents'
import { filterOf, orderOf, type Place } from './place'
import { ask } from './transport'

export type Facets = NonNullable<SearchQuery['summary']>['facets']
export type Suggestions = NonNullable<SearchQuery['suggest']>

/** What was found, as far as it was scrolled to. */
export interface Found {
  /** Of which question, so that what belongs to another is known as such. */
  key: string
  tiles: readonly TileFragment[]
  total: number
  correctedQuery: string | null
  facets: Facets
  suggestions: Suggestions
  /** Where the list goes on; null at its end. */
  cursor: string | null
}

export interface Results {
  /** Null before the first answer. The last answer stays until there is another one. */
  found: Found | null
  /** Whether that is of another question than the one that is asked now. */
  isLate: boolean
  error: Error | null
  /** Asks for the next page, once. */
  more: () => void
  retry: () => void
}

/** Keys that are pressed within this many milliseconds of each other are one question. */
const TYPING_MS = 90

type Question = Pick<SearchQueryVariables, 'query' | 'filter' | 'orderBy'>

/** Asks the API what a place shows: one request for each hundred icons, whatever stands beside them. */
export function useResults(place: Place, isTyping: boolean): Results {
  const question: Question = { query: place.query.trim(), filter: filterOf(place), orderBy: orderOf(place) }
  const key = JSON.stringify(question)
  const [found, setFound] = useState<Found | null>(null)
  const [failed, setFailed] = useState<{ key: string; error: Error } | null>(null)
  const [attempt, setAttempt] = useState(0)
  const typing = useRef(isTyping)
  typing.current = isTyping
  /** Behind what the last page was asked for. */
  const asked = useRef<string | null>(null)
  /** The request that is under way, if any. */
  const running = useRef<AbortController | null>(null)

  useEffect(() => {
    const controller = new AbortController()
    running.current?.abort()
    running.current = controller
    asked.current = null
    const start = () => {
      firstPage(key, typing.current, controller.signal)
        .then((first) => {
          setFound(first)
          setFailed(null)
        })
        .catch((error: unknown) => noteFailure(error, key, controller.signal, setFailed))
        .finally(() => release(running, controller))
    }
    const timer = typing.current ? setTimeout(start, TYPING_MS) : (start(), undefined)
    return () => {
      clearTimeout(timer)
      controller.abort()
      release(running, controller)
    }
  }, [key, attempt])

  const cursor = found?.key === key ? found.cursor : null
  const isFailed = failed?.key === key
  const more = useCallback(() => {
    // The list may be drawn once more between an answer and the state that holds it: a page is asked for once all the same.
    if (!cursor || running.current || isFailed || asked.current === cursor) return
    const controller = new AbortController()
    running.current = controller
    asked.current = cursor
    nextPage(key, cursor, controller.signal)
      .then((page) => setFound((before) => (before?.cursor === cursor ? append(before, page) : before)))
      .catch((error: unknown) => noteFailure(error, key, controller.signal, setFailed))
      .finally(() => release(running, controller))
  }, [key, cursor, isFailed])

  const isAnswered = found?.key === key
  const retry = useCallback(() => {
    setFailed(null)
    asked.current = null
    // The next page is asked for again by whoever shows the end of the list.
    if (!isAnswered) setAttempt((count) => count + 1)
  }, [isAnswered])

  return { found, isLate: found !== null && !isAnswered, error: isFailed ? failed.error : null, more, retry }
}

async function firstPage(key: string, isTyping: boolean, signal: AbortSignal): Promise<Found> {
  const question = JSON.parse(key) as Question
  const { search, summary, suggest } = await ask(Search, { ...question, isTyping }, signal)
  if (!summary) throw new Error('The server left the search out.')
  return {
    key,
    ...pageOf(search),
    total: summary.totalCount,
    correctedQuery: summary.correctedQuery,
    facets: summary.facets,
    suggestions: suggest ?? [],
  }
}

type Page = Pick<Found, 'tiles' | 'cursor'>

async function nextPage(key: string, after: string, signal: AbortSignal): Promise<Page> {
  const question = JSON.parse(key) as Question
  const { search } = await ask(NextPage, { ...question, after }, signal)
  return pageOf(search)
}

function pageOf(search: SearchQuery['search']): Page {
  if (!search) throw new Error('The server left the search out.')
  const { nodes, pageInfo } = search
  return { tiles: nodes, cursor: pageInfo.hasNextPage ? pageInfo.endCursor : null }
}

function append(before: Found, { tiles, cursor }: Page): Found {
  return { ...before, tiles: [...before.tiles, ...tiles], cursor }
}

function release(running: { current: AbortController | null }, controller: AbortController): void {
  if (running.current === controller) running.current = null
}

function noteFailure(
  error: unknown,
  key: string,
  signal: AbortSignal,
  set: (failed: { key: string; error: Error }) => void,
): void {
  if (!signal.aborted) set({ key, error: error instanceof Error ? error : new Error(String(error)) })
}
