'use strict';
// The run as the page draws it, made from the arrays that RunText writes. Times are microseconds, lanes are numbers from the left.

const run = JSON.parse(document.getElementById('run').textContent);
const word = place => run.words[place];
const isMember = lane => run.lanes[lane][1] < 2;
const endOf = time => time < 0 ? run.end : time;

const seconds = (time, digits = 6) => (time / 1e6).toFixed(digits) + ' s';
const span = time => time >= 1e6 ? (time / 1e6).toFixed(2) + ' s' : time >= 1000 ? (time / 1000).toFixed(time >= 1e5 ? 0 : 2) + ' ms' : time + ' µs';

const LAYERS = ['elections', 'replication', 'heartbeats', 'snapshots', 'forwarding', 'claims', 'introductions', 'clients', 'watches', 'connections'];

// Who was what from when to when: up to the member's next state.
const STATES = { '-2': 'down', '-1': 'starting', 0: 'follower', 1: 'candidate', 2: 'leader' };
const stands = [];
{
  const last = [];
  for (let lane = 0; lane < run.lanes.length; lane++)
    if (isMember(lane))
      last[lane] = { lane, from: 0, to: run.end, state: 'down', term: 0, leader: 0 };
  for (const [lane, at, role, term, leader] of run.stands) {
    const before = last[lane];
    const state = role === 0 && leader === 0 ? 'seeking' : STATES[role];
    if (before.state === state && before.term === term && before.leader === leader)
      continue;
    before.to = at;
    if (before.to > before.from || before.state === 'leader')
      stands.push(before);
    last[lane] = { lane, from: at, to: run.end, state, term, leader };
  }
  stands.push(...last.filter(Boolean));
}
const standText = s => ({
  down: 'is not running', starting: 'starts: reads its disk', follower: `follows member ${s.leader} in term ${s.term}`,
  seeking: `knows no leader, term ${s.term}`, candidate: `stands for election, term ${s.term}`, leader: `leads term ${s.term}`,
})[s.state];

// Faults, packed side by side so that none covers another.
const blows = run.blows.map(([from, to, kind, text, whom, ways]) => {
  const blow = { from, to: endOf(to), lasts: to !== from, kind: word(kind), text: word(text), whom, hit: new Set(whom) };
  if (ways.length > 0) {
    // Of two sides that are cut from each other, the smaller one is shaded.
    const [senders, receivers] = [new Set(), new Set()];
    for (let i = 0; i < ways.length; i += 2) {
      senders.add(ways[i]);
      receivers.add(ways[i + 1]);
    }
    const mine = new Set(whom), theirs = new Set([...senders, ...receivers].filter(lane => !mine.has(lane)));
    blow.hit = theirs.size > 0 && theirs.size < mine.size ? theirs : mine;
  }
  return blow;
});
{
  const columns = [];
  for (const blow of [...blows].sort((a, b) => a.from - b.from)) {
    let column = columns.findIndex(until => until <= blow.from);
    if (column < 0)
      column = columns.length;
    columns[column] = blow.to;
    blow.column = Math.min(column, 5);
  }
}

// Messages. One that was lost goes only so far along its way.
const flights = run.flights.map(([from, to, sent, arrives, lost, layer, copy, loss, text]) => ({
  from, to, sent, layer, copy: copy === 1, loss: word(loss), text: word(text), isLost: word(loss) !== '',
  arrives, until: Math.max(sent, Math.min(lost >= 0 ? lost : endOf(arrives), run.end)), isOpen: lost < 0 && (arrives < 0 || arrives > run.end),
}));

// Operations of clients, side by side where they overlap.
const FATES = ['not answered when the run ended', 'answered', 'its fate is unknown: the connection broke'];
const operations = run.operations.map(([lane, called, returned, fate, kind, text, answer, number, server]) => ({
  lane, from: called, to: endOf(returned), fate, kind, text: word(text), answer: word(answer), number, server, column: 0,
}));
{
  const ends = run.lanes.map(() => []);
  for (const operation of operations) {
    const columns = ends[operation.lane];
    let column = columns.findIndex(until => until < operation.from);
    if (column < 0)
      column = columns.length;
    columns[column] = operation.to;
    operation.column = Math.min(column, 7);
  }
}

// Sessions and connections of clients.
const sessions = [], connections = [];
{
  const session = [], connection = [];
  const CONNECTED = 0, DISCONNECTED = 1, EXPIRED = 2;
  for (const [lane, at, what, id, server, timeout] of run.sessions) {
    if (connection[lane] && what !== CONNECTED) {
      connection[lane].to = at;
      connection[lane] = null;
    }
    if (what === CONNECTED) {
      if (session[lane] && session[lane].id !== word(id))
        session[lane] = Object.assign(session[lane], { to: at, how: 'given up' }) && null;
      if (!session[lane])
        sessions.push(session[lane] = { lane, from: at, to: run.end, id: word(id), timeout, how: '' });
      connections.push(connection[lane] = { lane, from: at, to: run.end, server, id: word(id) });
    } else if (what !== DISCONNECTED && session[lane]) {
      Object.assign(session[lane], { to: at, how: what === EXPIRED ? 'expired' : 'closed' });
      session[lane] = null;
    }
  }
}

// Turns in queues, and the fences of those whose turn it was.
const tenures = (run.tenures ?? []).map(([lane, from, to, fence, queue, token]) => ({ lane, from, to: endOf(to), fence, queue: word(queue), token: word(token) }));

const works = run.works.map(([lane, from, to, flush, outcome, text]) => ({
  lane, from, to: endOf(to), flush: flush === 1, text: word(text), failed: outcome > 0,
  how: outcome < 0 ? (to < 0 ? 'under way when the run ended' : 'the server was gone before it ended') : ['done', 'no such file', 'no room', 'failed'][outcome],
}));
const commits = run.commits.map(([lane, at, first, last, texts]) => ({ lane, at, first, last, text: word(texts) }));
const events = run.events.map(([lane, at, text]) => ({ lane, at, text: word(text) }));
const LEVELS = ['detail', 'information', 'warning', 'error'];
const sayings = run.sayings.map(([lane, at, level, text]) => ({ lane, at, level, text: word(text) }));

// What the verdict speaks of.
const verdict = run.violation ?? null;
const accused = new Set(), accusedOperations = new Set();
if (verdict) {
  for (const [, who, number] of verdict.text.matchAll(/\b(member|client|Member|Client) (\d+)/g))
    accused.add(run.lanes.findIndex(lane => lane[0] === `${who.toLowerCase()} ${number}`));
  for (const [, number] of verdict.text.matchAll(/\b[Oo]peration (\d+)/g))
    accusedOperations.add(+number);
}

// What a person would tell about the run, in order.
const PHASES = ['Warm-up: nothing goes wrong yet.', 'The storm: faults begin.', 'The calm: the core is healed for good.'];
const story = [];
for (const [at, phase] of run.phases)
  story.push({ at, kind: 'phase', text: PHASES[phase] });
for (const s of stands)
  if (s.state === 'leader')
    story.push({ at: s.from, kind: 'role', text: `Member ${s.lane + 1} leads term ${s.term}.`, lane: s.lane });
  else if (s.state === 'down' && s.from > 0)
    story.push({ at: s.from, kind: 'role', text: `Member ${s.lane + 1} is gone.`, lane: s.lane });
for (const blow of blows)
  story.push({ at: blow.from, kind: 'fault', text: blow.text.replace(/^at \S+ /, '') });
for (const s of sessions)
  if (s.how === 'expired')
    story.push({ at: s.to, kind: 'role', text: `Client ${s.lane + 1 - run.lanes.filter(l => l[1] < 2).length} learns that session ${s.id} expired.` });
for (const s of sayings)
  if (s.level >= 2)
    story.push({ at: s.at, kind: s.level === 3 ? 'bad' : 'fault', text: `Member ${s.lane + 1}: ${s.text}` });
story.sort((a, b) => a.at - b.at);
if (verdict)
  story.push({ at: verdict.at, kind: 'bad', text: `${verdict.judge}: ${verdict.text}` });
