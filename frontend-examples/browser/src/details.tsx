import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Drawn } from '../../common/drawing'
import { Symbol } from '../../common/symbols'
import { partsOf } from '../../common/words'
import { PLAIN, Customise, type Look } from './customise'
import { Facts } from './facts'
import { closeDetails } from './focus'
import { Details as DetailsDocument, type DetailsQuery, type TileFragment } from './graphql/documents'
import { go } from './place'
import { Take } from './take'
import { ask } from './transport'

type Answer = DetailsQuery['icons'][number]

/** What the panel knows of an icon. */
export type Detailed = Extract<Answer, { __typename: 'Icon' }>

interface Props {
  name: string
  /** As the grid has it, so that it is drawn at once. */
  known: TileFragment | null
  isNarrow: boolean
}

/** How the last icon was made to look: the next one looks alike. */
let lastLook: Look = PLAIN

/** Everything about one icon: beside the grid, or over it where there is no room. */
export default function Details({ name, known, isNarrow }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const { answer, error } = useDetails(name)
  const [look, setLook] = useState(lastLook)
  lastLook = look

  useLayoutEffect(() => {
    const box = dialog.current
    if (!box) return undefined
    const before = document.activeElement
    if (isNarrow) box.showModal()
    else box.show()
    if (isNarrow || isKeyboardAt(before)) heading.current?.focus()
    else if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true })
    else if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    return () => box.close()
  }, [isNarrow])
  useEffect(() => {
    dialog.current?.scrollTo({ top: 0 })
    if (isKeyboardAt(document.activeElement)) heading.current?.focus()
  }, [name])

  const icon = answer?.__typename === 'Icon' ? answer : null
  const tile = icon ?? known
  const [prefix, key] = partsOf(name)
  return (
    <dialog
      ref={dialog}
      className="details"
      aria-labelledby="details-name"
      onCancel={(event) => {
        event.preventDefault()
        closeDetails()
      }}
    >
      <div className="details-head">
        <div>
          <h2 ref={heading} id="details-name" tabIndex={-1}>
            {key}
          </h2>
          <p className="of-set">
            <button type="button" className="link" onClick={() => go({ sets: [prefix], query: '' })}>
              {icon?.set.name ?? prefix}
            </button>
          </p>
        </div>
        <button type="button" className="quiet" onClick={closeDetails} aria-label="Close the details">
          <Symbol of="close" />
        </button>
      </div>
      {tile && <Preview tile={tile} look={look} />}
      {icon && (
        <>
          <Customise look={look} isPalette={icon.palette} onChange={setLook} />
          <Take icon={icon} look={look} />
          <Facts icon={icon} onOpen={() => heading.current?.focus()} />
        </>
      )}
      {answer && answer.__typename !== 'Icon' && <Missing name={name} answer={answer} />}
      {error && (
        <p role="alert" className="trouble">
          {error.message}
        </p>
      )}
    </dialog>
  )
}

/** Whether somebody came here by keyboard, who goes on in the panel; a pointer leaves the focus where it clicked. */
function isKeyboardAt(element: Element | null): boolean {
  return element !== null && element.matches(':focus-visible:not(input)')
}

/** As it will be taken; turned by the page, so that it follows the hand. */
function Preview({ tile, look }: { tile: TileFragment; look: Look }) {
  const flips = `scale(${look.isFlippedX ? -1 : 1}, ${look.isFlippedY ? -1 : 1})`
  const style = { transform: `rotate(${look.turns * 90}deg) ${flips}`, ...(look.color && { color: look.color }) }
  return (
    <div className="preview">
      <div style={style}>
        <Drawn drawing={tile} />
      </div>
    </div>
  )
}

function Missing({ name, answer }: { name: string; answer: Exclude<Answer, Detailed> }) {
  if (answer.__typename === 'InvalidIconName') return <p className="missing">{answer.message}</p>
  return (
    <div className="missing">
      <p>There is no icon called {name}.</p>
      {answer.didYouMean.length > 0 && (
        <>
          <p>Did you mean</p>
          <ul>
            {answer.didYouMean.map((other) => (
              <li key={other}>
                <button type="button" className="link" onClick={() => go({ icon: other }, 'replace')}>
                  {other}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function useDetails(name: string): { answer: Answer | null; error: Error | null } {
  const [state, setState] = useState<{ name: string; answer: Answer | null; error: Error | null } | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    ask(DetailsDocument, { names: [name] }, controller.signal).then(
      ({ icons }) => setState({ name, answer: icons[0] ?? null, error: null }),
      (error: Error) => {
        if (!controller.signal.aborted) setState({ name, answer: null, error })
      },
    )
    return () => controller.abort()
  }, [name])
  return state?.name === name ? state : { answer: null, error: null }
}
