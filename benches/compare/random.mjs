// Chance that is the same in every run.

/** `count` different items. */
export function sample(items, count, random) {
  const rest = [...items];
  return Array.from({ length: count }, () => rest.splice(Math.floor(random() * rest.length), 1)[0]);
}

/** Numbers from 0 to 1 that depend on the seed alone (a multiply-with-carry generator). */
export function generator(seed) {
  let state = BigInt(seed);
  return () => {
    state = (state & 0xffff_ffffn) * 4_294_957_665n + (state >> 32n);
    return Number(state & 0xffff_ffffn) / 2 ** 32;
  };
}
