// words.js - numbers, times, names and shapes: how things are said, in the reader's language and the scope's zone.

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

const locale = navigator.languages?.[0] || 'en-GB';
const whole = new Intl.NumberFormat(locale, {maximumFractionDigits: 0});
export const number = value => whole.format(value);

// Percent is floored: 99.9 % never reads 100 %.
const percentFormat = new Intl.NumberFormat(locale, {style: 'percent', maximumFractionDigits: 0});
export const percent = share => percentFormat.format(Math.floor(share * 100) / 100);

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

const formats = new Map();
function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, {timeZone: zone, hourCycle: 'h23', ...options}));
  return formats.get(key);
}
export const minuteOf = (at, zone) => format(zone, {hour: '2-digit', minute: '2-digit'}).format(new Date(at));
export const secondOf = (at, zone) => format(zone, {hour: '2-digit', minute: '2-digit', second: '2-digit'}).format(new Date(at));
export const momentOf = (at, zone) => format(zone, {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'}).format(new Date(at));
// The minute alone when it is of today.
export const sinceOf = (at, zone) => dayIn(at, zone) === dayIn(Date.now(), zone) ? minuteOf(at, zone) : momentOf(at, zone);
const dayIn = (at, zone) => format(zone, {year: 'numeric', month: '2-digit', day: '2-digit'}).format(new Date(at));
export const dayOf = day => format('UTC', {weekday: 'short', day: 'numeric', month: 'short', ...(day.startsWith(String(new Date().getUTCFullYear())) ? {} : {year: 'numeric'})}).format(new Date(day + 'T00:00:00Z'));
export const shortDayOf = day => format('UTC', {day: 'numeric', month: 'short'}).format(new Date(day + 'T00:00:00Z'));
export const weekdayOf = (at, zone) => format(zone, {weekday: 'long'}).format(new Date(at));

// "0.4 s", "3 s", "48 min", "2 h 5 min": an age; the instant stands beside it or in the title.
export function ageOf(seconds) {
  if (seconds < 1) return seconds.toLocaleString(locale, {minimumFractionDigits: 1, maximumFractionDigits: 1}) + ' s';
  if (seconds < 90) return number(Math.floor(seconds)) + ' s';
  if (seconds < 5400) return number(Math.floor(seconds / 60)) + ' min';
  if (seconds < 172800) return number(Math.floor(seconds / 3600)) + ' h ' + number(Math.floor(seconds % 3600 / 60)) + ' min';
  return number(Math.floor(seconds / 86400)) + ' days';
}

// Names lose the vendor's leading word unless two would be equal then.
export function shortNames(items) {
  const cut = items.map(item => item.name.replace(/^Genesys /, ''));
  return new Map(items.map((item, i) => [item.code, cut.filter(name => name === cut[i]).length > 1 ? item.name : cut[i]]));
}

// Shapes of 12 px: they differ without colour.  Triangles, rings: the level.  Squares: the record.
const SHAPES = {
  over: '<path d="M6 1 11.5 11H.5Z" fill="currentColor"/>',
  'over-earlier': '<path d="M6 2 10.8 10.5H1.2Z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/>',
  close: '<circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M6 1.25a4.75 4.75 0 0 0 0 9.5Z" fill="currentColor"/>',
  unknown: '<circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 1.9"/>',
  within: '<path d="m2 6.5 2.8 2.8L10.2 3" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"/>',
  peak: '<circle cx="6" cy="6" r="3" fill="none" stroke="currentColor" stroke-width="1.5"/>',
  open: '<rect x="1.25" y="1.25" width="9.5" height="9.5" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 1.8"/>',
  provisional: '<rect x="1.25" y="1.25" width="9.5" height="9.5" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M1.5 10.5V6h9v4.5Z" fill="currentColor"/>',
  closed: '<rect x=".5" y=".5" width="11" height="11" rx="2" fill="currentColor"/>',
  final: '<rect x=".5" y=".5" width="11" height="11" rx="2" fill="currentColor"/><path class="tick" d="m3 6.3 2.2 2.2L9.2 4" fill="none" stroke-width="1.6"/>',
};
export const shape = kind => `<svg class="i" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">${SHAPES[kind] || ''}</svg>`;

export const STATE_WORDS = {
  over: 'Over now', 'over-earlier': 'Over earlier today', unknown: 'Not seen', close: 'Close', within: 'Within', 'no-quantity': 'No quantity known',
};

// An element with text and children; texts are never read as HTML.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}
// Our own shapes only.
export function shaped(kind) {
  const template = document.createElement('template');
  template.innerHTML = shape(kind);
  return template.content.firstChild;
}
// Touches the node only when the text is another one.
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
