/**
 * Copies a text that may still be on its way. Browsers let a page write only while they know that somebody asked for it,
 * which an item with a promise keeps true.
 */
export async function copyText(text: string | Promise<string>): Promise<void> {
  if (!isSecureContext || !navigator.clipboard) return copyBySelection(await text)
  if (typeof text === 'string') return navigator.clipboard.writeText(text)
  const blob = text.then((ready) => new Blob([ready], { type: 'text/plain' }))
  return navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })])
}

/** For plain http on a network of one's own, where there is no clipboard to write to. */
function copyBySelection(text: string): void {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'unseen'
  // Inside an open dialog nothing outside of it can be selected.
  const home = document.querySelector('dialog[open]') ?? document.body
  const focused = document.activeElement
  home.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  if (!isCopied) throw new Error('The browser does not let this page copy.')
}

/** Hands a file to whoever asked for it. */
export function download(content: Blob, fileName: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = fileName
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
