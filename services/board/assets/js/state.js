// What the server has told, put together: a snapshot and the deltas since. Pure; runs in the worker and in pages.

export const FEED_MAX = 60;

export function emptyState() {
  return { units: [], totals: null, feed: [], alerts: [], pipeline: null, today: null, dataAt: null, skew: 0, heardAt: 0,
    connected: false, trouble: null, lastId: "" };
}

/** One event of the stream into the state; returns the events that are new in the feed. */
export function apply(state, kind, data, lastId) {
  state.heardAt = Date.now();
  state.skew = data.at - state.heardAt;
  state.dataAt = data.data_at;
  state.connected = true;
  state.trouble = data.trouble || null;
  if (kind === "beat") return [];
  state.lastId = lastId;
  if (kind === "snapshot") {
    state.figures = data.figures;
    state.units = data.units.map(([code, name, type]) => ({ code, name, type }));
    state.feed = [];
    state.alerts = [];
  }
  if (data.today) state.today = data.today;
  if (data.totals) state.totals = figuresOf(state, data.totals, 0);
  const rows = new Map(data.rows.map((row) => [row[0], row]));
  for (const unit of state.units) {
    if (rows.has(unit.code)) unit.figures = figuresOf(state, rows.get(unit.code), 1);
  }
  state.feed = [...data.feed, ...state.feed].sort((a, b) => b.ingested_at - a.ingested_at).slice(0, FEED_MAX);
  const changed = new Set([...data.alerts.map((alert) => alert.id), ...(data.gone || [])]);
  state.alerts = [...data.alerts, ...state.alerts.filter((alert) => !changed.has(alert.id))]
    .sort((a, b) => b.fired_at - a.fired_at);
  if (data.pipeline) state.pipeline = data.pipeline;
  return kind === "snapshot" ? [] : data.feed;
}

function figuresOf(state, row, from) {
  const figures = {};
  state.figures.forEach((name, index) => { figures[name] = row[index + from]; });
  return figures;
}

/**
 * How old what is shown is, in seconds; null = nothing has come yet. Silence is not freshness: a stream that has said nothing for
 * longer than its heartbeat counts as gone.
 */
export function ageSeconds(state, now = Date.now()) {
  if (state.dataAt === null) return null;
  const alive = state.connected && !state.trouble && now - state.heardAt < 20000;
  const age = alive ? 0 : (now + state.skew - state.dataAt) / 1000;
  const lag = state.pipeline && state.pipeline.lag_s > 0 ? state.pipeline.lag_s : 0;
  return Math.max(0, Math.round(Math.max(age, lag)));
}

/** 2 = something is overdue, 1 = due today or soon, 0 = neither. */
export function level(figures) {
  if (!figures) return 0;
  return figures.overdue > 0 ? 2 : figures.due_today + figures.due_soon > 0 ? 1 : 0;
}

export function worstFirst(a, b) {
  const x = a.figures || {}, y = b.figures || {};
  return (y.overdue || 0) - (x.overdue || 0) || (y.due_today || 0) - (x.due_today || 0) ||
    (y.due_soon || 0) - (x.due_soon || 0) || (y.running || 0) - (x.running || 0) || a.code.localeCompare(b.code);
}
