// The figures as a page of Markdown, and whether they are what was aimed at.
import { figures } from './judge.mjs';
import { TRAINED, UNSEEN } from './sources.mjs';

const EXAMPLES = 3;
const SCOPES = { everything: 'every set', within: "the icon's set" };

const packages = (sources) => sources.map((source) => source.package);

/** Each row is the sum of its tracks. An aim is the least of one figure in one scope. */
const ROWS = [
  { title: 'names, exact', tracks: ['exact'], aim: { scope: 'everything', figure: 'first', least: 0.95 } },
  { title: 'names, one typo', tracks: ['typos'], aim: { scope: 'everything', figure: 'firstTen', least: 0.92 } },
  { title: 'names, last word unfinished', tracks: ['unfinished'], aim: { scope: 'everything', figure: 'firstTen', least: 0.95 } },
  ...packages(TRAINED).map((name) => ({ title: `synonyms of ${name}, held out`, tracks: [name] })),
  ...packages(UNSEEN).map((name) => ({ title: `synonyms of ${name}`, tracks: [name] })),
  {
    title: 'synonyms, each source held out',
    tracks: packages(TRAINED),
    aim: { scope: 'within', figure: 'firstTen', least: 0.55 },
  },
  {
    title: 'synonyms of sources never trained on',
    tracks: packages(UNSEEN),
    aim: { scope: 'within', figure: 'firstTen', least: 0.55 },
  },
];
const FIGURES = { first: 'success@1', firstTen: 'success@10', mrr: 'MRR' };

const of = (results, row, scope, server) =>
  figures(results.filter((result) => row.tracks.includes(result.track) && result.scope === scope && result.server === server));

const reached = (results, { aim, ...row }) => of(results, row, aim.scope, 'iconql')[aim.figure];

/** Whether every aim is reached. */
export function aimsMet(results) {
  return ROWS.filter((row) => row.aim).every((row) => reached(results, row) >= row.aim.least);
}

/** `results`: {track, scope, server} with what `judge` gives, each. */
export function markdown(results) {
  const parts = ['# Relevance: iconql beside the Iconify API\n', aims(results)];
  for (const [scope, where] of Object.entries(SCOPES)) parts.push(table(results, scope, `Searching ${where}`));
  parts.push(examples(results));
  return parts.join('\n');
}

function aims(results) {
  const lines = ROWS.filter((row) => row.aim).map((row) => {
    const { scope, figure, least } = row.aim;
    const value = reached(results, row);
    const verdict = value >= least ? 'reached' : '**missed**';
    return `| ${row.title} | ${SCOPES[scope]} | ${FIGURES[figure]} | ${value.toFixed(3)} | ${least} | ${verdict} |`;
  });
  return ['| queries | searching | figure | iconql | aim | |', '| --- | --- | --- | ---: | ---: | --- |', ...lines, ''].join('\n');
}

function table(results, scope, title) {
  const lines = ROWS.map((row) => {
    const cells = ['iconql', 'iconifyApi'].flatMap((server) => {
      const { first, firstTen, mrr, empty } = of(results, row, scope, server);
      return [first.toFixed(3), firstTen.toFixed(3), mrr.toFixed(3), empty];
    });
    return `| ${[row.title, of(results, row, scope, 'iconql').queries, ...cells].join(' | ')} |`;
  });
  return [
    `## ${title}\n`,
    '| queries | | iconql s@1 | s@10 | MRR | nothing | Iconify API s@1 | s@10 | MRR | nothing |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

function examples(results) {
  const lines = results
    .filter(({ server }) => server === 'iconql')
    .flatMap(({ track, scope, missed }) =>
      missed.slice(0, EXAMPLES).map(({ query, prefixes, place, first }) => {
        const found = first.map((name) => `\`${name}\``).join(', ') || 'nothing';
        return `| ${track} | ${SCOPES[scope]} | ${query} (${prefixes[0]}) | ${place || ''} | ${found} |`;
      }),
    );
  return [
    '## Queries that iconql has no right icon for among the first ten\n',
    `${EXAMPLES} of each kind at most, with the place of the first right icon, if it is among those that were asked for.\n`,
    '| kind | searching | query | place | instead |',
    '| --- | --- | --- | ---: | --- |',
    ...lines,
    '',
  ].join('\n');
}

/** Every such query of both servers, one a line between tabs. */
export function misses(results) {
  const lines = results.flatMap(({ server, track, scope, missed }) =>
    missed.map(({ query, prefixes, place, first }) => [server, track, scope, query, prefixes[0], place, first.join(' ')].join('\t')),
  );
  return `${lines.join('\n')}\n`;
}
