// One GraphQL request.

/** The data of the answer, and what it says of how it was made. */
export async function ask(server, query, variables) {
  const answer = await fetch(`http://127.0.0.1:${server.port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return { data, timing: answer.headers.get('server-timing') };
}
