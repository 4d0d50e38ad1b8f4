// What a person does in a picker, and what it asks for meanwhile.
import { gzipSync } from 'node:zlib';

/** Icons of a scroll page, on every picker. */
const PAGE = 100;
/** As a wheel turns: pixels a notch, and milliseconds from one to the next. A page takes a second. */
const NOTCH = 100;
const NOTCH_MS = 100;
/** Bytes of answers that the browser keeps to be counted: Icônes asks for all names at once. */
const BUFFER = 200_000_000;
/** What nobody waits for. */
const MOST_MS = 120_000;

/** Every request of a page from now on, with the bytes of what it was answered: none where the page wants to know no more than the status. */
export async function watch(page) {
  const session = await page.context().newCDPSession(page);
  const asked = new Map();
  const reading = [];
  session.on('Network.requestWillBeSent', ({ requestId, type, request: { url } }) => {
    // What is in the address itself is no request.
    if (url.startsWith('http')) asked.set(requestId, { type, url: new URL(url), plain: 0, small: 0 });
  });
  const read = async (requestId) => {
    const { body, base64Encoded } = await session.send('Network.getResponseBody', { requestId });
    const bytes = Buffer.from(body, base64Encoded ? 'base64' : 'utf8');
    Object.assign(asked.get(requestId), { plain: bytes.length, small: gzipSync(bytes, { level: 6 }).length });
  };
  session.on('Network.loadingFinished', ({ requestId }) => {
    if (asked.has(requestId)) reading.push(read(requestId));
  });
  await session.send('Network.enable', { maxTotalBufferSize: BUFFER, maxResourceBufferSize: BUFFER });
  return async () => {
    await page.waitForLoadState('networkidle');
    await Promise.all(reading);
    return [...asked.values()];
  };
}

/** Writes a query in one go, and asks for it. */
export async function search(page, query, submit) {
  const box = page.getByLabel('Search icons', { exact: true });
  await box.fill(query);
  if (submit) await box.press('Enter');
}

/** Turns the wheel until the last icon of so many pages is in sight. */
export async function scroll(page, { scroller, tile, pages }) {
  const { x, y, width, height } = await page.locator(scroller).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
  const isSeen = ([scroller, tile, last]) => {
    const bottom = document.querySelector(scroller).getBoundingClientRect().bottom;
    return [...document.querySelectorAll(tile)].some((element) => {
      const index = Number(element.dataset.index ?? [...element.parentElement.children].indexOf(element));
      return index >= last && element.getBoundingClientRect().top < bottom;
    });
  };
  const deadline = performance.now() + MOST_MS;
  while (!(await page.evaluate(isSeen, [scroller, tile, pages * PAGE - 1]))) {
    if (performance.now() > deadline) throw new Error(`${page.url()}: page ${pages} never came into sight`);
    await page.mouse.wheel(0, NOTCH);
    await page.waitForTimeout(NOTCH_MS);
  }
}
