// How each kind of server is asked for the same things, and how its answers read in one common form: icons as
// {name, body, width, height}, with {set, license} where a list is scrolled, and as names where something is searched.

const ICON = 'name body width height';

const post = (query, variables) => ({ method: 'POST', path: '/graphql', body: JSON.stringify({ query, variables }) });

const plain = ({ name, body, width, height }) => ({ name, body, width, height });

const withSet = (icon) => ({ ...plain(icon), set: icon.set.name, license: icon.set.license?.title });

const page = ({ nodes, pageInfo }) => ({
  icons: nodes.map(plain),
  hasNextPage: pageInfo.hasNextPage,
  cursor: pageInfo.endCursor,
});

const PAGE = `{ nodes { ${ICON} } pageInfo { hasNextPage endCursor } }`;

export const iconql = {
  scroll: {
    ask: (names) =>
      post(
        `query Scroll($names: [String!]!) { icons(names: $names) { ... on Icon { ${ICON} set { name license { title } } } } }`,
        { names },
      ),
    read: ({ data }) => data.icons.map(withSet),
  },
  single: {
    ask: (name) => post(`query Single($name: IconName!) { icon(by: { name: $name }) { ${ICON} } }`, { name }),
    read: ({ data }) => plain(data.icon),
  },
  page: {
    ask: (prefix, first, after) =>
      post(
        `query Page($prefix: String!, $first: Int!, $after: String) { iconSet(prefix: $prefix) { icons(first: $first, after: $after) ${PAGE} } }`,
        { prefix, first, after },
      ),
    read: ({ data }) => page(data.iconSet.icons),
  },
  search: {
    /** `after` is a cursor or null; `prefixes` the sets to search, or null for all. */
    ask: (query, first, after, prefixes) =>
      post(
        `query Search($query: String!, $first: Int!, $after: String, $filter: IconFilter) { search(query: $query, first: $first, after: $after, filter: $filter) { nodes { ${ICON} } } }`,
        { query, first, after, filter: prefixes && { prefixes } },
      ),
    read: ({ data }) => data.search.nodes.map((icon) => icon.name),
  },
};

export const handWritten = {
  scroll: {
    ask: (names) =>
      post(`query Scroll($names: [ID!]!) { icons(names: $names) { ${ICON} set { name license { title } } } }`, { names }),
    read: iconql.scroll.read,
  },
  single: {
    ask: (name) => post(`query Single($name: ID!) { icon(name: $name) { ${ICON} } }`, { name }),
    read: iconql.single.read,
  },
  page: {
    ask: (prefix, first, after) =>
      post(
        `query Page($prefix: ID!, $first: Int!, $after: String) { iconSet(prefix: $prefix) { icons(first: $first, after: $after) ${PAGE} } }`,
        { prefix, first, after },
      ),
    read: iconql.page.read,
  },
};

// Names are columns here, so the set's prefix stands beside the icon's own part of the name.
const joined = (icon) => ({ ...icon, name: `${icon.prefix}:${icon.name}` });

export const postgraphile = {
  scroll: {
    ask: (names) =>
      post(
        `query Scroll($names: [String!]!) { iconsByNameList(names: $names) { prefix ${ICON} set { name license } } }`,
        { names },
      ),
    read: ({ data }) => data.iconsByNameList.map((icon) => ({ ...plain(joined(icon)), set: icon.set.name, license: icon.set.license })),
  },
  single: {
    ask: (name) => {
      const [prefix, key] = name.split(':');
      return post(
        `query Single($prefix: String!, $name: String!) { iconByPrefixAndName(prefix: $prefix, name: $name) { prefix ${ICON} } }`,
        { prefix, name: key },
      );
    },
    read: ({ data }) => plain(joined(data.iconByPrefixAndName)),
  },
  page: {
    ask: (prefix, first, after) =>
      post(
        `query Page($prefix: String!, $first: Int!, $after: Cursor) { iconSetByPrefix(prefix: $prefix) { icons(first: $first, after: $after, orderBy: NAME_ASC) { nodes { prefix ${ICON} } pageInfo { hasNextPage endCursor } } } }`,
        { prefix, first, after },
      ),
    read: ({ data }) => {
      const { nodes, pageInfo } = data.iconSetByPrefix.icons;
      return page({ nodes: nodes.map(joined), pageInfo });
    },
  },
};

const fromJson = ({ prefix, width = 16, height = 16, icons }) =>
  Object.entries(icons).map(([key, icon]) => ({
    name: `${prefix}:${key}`,
    body: icon.body,
    width: icon.width ?? width,
    height: icon.height ?? height,
  }));

// It answers for one set a request, in an order of its own, without names or licences of sets, and has no pages.
export const iconifyApi = {
  ofOneSet: true,
  scroll: {
    ask: (names) => {
      const prefix = names[0].split(':')[0];
      return { method: 'GET', path: `/${prefix}.json?icons=${names.map((name) => name.split(':')[1]).join(',')}`, body: '' };
    },
    read: fromJson,
  },
  single: {
    ask: (name) => iconifyApi.scroll.ask([name]),
    read: (answer) => fromJson(answer)[0],
  },
  // It gives names alone, and no page but the first.
  search: {
    ask: (query, first, _after, prefixes) => {
      const sets = prefixes ? `&prefixes=${prefixes}` : '';
      return { method: 'GET', path: `/search?query=${encodeURIComponent(query)}&limit=${first}${sets}`, body: '' };
    },
    read: ({ icons }) => icons,
  },
};
