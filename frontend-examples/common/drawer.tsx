import { useEffect, useRef, type MouseEvent, type ReactNode } from 'react'
import { Symbol } from './symbols'

/** A panel over the page, of which the browser keeps the focus inside and gives it back. */
export function Drawer({ label, onClose, children }: { label: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} className="drawer" aria-label={label} onClose={onClose} onClick={closeOnBackdrop}>
      <div className="drawer-head">
        <h2>{label}</h2>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()} aria-label="Close">
          <Symbol of="close" />
        </button>
      </div>
      <div className="drawer-body">{children}</div>
    </dialog>
  )
}

function closeOnBackdrop(event: MouseEvent<HTMLDialogElement>): void {
  if (event.target === event.currentTarget) event.currentTarget.close()
}
