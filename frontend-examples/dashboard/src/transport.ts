import { asker, type Ask } from '../../common/transport'
import { authorization } from './key'

export const texts = () => import('./graphql/texts.json')

const send = asker({
  texts,
  unreachable: 'The server cannot be reached. Is it running, and are you connected?',
  headers: () => ({ ...authorization() }),
})

/** Questions that are under way at the same time. All panels ask at once, and who looks at a service should be no load to it. */
const AT_ONCE = 4

let underWay = 0
const waiting: (() => void)[] = []

export const ask: Ask = async (document, variables, signal) => {
  if (underWay < AT_ONCE) underWay += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    signal?.throwIfAborted()
    return await send(document, variables, signal)
  } finally {
    // Whoever waits takes the place that is free.
    const next = waiting.shift()
    if (next) next()
    else underWay -= 1
  }
}
