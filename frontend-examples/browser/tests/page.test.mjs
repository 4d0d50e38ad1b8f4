import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { accessibility } from './accessibility.mjs'
import { details } from './details.mjs'
import { keyboard } from './keyboard.mjs'
import { offline } from './offline.mjs'
import { scrolling } from './scrolling.mjs'
import { searching } from './searching.mjs'
import { Server } from '../../common/tests/server.mjs'
import { usage } from './usage.mjs'
import { BrowserWorld } from './world.mjs'

describe('the icon browser', { timeout: 300_000 }, () => {
  const world = new BrowserWorld()
  before(() => world.open())
  after(() => world.close())

  it('asks nothing that the server would refuse', () => {
    assert.equal(Server.check(fileURLToPath(new URL('../src/documents', import.meta.url))), '')
  })

  searching(world)
  scrolling(world)
  keyboard(world)
  details(world)
  usage(world)
  accessibility(world)
  // Stops the server for a while.
  offline(world)
})
