// The questions of a dashboard, as documents with variables: each a function of an icon, of what counts as now, and of how many days are known.

const ask = (field, range) => ({
  query: `query($range: TimeRange!) { analytics { ${field} } }`,
  variables: { range: range && { from: new Date(range[0]).toISOString(), to: new Date(range[1]).toISOString() } },
});
const back = (days) => ({ now, DAY_MS }) => [now - days * DAY_MS, now];
const [week, month] = [back(7), back(30)];
/** In whole days, of which alone there are roll-ups that far back. */
const quarter = ({ now, days, DAY_MS }) => {
  const today = now - (now % DAY_MS);
  return [today - (days - 2) * DAY_MS, today];
};
const points = 'key total points { at count uniqueUsers }';

export const questions = {
  '30 days of one icon, by day': (of) => ask(`usageSeries(range: $range, target: { icon: "${of.icon}" }, interval: DAY) { ${points} }`, month(of)),
  '30 days of one icon, by hour': (of) => ask(`usageSeries(range: $range, target: { icon: "${of.icon}" }, interval: HOUR) { ${points} }`, month(of)),
  '30 days of everything, by hour': (of) => ask(`usageSeries(range: $range, interval: HOUR) { ${points} }`, month(of)),
  '30 days of everything, by day and country': (of) => ask(`usageSeries(range: $range, interval: DAY, by: COUNTRY) { ${points} }`, month(of)),
  '30 days of everything, by day and set': (of) => ask(`usageSeries(range: $range, interval: DAY, by: SET) { ${points} }`, month(of)),
  '7 days of a set, by hour and device': (of) => ask(`usageSeries(range: $range, target: { set: "mdi" }, interval: HOUR, by: DEVICE) { ${points} }`, week(of)),
  'a quarter of everything, by week': (of) => ask(`usageSeries(range: $range, interval: WEEK) { ${points} }`, quarter(of)),
  'top icons of 30 days': (of) => ask('topIcons(range: $range) { icon { name } count }', month(of)),
  'top icons of 30 days, of three sets': (of) => ask('topIcons(range: $range, filter: { prefixes: ["lucide", "tabler", "ph"] }) { icon { name } count }', month(of)),
  'top icons of a quarter': (of) => ask('topIcons(range: $range) { icon { name } count }', quarter(of)),
  'rising in 30 days': (of) => ask('trends(range: $range) { icon { name } slope change count }', month(of)),
  'falling in 7 days': (of) => ask('trends(range: $range, direction: FALLING) { icon { name } slope change count }', week(of)),
  'countries of 30 days': (of) => ask('distribution(range: $range, dimension: COUNTRY) { key count share }', month(of)),
  'programs of 30 days of one icon': (of) => ask(`distribution(range: $range, target: { icon: "${of.icon}" }, dimension: CLIENT) { key count share }`, month(of)),
  'sets of a quarter': (of) => ask('distribution(range: $range, dimension: SET) { key count share }', quarter(of)),
  'hours of the day, of 30 days': (of) => ask('distribution(range: $range, dimension: HOUR_OF_DAY) { key count share }', month(of)),
  'users of 30 days': (of) => ask('users(range: $range) { activeUsers newUsers returningUsers sessions iconsPerSession byHour { key count } }', month(of)),
  'used together in 30 days': (of) => ask('coUsage(range: $range) { a { name } b { name } score support }', month(of)),
  'two weeks to come, of everything': () => forecast('interval: DAY, horizon: 14'),
  'two days to come, of one icon, by hour': (of) => forecast(`target: { icon: "${of.icon}" }, interval: HOUR, horizon: 48`),
};

function forecast(of) {
  return { query: `{ analytics { forecast(${of}) { model backtestSmape points { at value lower upper } } } }` };
}
