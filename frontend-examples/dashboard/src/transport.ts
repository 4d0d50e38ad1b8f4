import { asker } from '../../common/transport'
import { authorization } from './key'

export const texts = () => import('./graphql/texts.json')

export const ask = asker({
  texts,
  unreachable: 'The server cannot be reached. It is asked again every minute.',
  headers: () => ({ ...authorization() }),
})
