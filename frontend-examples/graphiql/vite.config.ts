import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { brotli } from '../common/brotli.ts'
import { fontFiles } from './fonts.ts'

/** Where `npm run dev` finds a running server. */
const server = process.env.ICONQL_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/graphiql/',
  plugins: [react(), fontFiles(), brotli()],
  worker: { format: 'es' },
  build: {
    outDir: fileURLToPath(new URL('../../api/assets/pages/graphiql', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // Files, not data URIs: they are cached, and the policy of the page can stay narrow.
    assetsInlineLimit: 0,
    // The editor's core alone is 1.8 MB; it is a chunk of its own, fetched once and cached for a year.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      onLog(level, log, report) {
        // "use no memo" speaks to the React compiler, which has already run on the packages that say it.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log)
      },
    },
  },
  server: {
    proxy: { '/graphql': { target: server, ws: true }, '/icons': { target: server } },
  },
})
