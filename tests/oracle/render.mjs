// What @iconify/utils makes of bodies, boxes and customisations: the expected values of domain/src/svg/render/tests.rs.
//
//     node render.mjs > ../../domain/fixtures/svg_render.json
//
// Seeded: the same cases each time. Colour and box are applied as the server of the public Iconify API does.

import { getIconCSS, iconToHTML, iconToSVG, svgToData } from "@iconify/utils";

const BODIES = [
  '<path fill="currentColor" d="M10 20v-6h4v6h5v-8h3L12 3L2 12h3v8z"/>',
  '<g fill="none" stroke="currentColor"><path d="M1 1h9"/><circle cx="5" cy="5" r=".5" fill="#f00"/></g>',
  '<defs><linearGradient id="a"><stop stop-color="red"/></linearGradient></defs><path fill="url(#a)" d="M0 0h9"/>',
  '<path d="M0 0" /> <defs> <path id="a" d="M1 1"/> </defs>\n<use xlink:href="#a"/>',
  '<path fill="#123456" d="M0 0"/><defs/>',
  "",
];
const NUMBERS = [0, 1, 2.5, -3, 16, 20, 24, 24.5, 0.1, 512, 1e-7, 33.333333333333336];
const SIZES = [null, null, "auto", "unset", "none", "1em", "2.5rem", "48", "33%", "10.25px", ".7vh", "0"];
const COLORS = [null, null, "#ba3329", "rgb(1 2 3 / 50%)", "currentColor"];

let state = 20240229;
function random(count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}
const pick = (values) => values[random(values.length)];

function rectangle({ left, top, width, height }) {
  return `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="rgba(255, 255, 255, 0)" />`;
}

function answer() {
  const width = Math.abs(pick(NUMBERS)) || 16;
  const height = random(3) === 0 ? width : Math.abs(pick(NUMBERS)) || 16;
  const icon = { body: pick(BODIES), left: pick(NUMBERS), top: pick(NUMBERS), width, height };
  const options = {
    width: pick(SIZES),
    height: pick(SIZES),
    rotate: random(4),
    hFlip: random(2) === 1,
    vFlip: random(2) === 1,
  };
  const color = pick(COLORS);
  const built = iconToSVG(icon, options);
  // A box is only asked for where the reference draws it over the whole view box: without turns and flips.
  const box = random(4) === 0 && options.rotate === 0 && !options.hFlip && !options.vFlip;
  const html = iconToHTML((box ? rectangle(icon) : "") + built.body, built.attributes);
  const svg = color === null ? html : html.split("currentColor").join(color);
  return { icon, options, color, box, svg, dataUri: svgToData(svg), css: getIconCSS(icon, { iconSelector: ".icon--a--b" }) };
}

console.log(JSON.stringify(Array.from({ length: 300 }, answer), null, 1));
