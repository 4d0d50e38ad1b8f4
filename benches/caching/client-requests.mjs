// How many requests the client of the Iconify API makes for a page: the client itself counts them, in the place of fetch.
import { createRequire } from 'node:module';

const API = 'https://api.iconify.design';

/** The number of requests for each of `lists` of names, by the client in `folder`, where its packages are installed. */
export async function clientRequests(folder, lists) {
  const require = createRequire(`${folder}/`);
  const load = (file) => import(require.resolve(`@iconify/core/lib/api/${file}`));
  const [{ loadIcons }, { addAPIProvider }, { setAPIModule }, { fetchAPIModule, setFetch }] = await Promise.all(
    ['icons', 'config', 'modules', 'modules/fetch'].map(load),
  );
  let requests = 0;
  setFetch(async (url) => {
    requests += 1;
    const { pathname, searchParams } = new URL(url);
    const icons = searchParams.get('icons').split(',').map((name) => [name, { body: '<g/>' }]);
    return Response.json({ prefix: pathname.slice(1, -'.json'.length), icons: Object.fromEntries(icons) });
  });
  const counts = [];
  for (const [place, names] of lists.entries()) {
    // What it has loaded it does not ask for again, of each provider apart.
    const provider = `page-${place}`;
    setAPIModule(provider, fetchAPIModule);
    addAPIProvider(provider, { resources: [API] });
    requests = 0;
    const wanted = names.map((name) => `@${provider}:${name}`);
    const missing = await new Promise((resolve) => {
      loadIcons(wanted, (_, missing, pending) => pending.length === 0 && resolve(missing));
    });
    if (missing.length > 0) throw new Error(`the client misses ${missing.length} icons`);
    counts.push(requests);
  }
  return counts;
}
