import { memo, useState } from 'react'
import { formatted } from '../../common/words'
import type { ChoiceFragment } from './graphql/documents'
import { go, type Place } from './place'
import type { Facets } from './results'

/** How many of a long list are shown at first. */
const SHORT = 8

/** From how many on a list is looked through by typing. */
const LONG = 20

interface Props {
  place: Place
  facets: Facets
}

/** What the found icons can be narrowed down by, with how many each choice would leave. */
export const Filters = memo(function Filters({ place, facets }: Props) {
  return (
    <>
      <Single
        legend="Colours"
        choices={facets.palettes}
        value={place.palette === null ? null : String(place.palette)}
        onChange={(value) => go({ palette: value === null ? null : value === 'true' })}
      />
      <Single
        legend="Style"
        choices={facets.styles}
        value={place.style}
        onChange={(value) => go({ style: value === 'FILL' || value === 'STROKE' ? value : null })}
      />
      <Several legend="Sets" choices={facets.sets} values={place.sets} onChange={(sets) => go({ sets })} />
      <Several
        legend="Categories"
        choices={facets.categories}
        values={place.categories}
        onChange={(categories) => go({ categories })}
      />
      <Several legend="Licences" choices={facets.licenses} values={place.licenses} onChange={(licenses) => go({ licenses })} />
      <p className="keys">
        <kbd>/</kbd> search <kbd>↑↓←→</kbd> move <kbd>Enter</kbd> open <kbd>C</kbd> copy <kbd>B</kbd> bag <kbd>Esc</kbd> close
      </p>
    </>
  )
})

interface SingleProps {
  legend: string
  choices: readonly ChoiceFragment[]
  value: string | null
  onChange: (value: string | null) => void
}

/** One of few; pressing it again takes it back. */
function Single({ legend, choices, value, onChange }: SingleProps) {
  if (choices.length === 0) return null
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div className="switches">
        {choices.map((choice) => (
          <button
            key={choice.value}
            type="button"
            aria-pressed={choice.value === value}
            onClick={() => onChange(choice.value === value ? null : choice.value)}
          >
            {choice.label} <span className="count">{formatted(choice.count)}</span>
          </button>
        ))}
      </div>
    </fieldset>
  )
}

interface SeveralProps {
  legend: string
  choices: readonly ChoiceFragment[]
  values: readonly string[]
  onChange: (values: readonly string[]) => void
}

function Several({ legend, choices, values, onChange }: SeveralProps) {
  const [isLong, setLong] = useState(false)
  const [text, setText] = useState('')
  const lost = values.filter((value) => !choices.some((choice) => choice.value === value))
  const all = [...lost.map((value) => ({ value, label: value, count: 0 })), ...choices]
  if (all.length === 0) return null
  const isWanted = ({ value, label }: ChoiceFragment) => `${label} ${value}`.toLowerCase().includes(text.trim().toLowerCase())
  // What is chosen is never folded away.
  const shown = isLong ? all.filter(isWanted) : all.filter(({ value }, index) => index < SHORT || values.includes(value))
  return (
    <fieldset>
      <legend>{legend}</legend>
      {isLong && all.length > LONG && (
        <input
          type="search"
          className="narrow"
          placeholder={`Find in ${legend.toLowerCase()}`}
          aria-label={`Find in ${legend.toLowerCase()}`}
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
      )}
      {shown.map(({ value, label, count }) => (
        <label key={value} className="choice">
          <input
            type="checkbox"
            checked={values.includes(value)}
            onChange={({ target }) => onChange(target.checked ? [...values, value] : values.filter((other) => other !== value))}
          />
          <span className="choice-label">{label}</span>
          <span className="count">{formatted(count)}</span>
        </label>
      ))}
      {all.length > SHORT && (
        <button type="button" className="link" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
          {isLong ? 'Show fewer' : `Show all ${all.length}`}
          <span className="unseen"> {legend.toLowerCase()}</span>
        </button>
      )}
    </fieldset>
  )
}
