// The audit of the npm package graphql-http against the address given: what is not kept, a line each, then how many were.

import { serverAudits } from "graphql-http";

const url = process.argv[2];
const audits = serverAudits({ url, fetchFn: fetch });
let kept = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === "ok") kept += 1;
  else console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
}
console.log(`kept ${kept} of ${audits.length}`);
