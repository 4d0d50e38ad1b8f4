// The names of the icons that there are, from the icon sets' own files.
import { readdir, readFile } from 'node:fs/promises';

/** Keys of the icons that nobody hides, by the prefix of their set. */
export async function keysBySet(icons) {
  const files = (await readdir(`${icons}/json`)).sort();
  const sets = new Map();
  for (const file of files) {
    const set = JSON.parse(await readFile(`${icons}/json/${file}`, 'utf8'));
    if (set.info?.hidden) continue;
    sets.set(set.prefix, Object.keys(set.icons).filter((key) => !set.icons[key].hidden));
  }
  return sets;
}

/** Ends of names that tell a style or a size, and nothing of what is shown. */
const STYLE = /-(?:\d+|px|bold|duotone|fill|filled|light|line|linear|outline|outlined|regular|rounded|sharp|solid|thin|twotone)$/;

/** The names that `key` may stand for: itself, and what is left when styles are taken off its end. */
export function namesOf(key) {
  const names = [key];
  while (STYLE.test(names.at(-1))) names.push(names.at(-1).replace(STYLE, ''));
  return names;
}
