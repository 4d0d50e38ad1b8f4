import { useState } from 'react'
import { Symbol } from '../../common/symbols'
import type { Rotation, SvgOptions } from './graphql/documents'

/** How an icon is to look. */
export interface Look {
  /** A CSS colour; null is the text's, or the icon's own. */
  color: string | null
  /** Height in pixels; null is 1em. */
  height: number | null
  /** Quarters of a turn clockwise, 0 to 3. */
  turns: number
  isFlippedX: boolean
  isFlippedY: boolean
}

export const PLAIN: Look = { color: null, height: null, turns: 0, isFlippedX: false, isFlippedY: false }

/** As large as a PNG is drawn. */
const HIGHEST = 2048

const ROTATIONS: readonly Rotation[] = ['NONE', 'QUARTER', 'HALF', 'THREE_QUARTERS']

export function isPlain(look: Look): boolean {
  return Object.keys(optionsOf(look)).length === 0
}

/** The look as the API takes it. */
export function optionsOf({ color, height, turns, isFlippedX, isFlippedY }: Look): SvgOptions {
  const rotate = ROTATIONS[turns]
  return {
    ...(color && { color }),
    ...(height && { height: String(height) }),
    ...(rotate && rotate !== 'NONE' && { rotate }),
    ...((isFlippedX || isFlippedY) && {
      flip: [...(isFlippedX ? (['HORIZONTAL'] as const) : []), ...(isFlippedY ? (['VERTICAL'] as const) : [])],
    }),
  }
}

interface Props {
  look: Look
  /** It keeps its own colours. */
  isPalette: boolean
  onChange: (look: Look) => void
}

export function Customise({ look, isPalette, onChange }: Props) {
  return (
    <section className="customise" aria-label="Look">
      {!isPalette && <Colour value={look.color} onChange={(color) => onChange({ ...look, color })} />}
      <label className="field">
        <span>Size</span>
        <input
          type="number"
          inputMode="numeric"
          min={1}
          max={HIGHEST}
          placeholder="1em"
          list="sizes"
          value={look.height ?? ''}
          onChange={({ target }) => onChange({ ...look, height: heightOf(target.value) })}
        />
        <datalist id="sizes">
          {[16, 20, 24, 32, 48, 64, 128, 256, 512].map((size) => (
            <option key={size} value={size} />
          ))}
        </datalist>
      </label>
      <div className="turns" role="group" aria-label="Turn">
        <button
          type="button"
          title="Turn by a quarter"
          aria-label={`Turn by a quarter, now ${look.turns * 90} degrees`}
          onClick={() => onChange({ ...look, turns: (look.turns + 1) % ROTATIONS.length })}
        >
          <Symbol of="turn" />
        </button>
        <button
          type="button"
          title="Mirror left and right"
          aria-label="Mirror left and right"
          aria-pressed={look.isFlippedX}
          onClick={() => onChange({ ...look, isFlippedX: !look.isFlippedX })}
        >
          <Symbol of="flipX" />
        </button>
        <button
          type="button"
          title="Mirror top and bottom"
          aria-label="Mirror top and bottom"
          aria-pressed={look.isFlippedY}
          onClick={() => onChange({ ...look, isFlippedY: !look.isFlippedY })}
        >
          <Symbol of="flipY" />
        </button>
      </div>
      {!isPlain(look) && (
        <button type="button" className="link" onClick={() => onChange(PLAIN)}>
          Reset
        </button>
      )}
    </section>
  )
}

/** Any colour of CSS by its text, or one that is picked. */
function Colour({ value, onChange }: { value: string | null; onChange: (color: string | null) => void }) {
  const [text, setText] = useState(value ?? '')
  // What was reset elsewhere, or picked, is shown too.
  const shown = value === null && isColour(text) ? '' : value !== null && isColour(text) ? value : text
  const isWrong = shown !== '' && !isColour(shown)
  const change = (next: string) => {
    setText(next)
    onChange(isColour(next) ? next : null)
  }
  return (
    <div className="field">
      <label htmlFor="colour">Colour</label>
      <span className="colour">
        <input
          type="color"
          aria-label="Pick a colour"
          value={/^#[0-9a-f]{6}$/i.test(shown) ? shown : '#808080'}
          onChange={({ target }) => change(target.value)}
        />
        <input
          id="colour"
          type="text"
          placeholder="currentColor"
          value={shown}
          maxLength={60}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={isWrong}
          onChange={({ target }) => change(target.value.trim())}
        />
      </span>
    </div>
  )
}

/** What both CSS and the API take. */
function isColour(text: string): boolean {
  return /^(#[0-9a-f]{3,8}|[a-z]+|(rgb|hsl)a?\([0-9a-z.,%/ +-]+\))$/i.test(text) && CSS.supports('color', text)
}

function heightOf(text: string): number | null {
  const height = Math.round(Number(text))
  return height >= 1 ? Math.min(height, HIGHEST) : null
}
