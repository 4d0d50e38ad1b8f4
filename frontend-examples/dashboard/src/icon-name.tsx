import { Drawn, type Drawing } from '../../common/drawing'
import { go } from './place'

/** An icon in a list, which leads to its own use. One that is gone has a name and no drawing. */
export function IconName({ name, drawing }: { name: string; drawing: Drawing | null }) {
  return (
    <button type="button" className="icon-name" title={`Use of ${name}`} onClick={() => go({ of: name })}>
      {drawing ? <Drawn drawing={drawing} /> : <span className="drawn" />}
      <span>{name}</span>
    </button>
  )
}
