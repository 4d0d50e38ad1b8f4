import { useEffect, useMemo, useRef, useState } from 'react'
import { Symbol } from '../../common/symbols'
import { isPlain, optionsOf, type Look } from './customise'
import type { Detailed } from './details'
import { announce } from './announcer'
import { BAG_MOST, bag, toggleInBag } from './shelf'
import { PNG_HEIGHT, copy, downloadPng, downloadSvg, render, type Rendered } from './taking'

/** What is drawn anew only when the hand rests. */
const REST_MS = 150

/** The code that the server writes of an icon as its set draws it. */
const CODES = [
  ['jsx', 'JSX'],
  ['vue', 'Vue'],
  ['svelte', 'Svelte'],
  ['astro', 'Astro'],
  ['css', 'CSS'],
  ['iconify', 'iconify-icon'],
] as const

/** Every way to take the icon along. */
export function Take({ icon, look }: { icon: Detailed; look: Look }) {
  const rendered = useRendered(icon, look)
  const names = bag.use()
  const isInBag = names.includes(icon.name)
  const png = () =>
    look.height ? rendered().then(({ dataUri }) => dataUri) : renderUri(icon, { ...look, height: PNG_HEIGHT })
  return (
    <section className="take" aria-label="Take it">
      <h3 id="copy">Copy</h3>
      <div className="copies" role="group" aria-labelledby="copy">
        <CopyButton label="SVG" isMain onCopy={() => copy(icon, textOf(icon.svg, look, rendered, 'svg'), 'SVG')} />
        <CopyButton label="Name" onCopy={() => copy(icon, icon.name, 'its Iconify name')} />
        <CopyButton label="Data URI" onCopy={() => copy(icon, textOf(icon.dataUri, look, rendered, 'dataUri'), 'a data URI')} />
        {CODES.map(([key, label]) => (
          <CopyButton key={key} label={label} onCopy={() => copy(icon, icon[key], label)} />
        ))}
      </div>
      {!isPlain(look) && <p className="hint">SVG, data URI and downloads look as above. Code is as the set draws it: style it where you use it.</p>}
      <h3 id="download">Download</h3>
      <div className="downloads" role="group" aria-labelledby="download">
        <button type="button" aria-label="Download SVG" onClick={() => void downloadSvg(icon, Promise.resolve(textOf(icon.svg, look, rendered, 'svg')))}>
          <Symbol of="download" /> SVG
        </button>
        <button type="button" aria-label="Download PNG" onClick={() => void downloadPng(icon, png())}>
          <Symbol of="download" /> PNG
        </button>
        <button type="button" aria-pressed={isInBag} disabled={!isInBag && names.length >= BAG_MOST} onClick={() => toggle(icon.name)}>
          <Symbol of="bag" /> {isInBag ? 'In the bag' : 'Bag'}
        </button>
      </div>
    </section>
  )
}

function CopyButton({ label, isMain, onCopy }: { label: string; isMain?: boolean; onCopy: () => Promise<boolean> }) {
  const [isDone, setDone] = useState(false)
  useEffect(() => {
    if (!isDone) return undefined
    const timer = setTimeout(() => setDone(false), 1500)
    return () => clearTimeout(timer)
  }, [isDone])
  return (
    <button
      type="button"
      className={isMain ? 'main' : undefined}
      data-done={isDone ? '' : undefined}
      aria-label={`Copy ${label}`}
      onClick={() => void onCopy().then(setDone)}
    >
      {label}
      {isDone && <Symbol of="check" />}
    </button>
  )
}

/** At hand where the icon is as its set draws it, else on its way. */
function textOf(plain: string, look: Look, rendered: () => Promise<Rendered>, key: keyof Rendered): string | Promise<string> {
  return isPlain(look) ? plain : rendered().then((ready) => ready[key])
}

async function renderUri(icon: Detailed, look: Look): Promise<string> {
  const { dataUri } = await render(icon.name, optionsOf(look))
  return dataUri
}

/** The icon as it looks now: asked for when the hand rests, so that it is mostly there when it is wanted. */
function useRendered({ name, svg, dataUri }: Detailed, look: Look): () => Promise<Rendered> {
  const key = JSON.stringify([name, look])
  const last = useRef<{ key: string; rendered: Promise<Rendered> } | null>(null)
  const get = useMemo(
    () => () => {
      if (isPlain(look)) return Promise.resolve({ svg, dataUri })
      if (last.current?.key !== key) last.current = { key, rendered: render(name, optionsOf(look)) }
      return last.current.rendered
    },
    // The key says all that matters of the look.
    [key, svg, dataUri],
  )
  useEffect(() => {
    const forget = () => {
      last.current = null
    }
    const timer = setTimeout(() => void get().catch(forget), REST_MS)
    return () => clearTimeout(timer)
  }, [get])
  return get
}

function toggle(name: string): void {
  announce(toggleInBag(name) ? `${name} is in the bag` : `${name} is not in the bag`)
}
