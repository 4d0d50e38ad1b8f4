import { transformAsync } from '@babel/core'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

/** Puts the artifacts that `relay-compiler` wrote in the place of the documents. */
function relay(): Plugin {
  return {
    name: 'relay',
    enforce: 'pre',
    transform: {
      filter: { id: /\/relay\.ts$/ },
      async handler(code, id) {
        const plugins = [['relay', { eagerEsModules: true, artifactDirectory: artifacts }]]
        const parserOpts = { plugins: ['typescript' as const] }
        const result = await transformAsync(code, { filename: id, plugins, parserOpts, sourceMaps: true, configFile: false, babelrc: false })
        return result?.code ? { code: result.code, map: result.map ?? null } : null
      },
    },
  }
}

const artifacts = fileURLToPath(new URL('generated/relay', import.meta.url))

// Of the clients, Relay's alone needs a bundler.
export default defineConfig({
  plugins: [relay()],
  build: { ssr: 'relay.ts', outDir: 'generated/bundle', emptyOutDir: true },
})
