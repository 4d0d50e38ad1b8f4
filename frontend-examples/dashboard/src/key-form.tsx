import { createContext, useContext, useId, useRef, type FormEvent } from 'react'
import { setKey, useKey } from './key'

const Opening = createContext<() => void>(() => {})

export const OpenKeyForm = Opening

/** What opens the field for a key, from wherever one is missing. */
export function useOpenKey(): () => void {
  return useContext(Opening)
}

export function KeyForm() {
  const id = useId()
  const field = useRef<HTMLInputElement>(null)
  const key = useKey()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setKey(field.current?.value.trim() || null)
    field.current?.closest('dialog')?.close()
  }
  const forget = () => {
    setKey(null)
    field.current?.closest('dialog')?.close()
  }
  return (
    <form className="key-form" onSubmit={submit}>
      <label htmlFor={id}>Key</label>
      <input ref={field} id={id} type="password" autoComplete="off" spellCheck={false} defaultValue={key ?? ''} required />
      <div className="key-buttons">
        <button type="submit" className="main">
          Use this key
        </button>
        {key !== null && (
          <button type="button" onClick={forget}>
            Forget it
          </button>
        )}
      </div>
      <p>It is kept for this tab alone, and sent to this server with each request.</p>
      <p>Use over time and how the service did need the scope analytics:read, figures of this moment metrics:read. Whoever runs the server makes a key by</p>
      <pre>
        <code>iconql keys create --name dashboard \{'\n'}  --scope analytics:read,metrics:read</code>
      </pre>
    </form>
  )
}
