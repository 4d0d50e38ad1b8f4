import { useEffect, useState } from 'react'
import { Drawn } from '../../common/drawing'
import { formatted, partsOf } from '../../common/words'
import { Landing as LandingDocument, type LandingQuery, type TileFragment } from './graphql/documents'
import { go } from './place'
import { recent } from './shelf'
import { ask } from './transport'

/** Above all icons, where nothing is looked for yet: what was used last, what others use, and the sets. */
export function Landing() {
  const used = recent.use()
  const landing = useLanding()
  const trending = landing?.trending?.map(({ icon }) => icon) ?? []
  return (
    <>
      {used.length > 0 && (
        <section aria-label="Recently used" className="landing">
          <h2>Recently used</h2>
          <Strip tiles={used} />
        </section>
      )}
      {trending.length > 0 && (
        <section aria-label="Trending this week" className="landing">
          <h2>Trending this week</h2>
          <Strip tiles={trending} />
        </section>
      )}
      <section aria-label="Icon sets" className="landing">
        <h2>Icon sets</h2>
        <ul className="sets">
          {landing?.iconSets.nodes.map((set) => (
            <li key={set.prefix}>
              <button type="button" className="set" onClick={() => go({ sets: [set.prefix] })}>
                <span className="samples">
                  {set.samples.map((tile) => (
                    <Drawn key={tile.name} drawing={tile} />
                  ))}
                </span>
                <span className="set-name">{set.name}</span>
                <span className="set-note">
                  {formatted(set.total)} icons{set.license && ` · ${set.license.title}`}
                </span>
              </button>
            </li>
          )) ?? Array.from({ length: 8 }, (_, index) => <li key={index} className="set waiting" />)}
        </ul>
      </section>
      <h2 className="landing-all">All icons</h2>
    </>
  )
}

/** Icons in a row, each of which opens. */
export function Strip({ tiles, onOpen }: { tiles: readonly TileFragment[]; onOpen?: () => void }) {
  return (
    <ul className="strip">
      {tiles.map((tile) => (
        <li key={tile.name}>
          <button
            type="button"
            title={tile.name}
            aria-label={partsOf(tile.name).reverse().join(', ')}
            onClick={() => {
              onOpen?.()
              go({ icon: tile.name })
            }}
          >
            <Drawn drawing={tile} />
          </button>
        </li>
      ))}
    </ul>
  )
}

let known: LandingQuery | null = null

/** Asked for once; without it there are still all the icons. */
function useLanding(): LandingQuery | null {
  const [landing, setLanding] = useState(known)
  useEffect(() => {
    if (known) return
    ask(LandingDocument, {}).then(
      (answer) => setLanding((known = answer)),
      () => setLanding({ trending: null, iconSets: { totalCount: 0, nodes: [] } }),
    )
  }, [])
  return landing
}
