// What was measured as rows that each have a limit, and as a page of Markdown.
import { median } from '../compare/machine.mjs';

const LIMITS = {
  shareOfPgbench: 0.6,
  growthOfP99: 2,
  p99Ms: 10,
  residentMb: 1000,
  clientRequests: 4,
  popularPercent: 95,
  pointsBelowBest: 3,
};
const RESIDENT_AIM_MB = 600;
/** As long is told of requests that fail. */
const NEVER_MS = 60_000;

const whole = (number) => Math.round(number).toLocaleString('en-GB');
const ms = (latency) => (latency < NEVER_MS ? latency.toFixed(2) : 'never');
const times = (ratio) => `${ratio.toFixed(2)} ×`;
const medianOf = (runs, figure) => median(runs.map((run) => run[figure]));

/** {what, limit, measured, isMet} of everything that has a limit. */
export function rows({ cold, halfLoad, resident, requests, hits }) {
  return [...coldRows(cold), ...halfLoadRows(halfLoad), ...residentRows(resident), ...requestRows(requests), ...hitRows(hits)];
}

function coldRows(cold) {
  const rps = (server) => medianOf(cold.filter((run) => run.server === server), 'rps');
  const share = rps('iconql') / rps('pgbench');
  return [
    {
      what: 'W1, nothing kept, PostgreSQL, over pgbench with one client and the same statements',
      limit: `≥ ${LIMITS.shareOfPgbench} ×`,
      measured: `${times(share)} (${whole(rps('iconql'))} and ${whole(rps('pgbench'))} pages/s)`,
      isMet: share >= LIMITS.shareOfPgbench,
    },
  ];
}

function halfLoadRows({ runs, loads }) {
  return loads.flatMap(({ server, rate, isHalf }) => {
    const of = (phase) => runs.filter((run) => run.server === server && run.phase === phase);
    const quiet = medianOf(of('quiet'), 'p99Ms');
    const load = `${server}, ${whole(rate)} pages/s${isHalf ? '' : ', less than half of what it answers'}`;
    const growth = (phase, title) => {
      const p99 = medianOf(of(phase), 'p99Ms');
      return {
        what: `p99 ${title}, over the quiet one; ${load}`,
        limit: `< ${LIMITS.growthOfP99} ×`,
        measured: `${p99 < NEVER_MS ? times(p99 / quiet) : 'refused'} (${ms(p99)} and ${ms(quiet)} ms)`,
        isMet: p99 < NEVER_MS && p99 / quiet < LIMITS.growthOfP99,
      };
    };
    return [
      { what: `p99 of a page of 50 icons, all kept; ${load}`, limit: `< ${LIMITS.p99Ms} ms`, measured: `${ms(quiet)} ms`, isMet: quiet < LIMITS.p99Ms },
      growth('import', 'while every set is imported'),
      ...(of('Redis').length > 0 ? [growth('Redis', 'while Redis is killed and comes back empty')] : []),
    ];
  });
}

function residentRows(resident) {
  return resident.map(({ server, residentMb, peakMb }) => ({
    what: `resident, everything loaded and warm, ${server}`,
    limit: `< ${whole(LIMITS.residentMb)} MB`,
    measured: `${whole(residentMb)} MB (${whole(peakMb)} at most; ${RESIDENT_AIM_MB} aimed at)`,
    isMet: residentMb < LIMITS.residentMb,
  }));
}

function requestRows({ iconql, client, clientOfOneSet }) {
  const spread = (counts) => `${median(counts)} (${Math.min(...counts)} to ${Math.max(...counts)})`;
  return [
    {
      what: 'requests for a page of 50 icons, where the client of the Iconify API makes so many more',
      limit: `1, where it makes ≥ ${LIMITS.clientRequests}`,
      measured: `${iconql}, where it makes ${spread(client)}, and ${spread(clientOfOneSet)} for icons of one set`,
      isMet: iconql === 1 && median(client) >= LIMITS.clientRequests,
    },
  ];
}

function hitRows({ popular, all, best }) {
  return [
    {
      what: 'answered from 256 MiB of memory on a day by Zipf’s law: the 2,000 most popular icons',
      limit: `≥ ${LIMITS.popularPercent} %`,
      measured: `${popular.toFixed(1)} %`,
      isMet: popular >= LIMITS.popularPercent,
    },
    {
      what: 'the same of all icons, below who knows the future',
      limit: `≤ ${LIMITS.pointsBelowBest} points`,
      measured: `${(best - all).toFixed(1)} points (${all.toFixed(1)} and ${best.toFixed(1)} %)`,
      isMet: best - all <= LIMITS.pointsBelowBest,
    },
  ];
}

/** `results` as for `rows`, with {rounds, seconds, machine}. */
export function markdown(results) {
  const { cold, halfLoad, resident, rounds, seconds, machine } = results;
  const isCalm = [...cold, ...halfLoad.runs].every((run) => run.calm);
  return [
    '# What is kept, and what it is worth\n',
    `${machine}. Server on core 0, clients on core 1, PostgreSQL, Redis and imports on both; medians of ${rounds} interleaved rounds of ${seconds} s.\n`,
    '| what | limit | is | |',
    '| --- | ---: | ---: | --- |',
    ...rows(results).map(({ what, limit, measured, isMet }) => `| ${what} | ${limit} | ${measured} | ${isMet ? 'met' : '**missed**'} |`),
    '',
    phases(halfLoad),
    stagesOf(resident),
    isCalm ? '' : 'The machine was not calm in every round: these figures are no evidence.\n',
  ].join('\n');
}

function phases({ runs, loads }) {
  const lines = loads.flatMap(({ server, most, client, rate }) => {
    const own = runs.filter((run) => run.server === server);
    return [...new Set(own.map((run) => run.phase))].map((phase) => {
      const of = own.filter((run) => run.phase === phase);
      const figures = ['p50Ms', 'p99Ms', 'p999Ms'].map((figure) => ms(medianOf(of, figure)));
      const cells = [server, whole(most), whole(client), whole(rate), phase, ...figures, of.map((run) => ms(run.p99Ms)).join(' ')];
      const imports = of.map((run) => run.importSeconds?.toFixed(0)).filter(Boolean);
      return `| ${[...cells, of.reduce((sum, run) => sum + run.failed, 0), medianOf(of, 'lateP99Ms').toFixed(2), imports.join(' ')].join(' | ')} |`;
    });
  });
  return [
    '## W1 at half of what the server answers at most, at a fixed rate\n',
    'Latencies count from when a request was to be sent; one that fails counts as never answered.\n',
    '| server | pages/s at most | by this client | asked | meanwhile | p50 ms | p99 ms | p99.9 ms | p99 of each round | failed | client late, p99 ms | imports, s |',
    '| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | --- | ---: | ---: | --- |',
    ...lines,
    '',
  ].join('\n');
}

function stagesOf(resident) {
  const lines = resident.flatMap(({ server, stages }) => Object.entries(stages).map(([stage, mb]) => `| ${server} | ${stage} | ${whole(mb)} |`));
  return ['## Resident after each step\n', '| server | after | MB |', '| --- | --- | ---: |', ...lines, ''].join('\n');
}
