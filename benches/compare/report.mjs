// The figures as a page of Markdown.
import { median } from './machine.mjs';
import { OURS } from './servers.mjs';

const TITLES = {
  scroll: 'W1, scroll page: 50 names of many sets in one request',
  single: 'W3, one icon by name',
  page: 'Page of a set: 50 icons by name from a cursor',
};
export const READY_LIMIT_MS = 1000;
export const RESIDENT_LIMIT_MB = 300;

const whole = (number) => Math.round(number).toLocaleString('en-GB');
const ratio = (ours, theirs) => `${(ours / theirs).toFixed(2)} ×`;
const within = (isWithin) => (isWithin ? 'within' : '**over**');

/** `runs`: {workload, server, rps, p99Ms, residentMb, calm} each; `starts`: {server, readyMs} each. */
export function markdown({ runs, starts, seconds, rounds, machine }) {
  const parts = [
    '# iconql beside its peers\n',
    `${machine}. Server on core 0, \`wrk -t1 -c32 -d${seconds}s\` on core 1, PostgreSQL on both; median of ${rounds} interleaved ` +
      'rounds. Ratios are requests a second of iconql over those of the row.\n',
  ];
  for (const [workload, title] of Object.entries(TITLES)) parts.push(table(title, runs.filter((run) => run.workload === workload)));
  parts.push(limits(runs, starts));
  if (runs.some((run) => !run.calm)) {
    parts.push('\\* The machine was not calm in every round: these figures are no evidence.\n');
  }
  return parts.join('\n');
}

function table(title, runs) {
  const rows = [...new Set(runs.map((run) => run.server))].map((server) => {
    const own = runs.filter((run) => run.server === server);
    const of = (what) => median(own.map((run) => run[what]));
    return { server, rps: of('rps'), p99: of('p99Ms'), resident: of('residentMb'), rounds: own.map((run) => run.rps), calm: own.every((run) => run.calm) };
  });
  const rpsOf = (server) => rows.find((row) => row.server === server)?.rps;
  const lines = rows.map((row) => {
    const compared = Object.keys(OURS).map((ours) =>
      row.server in OURS || !rpsOf(ours) ? '' : ratio(rpsOf(ours), row.rps),
    );
    const cells = [row.server + (row.calm ? '' : ' \\*'), whole(row.rps), row.p99.toFixed(1), whole(row.resident), ...compared, row.rounds.map(whole).join(' ')];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `## ${title}\n`,
    `| server | requests/s | p99 ms | resident MB | ${Object.values(OURS).map((title) => `iconql on ${title}`).join(' | ')} | rounds |`,
    `| --- | ---: | ---: | ---: | ${Object.keys(OURS).map(() => '---:').join(' | ')} | --- |`,
    ...lines,
    '',
  ].join('\n');
}

function limits(runs, starts) {
  const lines = [...new Set(starts.map((start) => start.server))].flatMap((server) => {
    const ready = median(starts.filter((start) => start.server === server).map((start) => start.readyMs));
    const resident = median(runs.filter((run) => run.server === server && run.workload === 'scroll').map((run) => run.residentMb));
    return [
      `| ${server} | start to ready | ${whole(ready)} ms | < ${READY_LIMIT_MS} ms | ${within(ready < READY_LIMIT_MS)} |`,
      `| ${server} | resident after W1 | ${whole(resident)} MB | < ${RESIDENT_LIMIT_MB} MB | ${within(resident < RESIDENT_LIMIT_MB)} |`,
    ];
  });
  return ['## iconql with every icon set\n', '| server | what | median | limit | |', '| --- | --- | ---: | ---: | --- |', ...lines, ''].join('\n');
}
