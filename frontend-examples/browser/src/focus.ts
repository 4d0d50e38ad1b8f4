import { go } from './place'

/** To the one icon of the grid that the tab key reaches. */
export function focusGrid(event?: { preventDefault: () => void }): void {
  event?.preventDefault()
  document.querySelector<HTMLElement>('[role="gridcell"][tabindex="0"]')?.focus()
}

/** Gives the focus back to the icon whose details they were. */
export function closeDetails(): void {
  const hadFocus = document.activeElement?.closest('.details') !== null
  go({ icon: null })
  if (hadFocus) focusGrid()
}
