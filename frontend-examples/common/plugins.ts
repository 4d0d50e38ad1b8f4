import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Plugin } from 'vite'

/** Writes `documents.json`, the texts by their hashes: what `DOCUMENTS_MANIFEST` takes where only trusted documents are answered. */
export function manifest(): Plugin {
  return {
    name: 'iconql:manifest',
    apply: 'build',
    generateBundle() {
      const source = readFileSync(resolve('src/graphql/texts.json'))
      this.emitFile({ type: 'asset', fileName: 'documents.json', source })
    },
  }
}
