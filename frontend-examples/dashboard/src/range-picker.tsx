import { useCallback, useState, type FormEvent } from 'react'
import { Drawer } from '../../common/drawer'
import { go, mistakeOf } from './place'
import { PRESETS, momentName, spanOf, type Preset, type Range } from './time'

export function RangePicker({ range }: { range: Range }) {
  const [isOpen, setOpen] = useState(false)
  const close = useCallback(() => setOpen(false), [])
  const isOther = typeof range !== 'string'
  return (
    <div className="switches" role="group" aria-label="Range">
      {(Object.keys(PRESETS) as Preset[]).map((preset) => (
        <button key={preset} type="button" aria-pressed={range === preset} onClick={() => go({ range: preset })}>
          {PRESETS[preset].label}
        </button>
      ))}
      <button type="button" aria-pressed={isOther} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {isOther ? `${momentName(Date.parse(range.from))} – ${momentName(Date.parse(range.to))}` : 'Other…'}
      </button>
      {isOpen && (
        <Drawer label="Range" onClose={close}>
          <OtherRange range={range} />
        </Drawer>
      )}
    </div>
  )
}

function OtherRange({ range }: { range: Range }) {
  const known = spanOf(range, Date.now()).range
  const [mistake, setMistake] = useState<string | null>(null)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    const [from, to] = ['from', 'to'].map((name) => Date.parse(String(values.get(name)))) as [number, number]
    const wrong = mistakeOf(from, to)
    setMistake(wrong)
    if (wrong) return
    go({ range: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } })
    event.currentTarget.closest('dialog')?.close()
  }
  return (
    <form className="key-form" onSubmit={submit} noValidate>
      <label>
        From
        <input type="datetime-local" name="from" defaultValue={ofField(known.from)} aria-invalid={mistake !== null} />
      </label>
      <label>
        To
        <input type="datetime-local" name="to" defaultValue={ofField(known.to)} aria-invalid={mistake !== null} />
      </label>
      {mistake && (
        <p role="alert" className="mistake">
          {mistake}
        </p>
      )}
      <div className="key-buttons">
        <button type="submit" className="main">
          Show this range
        </button>
      </div>
    </form>
  )
}

/** As the field has it: in the viewer's zone, without saying so. */
function ofField(moment: string): string {
  const date = new Date(moment)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
