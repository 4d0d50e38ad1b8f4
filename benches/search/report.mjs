// The figures as a page of Markdown, and whether they keep to their limits.
import { median } from '../compare/machine.mjs';

const PEER = 'iconify-api';
const OURS = ['iconql-sqlite', 'iconql-postgres'];
const ASKED = { words: 'each query once', again: 'the queries in turn' };
const LIMITS = { rps: 2, p99: 0.1, page: 2, tenfold: 3, seconds: 15, megabytes: 120 };

const whole = (number) => Math.round(number).toLocaleString('en-GB');

/** The median of a figure over what was measured, without what was disturbed where there is anything else. */
const calmMedian = (all, figure) => {
  const undisturbed = all.filter((one) => one.calm);
  return median((undisturbed.length > 0 ? undisturbed : all).map((one) => one[figure]));
};
const runsOf = ({ runs }, server, workload) => runs.filter((run) => run.server === server && run.workload === workload);
const of = (results, server, workload, figure) => calmMedian(runsOf(results, server, workload), figure);
const ofBuild = ({ made }, server, figure) => calmMedian(made.filter((build) => build.server === server), figure);
const has = ({ runs }, server) => runs.some((run) => run.server === server);

/** {what, value, limit, unit, isKept} of everything that has a limit. */
function limits(results) {
  const ratio = (figure, workload, one, other) => of(results, one, workload, figure) / of(results, other, workload, figure);
  const atMost = (what, value, limit, unit) => ({ what, value, limit: `≤ ${limit} ${unit}`, unit, isKept: value <= limit });
  const lines = OURS.flatMap((server) => {
    const page = of(results, server, 'page 100', 'meanMs') / of(results, server, 'page 1', 'meanMs');
    return [
      ...['words', 'again'].flatMap((workload) => {
        const rps = ratio('rps', workload, server, PEER);
        const p99 = ratio('p99Ms', workload, server, PEER);
        return [
          { what: `${server}, ${ASKED[workload]}: requests/s over the Iconify API's`, value: rps, limit: `≥ ${LIMITS.rps} ×`, unit: '×', isKept: rps >= LIMITS.rps },
          { what: `${server}, ${ASKED[workload]}: p99 over the Iconify API's`, value: p99, limit: `< ${LIMITS.p99} ×`, unit: '×', isKept: p99 < LIMITS.p99 },
        ];
      }),
      atMost(`${server}: page 100 over page 1`, page, LIMITS.page, '×'),
      atMost(`${server}: index made`, ofBuild(results, server, 'seconds'), LIMITS.seconds, 's'),
      atMost(`${server}: index on disk`, ofBuild(results, server, 'megabytes'), LIMITS.megabytes, 'MB'),
    ];
  });
  if (has(results, 'tenfold')) {
    lines.push(atMost('ten times the catalog: latency over one', ratio('meanMs', 'words', 'tenfold', 'catalog'), LIMITS.tenfold, '×'));
  }
  return lines;
}

export function withinLimits(results) {
  return limits(results).every((limit) => limit.isKept);
}

/**
 * `runs` as `inRounds` gives them, `made` as `builds`; `servers` with their `workloads`, of which `found` is the share of
 * queries that found something.
 */
export function markdown(results) {
  const { runs, made, count, rounds, seconds, machine } = results;
  return [
    '# Searches: iconql beside the Iconify API\n',
    `${machine}. Server on core 0, \`wrk -t1 -c32\` on core 1; medians of ${rounds} interleaved rounds. In each round every ` +
      `server is started anew, warmed up with ${whole(count)} other queries, and then asked each query once.\n`,
    limitTable(results),
    throughput(results, 'words', `${whole(count)} queries of one to three words, 64 hits; with bodies from iconql, names alone from the Iconify API`),
    throughput(results, 'again', `The same queries in turn for ${seconds} s: the Iconify API has kept what it found for their words`),
    throughput(results, 'typed', `${whole(count)} queries whose last word is misspelt or unfinished`),
    farPages(results),
    has(results, 'tenfold') ? tenfold(results) : '',
    indexes(results),
    disturbances([...runs, ...made]),
  ].join('\n');
}

function disturbances(all) {
  const disturbed = all.filter((one) => !one.calm).length;
  if (disturbed === 0) return '';
  return `\\* The machine was not calm in ${disturbed} of ${all.length} runs: they count only where there is no other, and are no evidence.\n`;
}

function limitTable(results) {
  const lines = limits(results).map(
    ({ what, value, limit, unit, isKept }) => `| ${what} | ${value.toFixed(2)} ${unit} | ${limit} | ${isKept ? 'kept' : '**passed**'} |`,
  );
  return ['| what | is | limit | |', '| --- | ---: | ---: | --- |', ...lines, ''].join('\n');
}

function latencies(results, server, workload) {
  return ['meanMs', 'p50Ms', 'p99Ms'].map((figure) => of(results, server, workload, figure).toFixed(2));
}

function throughput(results, workload, title) {
  const lines = results.servers.map(({ name, workloads }) => {
    const rps = of(results, name, workload, 'rps');
    const rounds = runsOf(results, name, workload).map((run) => whole(run.rps) + (run.calm ? '' : ' \\*'));
    const cells = [
      name,
      whole(rps),
      of(results, name, workload, 'cpuMs').toFixed(2),
      ...latencies(results, name, workload),
      `${(rps / of(results, PEER, workload, 'rps')).toFixed(2)} ×`,
      `${(of(results, name, workload, 'p99Ms') / of(results, PEER, workload, 'p99Ms')).toFixed(2)} ×`,
      `${(workloads[workload].found * 100).toFixed(1)} %`,
      whole(of(results, name, workload, 'residentMb')),
      rounds.join(' '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${title}\n`,
    '| server | requests/s | CPU ms a request | mean ms | p50 ms | p99 ms | requests/s over the Iconify API | p99 over it | found something | resident MB | rounds |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    ...lines,
    '',
  ].join('\n');
}

function farPages(results) {
  const lines = OURS.flatMap((server) =>
    ['page 1', 'page 100'].map((page) => [`| ${server} | ${page}`, of(results, server, page, 'cpuMs').toFixed(2), ...latencies(results, server, page), `${whole(of(results, server, page, 'rps'))} |`].join(' | ')),
  );
  const { count } = results.servers[0].workloads['page 1'];
  return [
    `## The first page and the hundredth, 24 icons each, of ${count} queries\n`,
    '| server | | CPU ms a request | mean ms | p50 ms | p99 ms | requests/s |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

function tenfold(results) {
  const lines = ['words', 'again', 'typed'].flatMap((workload) =>
    ['catalog', 'tenfold'].map((server) => {
      const times = of(results, server, workload, 'meanMs') / of(results, 'catalog', workload, 'meanMs');
      const cpu = of(results, server, workload, 'cpuMs').toFixed(2);
      return `| ${workload} | ${server} | ${cpu} | ${latencies(results, server, workload).join(' | ')} | ${times.toFixed(2)} × | ${whole(of(results, server, workload, 'residentMb'))} |`;
    }),
  );
  return [
    '## Ten times the catalog, on SQLite, 64 hits with bodies of at most 1,500 bytes\n',
    '| queries | | CPU ms a request | mean ms | p50 ms | p99 ms | mean over the catalog | resident MB |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}

function indexes(results) {
  const lines = [...new Set(results.made.map((build) => build.server))].map(
    (server) => `| ${server} | ${ofBuild(results, server, 'seconds').toFixed(1)} | ${ofBuild(results, server, 'megabytes').toFixed(0)} |`,
  );
  return [
    '## Making the index, from the start of the server until it can search, on every core\n',
    '| server | seconds | MB on disk |',
    '| --- | ---: | ---: |',
    ...lines,
    '',
  ].join('\n');
}
