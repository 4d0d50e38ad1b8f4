import { useCallback, useEffect, useState } from 'react'
import { BrandMark } from '../../common/brand'
import { Drawer } from '../../common/drawer'
import { Symbol } from '../../common/symbols'
import { KeyForm, OpenKeyForm } from './key-form'
import { useKey } from './key'
import { followLive } from './live'
import { LiveFigures, LiveStatus } from './live-figures'
import { UsedNow } from './used-now'
import { Caches } from './panels/caches'
import { Errors } from './panels/errors'
import { Health } from './panels/health'
import { MostUsed } from './panels/most-used'
import { Operations } from './panels/operations'
import { Outlook } from './panels/outlook'
import { People } from './panels/people'
import { Promises } from './panels/promises'
import { ResponseTimes } from './panels/response-times'
import { Shares } from './panels/shares'
import { Statements } from './panels/statements'
import { Trends } from './panels/trends'
import { UsageOverTime } from './panels/usage-over-time'
import { UsedTogether } from './panels/used-together'
import { go, usePlace } from './place'
import { RangePicker } from './range-picker'
import { MINUTE_MS, spanOf, zone } from './time'

export function App() {
  const place = usePlace()
  const now = useNow()
  const apiKey = useKey()
  const [isKeyOpen, setKeyOpen] = useState(false)
  const openKey = useCallback(() => setKeyOpen(true), [])
  const closeKey = useCallback(() => setKeyOpen(false), [])
  useEffect(() => followLive(place.isFleet ? 'FLEET' : 'INSTANCE'), [place.isFleet])
  const span = spanOf(place.range, now)
  const asked = { place, span, now }

  return (
    <OpenKeyForm value={openKey}>
      <a className="skip" href="#figures">
        Skip to the figures
      </a>
      <header>
        <a className="brand" href="/" aria-label="iconql, all icons">
          <BrandMark />
          <span>iconql</span>
        </a>
        <h1>Dashboard</h1>
        <LiveStatus />
        <a className="to-icons" href="/">
          Icons
        </a>
        <button type="button" className="quiet" onClick={openKey} aria-label={apiKey === null ? 'Enter an API key' : 'API key, entered'}>
          <Symbol of="key" />
          {apiKey !== null && <span className="badge dot" />}
        </button>
      </header>
      <main id="figures" tabIndex={-1}>
        <section aria-labelledby="live">
          <div className="section-head">
            <h2 id="live">Now</h2>
            <label className="select">
              <span>Figures of</span>
              <select value={place.isFleet ? 'fleet' : 'instance'} onChange={({ target }) => go({ isFleet: target.value === 'fleet' })}>
                <option value="instance">this instance</option>
                <option value="fleet">all instances</option>
              </select>
            </label>
          </div>
          <div className="panels">
            <LiveFigures />
            <UsedNow />
            <Health now={now} />
          </div>
        </section>
        <div className="range-bar">
          <RangePicker range={place.range} />
          {place.of && (
            <button type="button" className="chip" onClick={() => go({ of: null })}>
              Use of {place.of}
              <span className="unseen">, show all again</span>
              <Symbol of="close" />
            </button>
          )}
        </div>
        <section aria-labelledby="use">
          <h2 id="use">What is used</h2>
          <div className="panels">
            <UsageOverTime {...asked} />
            <MostUsed {...asked} />
            <Outlook {...asked} />
            <Trends {...asked} />
            <Shares {...asked} dimension="COUNTRY" />
            <Shares {...asked} dimension="DEVICE" />
            <Shares {...asked} dimension="SET" />
            <UsedTogether {...asked} />
            <People {...asked} />
          </div>
        </section>
        <section aria-labelledby="service">
          <h2 id="service">How the service does</h2>
          <div className="panels">
            <Promises {...asked} />
            <ResponseTimes {...asked} />
            <Caches {...asked} />
            <Errors {...asked} />
            <Operations {...asked} />
            <Statements {...asked} />
          </div>
        </section>
        <footer>
          <p>Times are those of {zone}, days and weeks those of UTC. Figures are as new as the last roll-up, a minute ago at most.</p>
        </footer>
      </main>
      {isKeyOpen && (
        <Drawer label="API key" onClose={closeKey}>
          <KeyForm />
        </Drawer>
      )}
    </OpenKeyForm>
  )
}

/** Goes on by the minute while somebody looks. */
function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === 'visible') setNow((last) => (Date.now() - last >= MINUTE_MS ? Date.now() : last))
    }
    const timer = setInterval(look, MINUTE_MS / 12)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [])
  return now
}
