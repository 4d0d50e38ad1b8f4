// Writes the synthetic icon sets in domain/fixtures and what the reference makes of them.
//
//     node synthetic.mjs
//
// Public sets hardly use transformations, chains or corners: these do, by hand for every rule and at random (with a
// fixed seed) for their combinations. One set says nothing at its root, the other turns and moves everything there.

import { writeFileSync } from "node:fs";
import { answer, names } from "./iconify.mjs";

const fixtures = new URL("../../domain/fixtures/", import.meta.url);
const path = (d) => `<path fill="currentColor" d="${d}"/>`;

const byHand = {
  icons: {
    home: { body: path("M0 0h10v10z") },
    wide: { body: path("M0 0h20v10z"), width: 20, height: 10 },
    corner: { body: path("M1 2h3v4z"), left: -3, top: 2.5, width: 30, height: 24 },
    turned: { body: path("M0 0v8z"), rotate: 1, hFlip: true },
    gone: { body: path("M5 5h1z"), hidden: true },
    clash: { body: path("M6 6h1z") },
  },
  aliases: {
    house: { parent: "home" },
    cottage: { parent: "house" },
    left: { parent: "home", hFlip: true },
    up: { parent: "home", vFlip: true },
    both: { parent: "home", hFlip: true, vFlip: true },
    nothing: { parent: "home", hFlip: false, rotate: 0 },
    full: { parent: "wide", rotate: 4 },
    five: { parent: "wide", rotate: 5 },
    back: { parent: "wide", rotate: -1 },
    "chain-1": { parent: "wide", hFlip: true, rotate: 1 },
    "chain-2": { parent: "chain-1", rotate: -3 },
    "chain-3": { parent: "chain-2", vFlip: true, rotate: 3, hFlip: true },
    "corner-flip": { parent: "corner", hFlip: true },
    "corner-quarter": { parent: "corner", rotate: 1 },
    "corner-left": { parent: "corner-quarter", left: 7 },
    "corner-sized": { parent: "corner-left", width: 12, top: -1 },
    "turned-back": { parent: "turned", rotate: 3, hFlip: true },
    "gone-too": { parent: "gone" },
    shown: { parent: "gone", hidden: false },
    "shown-again": { parent: "shown" },
    secret: { parent: "home", hidden: true },
    clash: { parent: "home", rotate: 2 },
    "through-clash": { parent: "clash" },
    "loop-a": { parent: "loop-a" },
    "loop-b": { parent: "loop-c" },
    "loop-c": { parent: "loop-b" },
    "loop-d": { parent: "loop-e" },
    "loop-e": { parent: "loop-f" },
    "loop-f": { parent: "loop-d" },
    "into-loop": { parent: "loop-e" },
    orphan: { parent: "nobody" },
    "orphan-child": { parent: "orphan" },
  },
};

// Mulberry32.
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function atRandom(count, next) {
  const pick = (values) => values[Math.floor(next() * values.length)];
  const bodies = (id) => [
    path("M3 4h5v6z"),
    `<defs><path id="${id}" d="M0 0h4v4z"/></defs><use href="#${id}"/>`,
    `<g fill="none"> <defs> <clipPath id="${id}"><path d="M0 0h9z"/></clipPath> </defs> ${path("M1 1z")}</g>`,
    // One <defs> a body: from the second on the reference cuts at the place of the first, and breaks the XML.
    ` ${path("M7 7z")} <defs class="late">\n<path id="${id}" d="M2 0z"/>\n</defs> <use href="#${id}"/> `,
    `<path d="M2 2"/><path stroke="currentColor" d="M9 9"/>`,
  ];
  const box = (chance) => {
    const said = {};
    if (next() < chance) said.left = pick([-8, -0.5, 0, 1, 2.25, 100]);
    if (next() < chance) said.top = pick([-4, -1 / 3, 0, 3, 0.1, 64]);
    if (next() < chance) said.width = pick([1, 10, 16, 24, 32.5, 512, 0.7]);
    if (next() < chance) said.height = pick([1, 10, 16, 20, 24, 48.25, 1024]);
    return said;
  };
  const turn = () => {
    const said = {};
    if (next() < 0.4) said.hFlip = next() < 0.8;
    if (next() < 0.4) said.vFlip = next() < 0.8;
    if (next() < 0.7) said.rotate = pick([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7]);
    return said;
  };
  const set = { icons: {}, aliases: {} };
  for (let index = 0; index < count; index++) {
    const name = `random-${index}`;
    const rooted = next() < 0.2 ? turn() : {};
    set.icons[name] = { body: pick(bodies(`i${index}`)), ...box(0.5), ...rooted };
    let parent = name;
    for (let depth = 1 + Math.floor(next() * 3); depth > 0; depth--) {
      const alias = `${parent}-${depth}`;
      set.aliases[alias] = { parent, ...turn(), ...(next() < 0.3 ? box(0.4) : {}) };
      parent = alias;
    }
  }
  return set;
}

function write(name, root, count, seed) {
  const generated = atRandom(count, random(seed));
  const set = {
    prefix: name,
    ...root,
    icons: { ...byHand.icons, ...generated.icons },
    aliases: { ...byHand.aliases, ...generated.aliases },
  };
  const lines = (values) => values.map((value) => JSON.stringify(value)).join(",\n");
  const members = (entries) => Object.entries(entries).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  const { icons, aliases, ...rest } = set;
  const text = `{\n${[
    ...members(rest),
    `"icons": {\n${members(icons).join(",\n")}\n}`,
    `"aliases": {\n${members(aliases).join(",\n")}\n}`,
  ].join(",\n")}\n}\n`;
  writeFileSync(new URL(`${name}.json`, fixtures), text);
  const answers = names(set).map((one) => answer(set, one));
  writeFileSync(new URL(`${name}.expected.json`, fixtures), `[\n${lines(answers)}\n]\n`);
  console.log(`${name}: ${answers.length} names`);
}

write("synthetic", { width: 24, height: 18 }, 150, 1);
write("synthetic-turned", { left: 2, top: -1, width: 24, height: 18, rotate: 3, hFlip: true }, 40, 2);
