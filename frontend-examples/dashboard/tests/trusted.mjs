import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isFilled, panel } from './world.mjs'

const MANIFEST = fileURLToPath(new URL('../../../api/assets/pages/dashboard/documents.json', import.meta.url))

/** @param {import('./world.mjs').DashboardWorld} world */
export function trusted(world) {
  describe('where only trusted documents are answered', () => {
    it('all of the page works by its manifest, and no text is sent', async () => {
      await world.server.stop()
      world.server.settings = { DOCUMENTS_MODE: 'trusted_only', DOCUMENTS_MANIFEST: MANIFEST }
      await world.server.run()
      await world.visitWithKey('/dashboard', async ({ page, asked }) => {
        await isFilled(page)
        assert.equal(await page.getByRole('alert').count(), 0)
        assert.ok(asked.every(({ searchParams }) => searchParams.has('extensions')))
        await panel(page, 'Use').getByRole('img', { name: 'Uses over time' }).waitFor()
      })
    })
  })
}
