-- The tables the GraphQL peers are served from: what somebody would make who has only icons by set and name to serve.
CREATE TABLE icon_set (
  prefix text PRIMARY KEY,
  name text NOT NULL,
  license text,
  total integer NOT NULL
);
CREATE TABLE icon (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prefix text NOT NULL REFERENCES icon_set (prefix),
  name text NOT NULL,
  body text NOT NULL,
  width double precision NOT NULL,
  height double precision NOT NULL,
  UNIQUE (prefix, name)
);

-- PostGraphile makes its API from what is here. A batch by name is a function, since its own filters take one name at a time.
COMMENT ON CONSTRAINT icon_prefix_fkey ON icon IS E'@fieldName set\n@foreignFieldName icons';
CREATE FUNCTION icons_by_name(names text[]) RETURNS SETOF icon LANGUAGE sql STABLE AS $$
  SELECT icon.*
  FROM unnest(names) WITH ORDINALITY AS wanted (name, place)
  JOIN icon ON icon.prefix = split_part(wanted.name, ':', 1) AND icon.name = split_part(wanted.name, ':', 2)
  ORDER BY wanted.place
$$;
COMMENT ON FUNCTION icons_by_name IS '@behavior -connection +list';
