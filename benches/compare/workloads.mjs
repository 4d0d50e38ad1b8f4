// What is asked: the same icons of every server, chosen at random with a fixed seed, and what the answers must hold,
// read from the icon sets' own files.
import { readFile } from 'node:fs/promises';
import { generator, sample } from './random.mjs';

/** Sets that people use most; from each as many icons are popular. */
const POPULAR_SETS = [
  'mdi', 'material-symbols', 'lucide', 'tabler', 'ph', 'heroicons', 'bi', 'fa6-solid', 'ri', 'carbon',
  'ion', 'solar', 'fluent', 'iconoir', 'mingcute', 'octicon', 'simple-icons', 'logos', 'twemoji', 'feather',
];
const POPULAR_PER_SET = 100;
const REQUESTS = 500;
const PAGE_SIZE = 50;
/** Pages walked from the front of each popular set. */
const PAGES_PER_SET = 25;

/**
 * `scroll`: lists of 50 popular names. `scrollOfOneSet`: the same, each list within one set, for servers that can answer
 * no other. `single`: names. `walks`: for each set the expected pages from the front.
 */
export async function workloads(icons) {
  const random = generator(20_261_101);
  const sets = new Map();
  for (const prefix of POPULAR_SETS) sets.set(prefix, await readSet(`${icons}/json/${prefix}.json`));
  const popular = new Map([...sets].map(([prefix, set]) => [prefix, sample([...set.icons.keys()], POPULAR_PER_SET, random)]));
  const names = [...popular.values()].flat();
  const lists = (of) => Array.from({ length: REQUESTS }, (_, index) => sample(of(index), PAGE_SIZE, random));
  return {
    icon: (name) => sets.get(name.split(':')[0]).icons.get(name),
    set: (name) => sets.get(name.split(':')[0]),
    scroll: lists(() => names),
    scrollOfOneSet: lists((index) => popular.get(POPULAR_SETS[index % POPULAR_SETS.length])),
    single: sample(names, REQUESTS, random),
    walks: new Map([...sets].map(([prefix, set]) => [prefix, pages(set)])),
    pageSize: PAGE_SIZE,
  };
}

/** A set's visible icons that have bodies of their own, by full name. */
async function readSet(file) {
  const { prefix, info, icons, width = 16, height = 16 } = JSON.parse(await readFile(file, 'utf8'));
  const visible = Object.entries(icons).filter(([, icon]) => !icon.hidden);
  const describe = ([key, icon]) => [
    `${prefix}:${key}`,
    { name: `${prefix}:${key}`, body: icon.body, width: icon.width ?? width, height: icon.height ?? height },
  ];
  return { name: info.name, license: info.license.title, icons: new Map(visible.map(describe)) };
}

function pages(set) {
  const sorted = [...set.icons.keys()].sort();
  const count = Math.min(PAGES_PER_SET, Math.ceil(sorted.length / PAGE_SIZE));
  return Array.from({ length: count }, (_, page) => ({
    names: sorted.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
    hasNextPage: (page + 1) * PAGE_SIZE < sorted.length,
  }));
}
