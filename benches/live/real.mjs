// The client that people use, the npm package graphql-ws, beside the bare sockets.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Follows by the client in `folder`; `end` says how many snapshots it was given. */
export async function real(folder, port, everyMs) {
  const require = createRequire(`${folder}/`);
  const load = (name) => import(pathToFileURL(require.resolve(name)));
  const [{ createClient }, { default: WebSocket }] = await Promise.all([load('graphql-ws'), load('ws')]);
  const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  const snapshots = client.iterate({
    query: 'subscription($every: Int!) { liveMetrics(intervalMs: $every) { at requestsPerSecond subscribers } }',
    variables: { every: everyMs },
  });
  let count = 0;
  const counting = (async () => {
    for await (const { data, errors } of snapshots) {
      if (errors || !(data.liveMetrics.subscribers > 0)) throw new Error(`no snapshot: ${JSON.stringify({ data, errors })}`);
      count += 1;
    }
  })();
  return {
    end: async () => {
      await snapshots.return();
      await counting;
      await client.dispose();
      return count;
    },
  };
}
