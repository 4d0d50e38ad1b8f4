// What people make of a word while they type it.
import { sample } from '../compare/random.mjs';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const SHORTEST_BEGINNING = 3;
const LEAST_SHARE_OF_A_BEGINNING = 0.6;

const below = (limit, random) => Math.floor(random() * limit);

const edits = [
  function deletion(word, random) {
    const place = below(word.length, random);
    return word.slice(0, place) + word.slice(place + 1);
  },
  function insertion(word, random) {
    const place = below(word.length + 1, random);
    return word.slice(0, place) + letter(random) + word.slice(place);
  },
  function substitution(word, random) {
    const place = below(word.length, random);
    return word.slice(0, place) + letter(random) + word.slice(place + 1);
  },
  function transposition(word, random) {
    const place = below(word.length - 1, random);
    return word.slice(0, place) + word[place + 1] + word[place] + word.slice(place + 2);
  },
];

function letter(random) {
  return LETTERS[below(LETTERS.length, random)];
}

/** `word` after one edit that changes it. */
export function misspelt(word, random) {
  for (;;) {
    const typed = sample(edits, 1, random)[0](word, random);
    if (typed !== word) return typed;
  }
}

/** The shortest that `unfinished` can make something of. */
export const SHORTEST_CUT = SHORTEST_BEGINNING + 1;

/** The beginning of `word`: most of it, and not all. */
export function unfinished(word, random) {
  const least = Math.max(SHORTEST_BEGINNING, Math.ceil(word.length * LEAST_SHARE_OF_A_BEGINNING));
  return word.slice(0, least + below(word.length - least, random));
}
