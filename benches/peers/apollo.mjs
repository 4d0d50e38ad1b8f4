// Apollo Server as its documentation starts it.   DATABASE_URL=… PORT=… node apollo.mjs
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { context, resolvers, typeDefs } from './schema.mjs';

await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), {
  context: async () => context(),
  listen: { host: '127.0.0.1', port: Number(process.env.PORT) },
});
