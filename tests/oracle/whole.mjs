// What @iconify/utils makes of every icon set there is: of COUNT icons chosen at random, the same ones each time, and of
// every alias that draws its icon otherwise.
//
//     node whole.mjs FOLDER COUNT
//
// FOLDER is the package @iconify/json. Prints the lines of iconify.mjs, names with their prefix.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { answer } from "./iconify.mjs";

const [folder, count] = process.argv.slice(2);
const DRAWN_OTHERWISE = ["rotate", "hFlip", "vFlip", "left", "top", "width", "height"];

const read = (prefix) => JSON.parse(readFileSync(join(folder, "json", `${prefix}.json`), "utf8"));
const prefixes = readdirSync(join(folder, "json")).map((file) => file.replace(/\.json$/, "")).sort();

let state = 20240229;
function random(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

const icons = [];
const wanted = new Map();
const want = (prefix, name) => wanted.set(prefix, (wanted.get(prefix) ?? new Set()).add(name));

for (const prefix of prefixes) {
  const set = read(prefix);
  icons.push(...Object.keys(set.icons).map((name) => [prefix, name]));
  for (const [name, alias] of Object.entries(set.aliases ?? {})) {
    if (DRAWN_OTHERWISE.some((property) => property in alias)) {
      want(prefix, name);
    }
  }
}
for (let chosen = 0; chosen < Number(count); chosen++) {
  want(...icons[random(icons.length)]);
}
for (const [prefix, names] of wanted) {
  const set = read(prefix);
  for (const name of names) {
    console.log(JSON.stringify({ ...answer(set, name), name: `${prefix}:${name}` }));
  }
}
