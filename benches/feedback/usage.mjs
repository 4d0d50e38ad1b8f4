// The last day of usage, taken out of what a server knows.

const DAY_MS = 24 * 3600 * 1000;

/** How often each icon was used on the last whole day, and the icons in the order in which they were; the database forgets that day and later ones. */
export function splitOffLastDay(database) {
  const lastDay = database.prepare('SELECT max(bucket) AS day FROM usage_day').get().day - 1;
  const events = database.prepare(
    `SELECT name FROM usage_event JOIN usage_name ON usage_name.id = icon WHERE occurred_ms >= ? AND occurred_ms < ? ORDER BY occurred_ms`,
  );
  const sequence = events.all(lastDay * DAY_MS, (lastDay + 1) * DAY_MS).map(({ name }) => name);
  const counts = new Map();
  for (const name of sequence) counts.set(name, (counts.get(name) ?? 0) + 1);
  database.prepare('DELETE FROM usage_day WHERE bucket >= ?').run(lastDay);
  database.prepare('DELETE FROM usage_hour WHERE bucket >= ?').run(lastDay * 24);
  return { counts, sequence };
}
