// draw.js - a day as steps: 144 periods of ten minutes, drawn as SVG paths that are made once and moved.
import {setAttribute} from './words.js';

export const PERIODS = 144;
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

const PARTS = [['path', 'ghost'], ['path', 'area'], ['path', 'unseen'], ['path', 'level'], ['path', 'bought'], ['path', 'ticks'],
  ['circle', 'ring'], ['circle', 'dot'], ['path', 'hair']];

export function makeChart(host) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('aria-hidden', 'true'); // the tile says it in words, the table in numbers
  const chart = {host, svg};
  for (const [tag, name] of PARTS) {
    chart[name] = svg.appendChild(document.createElementNS(NS, tag));
    chart[name].setAttribute('class', 'c-' + name);
  }
  chart.unseen.setAttribute('fill', 'url(#h-unseen)'); // an attribute: in a style sheet the reference would be the sheet's
  chart.ring.setAttribute('r', 2.75);
  chart.dot.setAttribute('r', 2.5);
  host.replaceChildren(svg);
  return chart;
}

function place(circle, shown, x, y) {
  setAttribute(circle, 'visibility', shown ? 'visible' : 'hidden');
  if (!shown) return;
  setAttribute(circle, 'cx', x.toFixed(1));
  setAttribute(circle, 'cy', y.toFixed(1));
}

// model: values, ghost (144 each), unseen [[from, to)…] in periods, peak, peakAt and now in periods, level, entitled
export function drawChart(chart, model, width, height) {
  const top = model.entitled > 0 ? Math.max(model.entitled, model.peak || 0) * 1.12 : Math.max(1, model.peak || 0, ...model.ghost.map(v => v || 0)) * 1.5;
  const x = i => i / PERIODS * width, y = value => height - Math.min(value, top) / top * (height - 4);
  setAttribute(chart.svg, 'width', width);
  setAttribute(chart.svg, 'height', height);
  setAttribute(chart.ghost, 'd', steps(model.ghost, x, y));
  setAttribute(chart.area, 'd', stepArea(model.values, x, y, height));
  setAttribute(chart.level, 'd', steps(model.values, x, y));
  setAttribute(chart.unseen, 'd', boxes(model.unseen, x, height));
  setAttribute(chart.bought, 'd', model.entitled > 0 ? `M0 ${y(model.entitled).toFixed(1)}H${width}` : '');
  setAttribute(chart.ticks, 'd', [36, 72, 108].map(i => `M${x(i).toFixed(1)} ${height - 3}V${height}`).join('') + `M0 ${height}H${width}`);
  place(chart.ring, model.peak > 0 && model.peakAt != null, x(Math.floor(model.peakAt) + .5), y(model.peak || 0));
  place(chart.dot, model.level != null, x(model.now), y(model.level || 0));
}

export function hair(chart, period) {
  const width = Number(chart.svg.getAttribute('width')), height = Number(chart.svg.getAttribute('height'));
  setAttribute(chart.hair, 'd', period == null ? '' : `M${((period + .5) / PERIODS * width).toFixed(1)} 0V${height}`);
}
