// feed.js - what the server says: one stream a page, and questions.

const SILENT_MS = 10000;            // the server speaks every second; this long without a word is a lost stream
const RETRY_MS = [1000, 2000, 4000, 8000, 15000, 30000];

export class Problem extends Error {
  constructor(status, detail) { super(detail); this.status = status; }
}

async function answer(path) {
  let response;
  try { response = await fetch(path, {headers: {Accept: 'application/json'}}); } catch { throw new Problem(0, 'The server does not answer.'); }
  if (response.ok) return response;
  let detail = `The server answers ${response.status}.`;
  try { detail = (await response.json()).detail || detail; } catch { /* no problem of ours */ }
  throw new Problem(response.status, detail);
}
export const ask = async path => (await answer(path)).json();

// Usage as CSV: a third of the bytes of JSON.  Returns rows as objects of the columns that are named.
export async function askUsage(parameters, columns) {
  const rows = [];
  let path = '/api/v1/usage?' + new URLSearchParams({...parameters, format: 'csv', limit: '10000'});
  while (path) {
    const response = await answer(path);
    const lines = (await response.text()).split('\r\n');
    const names = lines[0].split(','), places = columns.map(column => names.indexOf(column));
    for (const line of lines.slice(1)) {
      if (!line) continue;
      const cells = line.includes('"') ? splitQuoted(line) : line.split(',');
      rows.push(Object.fromEntries(columns.map((column, i) => [column, cells[places[i]]])));
    }
    path = /<([^>]+)>; rel="next"/.exec(response.headers.get('Link') || '')?.[1];
  }
  return rows;
}

function splitQuoted(line) {
  const cells = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) cells.push(match[1] !== undefined ? match[1].replaceAll('""', '"') : match[2]);
  return cells;
}

// Merges the changed rows into the state; onState(now), onLost(since, retryAt), onBack(since, until).
export class Stream {
  constructor(scope, {onState, onLost, onBack, onProblem}) {
    Object.assign(this, {scope, onState, onLost, onBack, onProblem, rows: new Map(), now: null, tries: 0, lostSince: null});
    this.open();
    this.watch = setInterval(() => { if (this.source && Date.now() - this.heard > SILENT_MS) this.lose(); }, 1000);
  }
  open() {
    clearTimeout(this.timer);
    this.heard = Date.now();
    this.source = new EventSource('/api/v1/stream?' + new URLSearchParams(this.scope));
    this.source.addEventListener('now', event => this.take(JSON.parse(event.data)));
    this.source.onerror = () => this.lose();
  }
  take(now) {
    this.heard = Date.now();
    this.tries = 0;
    for (const row of now.rows) this.rows.set(row.item, row);
    this.now = {...now, rows: [...this.rows.values()]};
    if (this.lostSince !== null) { this.onBack(this.lostSince, Date.now()); this.lostSince = null; }
    this.onState(this.now);
  }
  lose() {
    this.source?.close();
    this.source = null;
    if (this.lostSince === null) this.lostSince = this.now ? Date.now() : 0;
    const wait = RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)];
    this.onLost(this.lostSince, Date.now() + wait);
    this.timer = setTimeout(() => this.open(), wait);
  }
  retry() { this.source?.close(); this.open(); }
  close() {
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
