import { Suspense, lazy, useCallback, useEffect, useRef, useState } from 'react'
import { BrandMark } from '../../common/brand'
import { Drawer } from '../../common/drawer'
import { Symbol } from '../../common/symbols'
import { counted } from '../../common/words'
import { Announcer } from './announcer'
import { Filters } from './filters'
import { closeDetails, focusGrid } from './focus'
import type { TileFragment } from './graphql/documents'
import { Grid } from './grid'
import { Landing } from './landing'
import { NOTHING_CHOSEN, countChosen, go, usePlace, type Place } from './place'
import { useResults, type Found } from './results'
import { useIsNarrow } from './screen'
import { SearchBox } from './search-box'
import { bag } from './shelf'
import { Toolbar } from './toolbar'

const Details = lazy(() => import('./details'))
const Bag = lazy(() => import('./bag'))

export function App() {
  const place = usePlace()
  const [isTyping, setTyping] = useState(false)
  const results = useResults(place, isTyping)
  const isNarrow = useIsNarrow()
  const [open, setOpen] = useState<'filters' | 'bag' | null>(null)
  const search = useRef<HTMLInputElement>(null)
  const close = useCallback(() => setOpen(null), [])
  useShortcuts(search, place)
  useTitle(place)

  const { found } = results
  const chosen = countChosen(place)
  const filters = found && <Filters place={place} facets={found.facets} />
  return (
    <div className="page" data-details={place.icon ? '' : undefined}>
      <a className="skip" href="#icons" onClick={focusGrid}>
        Skip to the icons
      </a>
      <header>
        <a className="brand" href="/" onClick={goHome} aria-label="iconql, all icons">
          <BrandMark />
          <span>iconql</span>
        </a>
        <SearchBox ref={search} place={place} suggestions={found?.suggestions ?? []} isTyping={isTyping} onTyping={setTyping} />
        {isNarrow && (
          <button type="button" className="quiet" onClick={() => setOpen('filters')} aria-label={`Filters, ${chosen} chosen`}>
            <Symbol of="filters" />
            {chosen > 0 && <span className="badge">{chosen}</span>}
          </button>
        )}
        <a className="quiet" href="/dashboard" aria-label="Dashboard" title="Dashboard">
          <Symbol of="chart" />
        </a>
        <BagButton onOpen={() => setOpen('bag')} />
      </header>
      {!isNarrow && (
        <aside className="filters" aria-label="Filters">
          {filters}
        </aside>
      )}
      <main id="icons" data-late={results.isLate ? '' : undefined}>
        <Toolbar place={place} found={found} />
        <Outcome {...results} place={place} />
      </main>
      {place.icon && (
        <Suspense fallback={<div className="details" />}>
          <Details name={place.icon} known={tileOf(found, place.icon)} isNarrow={isNarrow} />
        </Suspense>
      )}
      {open === 'filters' && isNarrow && (
        <Drawer label="Filters" onClose={close}>
          {filters}
        </Drawer>
      )}
      {open === 'bag' && (
        <Suspense>
          <Bag onClose={close} />
        </Suspense>
      )}
      <Announcer />
    </div>
  )
}

/** The icons, or why there are none. */
function Outcome({ place, found, error, more, retry }: ReturnType<typeof useResults> & { place: Place }) {
  const isLanding = !place.query.trim() && countChosen(place) === 0 && !place.order
  return (
    <>
      {error && (
        <div role="alert" className="trouble">
          <p>{error.message}</p>
          <button type="button" onClick={retry}>
            Try again
          </button>
        </div>
      )}
      {found && found.total === 0 ? (
        <Nothing place={place} />
      ) : (
        <Grid
          found={found}
          more={more}
          isHalted={error !== null}
          openName={place.icon}
          isMixed={place.sets.length !== 1}
          above={isLanding && <Landing />}
        />
      )}
    </>
  )
}

function Nothing({ place }: { place: Place }) {
  const hasFilters = countChosen(place) > 0
  return (
    <div className="nothing">
      <p className="nothing-title">No icon for that</p>
      {hasFilters ? (
        <>
          <p>Nothing that was found passes the filters.</p>
          <button type="button" onClick={() => go(NOTHING_CHOSEN)}>
            Remove the filters
          </button>
        </>
      ) : (
        <p>Try fewer or more general words, such as “arrow”, “calendar” or “user”.</p>
      )}
    </div>
  )
}

function BagButton({ onOpen }: { onOpen: () => void }) {
  const names = bag.use()
  return (
    <button type="button" className="quiet" onClick={onOpen} aria-label={`Bag, ${counted(names.length, 'icon')}`}>
      <Symbol of="bag" />
      {names.length > 0 && <span className="badge">{names.length}</span>}
    </button>
  )
}

function tileOf(found: Found | null, name: string): TileFragment | null {
  return found?.tiles.find((tile) => tile.name === name) ?? null
}

function goHome(event: React.MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  go({ ...NOTHING_CHOSEN, query: '', order: null, icon: null })
}

/** `/` goes to the search from anywhere, Escape closes what is open. */
function useShortcuts(search: { current: HTMLInputElement | null }, place: Place): void {
  const isOpen = place.icon !== null
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return
      const isWriting = event.target instanceof Element && event.target.matches('input, select, textarea')
      if (event.key === '/' && !isWriting) {
        event.preventDefault()
        search.current?.select()
      } else if (event.key === 'Escape' && isOpen && !document.querySelector('dialog:modal')) {
        event.preventDefault()
        closeDetails()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [search, isOpen])
}

function useTitle({ query, icon }: Place): void {
  useEffect(() => {
    const of = icon ?? (query.trim() || 'Icons')
    document.title = `${of} · iconql`
  }, [query, icon])
}
