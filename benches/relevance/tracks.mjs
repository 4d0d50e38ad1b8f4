// The judged queries: what is asked, and which icons would have been right. Drawn at random from published data, the same
// in every run.
import { generator, sample } from '../compare/random.mjs';
import { namesOf } from './catalog.mjs';
import { misspelt, SHORTEST_CUT, unfinished } from './typing.mjs';

const SHORTEST_MISSPELT = 5;
/** Names of more words are found whatever becomes of one of them. */
const MOST_WORDS = 3;

const isWord = (word, least) => word.length >= least && /^[a-z]+$/.test(word);

/**
 * `count` queries of each kind, made of names: {query, prefixes, isRight} each, where `prefixes` is the set that the name
 * is from and `isRight` tells of an icon's key whether it is of that name.
 */
export function namesTyped(sets, count, seed) {
  const random = generator(seed);
  const icons = [...sets].flatMap(([prefix, { keys }]) => keys.map((key) => ({ prefix, key, words: key.split('-') })));
  const draw = (isFit) => distinct(icons, count, isFit, random);
  const short = ({ words }) => words.length <= MOST_WORDS;
  const asked = (icon, words) => ({ query: words.join(' '), prefixes: [icon.prefix], isRight: isCalled(icon.key) });
  return {
    exact: draw(() => true).map((icon) => asked(icon, icon.words)),
    typos: draw((icon) => short(icon) && icon.words.some((word) => isWord(word, SHORTEST_MISSPELT))).map((icon) => {
      const long = [...icon.words.keys()].filter((place) => isWord(icon.words[place], SHORTEST_MISSPELT));
      const [place] = sample(long, 1, random);
      return asked(icon, icon.words.with(place, misspelt(icon.words[place], random)));
    }),
    unfinished: draw((icon) => short(icon) && isWord(icon.words.at(-1), SHORTEST_CUT)).map((icon) =>
      asked(icon, icon.words.with(-1, unfinished(icon.words.at(-1), random))),
    ),
  };
}

/** `count` icons that are fit, of different names. */
function distinct(icons, count, isFit, random) {
  const chosen = new Map();
  while (chosen.size < count) {
    const icon = icons[Math.floor(random() * icons.length)];
    if (isFit(icon)) chosen.set(icon.key, icon);
  }
  return [...chosen.values()];
}

/** Words are the same however they are joined. */
const joined = (key) => key.replaceAll('-', '');

function isCalled(key) {
  const wanted = joined(key);
  return (other) => joined(other) === wanted;
}

/**
 * `count` of the keywords that a source publishes for icons whose names have none of the keyword's words: {query,
 * prefixes, isRight} each, where `isRight` tells of an icon's key whether the source has tagged it so. What its own sets
 * have as an alias is left out: the catalog knows it, whatever was learned.
 *
 * `tagged` are names with their keywords.
 */
export function synonyms(tagged, prefixes, sets, { count, seed }) {
  const own = prefixes.map((prefix) => sets.get(prefix));
  const known = new Set(own.flatMap(({ keys }) => keys).flatMap(namesOf));
  const isAlias = (keyword) => own.some(({ aliases }) => aliases.has(keyword.replaceAll(' ', '-')));
  const right = new Map();
  for (const [name, keywords] of tagged) {
    if (!known.has(name)) continue;
    const words = new Set(name.split('-').map(singular));
    for (const keyword of new Set(keywords.map(typed))) {
      const isSaid = keyword.split(' ').some((word) => words.has(singular(word))) || keyword.replaceAll(' ', '') === joined(name);
      if (keyword.length > 1 && !isSaid && !isAlias(keyword)) right.set(keyword, (right.get(keyword) ?? new Set()).add(name));
    }
  }
  const keywords = [...right.keys()].sort();
  return sample(keywords, Math.min(count, keywords.length), generator(seed)).map((query) => ({
    query,
    prefixes,
    isRight: (key) => namesOf(key).some((name) => right.get(query).has(name)),
  }));
}

/** A keyword as somebody would type it. */
function typed(keyword) {
  return keyword.toLowerCase().replace(/[^a-z0-9]+/g, ' ').trim();
}

/** A word without what makes it a plural, near enough to see that two words are the same. */
function singular(word) {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:ch|sh|x|ss|z)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && /[^sui]s$/.test(word) ? word.slice(0, -1) : word;
}
