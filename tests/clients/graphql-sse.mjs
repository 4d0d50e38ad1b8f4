// The client of the npm package graphql-sse, in distinct connections mode, against the address given: says what it sees, a
// line each, until the server has been cut off and come again, and has ended in order.

import { createClient } from "graphql-sse";

const url = process.argv[2];
const say = (...words) => console.log(words.join(" "));

const client = createClient({
  url,
  singleConnection: false,
  retryAttempts: 1000,
  retry: () => new Promise((resolve) => setTimeout(resolve, 20)),
  on: { connected: (reconnected) => say(reconnected ? "reconnected" : "connected") },
});

for await (const result of client.iterate({ query: "{ __typename }" })) say("query", JSON.stringify(result));
for await (const result of client.iterate({
  query: "query B($n: [IconName!]!) { icons(names: $n) { __typename } }",
  operationName: "B",
  variables: { n: ["no:icon"] },
}))
  say("variables", JSON.stringify(result));
for await (const result of client.iterate({ query: "{ nonsense }" })) say("refused", result.errors[0].extensions.code);

for await (const { data } of client.iterate({ query: "subscription { catalogChanged { prefix } }" })) {
  say("next", data.catalogChanged.prefix);
}
say("completed");
client.dispose();
