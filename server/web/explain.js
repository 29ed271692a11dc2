// explain.js - the view "Explain": who was in a level, and why the peak of its day is what it is.
import {ageOf, make, momentOf, number, put, secondOf, shaped, shortNames} from './words.js';
import {ask} from './feed.js';

const AROUND_MS = 30 * 60000;      // what a bar shows on either side of the instant
const PAGE = 500;                  // seats at a time
const AGAIN_MS = 2000;             // when others are asked first
const WIDTH = 180, HEIGHT = 14;
const STEPS = {capped: ['capped', 'sessions that never ended'], superseded: ['superseded', 'left behind by a later login'], shared: ['shared', 'used by two persons at once']};
const ENDS = {open: 'still in', true: '', superseded: 'superseded', capped: 'capped'};
const KINDS = {place: 'Place', dn: 'DN', login: 'Login', person: 'Person', session: 'Session', call: 'Call', port: 'Port'};
const seatOf = seat => `${KINDS[seat.kind] || seat.kind} ${seat.key}`;
const plural = (count, word) => `${number(count)} ${word}${count === 1 ? '' : 's'}`;

export class ExplainView {
  constructor(host, page) {
    const asked = new URLSearchParams(location.hash.split('?')[1]);
    Object.assign(this, {host, page, item: asked.get('item') || '', at: asked.get('at') || 'peak'});
    this.heading = make('h1', {}, 'Reading the seats…');
    this.counts = make('div', {class: 'sum'});
    this.more = make('button', {class: 'pick', type: 'button', hidden: ''}, 'Show more');
    this.more.addEventListener('click', () => this.load(this.next));
    this.body = make('tbody');
    this.sheet = make('div', {class: 'sheet', tabindex: '0', role: 'region', 'aria-label': 'Seats', hidden: ''}, make('table', {}, make('caption', {class: 'vh'}, 'The seats in use, and their sessions'),
      make('thead', {}, make('tr', {}, ...['Seat', 'Person', '30 min before and after', 'Began', 'Ended'].map(head => make('th', {scope: 'col'}, head)))), this.body));
    this.why = make('aside', {class: 'why'});
    host.replaceChildren(make('div', {class: 'head'}, make('div', {}, this.heading, this.counts)), make('div', {class: 'explain'}, make('div', {}, this.sheet, this.more), this.why));
  }
  close() { this.closed = true; clearTimeout(this.timer); }
  state(now) { // the zone of the scope rules the day
    if (this.zone) return;
    this.zone = now.zone;
    this.load();
  }

  async load(cursor) {
    const {scope, id} = this.page.scope;
    const query = {scope, ...(id ? {id} : {}), item: this.item, at: this.answer?.at || this.at, zone: this.zone, limit: PAGE, ...(cursor ? {cursor} : {})};
    this.more.disabled = true;
    try {
      const answer = await ask('/api/v1/explain?' + new URLSearchParams(query));
      if (this.closed) return;
      if (!cursor) this.paint(answer);
      this.add(answer);
    } catch (problem) {
      if (this.closed) return;
      if (problem.status === 503) { this.timer = setTimeout(() => this.load(cursor), AGAIN_MS); return; }
      put(this.heading, 'Who was in use cannot be told.');
      this.counts.replaceChildren(problem.message);
    }
    this.more.disabled = false;
  }
  paint(answer) {
    this.answer = answer;
    const name = shortNames(this.page.catalog.length ? this.page.catalog : [{code: answer.item, name: answer.item_name}]).get(answer.item) || answer.item;
    put(this.heading, answer.level === 1 ? `Who was in the one seat of ${name} at ${secondOf(answer.at, this.zone)}?`
      : answer.level ? `Who was in the ${number(answer.level)} seats of ${name} at ${secondOf(answer.at, this.zone)}?` : `No seat of ${name} was in use at ${secondOf(answer.at, this.zone)}.`);
    this.heading.title = answer.at;
    this.counts.replaceChildren(make('span', {}, momentOf(answer.at, this.zone) + ' ' + this.zone), make('span', {}, answer.persons.note));
    this.sheet.hidden = !answer.level;
    this.paintWhy(answer.why);
  }
  add(answer) {
    this.next = answer.next;
    this.more.hidden = !answer.next;
    this.body.append(...answer.seats.flatMap(seat => seat.sessions.map((session, i) => make('tr', {}, i ? make('th', {scope: 'row'}, make('span', {class: 'vh'}, seatOf(seat)))
      : make('th', {scope: 'row'}, seatOf(seat), seat.shared ? make('small', {}, ' shared') : null),
      make('td', {}, session.person ? make('code', {}, session.person) : 'unknown'), make('td', {}, this.bar(session)),
      make('td', {title: session.begin}, this.time(session.begin)), make('td', {title: session.end || ''}, session.end ? this.time(session.end) : '', ENDS[session.ended] ? make('small', {}, ' ' + ENDS[session.ended]) : null)))));
    if (answer.next) put(this.more, `Show more of ${number(answer.level)}`);
  }
  // The second alone when it is of the instant's day.
  time(at) { return Math.abs(Date.parse(at) - Date.parse(this.answer.at)) < 12 * 3600000 ? secondOf(at, this.zone) : momentOf(at, this.zone); }
  bar(session) {
    const middle = Date.parse(this.answer.at), x = at => Math.max(0, Math.min(WIDTH, (at - middle + AROUND_MS) / (2 * AROUND_MS) * WIDTH));
    const from = x(Date.parse(session.begin)), to = x(Date.parse(session.end || this.answer.as_of)); // the future stays blank
    const template = document.createElement('template'); // numbers of our own only
    template.innerHTML = `<svg class="bar-svg" width="${WIDTH}" height="${HEIGHT}" aria-hidden="true"><path class="${session.ended === 'true' || session.ended === 'open' ? 'c-bar' : 'c-bar odd'}" d="M${from.toFixed(1)} 4H${Math.max(from + 1, to).toFixed(1)}V10H${from.toFixed(1)}Z"/><path class="c-hair" d="M${WIDTH / 2} 0V${HEIGHT}"/></svg>`;
    return template.content.firstChild;
  }
  paintWhy(why) {
    if (!why.peak) { this.why.replaceChildren(); return; }
    const maker = why.made_by[0], more = why.made_by_count - 1;
    const made = !maker ? 'The day was entered at it.' : (maker.by === 'begin' ? `Made by the login on ${seatOf(maker)}` : `Made by ${seatOf(maker)}, which came into the item or the scope`)
      + (more > 0 ? ` and ${number(more)} more in that millisecond.` : '.');
    const held = why.held_seconds === null ? ' It stood to the end of the day, or still does.' : ` It held ${ageOf(why.held_seconds)}.`;
    const steps = why.steps.map(step => make('li', {}, make('b', {}, number(step.peak)), make('span', {}, step.seat_count ? `without ${plural(step.seat_count, STEPS[step.without][0] + ' seat')}` : `no seat of it was ${STEPS[step.without][0]}`,
      make('small', {}, STEPS[step.without][1]), step.seat_count ? make('small', {}, step.seats.slice(0, 12).map(seatOf).join(', ') + (step.seat_count > 12 ? `, ${number(step.seat_count - 12)} more` : '')) : null)));
    const peak = why.peak_at === this.answer.at ? null : make('a', {href: location.hash.replace(/([?&]at=)[^&]*/, '$1' + encodeURIComponent(why.peak_at))}, 'Who was in it');
    this.why.replaceChildren(make('h2', {}, make('b', {}, `Why ${number(why.peak)}`), make('span', {}, shaped('peak'), ` peak of the day, at ${secondOf(why.peak_at, this.zone)}`)),
      make('ol', {}, make('li', {}, make('b', {}, number(why.peak)), make('span', {}, made + held, peak)), ...steps),
      ...(why.known_from > why.start ? [make('p', {}, `Of the day before ${secondOf(why.known_from, this.zone)} the detail is gone.`)] : []));
  }
}
