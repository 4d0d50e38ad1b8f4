import { useId, useState, type FormEvent, type KeyboardEvent, type RefObject } from 'react'
import { Symbol } from '../../common/symbols'
import { counted, formatted } from '../../common/words'
import { focusGrid } from './focus'
import type { SuggestionKind } from './graphql/documents'
import { go, type Place } from './place'
import type { Suggestions } from './results'

/** As many characters as the API takes. */
const LONGEST = 256

const KINDS: Record<SuggestionKind, string> = { WORD: '', ICON: 'icon', SET: 'set', TAG: 'tag' }

interface Props {
  ref: RefObject<HTMLInputElement | null>
  place: Place
  suggestions: Suggestions
  /** Whether suggestions are shown: while somebody types, until they choose or turn away. */
  isTyping: boolean
  onTyping: (isTyping: boolean) => void
}

export function SearchBox({ ref, place, suggestions, isTyping, onTyping }: Props) {
  const id = useId()
  const [active, setActive] = useState(-1)
  const shown = isTyping && place.query.trim() ? suggestions : []
  const chosen = shown[active]

  const type = (query: string) => {
    // One step back leads to before the typing, not to the letter before.
    go({ query }, isTyping ? 'replace' : 'push')
    onTyping(true)
    setActive(-1)
  }
  const stop = () => {
    onTyping(false)
    setActive(-1)
  }
  const choose = ({ text, kind }: Suggestions[number]) => {
    stop()
    go({ query: text, icon: kind === 'ICON' ? text : place.icon }, 'replace')
  }
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step && shown.length > 0) {
      event.preventDefault()
      // One place before the first is the text as it was typed.
      setActive((active + 1 + step + shown.length + 1) % (shown.length + 1) - 1)
    } else if (event.key === 'ArrowDown') {
      focusGrid(event)
    } else if (event.key === 'Escape') {
      event.preventDefault()
      if (shown.length > 0) stop()
      else if (place.query) go({ query: '' })
    }
  }
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen) choose(chosen)
    else {
      stop()
      focusGrid()
    }
  }

  return (
    <search className="search">
      <form onSubmit={onSubmit}>
        <Symbol of="search" />
        <input
          ref={ref}
          type="text"
          role="combobox"
          aria-label="Search icons"
          aria-autocomplete="list"
          aria-expanded={shown.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${active}` : undefined}
          placeholder="Search icons"
          value={place.query}
          maxLength={LONGEST}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKey}
          onBlur={stop}
        />
        {place.query ? (
          <button type="button" className="quiet small" aria-label="Clear the search" onClick={() => clear(ref)}>
            <Symbol of="close" />
          </button>
        ) : (
          <kbd aria-hidden="true">/</kbd>
        )}
      </form>
      <ul id={`${id}-list`} role="listbox" aria-label="Suggestions" hidden={shown.length === 0}>
        {shown.map((suggestion, index) => (
          <li
            key={`${suggestion.kind} ${suggestion.text}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            // Before the field loses the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(suggestion)}
          >
            <span className="suggestion">
              <Completed typed={place.query} text={suggestion.text} />
            </span>
            <span className="suggestion-note">
              {KINDS[suggestion.kind] || counted(suggestion.count, 'icon')}
              {suggestion.kind !== 'WORD' && suggestion.kind !== 'ICON' && ` · ${formatted(suggestion.count)}`}
            </span>
          </li>
        ))}
      </ul>
    </search>
  )
}

function clear(field: RefObject<HTMLInputElement | null>): void {
  go({ query: '' })
  field.current?.focus()
}

/** What the suggestion adds to what was typed, in bold. */
function Completed({ typed, text }: { typed: string; text: string }) {
  const start = typed.trimStart().toLowerCase()
  if (!text.toLowerCase().startsWith(start)) return <b>{text}</b>
  return (
    <>
      {text.slice(0, start.length)}
      <b>{text.slice(start.length)}</b>
    </>
  )
}
