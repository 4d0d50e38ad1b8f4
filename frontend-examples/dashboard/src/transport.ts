import { asker } from '../../common/transport'
import { authorization } from './key'

export const texts = () => import('./graphql/texts.json')

export const ask = asker({
  texts,
  unreachable: 'The server cannot be reached. Is it running, and are you connected?',
  headers: () => ({ ...authorization() }),
})
