import { useEffect, useState } from 'react'
import { Drawer } from '../../common/drawer'
import { Drawn } from '../../common/drawing'
import { Symbol } from '../../common/symbols'
import { announce } from './announcer'
import { copyText, download } from './clipboard'
import { Symbols, type TileFragment } from './graphql/documents'
import { go } from './place'
import { bag } from './shelf'
import { ask } from './transport'
import { recordUsage } from './usage'

/** Names of one request. */
const REQUEST = 100

type Packed = TileFragment & { symbol: string }

/** The icons that somebody gathers, to take them along as one file. */
export default function Bag({ onClose }: { onClose: () => void }) {
  const names = bag.use()
  const packed = usePacked(names)
  return (
    <Drawer label="Bag" onClose={onClose}>
      {names.length === 0 ? (
        <p className="hint">Nothing in here yet. Put icons in with “Bag” in their details, or with the key B in the grid.</p>
      ) : (
        <>
          <ul className="bag">
            {names.map((name) => (
              <Item key={name} name={name} drawing={packed.get(name)} />
            ))}
          </ul>
          <div className="downloads">
            <button type="button" className="main" disabled={packed.size < names.length} onClick={() => takeSprite(names, packed)}>
              <Symbol of="download" /> Sprite
            </button>
            <button type="button" onClick={() => void copyNames(names)}>
              Copy names
            </button>
            <button type="button" onClick={() => bag.set([])}>
              Empty
            </button>
          </div>
          <p className="hint">
            Of a sprite, one file for all of them, <code>{`<svg><use href="sprite.svg#${idOf(names[0] ?? '')}"/></svg>`}</code> shows one.
          </p>
        </>
      )}
    </Drawer>
  )
}

function Item({ name, drawing }: { name: string; drawing: TileFragment | undefined }) {
  return (
    <li>
      <button type="button" className="bag-icon" onClick={() => go({ icon: name })} aria-label={`Show ${name}`}>
        {drawing && <Drawn drawing={drawing} />}
        <span>{name}</span>
      </button>
      <button type="button" className="quiet small" onClick={() => takeOut(name)} aria-label={`Take ${name} out`}>
        <Symbol of="close" />
      </button>
    </li>
  )
}

/** The icons by name, each asked for once. Those that are gone from the catalog leave the bag. */
function usePacked(names: readonly string[]): ReadonlyMap<string, Packed> {
  const [packed, setPacked] = useState<ReadonlyMap<string, Packed>>(new Map())
  const missing = names.filter((name) => !packed.has(name)).slice(0, REQUEST)
  const key = missing.join()
  useEffect(() => {
    if (!key) return undefined
    const controller = new AbortController()
    const wanted = key.split(',')
    ask(Symbols, { names: wanted }, controller.signal).then(
      ({ icons }) => {
        const found = icons.filter((icon): icon is Packed => 'symbol' in icon)
        setPacked((before) => new Map([...before, ...found.map((icon) => [icon.name, icon] as const)]))
        const gone = wanted.filter((name) => !found.some((icon) => icon.name === name))
        if (gone.length > 0) bag.set(bag.get().filter((name) => !gone.includes(name)))
      },
      (error: Error) => {
        if (!controller.signal.aborted) announce(error.message)
      },
    )
    return () => controller.abort()
  }, [key])
  return packed
}

function takeSprite(names: readonly string[], packed: ReadonlyMap<string, Packed>): void {
  const symbols = names.map((name) => packed.get(name)?.symbol ?? '').join('\n')
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols}\n</svg>\n`
  download(new Blob([sprite], { type: 'image/svg+xml' }), 'sprite.svg')
  for (const name of names) recordUsage(name, 'DOWNLOAD')
  announce('Downloaded the sprite')
}

async function copyNames(names: readonly string[]): Promise<void> {
  await copyText(names.join('\n'))
  for (const name of names) recordUsage(name, 'COPY')
  announce('Copied the names')
}

function takeOut(name: string): void {
  bag.set(bag.get().filter((other) => other !== name))
}

/** As the server names a symbol. */
function idOf(name: string): string {
  return name.replace(':', '-')
}
