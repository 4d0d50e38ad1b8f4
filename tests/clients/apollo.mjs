// Apollo Client with its link for persisted queries against the address given: says what is sent and what comes, a line each.

import { createHash } from "node:crypto";

import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

const url = process.argv[2];
const query = gql`
  query Icon($name: IconName!) {
    icon(by: { name: $name }) {
      id
      key
    }
  }
`;

const persisted = (useGETForHashedQueries) =>
  new PersistedQueryLink({
    sha256: async (text) => createHash("sha256").update(text).digest("hex"),
    useGETForHashedQueries,
  });
// What goes over the wire: the method, and whether the document was sent.
const telling = async (address, options) => {
  const sent = options.method === "GET" ? new URL(address).searchParams.has("query") : "query" in JSON.parse(options.body);
  const response = await fetch(address, options);
  console.log(options.method, sent ? "document" : "hash", response.status);
  return response;
};

for (const byGet of [false, true]) {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: persisted(byGet).concat(new HttpLink({ uri: url, fetch: telling })),
  });
  for (const name of ["garden:tree", "garden:leaf"]) {
    const { data } = await client.query({ query, variables: { name } });
    console.log("icon", data.icon?.key ?? null);
  }
  client.stop();
}
console.log("done");
