import { asker } from '../../common/transport'
import { keepAnswer, keptAnswer } from './answers'

/** Asks the API; offline, what was answered before is answered again. */
export const ask = asker({
  texts: () => import('./graphql/texts.json'),
  unreachable: 'The server cannot be reached. Icons that you have seen before are still here.',
  kept: { get: keptAnswer, put: keepAnswer },
})
