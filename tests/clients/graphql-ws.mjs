// The client of the npm package graphql-ws against the address given: says what it sees, a line each, until the server has
// ended and come again and a change of the set `second` was told.

import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
const say = (...words) => console.log(words.join(" "));

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 1000,
  shouldRetry: () => true,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 20)),
  on: {
    connected: () => say("connected"),
    closed: ({ code, reason }) => code !== 1006 && say("closed", code, reason),
  },
});

for await (const result of client.iterate({ query: "{ __typename }" })) say("query", JSON.stringify(result));
for await (const result of client.iterate({
  query: "query B($n: [IconName!]!) { icons(names: $n) { __typename } }",
  operationName: "B",
  variables: { n: ["no:icon"] },
}))
  say("variables", JSON.stringify(result));

try {
  for await (const result of client.iterate({ query: "{ nonsense }" })) say("unexpected", JSON.stringify(result));
} catch (errors) {
  say("refused", errors[0].extensions.code);
}

for await (const { data } of client.iterate({ query: "subscription { catalogChanged { prefix } }" })) {
  const { prefix } = data.catalogChanged;
  say("next", prefix);
  if (prefix === "second") break;
}
for await (const result of client.iterate({ query: "{ __typename }" })) say("afterwards", JSON.stringify(result));
await client.dispose();
say("done");
