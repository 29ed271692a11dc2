// days.js - the view "Days": the last closes of each book, as squares with their revision and digest.
import {dayOf, make, momentOf, number, put, secondOf, shaped, shortDayOf, sinceOf} from './words.js';
import {ask} from './feed.js';

const SHOWN = 14;          // days of a book
const AGAIN_MS = 15000;
const RECORD_WORDS = {provisional: 'Provisional', closed: 'Closed', final: 'Final'};

export class DaysView {
  constructor(host, page) {
    Object.assign(this, {host, page});
    this.heading = make('h1', {}, 'Reading the days…');
    this.counts = make('div', {class: 'sum'});
    this.books = make('div', {class: 'books'});
    host.replaceChildren(make('div', {class: 'head'}, make('div', {}, this.heading, this.counts)), this.books);
    this.load();
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }
  close() { this.closed = true; clearInterval(this.timer); }
  state(now) { this.now = now; this.paintOpen(); }

  async load() {
    const book = this.page.scope.id;
    const from = new Date(Date.now() - (SHOWN + 1) * 86400000).toISOString().slice(0, 10);
    try {
      // All revisions of the days on show, and the newest days there are when those are older.
      let closes = (await ask('/api/v1/closes?' + new URLSearchParams({...(book ? {book} : {}), from, limit: '10000'}))).closes;
      if (!closes.length) closes = (await ask('/api/v1/closes?' + new URLSearchParams({...(book ? {book} : {}), limit: '10000'}))).closes;
      const tenants = new Map((await ask('/api/v1/tenants')).tenants.map(tenant => [String(tenant.id), tenant.name]));
      if (!this.closed) this.paint(closes, tenants);
    } catch (problem) {
      if (!this.closed && !this.painted) { put(this.heading, 'The days cannot be read.'); this.counts.replaceChildren(problem.message); }
    }
  }
  paint(closes, tenants) {
    const text = JSON.stringify([closes, [...tenants]]);
    if (this.painted === text) return;
    this.painted = text;
    const books = Map.groupBy ? Map.groupBy(closes, close => close.book) : closes.reduce((map, close) => map.set(close.book, [...(map.get(close.book) || []), close]), new Map());
    const newest = closes.map(close => close.day).sort().at(-1);
    const last = [...books.values()].map(list => list.find(close => close.day === newest)).filter(Boolean); // the newest revision comes first
    const provisional = last.filter(close => close.status === 'provisional').length, shown = provisional || last.length;
    put(this.heading, !closes.length ? 'No day has been closed yet.'
      : `${shortDayOf(newest)} is ${provisional ? 'provisional' : 'closed'}${shown > 1 ? ` in ${number(shown)} books` : ''}.`);
    this.paintOpen();
    this.books.replaceChildren(...[...books].map(([book, list]) => this.book(book, list, tenants)));
  }
  // What holds the next day open: the sources that a close waits for.
  paintOpen() {
    if (!this.painted || !this.now) return;
    const waiting = this.now.sources.filter(source => !source.retired && ['icon', 'gvp', 'config'].includes(source.kind));
    const silent = waiting.filter(source => source.silent), without = waiting.filter(source => !source.watermark);
    const reason = without.length ? `Open days wait for ${without.map(source => source.name).join(', ')}, which has not said how far it is.`
      : silent.length ? `Open days wait for ${silent.map(source => `${source.name}, silent since ${sinceOf(source.watermark, this.now.zone)}`).join('; ')}.`
      : 'A day closes when every source is past its end.';
    if (this.reason === reason) return;
    this.reason = reason;
    this.counts.replaceChildren(reason);
  }
  book(book, closes, tenants) {
    const name = book === 'system' ? 'System' : tenants.get(book) || 'Tenant ' + book;
    const days = [];
    for (const close of closes) if (!days.some(day => day.day === close.day)) days.push(close); // newest revision first
    const strip = make('div', {class: 'strip', 'aria-hidden': 'true'}, ...days.slice(0, SHOWN).reverse().map(day => make('span', {class: 'sq', title: `${dayOf(day.day)}: ${this.words(day)}`}, shaped(day.status))));
    const body = make('tbody', {}, ...days.slice(0, SHOWN).map(day => this.line(book, day)));
    const table = make('table', {}, make('caption', {class: 'vh'}, 'Closed days of ' + name),
      make('thead', {}, make('tr', {}, ...['Day', 'Record', 'Revision', 'Seen', 'Digest', 'Made', 'Rows'].map(head => make('th', {scope: 'col'}, head)))), body);
    return make('section', {class: 'book'}, make('h2', {}, name, make('span', {}, book === 'system' ? 'all tenants together' : book), strip),
      make('div', {class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'Closed days of ' + name}, table));
  }
  words(close) {
    const word = RECORD_WORDS[close.status] || close.status;
    return close.revision > 0 ? `${word}, revision ${close.revision}${close.reason ? ': ' + close.reason : ''}` : word;
  }
  line(book, close) {
    const seen = close.coverage_ppm === null ? 'unknown' : `${number(Math.floor(close.coverage_ppm / 10000))} %`;
    const path = `/api/v1/closes/${encodeURIComponent(book)}/${close.day}/${close.revision}?format=csv`;
    return make('tr', {}, make('th', {scope: 'row', title: close.day}, dayOf(close.day)), make('td', {}, make('span', {class: 'st rec ' + close.status}, shaped(close.status), this.words(close))),
      make('td', {}, String(close.revision)), make('td', {}, seen), make('td', {}, make('code', {title: close.sha256}, close.sha256.slice(0, 12))),
      make('td', {title: close.made_at}, close.made_at ? `${momentOf(close.made_at, 'UTC')}:${secondOf(close.made_at, 'UTC').slice(-2)}` : ''),
      make('td', {}, make('a', {href: path, download: `seatmeter-${book}-${close.day}-r${close.revision}.csv`}, 'CSV')));
  }
}
