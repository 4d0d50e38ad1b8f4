// GraphQL Yoga on Node's own HTTP server.   DATABASE_URL=… PORT=… node yoga.mjs
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { context, resolvers, typeDefs } from './schema.mjs';

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context,
  graphiql: false,
  landingPage: false,
  logging: false,
});
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1');
