// What people type into a search: words of icons' names, drawn at random, the same in every run.
import { generator } from '../compare/random.mjs';
import { misspelt, SHORTEST_CUT, unfinished } from '../relevance/typing.mjs';

const SEED = 20_261_122;
const SHORTEST_MISSPELT = 5;

/**
 * `count` queries of each kind, all of them different: `words` are one, two or three words of a name; `typed` end in a
 * word that is misspelt or not finished; `warming` are like `words`, to warm a server up with.
 */
export function queries(sets, count) {
  const random = generator(SEED);
  const names = [...sets.values()].flatMap(({ keys }) => keys).filter((key) => !/\d/.test(key));
  const known = new Set();
  const fill = (draw) => {
    const drawn = new Set();
    while (drawn.size < count) {
      const query = draw(names[Math.floor(random() * names.length)].split('-'));
      if (query?.length > 1 && !known.has(query)) drawn.add(query);
      known.add(query);
    }
    return [...drawn];
  };
  return {
    words: fill((words) => someOf(words, random)),
    typed: fill((words) => halfTyped(words, random)),
    warming: fill((words) => someOf(words, random)),
  };
}

/** Half the queries are any word of a name, the others its first two or three. */
function someOf(words, random) {
  const chance = random();
  if (chance < 0.5) return words[Math.floor(random() * words.length)];
  return words.slice(0, chance < 0.8 ? 2 : 3).join(' ');
}

/** The first words of a name, of which the last is misspelt or cut; null where it is too short for that. */
function halfTyped(words, random) {
  const some = words.slice(0, 1 + Math.floor(random() * 2));
  const last = some.at(-1);
  if (random() < 0.5) return last.length < SHORTEST_CUT ? null : some.with(-1, unfinished(last, random)).join(' ');
  return last.length < SHORTEST_MISSPELT ? null : some.with(-1, misspelt(last, random)).join(' ');
}
