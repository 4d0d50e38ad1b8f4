// What the scalars of the schema are in TypeScript, for `graphql` of gql.tada in every client here. The schema itself is
// generated/schema.d.ts, made from the committed SDL by `npm run generate`.
declare module 'gql.tada' {
  interface setupSchema {
    scalars: { Color: string; DateTime: string; IconName: string; Long: number; UUID: string }
  }
}

export {}
