// Moving, zooming, pointing, the legend and the list of what happened.

const $ = id => document.getElementById(id);
const LEAST_SPAN = 200;

const LEGEND = [
  ['', 'Members'],
  [null, 'leads; a colour for each term', '<rect class="leader" style="--h:212" x="14" y="1" width="16" height="16" rx="2"/>'],
  [null, 'follows the leader of that colour', '<rect class="follower" style="--h:212" x="17" y="1" width="10" height="16" rx="2"/>'],
  [null, 'stands for election', '<rect class="candidate" style="--h:212" x="15" y="1" width="14" height="16" rx="2"/>'],
  [null, 'knows no leader', '<rect class="seeking" style="--h:212" x="18" y="1" width="8" height="16"/>'],
  [null, 'not running', '<line class="down" x1="22" x2="22" y1="0" y2="18"/>'],
  ['commits', 'learns of a commit', '<line class="commit" x1="18" x2="26" y1="9" y2="9"/>'],
  ['flushes', 'flushes its disk', '<rect class="flush" x="20" y="2" width="4" height="14"/>'],
  ['writes', 'writes to its disk', '<rect class="written" x="20" y="2" width="4" height="14"/>'],
  ['sayings', 'says something', '<circle class="saying" cx="15" cy="9" r="3"/><circle class="warning" cx="29" cy="9" r="4"/>'],
  ['', 'Messages'],
  ...[
    ['elections', 'votes'], ['replication', 'entries, acknowledged'], ['heartbeats', 'heartbeats and pings'], ['forwarding', 'passed on to the leader'],
    ['claims', 'touches and syncs'], ['snapshots', 'snapshots'], ['introductions', 'greetings'], ['clients', 'requests and replies'],
    ['watches', 'watch events'], ['connections', 'connections and sessions'],
  ].map(([key, text]) => [key, text, `<line class="msg l${LAYERS.indexOf(key)}" x1="2" y1="3" x2="42" y2="15"/>`]),
  [null, 'lost', '<line class="msg l1" x1="2" y1="5" x2="22" y2="10"/><path class="cross" d="M18 6l8 8m0 -8l-8 8"/>'],
  [null, 'doubled by the network', '<line class="msg l1 copy" x1="2" y1="3" x2="42" y2="15"/>'],
  ['labels', 'in words, where there is room', '<text x="2" y="13" class="said l1">append</text>'],
  ['', 'Clients'],
  ['operations', 'write · read · fate unknown', '<rect class="o2" x="8" y="1" width="6" height="16"/><rect class="o1" x="19" y="1" width="6" height="16"/><rect class="o3" x="30" y="1" width="6" height="16"/>'],
  ['sessions', 'session, connected or not', '<rect class="session" x="13" y="1" width="18" height="16" rx="5"/><line class="joined" x1="22" x2="22" y1="1" y2="11"/>'],
  ['tenures', 'its turn in a queue, and its fence', '<rect class="tenure" x="6" y="1" width="32" height="11" rx="3"/><line class="fence" x1="2" x2="42" y1="14" y2="14"/>'],
  ['', 'Faults'],
  ['faults', 'at the left, and on lanes', '<path class="blow" d="M10 4l5 5l-5 5l-5 -5z"/><rect class="blow" x="26" y="2" width="6" height="14"/>'],
  [null, 'cut off or clogged', '<rect class="shade" x="2" y="1" width="40" height="16"/><rect class="hatch" x="2" y="1" width="40" height="16"/>'],
  [null, 'paused', '<rect class="paused" x="2" y="1" width="40" height="16"/>'],
];

function makeLegend() {
  const counts = { commits: commits.length, operations: operations.filter(o => o.kind > 0).length, flushes: works.filter(w => w.flush).length,
    writes: works.filter(w => !w.flush).length, sayings: sayings.length, sessions: sessions.length, tenures: tenures.length, faults: blows.length };
  for (const flight of flights)
    counts[LAYERS[flight.layer]] = (counts[LAYERS[flight.layer]] ?? 0) + 1;
  let out = PATTERNS.replace('<defs>', '<svg style="display:none"><defs>') + '</svg>';
  for (const [key, text, sample] of LEGEND) {
    if (key === '') {
      out += `<h2>${text}</h2>`;
      continue;
    }
    if (key !== null)
      shown[key] = key !== 'heartbeats' && key !== 'writes';
    const count = key !== null && key in counts ? `<small>${counts[key].toLocaleString('en')}</small>` : '';
    out += `<label class="${key === null ? 'fixed' : shown[key] ? '' : 'hidden'}">${key === null ? '' : `<input type="checkbox" data-kind="${key}" ${shown[key] ? 'checked' : ''}>`}<svg>${sample}</svg>${text}${count}</label>`;
  }
  $('legend').innerHTML = out;
  $('legend').addEventListener('change', change => {
    shown[change.target.dataset.kind] = change.target.checked;
    change.target.parentElement.classList.toggle('hidden', !change.target.checked);
    refresh();
  });
}

// Where the page begins: close enough to read, at the violation or at the first fault.
function firstView() {
  const focus = verdict ? verdict.at : blows.length > 0 ? blows[0].from : Math.max(0, run.from);
  const near = flights.filter(f => f.layer !== 2).map(f => f.sent).filter(t => verdict ? t <= focus : t >= focus);
  const enough = verdict ? near.slice(-60)[0] : near[60];
  const times = flights.filter(f => f.arrives >= 0).map(f => f.arrives - f.sent).sort((a, b) => a - b);
  const usual = times[times.length >> 1] ?? 1000;
  const width = Math.max(2000, Math.min(run.end, 30 * usual, Math.abs((enough ?? (verdict ? 0 : run.end)) - focus))) * 1.25;
  return verdict ? [focus - width * 0.78, focus + width * 0.22] : [focus - width * 0.1, focus + width * 0.9];
}

let pending = false;
function refresh() {
  if (pending)
    return;
  pending = true;
  requestAnimationFrame(() => {
    pending = false;
    draw();
    drawOverview();
    markStory();
    forget();
  });
}

/** Keeps what happened in view, or last before it, in view in the list, too. */
function markStory() {
  let last = null;
  for (const [i, item] of [...$('story').children].entries()) {
    item.classList.toggle('now', story[i].at >= view.from && story[i].at <= view.to);
    if (story[i].at <= view.to)
      last = item;
  }
  const box = $('told');
  if (last && (last.offsetTop < box.scrollTop || last.offsetTop + last.offsetHeight > box.scrollTop + box.clientHeight))
    box.scrollTop = last.offsetTop + last.offsetHeight - box.clientHeight * 0.8;
}

function show(from, to) {
  const width = Math.max(LEAST_SPAN, Math.min(to - from, run.end * 1.1));
  const middle = (from + to) / 2;
  view.from = Math.max(-width * 0.1, Math.min(middle - width / 2, run.end + width * 0.3 - width));
  view.to = view.from + width;
  refresh();
}

const move = by => show(view.from + by, view.to + by);
const zoom = (factor, at = (view.from + view.to) / 2) => show(at - (at - view.from) * factor, at + (view.to - at) * factor);
const centre = at => show(at - (view.to - view.from) * 0.4, at + (view.to - view.from) * 0.6);

// The strip at the left: the whole run, and what of it is in view.
function drawOverview() {
  const svg = $('overview').firstElementChild, [width, height] = [$('overview').clientWidth, $('overview').clientHeight];
  const y = time => 8 + Math.max(0, Math.min(time, run.end)) / run.end * (height - 16);
  const members = run.lanes.filter(lane => lane[1] < 2).length;
  const lane = Math.min(11, (width - 38) / members);
  let out = '';
  for (const s of stands)
    if (s.state !== 'down')
      out += `<rect class="${s.state}" style="--h:${hue(s.term)};stroke:none" x="${24 + s.lane * (lane + 1)}" width="${lane}" y="${y(s.from)}" height="${Math.max(0.7, y(s.to) - y(s.from))}"/>`;
  for (const blow of blows)
    out += `<rect class="blow" x="${8 + blow.column * 2}" width="2" y="${y(blow.from)}" height="${Math.max(2, y(blow.to) - y(blow.from))}"/>`;
  if (run.from > 0)
    out += `<rect class="outside" x="0" width="${width}" y="0" height="${y(run.from)}"/>`;
  if (run.to < run.end)
    out += `<rect class="outside" x="0" width="${width}" y="${y(run.to)}" height="${height}"/>`;
  out += `<rect class="view" x="1" width="${width - 2}" y="${y(view.from)}" height="${Math.max(3, y(view.to) - y(view.from))}" rx="2"/>`;
  if (verdict)
    out += `<line class="verdict" x1="0" x2="${width}" y1="${y(verdict.at)}" y2="${y(verdict.at)}"/>`;
  svg.innerHTML = PATTERNS + out;
}

// What is under the pointer: the nearest line, or the smallest box.
function under(x, y) {
  let best = null, least = 7;
  for (const h of hits) {
    let distance;
    if (h.flight) {
      const [dx, dy] = [h.x2 - h.x1, h.y2 - h.y1], square = dx * dx + dy * dy || 1;
      const part = Math.max(0, Math.min(1, ((x - h.x1) * dx + (y - h.y1) * dy) / square));
      distance = Math.hypot(x - h.x1 - part * dx, y - h.y1 - part * dy) + 0.5;
    } else {
      const [dx, dy] = [Math.max(h.x - x, 0, x - h.x - h.width), Math.max(h.y - y, 0, y - h.y - h.height)];
      distance = Math.hypot(dx, dy) * 1.5 + Math.min(0.9, h.height / 400);
    }
    if (distance < least)
      [best, least] = [h, distance];
  }
  return best;
}

const from = f => `${run.lanes[f.from][0]} → ${run.lanes[f.to][0]}`;

function explain(h) {
  if (!h.flight)
    return `<b>${escaped(h.title)}</b>${escaped(h.text)}<i>${h.when}</i>`;
  const f = h.flight;
  const how = f.isLost ? `lost after ${span(f.until - f.sent)}: ${f.loss}` : f.isOpen ? 'on its way when the run ended' : `arrives after ${span(f.arrives - f.sent)}, at ${seconds(f.arrives)}`;
  return `<b>${escaped(from(f))}</b>${escaped(f.text)}<i>sent ${seconds(f.sent)}, ${how}${f.copy ? '; a copy that the network made' : ''}</i>`;
}

let kept = false;
function point(event) {
  if (kept)
    return;
  const box = stage.getBoundingClientRect(), [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const h = under(x, y);
  const tip = $('tip');
  $('glow').innerHTML = '';
  tip.style.display = h ? 'block' : 'none';
  if (!h)
    return;
  tip.innerHTML = explain(h);
  tip.style.left = `${Math.max(4, Math.min(x + 14, layout.width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(4, y + 18 + tip.offsetHeight > layout.height ? y - tip.offsetHeight - 12 : y + 18)}px`;
  $('glow').innerHTML = h.flight
    ? `<line class="glow" x1="${h.x1}" y1="${h.y1}" x2="${h.x2}" y2="${h.y2}"/>`
    : `<rect class="glow" x="${h.x - 1}" y="${h.y - 1}" width="${h.width + 2}" height="${h.height + 2}" rx="3"/>`;
}

function forget() {
  kept = false;
  $('tip').classList.remove('kept');
  $('tip').style.display = 'none';
}

function listen() {
  stage.addEventListener('wheel', event => {
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey)
      zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 150), timeOf(event.clientY - box.top));
    else
      move(event.deltaY / layout.height * (view.to - view.from));
  }, { passive: false });
  let held = null;
  stage.addEventListener('pointerdown', event => {
    if (!event.target.closest('#pin, #tip.kept'))
      held = { y: event.clientY, x: event.clientX, from: view.from, to: view.to, moved: false };
  });
  addEventListener('pointermove', event => {
    if (held && Math.abs(event.clientY - held.y) > 4) {
      held.moved = true;
      stage.classList.add('held');
      const by = (held.y - event.clientY) / layout.height * (held.to - held.from);
      show(held.from + by, held.to + by);
    } else if (!held && stage.contains(event.target))
      point(event);
    else if (!kept && !stage.contains(event.target))
      forget();
  });
  addEventListener('pointerup', event => {
    stage.classList.remove('held');
    if (held && !held.moved) {
      forget();
      point(event);
      kept = $('tip').style.display === 'block';
      $('tip').classList.toggle('kept', kept);
    }
    held = null;
  });
  const strip = event => {
    const box = $('overview').getBoundingClientRect();
    centre((event.clientY - box.top - 8) / (box.height - 16) * run.end);
  };
  $('overview').addEventListener('pointerdown', event => {
    strip(event);
    $('overview').setPointerCapture(event.pointerId);
  });
  $('overview').addEventListener('pointermove', event => event.buttons > 0 && strip(event));
  const step = direction => {
    const middle = view.from + (view.to - view.from) * 0.4, margin = (view.to - view.from) / 500;
    const next = direction > 0 ? story.find(s => s.at > middle + margin) : story.findLast(s => s.at < middle - margin);
    if (next)
      centre(next.at);
  };
  const home = () => show(...firstView());
  $('in').onclick = () => zoom(0.6);
  $('out').onclick = () => zoom(1 / 0.6);
  $('home').onclick = home;
  $('previous').onclick = () => step(-1);
  $('next').onclick = () => step(1);
  $('find').oninput = () => {
    searched = $('find').value.trim().toLowerCase();
    refresh();
  };
  $('copy').onclick = () => navigator.clipboard.writeText(run.command).then(() => { $('copy').textContent = 'copied'; });
  addEventListener('keydown', event => {
    if (event.target === $('find') || event.ctrlKey || event.metaKey)
      return;
    const width = view.to - view.from;
    const actions = {
      ArrowDown: () => move(width * 0.15), ArrowUp: () => move(-width * 0.15), PageDown: () => move(width * 0.85), PageUp: () => move(-width * 0.85),
      Home: () => show(0, width), End: () => show(run.end - width, run.end), '+': () => zoom(0.6), '=': () => zoom(0.6), '-': () => zoom(1 / 0.6),
      v: home, n: () => step(1), p: () => step(-1), Escape: forget,
    };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });
  addEventListener('resize', () => {
    measure();
    drawHeads();
    refresh();
  });
}

function begin() {
  const members = run.lanes.filter(lane => lane[1] === 0).length, observers = run.lanes.filter(lane => lane[1] === 1).length;
  const clients = run.lanes.length - members - observers;
  const count = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
  document.title = `Seed ${run.seed}: ${verdict ? `${verdict.judge} at ${seconds(verdict.at, 3)}` : 'no property was broken'}`;
  $('badge').textContent = verdict ? 'broken' : 'passed';
  $('badge').className = verdict ? 'bad' : 'good';
  $('title').textContent = `Seed ${run.seed}: ${verdict ? `${verdict.judge} was broken at ${seconds(verdict.at, 3)}` : 'no property was broken'}`;
  $('words').textContent = verdict?.text ?? '';
  $('facts').textContent = [count(members, 'member'), ...observers ? [count(observers, 'observer')] : [], count(clients, 'client'), count(run.scenario.split('\n').filter(line => line.startsWith('at ')).length, 'fault'),
    `${seconds(run.end, 1)} simulated`, `trace digest ${run.digest}`].join(' · ');
  $('command').textContent = run.command;
  $('scenario').textContent = run.scenario;
  $('home').textContent = verdict ? 'to the violation' : 'to the start';
  $('story').innerHTML = story.map((s, i) => `<li class="${s.kind}" data-i="${i}"><time>${(s.at / 1e6).toFixed(3)}</time><span>${escaped(s.text)}</span></li>`).join('');
  $('story').addEventListener('click', event => {
    const item = event.target.closest('li');
    if (item)
      centre(story[item.dataset.i].at);
  });
  makeLegend();
  measure();
  drawHeads();
  listen();
  show(...firstView());
}
begin();
