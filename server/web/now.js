// now.js - the view "Now": a sentence, counts, one tile an item with its day, and the same as a table.
import {$, ageOf, make, minuteOf, number, percent, put, secondOf, setAttribute, shaped, shortNames, sinceOf, STATE_WORDS, weekdayOf} from './words.js';
import {ask, askUsage} from './feed.js';
import {drawChart, hair, makeChart, scaleOf} from './draw.js';

const DAY = 86400000, PERIOD = 600000;
const ORDER = ['over', 'over-earlier', 'close', 'unknown', 'within', 'no-quantity'];
const REORDER_MS = 30000;  // numbers change in place; order is taken anew at most this often
const PAINT_MS = 250;      // at most four repaints a second
const SAY_MS = 20000;      // the live region speaks at most this often
const REFILL_MS = 120000;  // late rows change what is drawn: the day is asked again this often,
const CATCH_UP_MS = 5000;  // or this soon when a peak says that the drawing is behind
const iso = at => new Date(at).toISOString();
const TROUBLE = ['over', 'over-earlier', 'close'];
const WIDE_MAX = 8;        // of one state; more become ordinary tiles with their shape
const nothing = count => new Array(count).fill(null);
// Nobody hears what it rests on; its state may be a worse one all the same.
const isUnseen = row => row.seen_until !== null;
// What is compared with what was bought.
const counted = row => row.enabled ?? row.level;

export class NowView {
  constructor(host, page) {
    this.host = host;
    this.page = page;
    this.items = new Map();      // code → what is known and shown of it
    this.orderedAt = 0;
    this.saidAt = 0;
    this.asTable = sessionStorage.seatmeterTable === '1';
    this.build();
    this.catalog(page.catalog);
    this.resize = new ResizeObserver(() => this.drawAll());
    this.resize.observe(this.tiles);
  }
  close() { this.closed = true; this.resize.disconnect(); clearTimeout(this.painting); }

  // --- what stands ----------------------------------------------------------------------------
  build() {
    this.heading = make('h1', {}, 'Reading the seats…');
    this.counts = make('div', {class: 'sum'});
    this.buttons = ['tiles', 'table'].map(kind => make('button', {type: 'button', 'data-as': kind, 'aria-pressed': 'false'}, kind === 'tiles' ? 'Tiles' : 'Table'));
    this.notes = make('div');
    this.wideHead = make('h2', {class: 'vh'}, 'Over, or close to it');
    this.wide = make('ul', {class: 'grid wide'});
    this.main = make('ul', {class: 'grid tiles'});
    this.mainHead = make('h2', {}, make('b', {}, 'Items'), make('span'));
    this.slim = make('ul', {class: 'grid slim'});
    this.slimHead = make('h2', {}, 'Not used today, or counted as enabled');
    this.first = this.firstSteps();
    this.tiles = make('div', {id: 'tiles'}, this.wideHead, this.wide, this.mainHead, this.main, this.slimHead, this.slim);
    this.body = make('tbody');
    this.sheet = make('div', {class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'All items as a table'}, make('table', {},
      make('caption', {class: 'vh'}, 'Items now'),
      make('thead', {}, make('tr', {}, ...['Item', 'State', 'In use', 'Bought', 'Burst', 'Peak today', 'At', 'Over'].map(head => make('th', {scope: 'col'}, head)))), this.body));
    this.keyLine = this.legend();
    this.host.replaceChildren(make('div', {class: 'head'}, make('div', {}, this.heading, this.counts), make('div', {class: 'seg', role: 'group', 'aria-label': 'Show as'}, ...this.buttons)),
      this.notes, this.first, this.tiles, this.sheet, this.keyLine);
    for (const button of this.buttons) button.addEventListener('click', () => this.showTable(button.dataset.as === 'table'));
    this.showTable(this.asTable);
    this.tiles.addEventListener('pointermove', event => this.scrub(event));
    this.tiles.addEventListener('pointerleave', () => this.unscrub());
  }
  firstSteps() {
    const steps = make('ol', {}, make('li', {}, 'Name a source in the settings file, under ', make('code', {}, 'sources:'), '.'),
      make('li', {}, 'Watch it arrive: the line above shows each source and how far it is.'),
      make('li', {}, 'No contact centre at hand? ', make('code', {}, 'seatmeter simulate'), ' plays one.'));
    const box = make('div', {class: 'first'}, make('b', {}, 'To see the first level'), steps);
    box.hidden = true;
    return box;
  }
  legend() {
    const svg = body => { const template = document.createElement('template'); template.innerHTML = `<svg width="28" height="12" aria-hidden="true">${body}</svg>`; return template.content.firstChild; };
    this.boughtKey = make('span', {}, svg('<path class="c-bought" d="M0 6H28"/>'), 'bought, at one height in all');
    this.burstKey = make('span', {}, svg('<path class="c-burst" d="M0 6H28"/>'), 'with burst');
    this.overKey = make('span', {}, svg('<rect width="28" height="12" fill="url(#h-over)"/>'), 'over');
    this.ghostKey = make('span', {}, svg('<path class="c-ghost" d="M0 8H10V4H20V6H28"/>'), make('span'));
    return make('div', {class: 'key', 'aria-hidden': 'true'},
      make('span', {}, svg('<path class="c-level" d="M0 9H8V5H18V7H28"/>'), 'in use, highest of each 10 minutes'), this.boughtKey, this.burstKey, this.ghostKey,
      make('span', {}, svg('<circle class="c-ring" cx="14" cy="6" r="3.5"/>'), 'today’s peak'),
      this.overKey, make('span', {}, svg('<rect width="28" height="12" fill="url(#h-unseen)"/>'), 'not seen: unknown, not zero'));
  }
  catalog(items) {
    const names = shortNames(items);
    for (const item of items) this.item(item.code, names.get(item.code), item.measures.includes('concurrent')).counts = item.counts;
    this.page.catalog = items;
  }
  item(code, name = code, concurrent = true) {
    let item = this.items.get(code);
    if (!item) {
      item = {code, name, concurrent, row: null, values: [], ghost: [], unseen: [], enabled: null, rank: this.items.size};
      this.makeTile(item);
      this.makeLine(item);
      this.items.set(code, item);
      (concurrent ? this.main : this.slim).append(item.tile);
      this.body.append(item.line.row);
    }
    return item;
  }
  makeTile(item) {
    item.state = make('span', {class: 'st'});
    item.level = make('span', {class: 'lv'}, '–');
    item.of = make('span', {class: 'of'});
    item.peakNumber = make('b');
    item.peakTime = make('span');
    item.peak = make('a', {class: 'pk'}, shaped('peak'), make('span', {class: 'vh'}, 'peak '), item.peakNumber, item.peakTime);
    item.by = make('span', {class: 'by'});
    item.say = make('p', {class: 'say'});
    item.chartHost = make('div', {class: 'ch'});
    item.word = make('span', {class: 'pk'});
    item.tile = make('li', {'data-code': item.code}, make('div', {class: 't'}, make('div', {class: 'nm'}, make('h3', {title: item.name}, item.name), item.state),
      make('div', {class: 'row'}, make('span', {}, item.level, item.of), item.by, item.peak, item.word), item.chartHost, item.say));
    item.chart = makeChart(item.chartHost);
  }
  makeLine(item) {
    const cells = ['state', 'level', 'bought', 'burst', 'peak', 'at', 'over'].map(name => [name, make('td')]);
    item.line = {row: make('tr', {}, make('th', {scope: 'row'}, item.name), ...cells.map(cell => cell[1])), ...Object.fromEntries(cells)};
  }

  // --- what comes -----------------------------------------------------------------------------
  state(now) {
    if (this.items.size === 0 || now.rows.some(row => !this.items.has(row.item))) this.refreshCatalog(now);
    const first = !this.now;
    this.now = now;
    if (this.day !== Date.parse(now.day_start)) this.beginDay(now);
    for (const row of now.rows) this.takeRow(this.item(row.item), row);
    const since = Date.now() - (this.filledAt || 0), behind = now.rows.some(row => row.peak > Math.max(0, ...this.item(row.item).values));
    if (first || (now.as_of && this.filledFor !== Math.floor(Date.parse(now.as_of) / PERIOD)) || since > REFILL_MS || (behind && since > CATCH_UP_MS)) this.refill();
    if (!this.painting) this.painting = setTimeout(() => { this.painting = null; this.paint(); }, first ? 0 : PAINT_MS);
  }
  // Today in the scope's zone: 144 periods, but for the days on which clocks change or the zone does.
  beginDay(now) {
    this.day = Date.parse(now.day_start);
    this.count = Math.max(1, Math.ceil((Date.parse(now.day_end) - this.day) / PERIOD));
    this.filledFor = undefined;
    this.ticks = [];
    for (let i = 1; i < this.count; i++) {
      const time = minuteOf(this.day + i * PERIOD, now.zone);
      if (['06:00', '12:00', '18:00'].includes(time) && this.ticks.length < 3) this.ticks.push([i, time]);
    }
    for (const item of this.items.values()) Object.assign(item, {values: nothing(this.count), unseen: []});
  }
  async refreshCatalog(now) {
    if (this.asking) return;
    this.asking = true;
    try { this.catalog((await ask('/api/v1/catalog')).items); } catch { for (const row of now.rows) this.item(row.item); }
    this.asking = false;
  }
  takeRow(item, row) {
    const before = item.row?.state;
    item.row = row;
    if (before && before !== row.state) this.tell(item);
    if (row.level === null || !this.now?.as_of) return;
    const period = this.period(this.now.as_of); // between two fillings the level of now is the least that the period's peak can be
    if (period >= 0 && period < this.count) item.values[period] = Math.max(item.values[period] ?? 0, row.level);
  }
  period(at) { return (Date.parse(at) - this.day) / PERIOD | 0; }

  // The day so far and the same weekday a week ago, from the API's own ten-minute rows.
  async refill() {
    const now = this.now;
    if (!now?.as_of || this.filling) return;
    this.filling = true;
    this.filledAt = Date.now();
    const start = this.day, period = Math.floor(Date.parse(now.as_of) / PERIOD), ask = {...this.page.scope, granularity: '10m', zone: now.zone};
    const columns = ['item', 'start', 'peak', 'coverage', 'enabled'];
    try {
      const rows = await askUsage({...ask, from: iso(start), to: iso((period + 1) * PERIOD)}, columns);
      if (this.closed || this.day !== start) return;
      this.filledFor = period;
      this.takeDay(rows, start, now);
      if (this.ghostOf !== start) {
        this.takeGhost(await askUsage({...ask, from: iso(start - 7 * DAY), to: iso(start - 6 * DAY)}, columns), start);
        this.ghostOf = start;
      }
      this.drawAll();
    } catch { /* the stream says when nobody answers; the next period asks again */ } finally { this.filling = false; }
  }
  takeDay(rows, start, now) {
    const current = this.period(now.as_of), fresh = new Map();
    for (const row of rows) {
      if (!fresh.has(row.item)) fresh.set(row.item, {values: nothing(this.count), unseen: [], enabled: null});
      const item = fresh.get(row.item), i = (Date.parse(row.start) - start) / PERIOD;
      const unseen = row.coverage === '0' && i < current;
      if (unseen && item.unseen.at(-1)?.[1] === i) item.unseen.at(-1)[1] = i + 1;
      else if (unseen) item.unseen.push([i, i + 1]);
      item.values[i] = unseen || row.peak === '' ? null : Number(row.peak);
      if (row.enabled !== '') item.enabled = Number(row.enabled);
    }
    for (const [code, day] of fresh) Object.assign(this.item(code), day);
  }
  takeGhost(rows, start) {
    let any = false;
    const ghosts = new Map();
    for (const row of rows) {
      if (row.peak === '' || row.coverage === '0') continue;
      if (!ghosts.has(row.item)) ghosts.set(row.item, nothing(this.count));
      ghosts.get(row.item)[(Date.parse(row.start) - start + 7 * DAY) / PERIOD] = Number(row.peak);
      any ||= Number(row.peak) > 0;
    }
    for (const item of this.items.values()) item.ghost = any && ghosts.get(item.code) || [];
    this.ghostKey.hidden = !any;
    put(this.ghostKey.lastChild, 'last ' + weekdayOf(start, this.now.zone));
  }

  // --- what is shown --------------------------------------------------------------------------
  paint() {
    if (this.closed || !this.now) return;
    const {zone} = this.now, state = this.page.state;
    this.first.hidden = state !== 'empty';
    this.tiles.hidden = state === 'empty' || this.asTable;
    this.sheet.hidden = state === 'empty' || !this.asTable;
    this.keyLine.hidden = state === 'empty' || this.asTable;
    for (const item of this.items.values()) if (item.row) { this.paintTile(item, zone); this.paintLine(item, zone); }
    this.paintHead(zone);
    this.paintNotes();
    this.order();
    this.drawAll();
  }
  paintTile(item, zone) {
    const {row} = item, unseen = isUnseen(row), trouble = TROUBLE.includes(row.state);
    const used = row.peak > 0 || row.level > 0 || unseen, number_ = item.concurrent ? row.level : row.enabled ?? item.enabled;
    const kind = trouble || row.state === 'unknown' ? row.state : item.concurrent ? row.state : 'enabled';
    item.slim = !trouble && (!item.concurrent || !used);
    if (item.kind !== kind) {
      item.kind = kind;
      item.tile.className = 'is-' + kind;
      item.state.className = 'st ' + ({over: 'over', 'over-earlier': 'over', close: 'close', unknown: 'unseen'}[kind] || 'share');
      item.stateText = make('span');
      item.state.replaceChildren(...([...TROUBLE, 'unknown'].includes(kind) ? [shaped(kind)] : []), item.stateText);
    }
    item.tile.classList.toggle('z', item.slim);
    item.chartHost.hidden = !item.concurrent; // what is enabled has no day of seats
    if (!this.scrubbing) {
      put(item.level, unseen || number_ === null ? 'unknown' : number(number_));
      item.level.classList.toggle('unk', unseen || number_ === null);
    }
    put(item.of, row.entitled !== null ? (unseen && item.wide ? '' : 'of ' + number(row.entitled)) : row.over === 0 ? 'of unlimited' : '');
    put(item.stateText, trouble ? STATE_WORDS[kind] : unseen ? (row.last_seen !== null ? `${number(row.last_seen)} at ${minuteOf(row.seen_until, zone)}` : 'Not seen')
      : row.entitled > 0 && counted(row) !== null ? percent(counted(row) / row.entitled) : row.entitled === null && row.over === null && !item.slim ? 'bought: unknown' : '');
    item.peak.hidden = !(row.peak > 0);
    put(item.peakNumber, row.peak > 0 ? (unseen ? '≥ ' : '') + number(row.peak) : '');
    put(item.peakTime, row.peak_at ? ' at ' + minuteOf(row.peak_at, zone) : '');
    item.peak.title = row.peak_at ? `Today’s peak: ${row.peak_at}. Who was in it?` : '';
    if (row.peak_at) setAttribute(item.peak, 'href', '#explain?' + new URLSearchParams({...(this.page.scope.id ? this.page.scope : {}), item: item.code, at: row.peak_at}));
    put(item.word, item.slim ? item.concurrent ? 'not used today' : 'enabled' : '');
    put(item.by, !trouble ? '' : row.state === 'over' ? `+${number(row.over)} over`
      : row.state === 'close' ? `${number(Math.max(0, row.entitled - (counted(row) ?? row.entitled)))} left`
      : row.enabled === null && row.peak_at ? `+${number(row.peak - row.entitled)} at ${minuteOf(row.peak_at, zone)}` : '');
    const lines = item.wide ? this.sentences(item, zone) : [], text = lines.join('\n');
    if (item.said !== text) {
      item.said = text;
      item.say.replaceChildren(...lines.map(line => make('span', {class: 'l'}, line)));
    }
  }
  // What a wide tile says below its day: since when, the highest, and who or when last week.
  sentences(item, zone) {
    const {row} = item, unseen = isUnseen(row), lines = [], beyond = row.peak - row.entitled - (row.burst ?? 0);
    const peak = row.peak > 0 ? `Peak ${unseen ? '≥ ' : ''}${number(row.peak)} at ${minuteOf(row.peak_at, zone)}` : '';
    if (row.enabled !== null) lines.push(`Licences count what is enabled: ${number(row.enabled)} of ${number(row.entitled)}.`);
    if (row.state === 'over') {
      if (row.over_since) lines.push(`Over since ${sinceOf(row.over_since, zone)}, ${ageOf(Math.max(60, (Date.parse(this.now.as_of) - Date.parse(row.over_since)) / 1000))}.`);
      if (peak && row.enabled === null) lines.push(peak + (row.burst === null ? '.' : beyond > 0 ? `, ${number(beyond)} beyond burst.` : ', within burst.'));
      const top = (row.top || []).filter(one => one.level > 0).map(one => `${one.name || 'Tenant ' + one.tenant}\u00a0${number(one.level)}`);
      if (top.length) lines.push(`Most: ${top.join(' · ')}`);
      return lines;
    }
    if (peak && row.enabled === null) lines.push(`${peak}${row.entitled > 0 ? `, ${percent(row.peak / row.entitled)} of what was bought` : ''}.`);
    if (unseen) {
      if (row.last_seen !== null) lines.push(`${number(row.last_seen)} of ${number(row.entitled)} when last seen, ${sinceOf(row.seen_until, zone)}.`);
      lines.push(row.state === 'close' ? 'It may be over.' : 'It may be over again.');
    } else if (row.state === 'over-earlier') {
      lines.push('Within what was bought now.');
    }
    const highest = Math.max(0, ...item.ghost), at = item.ghost.indexOf(highest);
    if (highest > 0 && lines.length < 3) lines.push(`Last ${weekdayOf(this.day, zone)}’s highest: ${number(highest)}, ${minuteOf(this.day + at * PERIOD, zone)}–${minuteOf(this.day + (at + 1) * PERIOD, zone)}.`);
    return lines;
  }
  paintLine(item, zone) {
    const {row, line} = item, unseen = isUnseen(row), level = item.concurrent ? row.level : row.enabled ?? item.enabled;
    put(line.state, !item.concurrent && !TROUBLE.includes(row.state) ? 'Counted as enabled' : (row.state === 'over' ? '▲ ' : row.state === 'over-earlier' ? '△ ' : '') + STATE_WORDS[row.state]);
    put(line.level, unseen ? `unknown${row.last_seen !== null ? ` (${number(row.last_seen)} at ${minuteOf(row.seen_until, zone)})` : ''}` : level === null ? 'unknown' : number(level) + (item.concurrent ? '' : ' enabled'));
    put(line.bought, row.entitled !== null ? number(row.entitled) : row.over === 0 ? 'unlimited' : 'unknown');
    put(line.burst, row.burst === null ? '' : number(row.burst));
    put(line.peak, row.peak === null ? '' : (unseen ? '≥ ' : '') + number(row.peak));
    put(line.at, row.peak_at ? minuteOf(row.peak_at, zone) : '');
    put(line.over, row.over === null ? '' : (row.over > 0 ? '▲ ' : '') + number(row.over));
  }
  paintHead(zone) {
    const all = [...this.items.values()].filter(item => item.row), rows = all.filter(item => item.concurrent || TROUBLE.includes(item.row.state) || item.row.entitled !== null);
    const of = state => rows.filter(item => item.row.state === state), share = item => counted(item.row) / item.row.entitled;
    const over = of('over').sort((a, b) => b.row.over - a.row.over), was = of('over-earlier').filter(item => item.row.peak_at).sort((a, b) => b.row.peak - b.row.entitled - a.row.peak + a.row.entitled);
    const unseen = of('unknown'), bought = rows.filter(item => item.row.entitled !== null || item.row.over === 0);
    const nearest = bought.filter(item => item.row.entitled > 0 && counted(item.row) !== null).sort((a, b) => share(b) - share(a))[0];
    put(this.heading, this.page.state === 'empty' ? 'No seats have been reported yet.' : this.worst(over[0], was[0], unseen, bought.length, rows.length, zone));
    const counts = [['over', over, 'over now', 'over'], ['over-earlier', of('over-earlier'), 'over earlier today', 'over'], ['close', of('close'), 'close', 'close'],
      ['unknown', unseen, 'not seen' + (unseen[0]?.row.seen_until ? ' since ' + sinceOf(unseen[0].row.seen_until, zone) : ''), 'unseen'],
      ['within', of('within'), 'within', 'good'], ['', of('no-quantity'), 'with no quantity known', 'plain']];
    const text = JSON.stringify([this.page.state, ...counts.map(([, list, words]) => [list.length, words]), nearest?.name]);
    if (this.countsText === text) return;
    this.countsText = text;
    this.counts.replaceChildren(...(this.page.state === 'empty' ? ['That is not zero seats: nothing has been heard.']
      : counts.filter(([, list]) => list.length).map(([kind, list, words, style]) => make('span', {class: 'st ' + style}, kind ? shaped(kind) : null, `${number(list.length)} ${words}`))));
    if (nearest && !over.length) this.counts.append(make('span', {}, `Nearest: ${nearest.name}, ${percent(share(nearest))}`));
  }
  // The worst thing in words, or that all is well.
  worst(over, was, unseen, known, all, zone) {
    const units = (item, n) => `${number(n)} ${item.counts === 'ports' ? n === 1 ? 'port' : 'ports' : n === 1 ? 'seat' : 'seats'}`;
    if (over) return `${over.name} ${this.page.state === 'lost' ? 'was' : 'is'} ${units(over, over.row.over)} over what was bought.`;
    if (was) return `${was.name} was ${units(was, was.row.peak - was.row.entitled)} over what was bought, at ${minuteOf(was.row.peak_at, zone)}.`;
    if (unseen.length) return `${unseen.length === 1 ? unseen[0].name + ' is' : number(unseen.length) + ' items are'} unknown since ${sinceOf(unseen[0].row.seen_until, zone)}, not zero.`;
    if (!known) return 'What was bought is not known yet, so nothing can be over.';
    return known === all ? 'Every item is within what was bought.' : 'Every item of known quantity is within what was bought.';
  }
  paintNotes() {
    const {page, now} = this, notes = [];
    if (page.lost?.since) {
      const wait = Math.max(0, Math.ceil((page.lost.retryAt - Date.now()) / 1000));
      notes.push({key: 'lost' + page.lost.since, strong: `Not connected since ${secondOf(page.lost.since, now.zone)}.`, text: ` What you see is what was true then. Trying again in ${wait} s.`, action: ['Try now', () => page.stream.retry()]});
    } else if (now) {
      for (const source of now.sources.filter(s => s.silent && !s.retired)) {
        const counts = source.kind === 'gvp' ? 'ports' : source.kind === 'config' ? '' : 'sessions';
        const hit = [...this.items.values()].filter(item => item.row && isUnseen(item.row) && item.counts === counts).length;
        notes.push({key: 'silent' + source.name, strong: `${source.name} has been silent since ${sinceOf(source.watermark, now.zone)}.`,
          text: hit ? ` ${number(hit)} ${hit === 1 ? 'item is' : 'items are'} unknown since then, not zero. What it sends late is still counted.` : ' What it sends late is still counted.'});
      }
      for (const {name, held} of now.sources.filter(s => s.held))
        notes.push({key: 'held' + name + held.snapshot, strong: `${name} holds ${number(held.deletions)} deletions.`, text: ` ${held.note} are missing in its newest snapshot: nothing of it counts, and days wait, until they are back or somebody decides (seatmeter decide deletions ${name}).`});
      if (page.note && page.note.until > Date.now()) notes.push({key: 'note', strong: '', text: page.note.text, plain: true});
    }
    const key = notes.map(note => note.key).join();
    if (this.notesKey !== key) {
      this.notesKey = key;
      this.notes.replaceChildren(...notes.map(note => {
        const button = note.action ? make('button', {type: 'button'}, note.action[0]) : null;
        button?.addEventListener('click', note.action[1]);
        return make('div', {class: note.plain ? 'note plain' : 'note', role: note.plain ? 'status' : 'alert'}, make('p', {}, note.plain ? null : shaped('unknown'), make('b', {}, note.strong), make('span', {}, note.text)), button);
      }));
    }
    notes.forEach((note, i) => put($('p span', this.notes.children[i]), note.text));
  }

  // Over, close, not seen, then the larger share or number first; never while somebody is in the grid.
  order() {
    const busy = this.tiles.matches(':hover') || this.tiles.contains(document.activeElement), due = Date.now() - this.orderedAt > REORDER_MS;
    const weight = item => item.row?.entitled > 0 ? (TROUBLE.includes(item.row.state) ? item.row.peak : counted(item.row) ?? 0) / item.row.entitled : item.row?.peak ?? -1;
    const wide = this.chooseWide(weight), listOf = item => item.slim ? this.slim : wide.has(item) ? this.wide : this.main;
    const moved = [...this.items.values()].some(item => item.row && listOf(item) !== item.tile.parentNode);
    if (this.orderedAt && !moved && (busy || !due)) return;
    this.orderedAt = Date.now();
    const sorted = [...this.items.values()].sort((a, b) => ORDER.indexOf(a.row?.state) - ORDER.indexOf(b.row?.state) || weight(b) - weight(a) || a.rank - b.rank);
    for (const list of [this.wide, this.main, this.slim]) {
      const wanted = sorted.filter(item => listOf(item) === list).map(item => item.tile);
      wanted.forEach((tile, i) => { if (list.children[i] !== tile) list.insertBefore(tile, list.children[i] || null); });
    }
    for (const item of sorted) if (item.row && item.wide !== wide.has(item)) { item.wide = wide.has(item); this.paintTile(item, this.now.zone); }
    sorted.forEach((item, i) => { if (this.body.children[i] !== item.line.row) this.body.insertBefore(item.line.row, this.body.children[i] || null); });
    for (const [head, list] of [[this.wideHead, this.wide], [this.mainHead, this.main], [this.slimHead, this.slim]]) head.hidden = list.hidden = list.children.length === 0;
    const known = sorted.some(item => item.row && item.row.entitled !== null), unseen = sorted.some(item => item.row?.state === 'unknown');
    put($('b', this.mainHead), this.wide.children.length ? 'The rest' : known ? 'Within what was bought' : 'In use today');
    put($('span', this.mainHead), (unseen ? 'not seen first, then ' : '') + (known ? 'nearest to what was bought' + (unseen ? '' : ' first') : 'highest peak' + (unseen ? '' : ' first')));
    this.boughtKey.hidden = !known;
    this.burstKey.hidden = !sorted.some(item => item.wide && item.row.burst > 0);
    this.overKey.hidden = !sorted.some(item => item.row && item.row.entitled !== null && item.row.peak > item.row.entitled);
  }
  // Over, over earlier, close: of each at most eight, those that are wide already before others.
  chooseWide(weight) {
    const wide = new Set();
    for (const state of TROUBLE)
      for (const item of [...this.items.values()].filter(one => one.row?.state === state).sort((a, b) => Boolean(b.wide) - Boolean(a.wide) || weight(b) - weight(a)).slice(0, WIDE_MAX)) wide.add(item);
    return wide;
  }
  drawAll() {
    if (this.closed || this.tiles.hidden || !this.now?.as_of) return;
    // Widths first, then the drawing: one layout a paint.
    const all = [...this.items.values()].filter(item => item.row && !item.slim);
    const shown = all.map(item => [item, item.chartHost.clientWidth, item.chartHost.clientHeight]);
    const scale = scaleOf(all.filter(item => item.row.entitled > 0).map(item => item.row.peak / item.row.entitled)), current = (Date.parse(this.now.as_of) - this.day) / PERIOD;
    for (const [item, width, height] of shown) {
      if (!width) continue;
      const {row} = item, lost = isUnseen(row), from = lost ? Math.max(0, (Date.parse(row.seen_until) - this.day) / PERIOD) : current;
      const values = lost ? item.values.map((value, i) => i >= Math.floor(from) ? null : value) : item.values;
      const unseen = lost ? [...item.unseen.filter(span => span[1] <= from), [Math.min(from, current), current]] : item.unseen;
      const line = row.enabled === null ? row.entitled : null; // a line for seats, not for what is enabled
      drawChart(item.chart, {values, ghost: item.ghost, unseen, count: this.count, peak: row.peak, peakAt: row.peak_at ? (Date.parse(row.peak_at) - this.day) / PERIOD : null,
        now: current, level: lost ? null : row.level, entitled: line, burst: row.burst, scale, ticks: this.ticks, axis: item.wide,
        words: {bought: 'bought ' + number(row.entitled ?? 0), burst: 'burst ' + number((row.entitled ?? 0) + (row.burst ?? 0))}}, width, height);
    }
  }

  // --- what the reader does -------------------------------------------------------------------
  showTable(table) {
    this.asTable = table;
    try { sessionStorage.seatmeterTable = table ? '1' : '0'; } catch { /* kept for this view only */ }
    for (const button of this.buttons) button.setAttribute('aria-pressed', String((button.dataset.as === 'table') === table));
    this.tiles.hidden = this.keyLine.hidden = table;
    this.sheet.hidden = !table;
    this.paint();
  }
  toggleTable() { this.showTable(!this.asTable); }
  // One hair at one time of day through all tiles; the numbers become those of that time.
  scrub(event) {
    const host = event.target.closest?.('li')?.querySelector('.ch'), box = host?.getBoundingClientRect();
    if (!box?.width || event.clientY < box.top || this.page.state !== 'live') return this.unscrub();
    const i = Math.min(this.count - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * this.count)));
    if (this.scrubbing === i) return;
    this.scrubbing = i;
    document.documentElement.dataset.scrub = '';
    const start = this.day, future = i > (Date.parse(this.now.as_of) - start) / PERIOD;
    for (const item of this.items.values()) if (!item.slim && item.row) { hair(item.chart, i, this.count); put(item.level, item.values[i] == null ? future ? '–' : 'unknown' : number(item.values[i])); }
    put($('#live'), `Showing ${minuteOf(start + i * PERIOD, this.now.zone)}–${minuteOf(start + (i + 1) * PERIOD, this.now.zone)}`);
  }
  unscrub() {
    if (this.scrubbing === undefined) return;
    this.scrubbing = undefined;
    delete document.documentElement.dataset.scrub;
    put($('#live'), this.page.state === 'lost' ? 'Not connected' : 'Live');
    for (const item of this.items.values()) hair(item.chart, null, this.count);
    this.paint();
  }
  // Changes of state are spoken, numbers never.
  tell(item) {
    const text = item.row.state === 'unknown' ? `${item.name} is not seen` : item.row.over > 0 ? `${item.name} is over, ${number(counted(item.row))} of ${number(item.row.entitled)}` : `${item.name}: ${STATE_WORDS[item.row.state]}`;
    if (Date.now() - this.saidAt < SAY_MS) return;
    this.saidAt = Date.now();
    put($('#say'), text);
  }
  trouble() { if (this.now) this.paint(); else put(this.heading, 'Reading the seats…'); }
  refuse(text) {
    this.heading.textContent = 'There is no such page for you here.';
    this.counts.replaceChildren(text);
    this.tiles.hidden = this.sheet.hidden = this.keyLine.hidden = true;
  }
  tick() { if (this.page.lost?.since || this.page.note) this.paintNotes(); }
}
