// What @iconify/utils makes of an icon set.
//
//     node iconify.mjs SET.json [NAME...]
//
// prints one JSON line for each name, or for every name of the set: {name, body, left, top, width, height, svg}, with
// `body: null` and nothing else where the reference finds no icon.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getIconData, iconToHTML, iconToSVG } from "@iconify/utils";

export function answer(set, name) {
  const icon = getIconData(set, name);
  if (!icon) {
    return { name, body: null };
  }
  const { attributes, body, viewBox } = iconToSVG(icon);
  const [left, top, width, height] = viewBox;
  return { name, body, left, top, width, height, svg: iconToHTML(body, attributes) };
}

export function names(set) {
  return [...new Set([...Object.keys(set.icons), ...Object.keys(set.aliases ?? {})])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, ...asked] = process.argv.slice(2);
  const set = JSON.parse(readFileSync(file, "utf8"));
  for (const name of asked.length > 0 ? asked : names(set)) {
    console.log(JSON.stringify(answer(set, name)));
  }
}
