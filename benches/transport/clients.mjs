// Clients that each ask, wait for the answer and ask again: PORT FILE CONNECTIONS SECONDS. Those who are told to come later do so
// at once, which is the worst they can do. Prints what came of it as JSON.
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

const [port, file, connections, seconds] = process.argv.slice(2);
const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
const requests = lines.map((line) => line.split('\t'));
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const latencies = [];
let sent = 0;
let shed = 0;

function ask() {
  const [method, path, body] = requests[sent % requests.length];
  sent += 1;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) latencies.push(performance.now() - began);
        else if (response.statusCode === 503) shed += 1;
        else reject(new Error(`${method} ${path} answers ${response.statusCode}`));
        resolve();
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const end = performance.now() + Number(seconds) * 1000;
await Promise.all(
  Array.from({ length: Number(connections) }, async () => {
    while (performance.now() < end) await ask();
  }),
);
latencies.sort((one, other) => one - other);
const at = (share) => latencies[Math.floor((latencies.length - 1) * share)];
const eachSecond = (count) => count / Number(seconds);
console.log(
  JSON.stringify({ answered: eachSecond(latencies.length), shed: eachSecond(shed), p50Ms: at(0.5), p99Ms: at(0.99) }),
);
process.exit();
