// The same visit to each picker; picker.sh prepares what it needs and says where that is:
//
//   ICONQL, ICONS, SQLITE_FILE, PEERS_FOLDER, WORK, CLIENT (client.js and its packages), CHROMIUM, QUERY, PAGES
//
// Ends with status 1 where iconql asks for more than it may.
import { mkdir, writeFile } from 'node:fs/promises';
import { launchChromium } from '../../frontend-examples/common/tests/chromium.mjs';
import { iconifyApi, iconql, start } from '../compare/servers.mjs';
import { startSite } from './site.mjs';
import { scroll, search, watch } from './visit.mjs';

/** Of what Iconify's client asks for, and of a request an icon. */
const MOST_OF_ICONIFY = 0.25;
const MOST_OF_ICONS = 0.02;

const { ICONQL, ICONS, SQLITE_FILE, PEERS_FOLDER, WORK, CLIENT, QUERY: query } = process.env;
const pages = Number(process.env.PAGES);
const copied = /^Copied \S+:\S+/;

await mkdir(WORK, { recursive: true });
const site = await startSite(CLIENT, ICONS);
const browser = await launchChromium();
const api = await start('iconify-api', iconifyApi(PEERS_FOLDER, `${WORK}/iconify-api`), WORK, false);
const own = await start('iconql', iconql(ICONQL, `sqlite://${SQLITE_FILE}`, `${WORK}/iconql`), WORK, false);

// The first visitor teaches a server the documents, on any day but the first somebody has been there.
await ours();
const visits = {
  iconql: await ours(),
  iconify: await others('iconify'),
  icones: await others('icones'),
  images: await others('images'),
};
await browser.close();
await Promise.all([api.stop(), own.stop(), site.stop()]);

const table = markdown();
await writeFile(`${WORK}/../picker.md`, table);
console.log(table);
process.exitCode = asked('iconql') <= MOST_OF_ICONIFY * asked('iconify') && asked('iconql') <= MOST_OF_ICONS * asked('images') ? 0 : 1;

/** iconql's icon browser, whose page is the server's. */
async function ours() {
  return visiting(`http://127.0.0.1:${own.port}/`, async (page) => {
    await page.locator('.tile').first().waitFor();
    await search(page, query, false);
    await page.locator('main:not([data-late]) .tile').first().waitFor();
    await page.waitForFunction((words) => location.search.includes(`q=${words}`), query);
    await page.waitForLoadState('networkidle');
    await scroll(page, { scroller: '.scroller', tile: '.tile', pages });
    await page.locator(`.tile[data-index="${pages * 100 - 1}"]`).click();
    await page.getByRole('button', { name: 'Copy SVG' }).click();
    await page.locator('.announcer').getByText(copied).waitFor();
    await page.waitForResponse((response) => response.url().endsWith('/api/v1/analytics/usage/batch'));
  });
}

async function others(way) {
  return visiting(`${site.origin}/?way=${way}&api=http://127.0.0.1:${api.port}`, async (page) => {
    await page.waitForFunction(() => document.title === 'Ready');
    await search(page, query, true);
    await page.locator('.grid [data-name]').first().waitFor();
    await scroll(page, { scroller: '.scroller', tile: '.grid [data-name]', pages });
    await page.waitForFunction(() => globalThis.isComplete());
    await page.locator('.grid [data-name]').nth(pages * 100 - 1).click();
    await page.waitForFunction((said) => new RegExp(said).test(document.title), copied.source);
  });
}

async function visiting(url, act) {
  console.error(`visiting ${url}`);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    // It would have the page's files brought twice.
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  const answers = await watch(page);
  await page.goto(url);
  await act(page);
  const text = await page.evaluate(() => navigator.clipboard.readText());
  if (!text.startsWith('<svg')) throw new Error(`${url}: nothing was copied but ${text.slice(0, 100)}`);
  const all = await answers();
  await context.close();
  return all;
}

function asked(name) {
  return data(visits[name]).length;
}

/** What it asked for beside the page's own files. */
function data(visit) {
  return visit.filter(({ type, url }) => !['Document', 'Script', 'Stylesheet'].includes(type) && !url.pathname.startsWith('/browser/'));
}

function markdown() {
  const row = (title, name) => {
    const answers = data(visits[name]);
    const share = asked('iconql') / answers.length;
    const less = name === 'iconql' ? '' : `${(100 * (1 - share)).toFixed(1)} % fewer`;
    return `| ${title} | ${answers.length} | ${kilobytes(answers, 'small')} | ${kilobytes(answers, 'plain')} | ${less} |`;
  };
  const files = visits.iconql.filter((answer) => !data(visits.iconql).includes(answer));
  return [
    `Open, search “${query}”, scroll through ${pages} pages of 100 icons, copy one as SVG, among every icon set:`,
    '',
    '| picker | requests | kB by gzip | kB | iconql asks |',
    '| --- | ---: | ---: | ---: | ---: |',
    row('**iconql**, its icon browser', 'iconql'),
    row("Iconify's: `@iconify/search-core` and `<iconify-icon>`, on the Iconify API", 'iconify'),
    row('as Icônes does it: all names at once, `<iconify-icon>` on the Iconify API', 'icones'),
    row("Iconify's search and an image an icon", 'images'),
    '',
    `Without the pages' own files, of which iconql's has ${files.length} with ${kilobytes(files, 'small')} kB by gzip.`,
    '',
  ].join('\n');
}

function kilobytes(answers, size) {
  const bytes = answers.reduce((sum, answer) => sum + answer[size], 0);
  return (bytes / 1000).toLocaleString('en-US', { maximumFractionDigits: 0 });
}
