// draw.js - a day as steps: periods of ten minutes, 144 of them but where clocks change, drawn as SVG paths that are made once
// and moved.  What was bought is a line, and the same share of it lies at the same height in every chart of a page.
import {put, setAttribute} from './words.js';

const NS = 'http://www.w3.org/2000/svg';

// A level holds until it changes, so it is drawn as steps; null is "not seen" and breaks the line.
export function steps(values, x, y) {
  let d = '', pen = false;
  values.forEach((value, i) => {
    if (value == null) { pen = false; return; }
    d += (pen ? `V${y(value).toFixed(1)}` : `M${x(i).toFixed(1)} ${y(value).toFixed(1)}`) + `H${x(i + 1).toFixed(1)}`;
    pen = true;
  });
  return d;
}

// Closed shapes, one a stretch that was seen.
export function stepArea(values, x, y, base) {
  let d = '', start = -1;
  for (let i = 0; i <= values.length; i++) {
    if (values[i] != null && start < 0) start = i;
    if (values[i] == null && start >= 0) {
      d += `M${x(start).toFixed(1)} ${base}`;
      for (let k = start; k < i; k++) d += `V${y(values[k]).toFixed(1)}H${x(k + 1).toFixed(1)}`;
      d += `V${base}Z`;
      start = -1;
    }
  }
  return d;
}

// What was not seen, as boxes over the whole height.
function boxes(spans, x, height) {
  return spans.map(([from, to]) => `M${x(from).toFixed(1)} 0H${x(to).toFixed(1)}V${height}H${x(from).toFixed(1)}Z`).join('');
}

const PARTS = [['path', 'ghost'], ['path', 'area'], ['path', 'unseen'], ['path', 'above'], ['path', 'level'], ['path', 'aboveline'], ['path', 'bought'], ['path', 'burst'],
  ['path', 'ticks'], ['circle', 'ring'], ['circle', 'dot'], ['path', 'hair'], ['text', 'boughttext'], ['text', 'bursttext']];
let made = 0;
const element = (parent, tag, name) => {
  const child = parent.appendChild(document.createElementNS(NS, tag));
  child.setAttribute('class', 'c-' + name);
  return child;
};

export function makeChart(host) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('aria-hidden', 'true'); // the tile says it in words, the table in numbers
  const chart = {host, svg, times: []}, clip = svg.appendChild(document.createElementNS(NS, 'clipPath'));
  clip.id = 'above-' + made++;
  chart.clip = clip.appendChild(document.createElementNS(NS, 'path'));
  for (const [tag, name] of PARTS) chart[name] = element(svg, tag, name);
  for (let i = 0; i < 3; i++) chart.times.push(element(svg, 'text', 'time'));
  for (const part of [chart.above, chart.aboveline]) part.setAttribute('clip-path', `url(#${clip.id})`);
  chart.unseen.setAttribute('fill', 'url(#h-unseen)'); // attributes: in a style sheet the reference would be the sheet's
  chart.above.setAttribute('fill', 'url(#h-over)');
  host.replaceChildren(svg);
  return chart;
}

function place(circle, shown, x, y, r) {
  setAttribute(circle, 'visibility', shown ? 'visible' : 'hidden');
  if (!shown) return;
  setAttribute(circle, 'r', r);
  setAttribute(circle, 'cx', x.toFixed(1));
  setAttribute(circle, 'cy', y.toFixed(1));
}
function write(text, words, x, y) {
  put(text, words);
  if (!words) return;
  setAttribute(text, 'x', x.toFixed(1));
  setAttribute(text, 'y', y.toFixed(1));
}

// The one scale of a page: how many times what was bought the top of each chart is.  A single item far above would flatten
// all others, so it is drawn at the edge from 1.6 times on; its number says the rest.
export const scaleOf = shares => 1.06 * Math.min(1.6, Math.max(1.1, ...shares));

// model: values, ghost, unseen [[from, to)…] in periods, count of them, peak, peakAt and now in periods, level, entitled, burst, scale,
// ticks [[period, words]…], axis: words too (a wide tile), words {bought, burst}
export function drawChart(chart, model, width, height) {
  const unit = model.axis ? parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 : 0;
  const base = height - 18 * unit, head = model.axis ? 18 * unit : 4, bought = model.entitled, over = bought !== null && model.peak > bought;
  const top = bought > 0 ? bought * model.scale : Math.max(1, model.peak || 0, ...model.ghost.map(v => v || 0)) * 1.5;
  const x = i => i / model.count * width, y = value => base - Math.min(value, top) / top * (base - head);
  const area = stepArea(model.values, x, y, base), level = steps(model.values, x, y);
  setAttribute(chart.svg, 'width', width);
  setAttribute(chart.svg, 'height', height);
  setAttribute(chart.ghost, 'd', steps(model.ghost, x, y));
  setAttribute(chart.area, 'd', area);
  setAttribute(chart.level, 'd', level);
  setAttribute(chart.unseen, 'd', boxes(model.unseen, x, base));
  setAttribute(chart.clip, 'd', over ? `M0 0H${width}V${y(bought).toFixed(1)}H0Z` : '');
  setAttribute(chart.above, 'd', over ? area : '');
  setAttribute(chart.aboveline, 'd', over ? level : '');
  setAttribute(chart.bought, 'd', bought !== null ? `M0 ${y(bought).toFixed(1)}H${width}` : '');
  setAttribute(chart.burst, 'd', bought > 0 && model.burst > 0 && bought + model.burst <= top ? `M0 ${y(bought + model.burst).toFixed(1)}H${width}` : '');
  setAttribute(chart.ticks, 'd', model.ticks.map(([i]) => `M${x(i).toFixed(1)} ${model.axis ? base : base - 3}v${model.axis ? 4 : 3}`).join('') + `M0 ${base}H${width}`);
  chart.times.forEach((text, k) => write(text, model.axis && model.ticks[k] ? model.ticks[k][1] : '', x(model.ticks[k]?.[0] ?? 0), base + 14 * unit));
  write(chart.boughttext, model.axis && bought !== null ? model.words.bought : '', 14 * unit, bought > 0 ? y(bought) + 13 * unit : base - 5 * unit);
  write(chart.bursttext, model.axis && chart.burst.getAttribute('d') ? model.words.burst : '', 14 * unit, y(bought + model.burst) - 5 * unit);
  setAttribute(chart.ring, 'class', over ? 'c-ring above' : 'c-ring');
  place(chart.ring, model.peak > 0 && model.peakAt != null, x(Math.floor(model.peakAt) + .5), y(model.peak || 0), model.axis ? 3.5 : 2.75);
  place(chart.dot, model.level != null, x(model.now), y(model.level || 0), 2.5);
}

export function hair(chart, period, count) {
  const width = Number(chart.svg.getAttribute('width')), height = Number(chart.svg.getAttribute('height'));
  setAttribute(chart.hair, 'd', period == null ? '' : `M${((period + .5) / count * width).toFixed(1)} 0V${height}`);
}
