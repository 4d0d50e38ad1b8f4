import { useCallback, useEffect, useState } from 'react'
import { Refusal, type Document } from '../../common/transport'
import { useKey } from './key'
import { ask } from './transport'

export interface Answered<Data> {
  /** The newest answer, which stays until there is another one; null before the first, and where the last attempt failed. */
  data: Data | null
  /** Whether that belongs to another question than the one that is asked now. */
  isLate: boolean
  error: Refusal | null
  retry: () => void
}

interface State<Data> {
  key: string
  data: Data | null
  error: Refusal | null
}

/** Asks one question, again whenever it or `moment` changes. */
export function useAnswer<Data, Variables>(document: Document<Data, Variables>, variables: Variables, moment?: number): Answered<Data> {
  const apiKey = useKey()
  const [attempt, setAttempt] = useState(0)
  const [state, setState] = useState<State<Data>>({ key: '', data: null, error: null })
  const question = JSON.stringify(variables)
  const key = JSON.stringify([question, apiKey, attempt, moment])

  useEffect(() => {
    const controller = new AbortController()
    ask(document, JSON.parse(question) as Variables, controller.signal).then(
      (data) => setState({ key, data, error: null }),
      (error: unknown) => {
        if (!controller.signal.aborted) setState({ key, data: null, error: refusalOf(error) })
      },
    )
    return () => controller.abort()
  }, [document, question, key])

  const retry = useCallback(() => setAttempt((count) => count + 1), [])
  return { data: state.data, isLate: state.key !== key, error: state.error, retry }
}

function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal(error instanceof Error ? error.message : String(error), { cause: error })
}
