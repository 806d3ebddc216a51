// Parts that several views show.
import { attribute, h, keyed, say } from "./dom.js";
import { level } from "./state.js";
import { channelText, clock, decimal, duration, kindText, number, share, statusText, t } from "./text.js";

const MARKS = ["●", "▲", "■"];
export const LEVELS = ["ok", "soon", "bad"];

/** One commune as a tile: colour, number and shape say the same. */
function makeTile() {
  const name = h("span", { class: "name" }), mark = h("span", { class: "mark", "aria-hidden": "true" }), count = h("span", { class: "count" });
  const tile = h("li", {}, h("a", {}, name, mark, count));
  tile.parts = { link: tile.firstChild, name, mark, count };
  return tile;
}

export function tileLabel(unit) {
  return t("tile", unit.name, ...["overdue", "due_today", "due_soon", "running"].map((key) => number((unit.figures || {})[key])));
}

function updateTile(tile, unit) {
  const figures = unit.figures || {}, parts = tile.parts, at = level(unit.figures), label = tileLabel(unit);
  say(parts.name, unit.name);
  say(parts.mark, MARKS[at]);
  say(parts.count, number(at === 2 ? figures.overdue : at === 1 ? figures.due_today + figures.due_soon : 0));
  attribute(parts.link, "class", LEVELS[at]);
  attribute(parts.link, "href", "#/xa/" + unit.code);
  attribute(parts.link, "aria-label", label);
  attribute(parts.link, "title", label);
}

export function updateTiles(list, units) {
  keyed(list, units, (unit) => unit.code, makeTile, updateTile);
}

export function legend() {
  return h("ul", { class: "legend" }, MARKS.map((mark, at) => h("li", {}, `${mark} ${t("level" + at)}`)), h("li", {}, t("tile_number")));
}

/** The big numbers: [key, value text, is bad]. */
export function numberRows(figures) {
  const f = figures, settled = f.month_in_time + f.month_late;
  return [
    ["received", number(f.received)], ["open", number(f.running)], ["due_today", number(f.due_today)], ["due_soon", number(f.due_soon)],
    ["overdue", number(f.overdue), f.overdue > 0], ["settled", number(f.settled)], ["paused", number(f.paused)],
    ["in_time_share", share(f.month_in_time, settled)], ["online_share", share(f.month_online, f.month_received)],
    ["satisfied_share", share(f.month_satisfied, f.month_rated)],
  ];
}

export function updateNumbers(list, rows) {
  keyed(list, rows, ([key]) => key, () => h("div", {}, h("dt"), h("dd")), (element, [key, value, bad]) => {
    say(element.firstChild, t(key));
    say(element.lastChild, value);
    element.classList.toggle("bad", Boolean(bad));
  });
}

/** Events per second, lag, held deadlines, dead letters, freshness per source. */
export function updatePipeline(strip, state, now) {
  const p = state.pipeline, known = (value, text) => (value === null ? t("unknown") : text);
  if (!p) return;
  const items = [
    ["rate", t("rate"), decimal(p.rate_milli / 1000)], ["lag", t("lag"), known(p.lag_s, duration(p.lag_s)), p.lag_s > 10],
    ["held", t("held"), known(p.held, number(p.held)), p.held > 0], ["dead", t("dead"), number(p.dead_letters), p.dead_letters > 0],
    ["quarantined", t("quarantined"), number(p.quarantined), p.quarantined > 0],
    ...p.sources.map((source) => ["s:" + source.name, t("source", source.name), t("ago", duration(Math.max(0, (now - source.last_at) / 1000)))]),
    ...Object.entries(p.up).filter(([, up]) => !up).map(([name]) => ["d:" + name, t("down", name), "", true]),
  ];
  keyed(strip, items, ([key]) => key, () => h("span", {}, h("span"), " ", h("b")), (element, [, label, value, alarm]) => {
    say(element.firstChild, label);
    say(element.lastChild, value);
    element.classList.toggle("alarm", Boolean(alarm));
  });
}

export function unitName(state, code) {
  const unit = state.units.find((one) => one.code === code);
  return unit ? unit.name : code || t("quarantined");
}

export function feedItem(state, item) {
  const what = item.status ? `${kindText(item.kind)}: ${statusText(item.status)}` : kindText(item.kind);
  const late = (item.ingested_at - item.occurred_at) / 1000;
  return h("li", {}, h("b", {}, unitName(state, item.unit)), ` – ${what}`, late > 3600 && [" ", h("span", { class: "late-data" }, t("told_late", duration(late)))],
    h("span", { class: "meta" }, [clock(item.ingested_at), item.procedure, item.channel && channelText(item.channel), item.source].filter(Boolean).join(" · "),
      item.dossier && [" · ", h("a", { href: "#/ho-so/" + encodeURIComponent(item.dossier) }, item.dossier)]));
}

/** A table of cells; columns: [heading, class or null]. rows: arrays of text or elements. */
export function table(caption, columns, rows) {
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption }, h("table", {}, h("caption", { class: "sr" }, caption),
    h("thead", {}, h("tr", {}, columns.map(([heading, name]) => h("th", { scope: "col", class: name }, heading)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, index) => h(index ? "td" : "th", { class: columns[index][1], scope: index ? null : "row" }, cell)))))));
}

export function csvLink(path) {
  return h("a", { href: "/api/v1/" + path, download: "", class: "noprint" }, t("csv"));
}
