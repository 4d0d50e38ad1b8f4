/** Answers of the API, kept for when the server cannot be reached. Browsers have the room for them on https and localhost alone. */
const NAME = 'iconql-answers'

/** Newer ones push out older ones; one of a hundred icons is about 60 kB. */
const MOST = 200

let written = 0

/** Keeps a copy without making anybody wait for it. */
export function keepAnswer(address: string, answer: Response): void {
  if (!('caches' in globalThis) || !navigator.onLine) return
  whenIdle(async () => {
    const kept = await caches.open(NAME)
    await kept.put(address, answer)
    written += 1
    if (written % 20 !== 0) return
    const addresses = await kept.keys()
    await Promise.all(addresses.slice(0, Math.max(0, addresses.length - MOST)).map((old) => kept.delete(old)))
  })
}

export async function keptAnswer(address: string): Promise<Response | undefined> {
  if (!('caches' in globalThis)) return undefined
  return caches.match(address, { cacheName: NAME }).catch(() => undefined)
}

/** Runs when nothing is being drawn. What goes wrong, as where the disk is full, is nobody's loss. */
function whenIdle(work: () => Promise<void>): void {
  const run = () => void work().catch(() => {})
  if ('requestIdleCallback' in globalThis) requestIdleCallback(run, { timeout: 2000 })
  else setTimeout(run, 200)
}
