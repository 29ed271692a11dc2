// app.js - the frame of every view: address, scope, theme, keys, and the one stream of the page.
import {$, $$, ageOf, make, minuteOf, number, ownZone, put, secondOf, shaped, sinceOf} from './words.js';
import {ask, Stream} from './feed.js';
import {NowView} from './now.js';
import {DaysView} from './days.js';
import {ExplainView} from './explain.js';

const VIEWS = {now: {make: NowView, title: 'Now'}, days: {make: DaysView, title: 'Days'}, explain: {make: ExplainView, title: 'Explain', whole: true}}; // whole: of more than a scope
const root = document.documentElement;
const page = {view: null, name: null, scope: {scope: 'system'}, tenants: [], catalog: [], stream: null, state: 'loading', lost: null, note: null};

// --- the address: #now, #days?scope=tenant&id=101 -----------------------------------------------
function readAddress() {
  const [name, query] = location.hash.slice(1).split('?');
  const asked = new URLSearchParams(query);
  if (asked.get('theme')) root.dataset.theme = asked.get('theme');
  return {name: VIEWS[name] ? name : 'now', asked, scope: asked.get('scope') === 'tenant' && asked.get('id') ? {scope: 'tenant', id: asked.get('id')} : {scope: 'system'}};
}
function address(name, scope) {
  const theme = readAddress().asked.get('theme');
  const query = new URLSearchParams({...(scope.id ? scope : {}), ...(theme ? {theme} : {})}).toString();
  return '#' + name + (query ? '?' + query : '');
}
export const sameScope = (a, b) => a.scope === b.scope && a.id === b.id;
const scopeName = () => page.scope.id ? page.tenants.find(tenant => String(tenant.id) === page.scope.id)?.name || 'Tenant ' + page.scope.id : 'System';

function follow() {
  const {name, scope} = readAddress(), own = VIEWS[name].whole ? location.hash : name;
  const changed = !sameScope(scope, page.scope);
  page.scope = scope;
  if (changed || !page.stream) connect();
  if (changed || page.own !== own) {
    page.view?.close();
    page.name = name;
    page.own = own;
    page.view = new VIEWS[name].make($('#view'), page);
    if (page.stream?.now) page.view.state(page.stream.now);
  }
  for (const link of $$('.views a')) {
    link.href = address(link.dataset.view, scope);
    link.toggleAttribute('aria-current', link.dataset.view === name);
    if (link.dataset.view === name) link.setAttribute('aria-current', 'page');
  }
  showScope();
}
function showScope() {
  put($('#scope-name'), scopeName());
  put($('#scope-more'), page.scope.id ? '' : page.tenants.length === 1 ? '1 tenant' : page.tenants.length ? number(page.tenants.length) + ' tenants' : '');
  document.title = `${VIEWS[page.name].title} · ${scopeName()} · Seatmeter`;
}

// --- the stream ----------------------------------------------------------------------------------
function connect() {
  page.stream?.close();
  page.lost = page.note = null;
  setState('loading');
  page.stream = new Stream(page.scope, {
    onState(now) { page.lost = null; setState(heard(now) ? 'live' : 'empty'); trust(now); page.view.state(now); },
    onLost(since, retryAt) { page.lost = {since, retryAt}; setState(since ? 'lost' : 'loading'); page.view.trouble?.(); problems(); },
    onBack(since, until) {
      if (!since) return;
      const zone = page.stream?.now?.zone || 'UTC';
      page.note = {text: `Connected again. ${secondOf(since, zone)}–${secondOf(until, zone)} has been filled in.`, until: Date.now() + 10000};
      page.view.refill?.();
    },
  });
}
// A scope that is unknown answers 404, which an event stream cannot say.
async function problems() {
  try { await ask('/api/v1/now?' + new URLSearchParams(page.scope)); } catch (problem) { if (problem.status >= 400 && problem.status < 500) page.view.refuse?.(problem.message); }
}
const heard = now => now.as_of !== null && (now.sources.some(source => source.name !== 'api') || now.rows.some(row => row.peak > 0 || row.level > 0));

const LIVE_WORDS = {loading: 'Connecting', live: 'Live', empty: 'Connected, nothing heard', lost: 'Not connected'};
function setState(state) {
  page.state = state;
  root.dataset.state = state;
  put($('#live'), LIVE_WORDS[state]);
}

function trust(now) {
  put($('#as-of'), now.as_of ? secondOf(now.as_of, now.zone) : '–');
  put($('#zone'), now.zone);
  put($('#your-clock'), ownZone === now.zone ? '' : `· your clock ${minuteOf(Date.now(), ownZone)}, ${ownZone}`);
  const list = $('#sources'), sources = now.sources.filter(source => !source.retired && source.name !== 'api'); // what is written here is here
  while (list.children.length > sources.length + 1) list.lastChild.remove();
  sources.forEach((source, i) => {
    const known = source.age_seconds !== null, bad = source.silent;
    let entry = list.children[i];
    const look = known ? bad ? 'bad' : 'good' : 'mute';
    if (!entry || entry.dataset.name !== source.name || !entry.classList.contains(look)) {
      const made = make('li', {'data-name': source.name, class: look}, known ? shaped(bad ? 'unknown' : 'within') : '', make('b', {}, source.name), make('span'));
      entry ? entry.replaceWith(made) : list.append(made);
      entry = made;
    }
    entry.classList.toggle('late', !bad && source.age_seconds > 5);
    put(entry.lastChild, !known ? (source.kind === 'entitlement' ? '' : 'has not said how far it is') : bad ? `silent since ${sinceOf(source.watermark, now.zone)}, ${ageOf(source.age_seconds)}` : ageOf(source.age_seconds));
    entry.title = known ? `All rows before ${source.watermark} are in` : '';
  });
  let more = list.querySelector('.more');
  if (!more) more = make('li', {class: 'more good'}, shaped('within'), make('span'));
  // On a narrow page those that are well fold to their number.
  const good = sources.filter(source => !source.silent && !(source.age_seconds > 5)).length;
  put(more.lastChild, good === sources.length ? `${number(good)} heard` : `${number(good)} others heard`);
  more.hidden = good === 0;
  list.append(more);
}

// --- scope picker --------------------------------------------------------------------------------
const picker = $('#picker'), search = $('#picker-search');
function listScopes() {
  const wanted = search.value.trim().toLowerCase();
  const all = [{id: null, name: 'System', text: 'all tenants together'}, ...page.tenants.map(tenant => ({id: String(tenant.id), name: tenant.name || 'Tenant ' + tenant.id, text: String(tenant.id)}))];
  const found = all.filter(scope => !wanted || scope.name.toLowerCase().includes(wanted) || scope.text.includes(wanted));
  $('#picker-list').replaceChildren(...found.slice(0, 60).map(scope => make('li', {},
    make('a', {'aria-current': (page.scope.id || null) === scope.id ? 'true' : null, href: address(page.name, scope.id ? {scope: 'tenant', id: scope.id} : {})}, make('b', {}, scope.name), make('i', {}, scope.text)))));
  put($('#picker-none'), found.length ? '' : `No tenant contains “${search.value.trim()}”.`);
  $('#picker-none').hidden = found.length > 0;
}
async function openPicker() {
  search.value = '';
  listScopes();
  picker.showModal();
  await loadTenants();
  listScopes();
}
async function loadTenants() {
  try { page.tenants = (await ask('/api/v1/tenants')).tenants; showScope(); } catch { /* the stream says that nobody answers */ }
}
search.addEventListener('input', listScopes);
search.addEventListener('keydown', event => {
  if (event.key === 'Enter') { event.preventDefault(); $('#picker-list a')?.click(); }
  if (event.key === 'ArrowDown') { event.preventDefault(); $('#picker-list a')?.focus(); }
});
$('#picker-list').addEventListener('click', event => { if (event.target.closest('a')) picker.close(); });
$('#picker-list').addEventListener('keydown', event => {
  const links = $$('#picker-list a'), at = links.indexOf(document.activeElement);
  if (event.key === 'ArrowDown') { event.preventDefault(); links[Math.min(at + 1, links.length - 1)]?.focus(); }
  if (event.key === 'ArrowUp') { event.preventDefault(); at > 0 ? links[at - 1].focus() : search.focus(); }
});
for (const dialog of $$('dialog')) dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
$('#scope').addEventListener('click', openPicker);

// --- theme and keys ------------------------------------------------------------------------------
try { if (localStorage.theme) root.dataset.theme = localStorage.theme; } catch { /* storage may be off */ }
$('#theme').addEventListener('click', () => {
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  try { localStorage.theme = root.dataset.theme; } catch { /* kept for this page only */ }
});

let gAt = 0;
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input,textarea,select,dialog[open]')) return;
  const second = Date.now() - gAt < 1500;
  gAt = 0;
  if (second && event.key === 'n') location.hash = address('now', page.scope);
  else if (second && event.key === 'd') location.hash = address('days', page.scope);
  else if (event.key === 'g') gAt = Date.now();
  else if (event.key === '/') { event.preventDefault(); openPicker(); }
  else if (event.key === 't') page.view.toggleTable?.();
  else if (event.key === 'e') $('a.pk[href]', document.activeElement.closest?.('li') || document)?.click();
  else if (event.key === '?') $('#keys').showModal();
});
$('.skip').addEventListener('click', event => { event.preventDefault(); $('#main').focus(); });

setInterval(() => page.view?.tick?.(), 1000);
addEventListener('hashchange', follow);
try { page.catalog = (await ask('/api/v1/catalog')).items; } catch { /* names are codes then */ }
follow();
loadTenants();
