// Rounds of a measurement: each server anew for each of them, so that nothing that was asked before is kept.
import { calm, residentMb } from '../compare/machine.mjs';
import { measure, measureOnce } from '../compare/measure.mjs';
import { start } from '../compare/servers.mjs';

/**
 * In each of `rounds`, starts every one of `servers` ({name, kind, warming, workloads: {name: workload}}), warms it up and
 * sends it every request of every workload once, in an order of the workloads that turns from round to round. A workload
 * of some `seconds` comes last and is sent in turn for so long. Gives {server, workload, rps, cpuMs, meanMs, p50Ms, p99Ms,
 * residentMb, calm} of each.
 */
export async function inRounds(servers, { rounds, work, patience }) {
  const runs = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, kind, warming, workloads } of servers) {
      const server = await start(name, kind, work);
      await measureOnce(server, warming);
      for (const [workload, requests] of inOrder(workloads, round)) {
        const before = await calm(patience);
        const figures = await (requests.seconds ? measure(server, requests, requests.seconds) : measureOnce(server, requests));
        const isCalm = before && (await calm(0));
        runs.push({ server: name, workload, ...figures, residentMb: await residentMb(server.pid), calm: isCalm });
        const { rps, cpuMs, meanMs, p50Ms, p99Ms } = figures;
        console.error(
          `round ${round}  ${workload.padEnd(8)}  ${name.padEnd(15)}  ${rps.toFixed(0).padStart(6)}/s  CPU ${cpuMs.toFixed(2)} mean ${meanMs.toFixed(2)} ` +
            `p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms${isCalm ? '' : '  (not calm)'}`,
        );
      }
      await server.stop();
    }
  }
  return runs;
}

function inOrder(workloads, round) {
  const all = Object.entries(workloads);
  const once = all.filter(([, { seconds }]) => !seconds);
  return [...(round % 2 ? once : once.reverse()), ...all.filter(([, { seconds }]) => seconds)];
}
