import { createGraphiQLFetcher } from '@graphiql/toolkit'

const endpoint = new URL('/graphql', window.location.href)
const socket = new URL(endpoint)
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:'

/**
 * Queries and mutations by POST, subscriptions over `graphql-transport-ws`, both to the origin that served the page.
 *
 * The WebSocket client is loaded and connected by the first subscription that runs, with the headers of the tab in
 * `connection_init`. A server without one is never asked.
 */
export const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  subscriptionUrl: socket.href,
  // Offers `application/graphql-response+json`, whose status codes tell errors apart.
  enableIncrementalDelivery: false,
})
