// A picker as others make it, in a page of its own: `?way=` says whose, `&api=` where the Iconify API is. It shows pages of a hundred icons,
// the next one when the end of the last is near, and copies the icon that is pressed.
import iconify from '@iconify/iconify';
import { IconFinderCore, setIconify } from '@iconify/search-core';
import { AsyncFzf } from 'fzf';
import { addAPIProvider, buildIcon, iconLoaded, iconToHTML, loadIcon } from 'iconify-icon';

const PAGE = 100;

const parameters = new URLSearchParams(location.search);
const api = parameters.get('api');

/** What each way does when its page is opened, to find names by page, to show one, and to copy one. */
const ways = {
  /** Iconify's own: what its Icon Finder is made of asks the API, its web component brings the icons. */
  iconify: { open: iconFinder, element: component, svg: built },
  /** As Icônes does it: the names of all sets at once, looked through in the browser; icons by Iconify's client. */
  icones: { open: allNames, element: component, svg: built },
  /** Iconify's search, and an image of each icon. */
  images: { open: iconFinder, element: image, svg: (name) => fetch(fileOf(name)).then((response) => response.text()) },
};
const way = ways[parameters.get('way')];

addAPIProvider('', { resources: [api] });
const pageOf = await way.open();
const grid = document.querySelector('.grid');
let query = '';
let pages = 0;
let isAsking = false;

document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  query = document.querySelector('input').value;
  pages = 0;
  grid.replaceChildren();
  void more();
});
grid.addEventListener('click', async ({ target }) => {
  const { name } = target.closest('[data-name]').dataset;
  await navigator.clipboard.writeText(await way.svg(name));
  document.title = `Copied ${name}`;
});
// As far ahead as iconql's icon browser asks: five and a half rows.
const end = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && more(), { root: document.querySelector('.scroller'), rootMargin: '0px 0px 570px' });
end.observe(document.querySelector('.end'));

/** Whether all icons that are shown are there. */
globalThis.isComplete = () => {
  const isThere = { IMG: (element) => element.complete, 'ICONIFY-ICON': ({ icon }) => iconLoaded(`${icon}`) };
  return !isAsking && [...grid.querySelectorAll('.icon')].every((element) => isThere[element.tagName](element));
};
document.title = 'Ready';

async function more() {
  if (!query || isAsking) return;
  isAsking = true;
  const names = await pageOf(query, pages);
  pages += 1;
  for (const name of names) {
    const tile = document.createElement('div');
    tile.dataset.name = name;
    tile.append(way.element(name), name);
    grid.append(tile);
  }
  isAsking = false;
  // It says nothing anew while the end stays in sight.
  end.unobserve(document.querySelector('.end'));
  if (names.length === PAGE) end.observe(document.querySelector('.end'));
}

async function iconFinder() {
  // The one that the finder was made for.
  const Iconify = iconify.default;
  setIconify(Iconify);
  Iconify.addAPIProvider('', { resources: [api] });
  let answer;
  const finder = new IconFinderCore({ config: { ui: { itemsPerPage: PAGE } }, callback: () => answer?.() });
  const showing = (type, page) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const error = finder.router.error();
        if (error && error !== 'loading') reject(new Error(error));
        if (error || finder.router.partialRoute?.type !== type) return;
        const blocks = finder.router.render();
        if (page === undefined || blocks?.pagination.page === page) resolve(blocks);
      };
      answer = look;
      look();
    });
  await showing('collections');
  return async (search, page) => {
    if (page === 0) finder.router.partialRoute = { type: 'search', params: { search } };
    else finder.router.action('pagination', page);
    const { icons } = await showing('search', page);
    return icons.icons.map(({ prefix, name }) => `${prefix}:${name}`);
  };
}

async function allNames() {
  const sets = await fetch('/collections-meta.json').then((response) => response.json());
  const finder = new AsyncFzf(
    sets.flatMap(({ id, icons }) => icons.map((icon) => `${id}:${icon}`)),
    { casing: 'case-insensitive', fuzzy: 'v1' },
  );
  const found = new Map();
  return async (search, page) => {
    if (!found.has(search)) found.set(search, await finder.find(search));
    return found.get(search).slice(page * PAGE, (page + 1) * PAGE).map(({ item }) => item);
  };
}

function component(name) {
  const element = document.createElement('iconify-icon');
  element.className = 'icon';
  element.setAttribute('icon', name);
  return element;
}

function image(name) {
  const element = new Image();
  element.className = 'icon';
  element.src = fileOf(name);
  return element;
}

function fileOf(name) {
  return `${api}/${name.replace(':', '/')}.svg`;
}

async function built(name) {
  const { attributes, body } = buildIcon(await loadIcon(name), { height: 'auto' });
  return iconToHTML(body, attributes);
}
