// How much of what is asked for first is in memory.
import { ask } from './ask.mjs';

const ICON = 'query($names: [String!]!) { icons(names: $names) { ... on Icon { body } } }';

/** The share of the first `count` icons that a server which has just started is asked for, one by one, that takes no statement. */
export async function inMemory(server, sequence, count) {
  let found = 0;
  const asked = sequence.slice(0, count);
  for (const name of asked) {
    const { timing } = await ask(server, ICON, { names: [name] });
    if (timing.includes('db;desc="0 statements"')) found += 1;
  }
  return found / asked.length;
}
