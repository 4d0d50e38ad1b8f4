import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Server } from '../../common/tests/server.mjs'
import { accessibility } from './accessibility.mjs'
import { counting } from './counting.mjs'
import { keys } from './keys.mjs'
import { live } from './live.mjs'
import { panels } from './panels.mjs'
import { ranges } from './ranges.mjs'
import { trusted } from './trusted.mjs'
import { DashboardWorld } from './world.mjs'

describe('the dashboard', { timeout: 300_000 }, () => {
  const world = new DashboardWorld()
  before(() => world.open())
  after(() => world.close())

  it('asks nothing that the server would refuse', () => {
    assert.equal(Server.check(fileURLToPath(new URL('../src/documents', import.meta.url))), '')
  })

  panels(world)
  ranges(world)
  keys(world)
  counting(world)
  accessibility(world)
  // These stop the server for a while.
  live(world)
  trusted(world)
})
