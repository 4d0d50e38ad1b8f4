// Wakes who asks at a fixed rate each time that a request is due: timers are late by more than an answer takes, and a loop that looks
// at the clock all the time would take the core from the database.
import { parentPort, workerData } from 'node:worker_threads';

const { begun, everyMs } = workerData;
const nothing = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
for (;;) {
  const passed = performance.timeOrigin + performance.now() - begun;
  Atomics.wait(nothing, 0, 0, everyMs - (passed % everyMs));
  parentPort.postMessage(null);
}
