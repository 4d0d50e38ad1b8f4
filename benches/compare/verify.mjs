// Asks a server every request once, stops at the first answer that is not what the icon sets' files say, and gives back
// what to send under load.
import { deepStrictEqual } from 'node:assert';
import { Agent } from 'node:http';
import { exchange } from './http.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** For each workload that the server knows: its requests and the mean size of their answers' bodies. */
export async function verified(server, workloads) {
  const { dialect } = server;
  const lists = dialect.ofOneSet ? workloads.scrollOfOneSet : workloads.scroll;
  const verify = { scroll: await verifyEach(lists, scroll), single: await verifyEach(workloads.single, single) };
  if (dialect.page) verify.page = await verifyPages();
  return verify;

  async function verifyEach(items, of) {
    const sent = new Sent();
    for (const item of items) await of(item, sent);
    return sent.summary();
  }

  async function scroll(names, sent) {
    const icons = dialect.scroll.read(await sent.send(server, dialect.scroll.ask(names)));
    if (dialect.ofOneSet) {
      icons.sort((one, other) => names.indexOf(one.name) - names.indexOf(other.name));
      same(server, icons, names.map(workloads.icon));
    } else {
      const expected = names.map((name) => {
        const { name: set, license } = workloads.set(name);
        return { ...workloads.icon(name), set, license };
      });
      same(server, icons, expected);
    }
  }

  async function single(name, sent) {
    same(server, dialect.single.read(await sent.send(server, dialect.single.ask(name))), workloads.icon(name));
  }

  async function verifyPages() {
    const sent = new Sent();
    for (const [prefix, pages] of workloads.walks) {
      let cursor = null;
      for (const { names, hasNextPage } of pages) {
        const ask = dialect.page.ask(prefix, workloads.pageSize, cursor);
        const page = dialect.page.read(await sent.send(server, ask));
        same(server, page.icons, names.map(workloads.icon));
        same(server, page.hasNextPage, hasNextPage);
        cursor = page.cursor;
      }
    }
    return sent.summary();
  }
}

class Sent {
  requests = [];
  bytes = 0;

  async send(server, ask) {
    const text = await exchange(server.port, ask, agent);
    this.requests.push(ask);
    this.bytes += text.length;
    const answer = JSON.parse(text);
    if (answer.errors) throw new Error(`${server.name} answers ${ask.path} with errors: ${JSON.stringify(answer.errors)}`);
    return answer;
  }

  summary() {
    return { requests: this.requests, meanBytes: this.bytes / this.requests.length };
  }
}

function same(server, actual, expected) {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    throw new Error(`${server.name} answers otherwise than the icon sets' files:\n${error.message}`);
  }
}
