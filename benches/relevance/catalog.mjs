// The names of the icons that there are, from the icon sets' own files.
import { readdir, readFile } from 'node:fs/promises';

/**
 * By the prefix of each set that nobody hides: `keys` of the icons that nobody hides either, and `aliases`, the names that
 * are other names of them.
 */
export async function namesBySet(icons) {
  const files = (await readdir(`${icons}/json`)).sort();
  const sets = new Map();
  for (const file of files) {
    const { prefix, info, icons: own, aliases = {} } = JSON.parse(await readFile(`${icons}/json/${file}`, 'utf8'));
    if (info?.hidden) continue;
    const keys = Object.keys(own).filter((key) => !own[key].hidden);
    sets.set(prefix, { keys, aliases: new Set(Object.keys(aliases)) });
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
