import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { clipboard, panel, said, tiles } from './world.mjs'

const COPIES = /** @type {[string, RegExp][]} */ ([
  ['SVG', /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="1em" height="1em" viewBox="0 0 24 24">/],
  ['Name', /^lucide:house$/],
  ['Data URI', /^data:image\/svg\+xml,/],
  ['JSX', /^export default function LucideHouse\(props\)/],
  ['Vue', /^<template>/],
  ['Svelte', /\{\.\.\.\$\$props\}/],
  ['Astro', /\{\.\.\.Astro\.props\}/],
  ['CSS', /mask-image: var\(--svg\)/],
  ['iconify-icon', /^<iconify-icon icon="lucide:house">/],
])

/** @param {import('./world.mjs').BrowserWorld} world */
export function details(world) {
  describe('details', () => {
    it('open beside the icons and tell what is known', () =>
      world.visit('/?q=lucide:house', async ({ page }) => {
        await page.locator('.tile[title="lucide:house"]').click()
        const icon = panel(page)
        await icon.getByRole('button', { name: 'lucide:home', exact: true }).waitFor()
        assert.equal(await icon.getByRole('link', { name: 'ISC' }).getAttribute('rel'), 'noopener noreferrer')
        await tiles(page).first().click()
        assert.equal(await page.title(), 'lucide:house · iconql')
        await icon.getByRole('button', { name: 'Close the details' }).click()
        await icon.waitFor({ state: 'detached' })
        assert.equal(page.url(), `${world.server.origin}/?q=lucide:house`)
      }))

    it('lead to variants', () =>
      world.visit('/?icon=ph:heart', async ({ page }) => {
        await panel(page).getByRole('region', { name: 'Variants' }).getByRole('button', { name: 'heart-fill, ph' }).click()
        await page.getByRole('dialog', { name: 'heart-fill' }).getByRole('button', { name: 'Copy SVG' }).waitFor()
        await page.goBack()
        await page.getByRole('dialog', { name: 'heart', exact: true }).waitFor()
      }))

    it('copy in every way', () =>
      world.visit('/?icon=lucide:house', async ({ page }) => {
        for (const [label, expected] of COPIES) {
          await panel(page).getByRole('button', { name: `Copy ${label}`, exact: true }).click()
          await until(async () => expected.test(await clipboard(page)))
        }
      }))

    it('copy as the icon was made to look', () =>
      world.visit('/?icon=lucide:arrow-left', async ({ page }) => {
        const icon = panel(page)
        await icon.getByRole('textbox', { name: 'Colour', exact: true }).fill('#e0356f')
        await icon.getByRole('spinbutton', { name: 'Size' }).fill('48')
        await icon.getByRole('button', { name: /^Turn by a quarter/ }).click()
        await icon.getByRole('button', { name: 'Mirror left and right' }).click()
        await icon.getByRole('button', { name: 'Copy SVG' }).click()
        await said(page, 'Copied lucide:arrow-left as SVG')
        const svg = await clipboard(page)
        for (const part of ['width="48"', 'height="48"', '#e0356f', 'transform=']) assert.ok(svg.includes(part), `${part} in ${svg}`)
        assert.ok(!svg.includes('currentColor'), svg)

        await icon.getByRole('button', { name: 'Reset' }).click()
        await icon.getByRole('button', { name: 'Copy SVG' }).click()
        await until(async () => (await clipboard(page)).includes('currentColor'))
      }))

    it('show a colour that is none as wrong, and do not use it', () =>
      world.visit('/?icon=lucide:house', async ({ page }) => {
        const colour = panel(page).getByRole('textbox', { name: 'Colour', exact: true })
        await colour.fill('url(x)')
        assert.equal(await colour.getAttribute('aria-invalid'), 'true')
        await colour.fill('rebeccapurple')
        assert.equal(await colour.getAttribute('aria-invalid'), 'false')
        assert.equal(await page.locator('.preview .drawn').evaluate((drawn) => getComputedStyle(drawn).color), 'rgb(102, 51, 153)')
      }))

    it('download SVG and PNG, and remember what was taken', () =>
      world.visit('/?icon=lucide:house', async ({ page }) => {
        const icon = panel(page)
        await icon.getByRole('spinbutton', { name: 'Size' }).fill('96')
        const [png] = await Promise.all([page.waitForEvent('download'), icon.getByRole('button', { name: 'Download PNG' }).click()])
        assert.equal(png.suggestedFilename(), 'lucide-house.png')
        const bytes = await readFile(await png.path())
        assert.deepEqual([bytes.subarray(1, 4).toString(), bytes.readUInt32BE(16), bytes.readUInt32BE(20)], ['PNG', 96, 96])

        const [svg] = await Promise.all([page.waitForEvent('download'), icon.getByRole('button', { name: 'Download SVG' }).click()])
        assert.equal(svg.suggestedFilename(), 'lucide-house.svg')
        assert.match(await readFile(await svg.path(), 'utf8'), /^<svg .*height="96"/)

        await icon.getByRole('button', { name: 'Close the details' }).click()
        await page.getByRole('region', { name: 'Recently used' }).getByRole('button', { name: 'house, lucide' }).waitFor()
      }))

    it('name the closest icons where there is none of that name', () =>
      world.visit('/?icon=lucide:hous', async ({ page }) => {
        await panel(page).getByRole('button', { name: 'lucide:house', exact: true }).click()
        await panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()
        await page.goto(`${world.server.origin}/?icon=nonsense`)
        await panel(page).getByText(/name/).first().waitFor()
      }))

    it('gather icons in a bag, which becomes one sprite', () =>
      world.visit('/?icon=lucide:house', async ({ page }) => {
        for (const name of ['lucide:house', 'logos:rust']) {
          await page.goto(`${world.server.origin}/?icon=${name}`)
          await panel(page).getByRole('button', { name: 'Bag', exact: true }).click()
        }
        await page.getByRole('button', { name: 'Bag, 2 icons' }).click()
        const bag = page.getByRole('dialog', { name: 'Bag' })
        const [sprite] = await Promise.all([page.waitForEvent('download'), bag.getByRole('button', { name: 'Sprite' }).click()])
        const text = await readFile(await sprite.path(), 'utf8')
        assert.deepEqual([...text.matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id), ['lucide-house', 'logos-rust'])
        assert.ok(await page.evaluate((svg) => !new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror'), text))
        await bag.getByRole('button', { name: 'Empty' }).click()
        await page.keyboard.press('Escape')
        await page.getByRole('button', { name: 'Bag, 0 icons' }).waitFor()
      }))
  })
}
