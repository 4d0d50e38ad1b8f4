// The schema that Apollo and Yoga serve: the part of iconql's own that the workloads ask for, written by hand over pg,
// one statement for all keys of a kind by DataLoader.
import DataLoader from 'dataloader';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

export const typeDefs = /* GraphQL */ `
  type Query {
    icons(names: [ID!]!): [Icon]!
    icon(name: ID!): Icon
    iconSet(prefix: ID!): IconSet
  }

  type Icon {
    name: ID!
    body: String!
    width: Float!
    height: Float!
    set: IconSet!
  }

  type IconSet {
    prefix: ID!
    name: String!
    license: License
    total: Int!
    icons(first: Int! = 50, after: String): IconPage!
  }

  type License {
    title: String!
  }

  type IconPage {
    nodes: [Icon!]!
    pageInfo: PageInfo!
  }

  type PageInfo {
    hasNextPage: Boolean!
    endCursor: String
  }
`;

export const resolvers = {
  Query: {
    icons: (_, { names }, { icons }) => icons.loadMany(names),
    icon: (_, { name }, { icons }) => icons.load(name),
    iconSet: (_, { prefix }, { sets }) => sets.load(prefix),
  },
  Icon: {
    name: (icon) => `${icon.prefix}:${icon.name}`,
    set: (icon, _, { sets }) => sets.load(icon.prefix),
  },
  IconSet: {
    license: ({ license }) => license && { title: license },
    icons: (set, { first, after }) => page(set.prefix, first, after ?? ''),
  },
};

/** What one request shares. */
export function context() {
  return { icons: new DataLoader(iconsByName), sets: new DataLoader(setsByPrefix) };
}

async function iconsByName(names) {
  const parts = names.map((name) => name.split(':', 2));
  const rows = await select(
    'icons-by-name',
    `SELECT icon.prefix, icon.name, body, width, height
     FROM unnest($1::text[], $2::text[]) AS wanted (prefix, name) JOIN icon USING (prefix, name)`,
    [parts.map(([prefix]) => prefix), parts.map(([, name]) => name ?? '')],
  );
  const found = new Map(rows.map((row) => [`${row.prefix}:${row.name}`, row]));
  return names.map((name) => found.get(name) ?? null);
}

async function setsByPrefix(prefixes) {
  const rows = await select(
    'sets-by-prefix',
    'SELECT prefix, name, license, total FROM icon_set WHERE prefix = ANY ($1::text[])',
    [prefixes],
  );
  const found = new Map(rows.map((row) => [row.prefix, row]));
  return prefixes.map((prefix) => found.get(prefix) ?? null);
}

async function page(prefix, first, after) {
  const rows = await select(
    'page',
    `SELECT prefix, name, body, width, height FROM icon
     WHERE prefix = $1 AND name > $2 ORDER BY name LIMIT $3`,
    [prefix, after, first + 1],
  );
  const hasNextPage = rows.length > first;
  const nodes = rows.slice(0, first);
  return { nodes, pageInfo: { hasNextPage, endCursor: nodes.at(-1)?.name ?? null } };
}

/** Rows of a statement that each connection prepares once. */
async function select(name, text, values) {
  return (await pool.query({ name, text, values })).rows;
}
