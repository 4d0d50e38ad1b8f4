import { useSyncExternalStore } from 'react'

/** Long enough to read, short enough not to stand in the way. */
const SHOWN_MS = 3500

let text = ''
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/** Shows a short message, and has it read aloud. */
export function announce(message: string): void {
  show(message)
  clearTimeout(timer)
  timer = setTimeout(() => show(''), SHOWN_MS)
}

function show(message: string): void {
  text = message
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Announcer() {
  const message = useSyncExternalStore(subscribe, () => text)
  return (
    <div role="status" className="announcer">
      {message && <p>{message}</p>}
    </div>
  )
}
