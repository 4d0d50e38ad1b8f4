// The keywords that authors publish with their icons, as their packages have them: names of icons with lists of words.
//
// iconql learns from the packages in TRAINED (docs/keywords.md), and never saw those in UNSEEN.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const json = async (file) => JSON.parse(await readFile(file, 'utf8'));

export const TRAINED = [
  {
    package: 'lucide-static',
    prefixes: ['lucide'],
    read: async (folder) => Object.entries(await json(`${folder}/tags.json`)),
  },
  {
    package: '@tabler/icons',
    prefixes: ['tabler'],
    read: async (folder) => Object.entries(await json(`${folder}/icons.json`)).map(([name, icon]) => [name, icon.tags.map(String)]),
  },
  {
    package: '@fortawesome/fontawesome-free',
    prefixes: ['fa7-solid', 'fa7-regular', 'fa7-brands'],
    read: async (folder) =>
      Object.entries(await json(`${folder}/metadata/icon-families.json`)).map(([name, icon]) => [
        name,
        [...(icon.search?.terms ?? []), ...(icon.aliases?.names ?? [])].map(String),
      ]),
  },
  {
    package: '@mdi/svg',
    prefixes: ['mdi'],
    read: async (folder) =>
      (await json(`${folder}/meta.json`)).map((icon) => [icon.name, [...icon.aliases, ...icon.tags.flatMap((tag) => tag.split('/'))]]),
  },
];

export const UNSEEN = [
  {
    package: '@phosphor-icons/core',
    prefixes: ['ph'],
    read: async (folder) => {
      const { icons } = await import(pathToFileURL(`${folder}/dist/index.mjs`));
      // Between asterisks is what the package's own site marks icons with.
      return icons.map((icon) => [icon.name, icon.tags.filter((tag) => !tag.startsWith('*'))]);
    },
  },
  {
    package: 'ionicons',
    prefixes: ['ion'],
    read: async (folder) => (await json(`${folder}/dist/ionicons.json`)).icons.map((icon) => [icon.name, icon.tags ?? []]),
  },
  {
    package: '@primer/octicons',
    prefixes: ['octicon'],
    read: async (folder) => Object.entries(await json(`${folder}/build/data.json`)).map(([name, icon]) => [name, icon.keywords]),
  },
];
