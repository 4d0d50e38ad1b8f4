import { after, before, describe } from 'node:test'
import { accessibility } from './accessibility.mjs'
import { details } from './details.mjs'
import { keyboard } from './keyboard.mjs'
import { offline } from './offline.mjs'
import { scrolling } from './scrolling.mjs'
import { searching } from './searching.mjs'
import { usage } from './usage.mjs'
import { World } from './world.mjs'

describe('the icon browser', { timeout: 300_000 }, () => {
  const world = new World()
  before(() => world.open())
  after(() => world.close())

  searching(world)
  scrolling(world)
  keyboard(world)
  details(world)
  usage(world)
  accessibility(world)
  // Stops the server for a while.
  offline(world)
})
