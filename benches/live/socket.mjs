// graphql-transport-ws over bare sockets: a library would cost more than what is measured.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const MASK = Buffer.alloc(4);
const TEXT = 0x1;
const PING = 0x9;
const PONG = 0xa;

/** Subscriptions of the one who takes nothing, and how much each of their snapshots has. */
const STALLED_OPERATIONS = 100;
const STALLED_ALIASES = 120;

/** A socket that has been greeted. */
export async function opened(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
  );
  const [head] = await once(socket, 'data');
  if (!head.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) throw new Error(`no socket: ${head}`);
  send(socket, { type: 'connection_init' });
  const [ack] = await once(socket, 'data');
  if (!ack.includes('connection_ack')) throw new Error(`not greeted: ${ack}`);
  return socket;
}

/** Sends a message. */
export function send(socket, message) {
  socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
}

/** A frame of a client; a mask of zeros leaves what is sent as it is. */
function frame(kind, payload) {
  const length = payload.length < 126 ? Buffer.from([0x80 | payload.length]) : Buffer.from([0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([Buffer.from([0x80 | kind]), length, MASK, payload]);
}

/** Calls `take` with the text of each message, and answers pings. */
export function listen(socket, take) {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    held = held.length ? Buffer.concat([held, chunk]) : chunk;
    for (;;) {
      const header = held.length >= 2 && { 126: 4, 127: 10 }[held[1]];
      const start = header || 2;
      if (held.length < start) return;
      const length = start === 2 ? held[1] : start === 4 ? held.readUInt16BE(2) : Number(held.readBigUInt64BE(2));
      if (held.length < start + length) return;
      const [kind, payload] = [held[0] & 0xf, held.subarray(start, start + length)];
      held = held.subarray(start + length);
      if (kind === TEXT) take(payload);
      else if (kind === PING) socket.write(frame(PONG, payload));
      else throw new Error(`the server ends it: ${payload.subarray(2)}`);
    }
  });
}

/** Somebody who asks for a lot, four times a second, and takes nothing of it. */
export async function stalled(port) {
  const socket = await opened(port);
  socket.on('error', () => {});
  const pools = Array.from({ length: STALLED_ALIASES }, (_, place) => `p${place}: pool { max open idle waiting acquireP99Ms }`);
  const query = `subscription { liveMetrics(intervalMs: 250) { at ${pools.join(' ')} } }`;
  socket.pause();
  for (let id = 0; id < STALLED_OPERATIONS; id += 1) send(socket, { id: String(id), type: 'subscribe', payload: { query } });
  return socket;
}
