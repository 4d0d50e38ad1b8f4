// The figures of a bench for who puts those of several together.
import { writeFile } from 'node:fs/promises';
import { median } from './machine.mjs';

/** Writes the median of every figure of `runs` ({workload, server, rps, …} each) as {workload: {server: {rps: …}}}. */
export async function writeMedians(file, runs) {
  const medians = {};
  for (const { workload, server } of runs) {
    medians[workload] ??= {};
    medians[workload][server] ??= of(runs.filter((run) => run.workload === workload && run.server === server));
  }
  await writeFile(file, `${JSON.stringify(medians, null, 2)}\n`);
}

function of(runs) {
  const figures = Object.keys(runs[0]).filter((figure) => typeof runs[0][figure] === 'number');
  return Object.fromEntries(figures.map((figure) => [figure, median(runs.map((run) => run[figure]))]));
}
