// Draws the part of the run that is in view, anew for each view: a run may have a hundred times more than a browser can hold at once.

const FLIGHTS_MOST = 2500, RECTS_MOST = 4000;
const stage = document.getElementById('stage'), picture = document.getElementById('picture'), heads = document.getElementById('heads');
const view = { from: 0, to: run.end };
const shown = {};          // by the name of a kind, whether it is shown
let searched = '';
let hits = [];             // what can be pointed at, with its place

const layout = { width: 0, height: 0, faults: 70, lanes: 0, gap: 0 };
const laneX = lane => layout.lanes + lane * layout.gap;
const yOf = time => (time - view.from) / (view.to - view.from) * layout.height;
const timeOf = y => view.from + y / layout.height * (view.to - view.from);
const HUES = [212, 268, 178, 86, 318, 44, 235, 150];   // none near the red and orange of what went wrong
const hue = term => HUES[(term + HUES.length - 1) % HUES.length];
const escaped = text => text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const firstLine = (text, most) => {
  const line = text.split('\n', 1)[0];
  return line.length <= most ? line : most < 4 ? '' : line.slice(0, most - 1) + '…';
};
const round = x => Math.round(x * 10) / 10;

const PATTERNS = `<defs>
  <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="7" fill="var(--hatch)"/></pattern>
  <pattern id="paused" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="var(--pause)"/><rect width="6" height="2" fill="var(--pausehatch)"/></pattern>
  <pattern id="standing" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" fill="var(--paper)"/><rect width="3" height="6" fill="var(--elections)"/></pattern>
</defs>`;

/** Remembers what was taken, so that words do not cover words. */
class Room {
  constructor() { this.taken = []; }
  take(x, y, width, height) {
    for (const [a, b, w, h] of this.taken)
      if (x < a + w && a < x + width && y < b + h && b < y + height)
        return false;
    this.taken.push([x, y, width, height]);
    return true;
  }
}

function measure() {
  layout.width = stage.clientWidth;
  layout.height = Math.max(50, stage.clientHeight);
  const columns = blows.length === 0 ? 0 : Math.max(...blows.map(blow => blow.column)) + 1;
  layout.labels = columns === 0 ? 0 : 112;
  const left = layout.faults + columns * 9 + layout.labels;
  layout.gap = Math.max(70, (layout.width - left - 90) / run.lanes.length);
  layout.lanes = left + 34;
}

function drawHeads() {
  let out = '';
  run.lanes.forEach(([name, kind, workload], lane) => {
    const about = kind === 1 ? 'observer' : kind === 2 ? workload : '';
    out += `<text class="name" ${layout.gap < 84 ? 'style="font-size:10.5px"' : ''} text-anchor="middle" x="${laneX(lane)}" y="17">${escaped(name)}</text><text class="sub" text-anchor="middle" x="${laneX(lane)}" y="32" id="now${lane}">${about}</text>`;
  });
  if (blows.length > 0)
    out += `<text class="name blowtext" x="${layout.faults}" y="17">faults</text>`;
  heads.innerHTML = `<text class="sub" x="8" y="17">time</text>${out}`;
}

function draw() {
  hits = [];
  const inView = thing => thing.to >= view.from && thing.from <= view.to;
  const parts = [PATTERNS, drawGrid(), drawShades(blows.filter(inView)), drawLanes(stands.filter(inView)), drawSessions(inView)];
  const thinned = [];
  // Words are given room in the order of their weight, and drawn above everything else.
  const room = new Room(), labels = drawLabels(inView, room);
  const works = drawWorks(thinned), operations = drawOperations(inView, thinned, room), flights = drawFlights(thinned, room);
  picture.innerHTML = [...parts, works, flights, operations, drawMarks(), drawBlows(blows.filter(inView)), labels, drawVerdict()].join('') + '<g id="glow"></g>';
  document.getElementById('range').textContent = `${seconds(view.from, 4)} to ${seconds(view.to, 4)}, ${span(Math.round(view.to - view.from))}`;
  const outside = view.from < run.from - 1 || view.to > run.to + 1;
  const notice = document.getElementById('notice');
  notice.textContent = notice.title = thinned.length > 0
    ? `Too much to draw it all: ${[...new Set(thinned)].join(', ')}. Zoom in.`
    : outside && run.from > view.from && run.from > 0 ? `No messages are drawn before ${seconds(run.from, 2)}: see --draw-from.`
    : outside && run.to < Math.min(view.to, run.end) ? `No messages are drawn after ${seconds(run.to, 2)}: see --draw-from.` : '';
}

function drawGrid() {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 3e7, 6e7];
  const step = steps.find(s => s / (view.to - view.from) * layout.height >= 46) ?? 6e8;
  const digits = step >= 1e6 ? 0 : step >= 1e5 ? 1 : step >= 1e4 ? 2 : step >= 1e3 ? 3 : step >= 100 ? 4 : 6;
  let out = '';
  for (let at = Math.ceil(Math.max(0, view.from) / step) * step; at <= Math.min(view.to, run.end); at += step)
    out += `<line class="grid" x1="${layout.faults - 6}" x2="${layout.width}" y1="${round(yOf(at))}" y2="${round(yOf(at))}"/><text class="time" text-anchor="end" x="${layout.faults - 10}" y="${round(yOf(at) + 4)}">${(at / 1e6).toFixed(digits)}</text>`;
  for (const [lane] of run.lanes.entries())
    out += `<line class="rail" x1="${laneX(lane)}" x2="${laneX(lane)}" y1="${round(Math.max(0, yOf(0)))}" y2="${round(Math.min(layout.height, yOf(run.end)))}"/>`;
  for (const [at, phase] of run.phases)
    if (phase > 0 && at >= view.from && at <= view.to)
      out += `<line class="rail" x1="0" x2="${layout.width}" y1="${round(yOf(at))}" y2="${round(yOf(at))}" stroke-dasharray="8 4"/><text class="sub halo" text-anchor="end" x="${layout.width - 8}" y="${round(yOf(at) - 4)}">${PHASES[phase]}</text>`;
  return out;
}

/** A box between two times, clipped to what is in view so that huge ones stay harmless. */
function box(kind, x, width, from, to, least = 0) {
  const top = Math.max(-20, yOf(from)), bottom = Math.min(layout.height + 20, Math.max(yOf(to), yOf(from) + least));
  return `<rect class="${kind}" x="${round(x)}" width="${width}" y="${round(top)}" height="${round(Math.max(0, bottom - top))}"`;
}

function hit(x, y, width, height, title, text, when) { hits.push({ x, y, width, height, title, text, when }); }

function hitSpan(x, width, from, to, title, text) {
  const top = Math.max(0, yOf(from)), bottom = Math.min(layout.height, Math.max(yOf(to), yOf(from) + 3));
  hit(x, top, width, bottom - top, title, text, from === to ? seconds(from) : `${seconds(from)} to ${seconds(to)}, ${span(to - from)}`);
}

function drawShades(visible) {
  if (!shown.faults)
    return '';
  let out = '';
  for (const blow of visible)
    for (const lane of blow.hit) {
      const x = laneX(lane) - 26;
      if (blow.kind === 'pause')
        out += box('paused', x, 52, blow.from, blow.to) + '/>';
      else if ((blow.kind === 'crash' || blow.kind === 'kill') && !isMember(lane))
        out += box('offline', x, 52, blow.from, blow.to) + '/>';
      else if (blow.kind === 'cut' || blow.kind === 'clog')
        out += box('shade', x, 52, blow.from, blow.to) + '/>' + box('hatch', x, 52, blow.from, blow.to) + '/>';
      else if (blow.lasts)
        out += box('shade', x, 52, blow.from, blow.to) + '/>';
    }
  return out;
}

function drawLanes(visible) {
  const wide = { leader: 16, follower: 10, candidate: 14, seeking: 8, starting: 8 };
  let out = '';
  for (const s of visible) {
    const x = laneX(s.lane);
    if (s.state === 'down')
      out += `<line class="down" x1="${x}" x2="${x}" y1="${round(Math.max(0, yOf(s.from)))}" y2="${round(Math.min(layout.height, yOf(s.to)))}"/>`;
    else
      out += box(s.state, x - wide[s.state] / 2, wide[s.state], s.from, s.to, 2) + ` style="--h:${round(hue(s.term))}" rx="2"/>`;
    hitSpan(x - 8, 16, s.from, s.to, run.lanes[s.lane][0], standText(s));
  }
  return out;
}

function drawSessions(inView) {
  let out = '';
  if (shown.sessions)
    for (const s of sessions.filter(inView)) {
      const x = laneX(s.lane) - 9, [top, bottom] = [Math.max(-20, yOf(s.from)), Math.min(layout.height + 20, yOf(s.to))];
      out += `<rect class="session" x="${x}" width="18" y="${round(top)}" height="${round(bottom - top)}" rx="5"/>`;
      hitSpan(x, 4, s.from, s.to, run.lanes[s.lane][0], `session ${s.id}, timeout ${s.timeout} ms${s.how ? `; ${s.how}` : ''}`);
    }
  if (shown.tenures)
    for (const t of tenures.filter(t => inView(t) || (t.fence >= view.from && t.from <= view.to))) {
      const x = laneX(t.lane);
      out += box('tenure', x - 20, 40, t.from, t.to, 2) + ' rx="3"/>';
      if (t.fence > t.from)
        out += `<line class="fence" x1="${x - 26}" x2="${x + 26}" y1="${round(yOf(t.fence))}" y2="${round(yOf(t.fence))}"/>`;
      hitSpan(x - 22, 5, t.from, t.to, run.lanes[t.lane][0], `its turn in ${t.queue}, token ${t.token}${t.fence > t.from ? `; its fence stood at ${seconds(t.fence)}` : ''}`);
    }
  for (const c of connections.filter(inView)) {
    const x = laneX(c.lane);
    out += `<line class="joined" x1="${x}" x2="${x}" y1="${round(Math.max(-20, yOf(c.from)))}" y2="${round(Math.min(layout.height + 20, yOf(c.to)))}"/>`;
    hitSpan(x - 5, 10, c.from, c.to, run.lanes[c.lane][0], `connected to member ${c.server}, session ${c.id}`);
  }
  return out;
}

/** As many of the things as can be drawn: all, or every so many-th. */
function thin(things, most, name, thinned) {
  if (things.length <= most)
    return things;
  const every = Math.ceil(things.length / most);
  thinned.push(`1 of ${every} ${name}`);
  return things.filter((thing, i) => i % every === 0 || thing.isLost || thing.layer === 0 || thing.failed);
}

function drawWorks(thinned) {
  const visible = works.filter(work => work.to >= view.from && work.from <= view.to && (work.flush ? shown.flushes : shown.writes));
  let out = '';
  for (const work of thin(visible, RECTS_MOST, 'disk requests', thinned)) {
    const x = laneX(work.lane) - (work.flush ? 17 : 22);
    out += box(work.failed ? 'failed' : work.flush ? 'flush' : 'written', x, 4, work.from, work.to, 1.2) + '/>';
    hitSpan(x - 1, 6, work.from, work.to, `disk of ${run.lanes[work.lane][0]}`, `${work.text}: ${work.how}`);
  }
  return out;
}

function drawFlights(thinned, room) {
  const visible = flights.filter(f => f.until >= view.from && f.sent <= view.to && shown[LAYERS[f.layer]]);
  const drawn = thin(visible, FLIGHTS_MOST, 'messages', thinned);
  let lines = '', crosses = '', texts = '';
  for (const flight of drawn) {
    const toRight = laneX(flight.to) > laneX(flight.from);
    const inset = toRight ? 9 : -9;
    const [x1, y1] = [laneX(flight.from) + inset, yOf(flight.sent)];
    const [x2full, y2full] = [laneX(flight.to) - inset, yOf(flight.arrives >= 0 ? flight.arrives : flight.until)];
    // Lost at once: a stump. Lost on the way: as far as it came. Not arrived when the run ended: likewise.
    let part = 1;
    if (flight.arrives < 0)
      part = 0.22;
    else if (flight.until < flight.arrives)
      part = Math.max(0.1, (flight.until - flight.sent) / (flight.arrives - flight.sent));
    const x2 = x1 + (x2full - x1) * part, y2 = flight.arrives < 0 && flight.isLost ? y1 + 4 : y1 + (y2full - y1) * part;
    const found = searched !== '' && flight.text.toLowerCase().includes(searched);
    const kind = `msg l${flight.layer}${flight.copy ? ' copy' : ''}${searched === '' ? '' : found ? ' found' : ' faint'}`;
    lines += `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
    if (flight.isLost)
      crosses += `<path class="cross" d="M${round(x2 - 4)} ${round(y2 - 4)}l8 8m0 -8l-8 8"/>`;
    else if (part === 1 && drawn.length < 900) {
      const angle = Math.atan2(y2 - y1, x2 - x1), [a, b] = [angle + 2.75, angle - 2.75];
      lines += `<path class="${kind}" d="M${round(x2 + 7 * Math.cos(a))} ${round(y2 + 7 * Math.sin(a))}L${round(x2)} ${round(y2)}L${round(x2 + 7 * Math.cos(b))} ${round(y2 + 7 * Math.sin(b))}"/>`;
    }
    hits.push({ x1, y1, x2, y2, flight });
    if (shown.labels && (searched === '' ? drawn.length <= 140 : found))
      texts += flightText(flight, room, x1, y1, x2, y2);
  }
  return lines + crosses + texts;
}

/** What a message says, along its line, if there is room for a part that tells something. */
function flightText(flight, room, x1, y1, x2, y2) {
  const neighbour = x1 + Math.sign(x2 - x1) * (layout.gap - 18);
  const reach = Math.min(Math.abs(x2 - x1), Math.abs(neighbour - x1));
  const slope = (y2 - y1) / (x2 - x1 || 1), length = reach * Math.hypot(1, slope);
  const text = firstLine(flight.text, Math.floor((length - 16) / 5.6));
  if (text.length < 4 || Math.abs(slope) > 1.2)
    return '';
  const left = x2 > x1 ? x1 + 8 : x1 - reach + 8, y = y1 + slope * (left - x1) - 3;
  const width = text.length * 5.6, drop = Math.abs(slope) * width;
  if (y < 8 || y > layout.height || !room.take(left, Math.min(y, y + slope * width) - 9, width, 11 + drop))
    return '';
  const turn = Math.atan(slope) * 180 / Math.PI;
  return `<text class="said l${flight.layer} halo" transform="translate(${round(left)} ${round(y)}) rotate(${round(turn)})">${escaped(text)}</text>`;
}

function drawOperations(inView, thinned, room) {
  const visible = operations.filter(o => inView(o) && shown[o.kind === 0 ? 'heartbeats' : 'operations']);
  let out = '', texts = '';
  for (const o of thin(visible, RECTS_MOST, 'operations', thinned)) {
    const x = laneX(o.lane) + 13 + o.column * 7;
    const kind = o.fate === 2 ? 'o3' : o.fate === 0 ? 'o4' : `o${o.kind}`;
    out += box(kind, x, 5, o.from, o.to, 2) + ' rx="1"/>';
    if (accusedOperations.has(o.number))
      out += box('verdict', x - 2.5, 10, o.from, o.to, 4) + ' rx="3"/>';
    hitSpan(x, 6, o.from, o.to, `${run.lanes[o.lane][0]}, operation ${o.number}${o.server ? `, asked of member ${o.server}` : ''}`,
      `${o.text}\n${o.answer ? '→ ' + o.answer : FATES[o.fate]}`);
    const y = Math.max(yOf(o.from), 0) + 9, at = laneX(o.lane) + 20 + Math.min(7, columnsAt(o.lane)) * 7;
    if (!shown.labels || visible.length > 250 || yOf(o.from) < -20)
      continue;
    const width = (o.lane === run.lanes.length - 1 ? layout.width : laneX(o.lane + 1) - 26) - at - 6;
    const text = firstLine(`${o.text}${o.answer ? ' → ' + o.answer : ''}`, Math.floor(width / 5.9));
    if (text.length > 6 && room.take(at, y - 9, text.length * 5.9, 12))
      texts += `<text class="sub halo" x="${at}" y="${round(y)}">${escaped(text)}</text>`;
  }
  return out + texts;
}

const columnsAt = (() => {
  const most = run.lanes.map(() => 1);
  for (const o of operations)
    most[o.lane] = Math.max(most[o.lane], o.column + 1);
  return lane => most[lane];
})();

function drawMarks() {
  let out = '';
  const within = thing => thing.at >= view.from && thing.at <= view.to;
  if (shown.commits) {
    let last = '';
    for (const c of commits) {
      if (!within(c))
        continue;
      const x = laneX(c.lane), y = yOf(c.at), place = `${c.lane} ${Math.round(y * 2)}`;
      if (place !== last)
        out += `<line class="commit" x1="${x + 9}" x2="${x + 16}" y1="${round(y)}" y2="${round(y)}"/>`;
      last = place;
      hit(x + 8, y - 2, 9, 4, run.lanes[c.lane][0], `knows ${c.first === c.last ? `entry ${c.first}` : `entries ${c.first} to ${c.last}`} to be committed\n${c.text}`, seconds(c.at));
    }
  }
  if (shown.watches)
    for (const e of events.filter(within)) {
      const x = laneX(e.lane), y = yOf(e.at);
      out += `<path class="event" d="M${x - 15} ${round(y)}l5 -4v8z"/>`;
      hit(x - 16, y - 4, 7, 8, run.lanes[e.lane][0], `watch event: ${e.text}`, seconds(e.at));
    }
  if (shown.sayings)
    for (const s of sayings.filter(within)) {
      const x = laneX(s.lane) - 27, y = yOf(s.at);
      out += `<circle class="saying ${LEVELS[s.level]}" cx="${x}" cy="${round(y)}" r="${s.level >= 2 ? 4 : 3}"/>`;
      hit(x - 4, y - 4, 8, 8, run.lanes[s.lane][0], `${s.level >= 2 ? LEVELS[s.level] + ': ' : ''}${s.text}`, seconds(s.at));
    }
  return out;
}

function drawBlows(visible) {
  if (!shown.faults)
    return '';
  const room = new Room();
  let out = '';
  const textX = layout.lanes - 34 - layout.labels;
  for (const blow of visible) {
    const x = layout.faults + blow.column * 9, y = Math.max(10, yOf(blow.from) + 4);
    if (blow.lasts)
      out += box('blow', x, 6, blow.from, blow.to, 3) + ' rx="2"/>';
    else {
      out += `<path class="blow" d="M${x + 3} ${round(yOf(blow.from) - 5)}l5 5l-5 5l-5 -5z"/>`;
      for (const lane of blow.hit)
        out += `<path class="blow" d="M${laneX(lane) + 20} ${round(yOf(blow.from) - 5)}l5 5l-5 5l-5 -5z"/>`;
    }
    hitSpan(x - 1, 9, blow.from, blow.to, 'fault', blow.text);
    // What began above the view is told at its top, one below the other.
    let at = y, tries = blow.from < view.from ? 8 : 1;
    while (tries > 0 && !room.take(textX, at - 9, layout.labels - 8, 11)) {
      at += 12;
      tries--;
    }
    if (tries > 0)
      out += `<text class="blowtext halo" x="${textX}" y="${round(at)}">${escaped(firstLine(blow.text.replace(/^at \S+ /, ''), 19))}</text>`;
  }
  return out;
}

/** Who became what, beside the lane; the weightier first where there is no room for all. */
function drawLabels(inView, room) {
  const labels = [];
  for (const s of stands)
    if (s.from >= view.from && s.from <= view.to)
      labels.push({ lane: s.lane, at: s.from, rank: ['leader', 'down', 'candidate', 'starting', 'seeking', 'follower'].indexOf(s.state),
        text: { leader: `★ leads term ${s.term}`, down: 'gone', candidate: `stands, term ${s.term}`, starting: 'starts', seeking: '', follower: `follows ${s.leader}` }[s.state] });
  for (const c of connections)
    if (c.from >= view.from && c.from <= view.to)
      labels.push({ lane: c.lane, at: c.from, rank: 4, text: `to member ${c.server}` });
  for (const s of sessions)
    if (s.how !== '' && s.to >= view.from && s.to <= view.to)
      labels.push({ lane: s.lane, at: s.to, rank: 1, text: s.how === 'expired' ? 'session expired' : `session ${s.how}` });
  // What began above the view is told at its top.
  for (const s of stands.filter(inView))
    if (s.from < view.from && s.state !== 'down')
      labels.push({ lane: s.lane, at: view.from, rank: 3, text: s.state === 'leader' ? `★ leads term ${s.term}` : standText(s).replace('member ', '').split(' in ')[0] });
  labels.sort((a, b) => a.rank - b.rank || a.at - b.at);
  let out = '';
  for (const label of labels) {
    const width = label.text.length * (label.rank === 0 ? 6.9 : 6.1) + 8, y = Math.max(11, yOf(label.at) + 4);
    const x = laneX(label.lane) + (laneX(label.lane) + 18 + width > layout.width ? -18 - width : 16);
    if (label.text !== '' && room.take(x, y - 11, width, 14))
      out += `<rect class="plate" x="${round(x)}" y="${round(y - 10.5)}" width="${round(width)}" height="14" rx="3"/><text x="${round(x + 4)}" y="${round(y)}" ${label.rank === 0 ? 'font-weight="600"' : ''}>${escaped(label.text)}</text>`;
  }
  return out;
}

function drawVerdict() {
  const pin = document.getElementById('pin');
  pin.style.display = 'none';
  if (!verdict || verdict.at < view.from || verdict.at > view.to)
    return '';
  const y = yOf(verdict.at);
  let out = `<line class="verdict" x1="0" x2="${layout.width}" y1="${round(y)}" y2="${round(y)}"/>`;
  for (const lane of accused)
    if (lane >= 0)
      out += `<circle class="verdict" cx="${laneX(lane)}" cy="${round(y)}" r="15"/>`;
  pin.innerHTML = `<b>${escaped(verdict.judge)}, ${seconds(verdict.at)}</b><br>${escaped(verdict.text)}`;
  pin.style.display = 'block';
  pin.style.left = `${layout.faults}px`;
  pin.style.top = `${round(Math.min(y + 20, layout.height - pin.offsetHeight - 6))}px`;
  return out;
}
