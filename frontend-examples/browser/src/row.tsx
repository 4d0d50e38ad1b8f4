import { memo, useMemo } from 'react'
import { Drawn, markupOf } from '../../common/drawing'
import { partsOf } from '../../common/words'
import type { TileFragment } from './graphql/documents'

interface RowProps {
  index: number
  offset: number
  tiles: readonly TileFragment[]
  columns: number
  height: number
  active: number
  openName: string | null
  isMixed: boolean
  bagged: readonly string[]
}

/** Some icons beside each other, and room for those that are on their way. */
export const Row = memo(function Row({ index, offset, tiles, columns, height, active, openName, isMixed, bagged }: RowProps) {
  const first = index * columns
  const places = Array.from({ length: columns }, (_, column) => first + column)
  return (
    <div
      role="row"
      aria-rowindex={index + 1}
      className="row"
      style={{ height, gridTemplateColumns: `repeat(${columns}, 1fr)`, top: offset }}
    >
      {places.map((place) => {
        const tile = tiles[place]
        if (!tile) return <span key={place} role="gridcell" className="waiting" aria-label="Loading" />
        return (
          <Tile
            key={place}
            tile={tile}
            index={place}
            column={place - first + 1}
            isActive={place === active}
            isOpen={tile.name === openName}
            isInBag={bagged.includes(tile.name)}
            isMixed={isMixed}
          />
        )
      })}
    </div>
  )
}, isSameRow)

/** A row is drawn anew when something of it is another, not when the list has become longer. */
function isSameRow({ tiles: before, ...rest }: RowProps, { tiles: after, ...others }: RowProps): boolean {
  const keys = Object.keys(rest) as (keyof typeof rest)[]
  if (keys.some((key) => rest[key] !== others[key])) return false
  const first = rest.index * rest.columns
  for (let place = first; place < first + rest.columns; place += 1) if (before[place] !== after[place]) return false
  return true
}

interface TileProps {
  tile: TileFragment
  index: number
  column: number
  isActive: boolean
  isOpen: boolean
  isInBag: boolean
  isMixed: boolean
}

const Tile = memo(function Tile({ tile, index, column, isActive, isOpen, isInBag, isMixed }: TileProps) {
  const markup = useMemo(() => tileMarkup(tile, isInBag, isMixed), [tile, isInBag, isMixed])
  const [prefix, key] = partsOf(tile.name)
  const attributes = {
    role: 'gridcell',
    'aria-colindex': column,
    'aria-selected': isOpen,
    title: tile.name,
    tabIndex: isActive ? 0 : -1,
    'data-index': index,
    'data-bag': isInBag ? '' : undefined,
    className: 'tile',
  }
  if (markup) return <div {...attributes} dangerouslySetInnerHTML={markup} />
  return (
    <div {...attributes}>
      <Drawn drawing={tile} />
      <span className="tile-name">{key}</span>
      {isMixed && <span className="tile-set">{prefix}</span>}
      {isInBag && <span className="unseen">in the bag</span>}
    </div>
  )
})

/** All that is in a tile, in one piece; null where its icon is an image. */
function tileMarkup(tile: TileFragment, isInBag: boolean, isMixed: boolean): { __html: string } | null {
  const icon = markupOf(tile)
  if (!icon) return null
  const [prefix, key] = partsOf(tile.name)
  const set = isMixed ? `<span class="tile-set">${escaped(prefix)}</span>` : ''
  const inBag = isInBag ? '<span class="unseen">in the bag</span>' : ''
  return { __html: `${icon}<span class="tile-name">${escaped(key)}</span>${set}${inBag}` }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
