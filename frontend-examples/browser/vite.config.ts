import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { brotli } from '../common/brotli.ts'
import { manifest } from '../common/plugins.ts'
import { serviceWorker } from './plugins.ts'

/** Where `npm run dev` finds a running server. */
const server = process.env.ICONQL_URL ?? 'http://127.0.0.1:8080'

export default defineConfig(({ command }) => ({
  // The page is at `/`, its files are beside those of the other pages.
  base: command === 'build' ? '/browser/' : '/',
  plugins: [react(), manifest(), serviceWorker(), brotli()],
  build: {
    outDir: fileURLToPath(new URL('../../api/assets/pages/browser', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Every browser that knows `es2022` and `light-dark()` preloads modules itself.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/graphql': { target: server }, '/api': { target: server }, '/icons': { target: server } },
  },
}))
