// One HTTP request to a server on this machine.
import { request } from 'node:http';

/** The body of the answer, which must be a 200. `agent` keeps connections; false takes a new one. */
export function exchange(port, { method, path, body }, agent) {
  const headers = body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {};
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const bytes = Buffer.concat(chunks);
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`${method} ${path} answers ${response.statusCode}: ${bytes.subarray(0, 300)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body || undefined);
  });
}
