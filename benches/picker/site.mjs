// The pages of other pickers: `client.js` with its packages in one file, and the names of all icons as Icônes publishes them.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { build } from '../../frontend-examples/node_modules/vite/dist/node/index.js';

/** Serves them from `folder`, where their packages are installed. */
export async function startSite(folder, icons) {
  const { output } = await build({ root: folder, logLevel: 'error', build: { write: false, target: 'es2022' } });
  const files = new Map(output.map(({ fileName, code, source }) => [`/${fileName}`, code ?? source]));
  files.set('/', files.get('/index.html'));
  files.set('/collections-meta.json', JSON.stringify(await namesOfSets(icons)));
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, 'http://site');
    const types = { js: 'text/javascript', css: 'text/css', json: 'application/json' };
    const type = types[pathname.split('.').at(-1)] ?? 'text/html';
    response.writeHead(files.has(pathname) ? 200 : 404, { 'content-type': type }).end(files.get(pathname));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** What Icônes makes of each set for its search through all of them: what is known of it, its icons and their categories. */
async function namesOfSets(icons) {
  const collections = JSON.parse(await readFile(`${icons}/collections.json`, 'utf8'));
  const sets = Object.entries(collections).map(async ([id, info]) => {
    const { icons: drawn, categories } = JSON.parse(await readFile(`${icons}/json/${id}.json`, 'utf8'));
    return { ...info, id, icons: Object.keys(drawn), categories };
  });
  return Promise.all(sets);
}
