import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { transformWithOxc, type Plugin } from 'vite'

/** Writes `sw.js`, which knows by name every file that this build has written. */
export function serviceWorker(): Plugin {
  const source = new URL('src/worker.ts', import.meta.url)
  return {
    name: 'iconql:service-worker',
    apply: 'build',
    async generateBundle(_, bundle) {
      const files = Object.keys(bundle)
        .filter((file) => file.startsWith('assets/'))
        .map((file) => `/browser/${file}`)
        .sort()
      const page = bundle['index.html']
      const text = page?.type === 'asset' ? page.source : ''
      const version = createHash('sha256').update(files.join()).update(text).digest('hex').slice(0, 12)
      const { code } = await transformWithOxc(readFileSync(source, 'utf8'), 'worker.ts', { target: 'es2022' })
      const filled = code.replace('BUILD_FILES', JSON.stringify(files)).replace('BUILD_VERSION', JSON.stringify(version))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: filled })
    },
  }
}
