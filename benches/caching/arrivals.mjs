// A client that asks at a fixed rate, however long answers take: PORT FILE CONNECTIONS RATE SECONDS. The latency of a request
// counts from when it was to be sent, so that a server that stands still for a moment is seen by everybody who would have asked
// in that moment; one that fails counts as never answered. RATE 0 asks as fast as answers come. Ends after SECONDS or when its
// standard input does, and prints what came of it as JSON.
//
// Of the tools at hand, wrk knows no rate; hey and h2load keep one on connections that each wait for their answer, and take the
// latency from when they came to send; autocannon corrects that afterwards by a guess.
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const NEVER_US = 60e6;
/** How long answers are waited for at the end. */
const LAST_MS = 10_000;
const END_OF_HEAD = Buffer.from('\r\n\r\n');

const [port, file, connections, rate, seconds] = process.argv.slice(2).map((text) => (Number.isNaN(Number(text)) ? text : Number(text)));
const requests = (await readFile(file, 'utf8')).trimEnd().split('\n').map(written);
const everyMs = rate > 0 ? 1000 / rate : 0;
const latencies = createHistogram({ lowest: 1, highest: NEVER_US, figures: 3 });
const lateness = createHistogram({ lowest: 1, highest: NEVER_US, figures: 3 });
// Filled and emptied within one callback, so that all connections may share it.
const received = Buffer.alloc(1 << 16);

/** Connections that wait for nothing; the last to get its answer is the first to ask again. */
const idle = [];
let [sent, answered, bytes] = [0, 0, 0];
/** How many failed, by status or by what else went wrong. */
const failures = {};
/** How many are to be sent in all, once that is known. */
let last = Infinity;

/** One request at a time on one connection. */
class Connection {
  constructor() {
    this.dueMs = null;
    this.open();
  }

  open() {
    this.head = Buffer.alloc(0);
    this.left = 0;
    const onread = { buffer: received, callback: (count) => this.read(received.subarray(0, count)) };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread });
    this.socket.on('connect', () => idle.push(this));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.closed());
  }

  closed() {
    const place = idle.indexOf(this);
    if (place >= 0) idle.splice(place, 1);
    if (this.dueMs !== null) this.ended('closed');
    if (last === Infinity) this.open();
  }

  send(request, dueMs) {
    this.dueMs = dueMs;
    this.socket.write(request);
  }

  read(chunk) {
    if (this.left > 0) {
      this.left -= chunk.length;
    } else {
      this.head = this.head.length > 0 ? Buffer.concat([this.head, chunk]) : chunk;
      const end = this.head.indexOf(END_OF_HEAD);
      if (end < 0) {
        this.head = Buffer.from(this.head);
        return;
      }
      const head = this.head.latin1Slice(0, end);
      const length = Number(/\ncontent-length: *(\d+)/i.exec(head)[1]);
      const status = head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
      this.failure = status === '200' ? undefined : status;
      this.left = length - (this.head.length - end - END_OF_HEAD.length);
      this.head = Buffer.alloc(0);
      if (!this.failure) bytes += length;
    }
    if (this.left === 0) {
      this.ended(this.failure);
      idle.push(this);
      ask();
    }
  }

  ended(failure) {
    if (failure) {
      failed(failure);
    } else {
      answered += 1;
      const us = Math.round((performance.now() - this.dueMs) * 1000);
      latencies.record(Math.min(Math.max(us, 1), NEVER_US));
    }
    this.dueMs = null;
  }
}

function failed(failure) {
  failures[failure] = (failures[failure] ?? 0) + 1;
  latencies.record(NEVER_US);
}

function written(line) {
  const [method, path, body] = line.split('\t');
  const about = body ? `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` : '';
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${about}\r\n${body}`);
}

/** Sends what is due. */
function ask() {
  const now = performance.now();
  while (idle.length > 0 && sent < last) {
    const dueMs = everyMs > 0 ? begun + sent * everyMs : now;
    if (dueMs > now) return;
    // Where a connection was free, only this program can be late.
    if (idle.length > 1) lateness.record(Math.max(1, Math.round((now - dueMs) * 1000)));
    idle.pop().send(requests[sent % requests.length], dueMs);
    sent += 1;
  }
}

const all = Array.from({ length: connections }, () => new Connection());
while (idle.length < connections) await pause(1);
const begun = performance.now();
const isOver = new Promise((resolve) => {
  setTimeout(resolve, seconds * 1000);
  process.stdin.on('end', resolve).resume();
});
if (everyMs > 0) {
  const clock = new Worker(new URL('clock.mjs', import.meta.url), { workerData: { begun: performance.timeOrigin + begun, everyMs } });
  clock.on('message', ask);
}
ask();
await isOver;
const lastedMs = performance.now() - begun;
last = everyMs > 0 ? Math.max(sent, Math.ceil(lastedMs / everyMs)) : sent;
while ((sent < last || all.some(({ dueMs }) => dueMs !== null)) && performance.now() < begun + lastedMs + LAST_MS) {
  ask();
  await pause(1);
}
const failedOnes = () => Object.values(failures).reduce((sum, count) => sum + count, 0);
while (answered + failedOnes() < last) failed('unanswered');
const ms = (histogram, percentile) => histogram.percentile(percentile) / 1000;
const result = {
  answered,
  failed: failedOnes(),
  failures,
  meanBytes: bytes / answered,
  rps: (answered * 1000) / lastedMs,
  p50Ms: ms(latencies, 50),
  p99Ms: ms(latencies, 99),
  p999Ms: ms(latencies, 99.9),
  lateP99Ms: ms(lateness, 99),
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
