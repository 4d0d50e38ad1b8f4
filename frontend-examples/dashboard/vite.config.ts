import react from '@vitejs/plugin-react'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { brotli } from '../common/brotli.ts'
import { manifest } from '../common/plugins.ts'

/** Where `npm run dev` finds a running server. */
const server = process.env.ICONQL_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/dashboard/',
  plugins: [react(), manifest(), brotli()],
  build: {
    outDir: fileURLToPath(new URL('../../api/assets/pages/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/graphql': { target: server, ws: true }, '/api': { target: server } } },
})
