// How well searches are ordered for those who use what they find.
import { ask } from './ask.mjs';

const SHOWN = 20;

const SEARCH = 'query($query: String!) { search(query: $query, first: 20) { nodes { name } } }';

/**
 * The mean NDCG of the first 20 hits of `count` searches, each by the first word of an icon that was used. An icon's gain grows with the
 * logarithm of how often it was used; the ideal order is of all used icons with that word in their names.
 */
export async function meanNdcg(server, counts, sequence, count) {
  const used = new Map();
  for (const [name, times] of counts) {
    for (const word of new Set(wordsOf(name))) used.set(word, [...(used.get(word) ?? []), Math.log2(1 + times)]);
  }
  const step = Math.max(1, Math.floor(sequence.length / count));
  const searched = sequence.filter((_, place) => place % step === 0).slice(0, count);
  let sum = 0;
  for (const name of searched) {
    const [query] = wordsOf(name);
    const { data } = await ask(server, SEARCH, { query });
    const gains = data.search.nodes.map((node) => Math.log2(1 + (counts.get(node.name) ?? 0)));
    const ideal = [...used.get(query)].sort((one, other) => other - one).slice(0, SHOWN);
    sum += discounted(gains) / discounted(ideal);
  }
  return sum / searched.length;
}

function wordsOf(name) {
  return name.split(':')[1].split('-');
}

function discounted(gains) {
  return gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}
