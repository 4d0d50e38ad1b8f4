import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit'
import { getOperationAST, type ExecutionResult } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'

const endpoint = new URL('/graphql', window.location.href)
const socket = new URL(endpoint)
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:'

const post = createGraphiQLFetcher({
  url: endpoint.href,
  // Offers `application/graphql-response+json`, whose status codes tell errors apart.
  enableIncrementalDelivery: false,
})

/** Queries and mutations by POST, subscriptions over a WebSocket, both to the origin that served the page. */
export const fetcher: Fetcher = (params, options) => {
  const operation = options?.documentAST && getOperationAST(options.documentAST, params.operationName)
  if (operation?.operation !== 'subscription') return post(params, options)
  const { query, variables, operationName } = params
  return subscribe({ query, variables: variables ?? {}, operationName }, options?.headers)
}

/**
 * Runs one subscription over `graphql-transport-ws`, with the headers of the tab in `connection_init`.
 *
 * The client is loaded by the first one that runs, and its socket ends with the subscription: a server without
 * WebSockets is never asked for one otherwise.
 */
async function subscribe(
  request: SubscribePayload,
  headers?: Record<string, unknown>,
): Promise<AsyncIterable<ExecutionResult>> {
  const { createClient } = await import('graphql-ws')
  const client = createClient({ url: socket.href, ...(headers && { connectionParams: headers }) })
  // Errors arrive in their JSON form, which is the form they are shown in.
  const results = client.iterate(request) as AsyncIterableIterator<ExecutionResult>
  // Not a generator: one that waits for a result does not hear `return`, and the socket would outlive the stop button.
  const iterator: AsyncIterator<ExecutionResult> = {
    next: () => results.next().catch((error: unknown) => Promise.reject(readable(error))),
    return: () => results.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

/**
 * A socket fails with a browser event, which says nothing when shown; all else already explains itself.
 *
 * The answer is an error in its JSON form: GraphiQL would show the stack of an `Error`.
 */
function readable(error: unknown): unknown {
  if (error instanceof CloseEvent) return { message: `${socket.href} closed: ${error.code} ${error.reason}`.trim() }
  if (error instanceof Event) return { message: `No WebSocket could be opened at ${socket.href}` }
  return error
}
