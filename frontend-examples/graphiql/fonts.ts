import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import type { Plugin } from 'vite'

const EMBEDDED_FONT = /url\(["']?data:font\/(woff2?|ttf);base64,([^)"']+)["']?\)/g

/**
 * Writes the fonts that style sheets embed as base64 to files beside them.
 *
 * A browser then fetches the two or three subsets a page draws with, instead of every alphabet before the first paint.
 */
export function fontFiles(): Plugin {
  return {
    name: 'iconql:font-files',
    generateBundle(_, bundle) {
      for (const sheet of Object.values(bundle)) {
        if (sheet.type !== 'asset' || !sheet.fileName.endsWith('.css')) continue
        const folder = posix.dirname(sheet.fileName)
        sheet.source = sheet.source.toString().replace(EMBEDDED_FONT, (_, extension: string, base64: string) => {
          const source = Buffer.from(base64, 'base64')
          const name = `font-${createHash('sha256').update(source).digest('hex').slice(0, 10)}.${extension}`
          this.emitFile({ type: 'asset', fileName: posix.join(folder, name), source })
          return `url(${name})`
        })
      }
    },
  }
}
