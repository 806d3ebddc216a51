// The city in one view: numbers, pipeline, tiles, the worst first, alerts and events.
import { h, keyed, say } from "./dom.js";
import { level, worstFirst } from "./state.js";
import { csvLink, feedItem, legend, updateNumbers, updatePipeline, updateTiles, numberRows } from "./parts.js";
import { makeAlert, updateAlert } from "./alerts.js";
import { loadMap } from "./map.js";
import { fold, number, share, t } from "./text.js";

const WORST_ROWS = 15;

export function overview(main, app) {
  const own = { acts: app.who.acts, paused: false, waiting: 0, all: false, filter: "", order: "worst" };
  const parts = build(own);
  main.replaceChildren(...parts.whole);
  const draw = () => own.state && drawUnits(parts, own);
  parts.filter.addEventListener("input", () => { own.filter = fold(parts.filter.value); draw(); });
  parts.order.addEventListener("change", () => { own.order = parts.order.value; draw(); });
  parts.all.addEventListener("click", () => { own.all = !own.all; draw(); });
  parts.pause.addEventListener("click", () => {
    own.paused = !own.paused;
    own.waiting = 0;
    if (own.state) drawFeed(parts, own);
  });
  if (app.who.map) addMap(parts, draw);
  return {
    update(state, fresh) {
      own.state = state;
      own.waiting += own.paused ? fresh.length : 0;
      updateNumbers(parts.numbers, state.totals ? numberRows(state.totals) : []);
      draw();
      drawAlerts(parts, own);
      drawFeed(parts, own);
    },
    tick(state) {
      updatePipeline(parts.strip, state, Date.now() + state.skew);
    },
  };
}

function build(own) {
  const parts = {
    numbers: h("dl", { class: "numbers dims" }), strip: h("div", { class: "strip card" }), tiles: h("ul", { class: "tiles dims" }),
    filter: h("input", { type: "search", placeholder: t("filter"), "aria-label": t("filter") }),
    order: h("select", { "aria-label": t("order") }, h("option", { value: "worst" }, t("worst")), h("option", { value: "name" }, t("by_name"))),
    none: h("p", { class: "empty", hidden: true }, t("nothing_found")), body: h("tbody"), all: h("button", { class: "noprint" }, t("show_all")),
    alerts: h("ul", { class: "items", tabindex: "0" }), alertsNone: h("p", { class: "empty" }, t("no_alerts")), alertCount: h("span"),
    feed: h("ul", { class: "items", tabindex: "0" }), feedNone: h("p", { class: "empty" }, t("no_events")),
    pause: h("button", { "aria-pressed": String(own.paused) }, t("pause")),
  };
  const columns = ["unit", "overdue", "due_today", "due_soon", "open", "received_short", "in_time_share", "online_share"];
  parts.whole = [
    parts.numbers, parts.strip,
    h("div", { class: "desk" },
      h("div", { class: "stack" },
        h("section", { class: "card" }, h("div", { class: "bar" }, h("h2", {}, t("communes")), parts.filter, parts.order), parts.tiles, parts.none, legend()),
        h("section", { class: "card second" }, h("div", { class: "bar" }, h("h2", {}, t("worst_table")), parts.all, csvLink("communes?format=csv")),
          h("div", { class: "scroll dims", tabindex: "0", role: "group", "aria-label": t("worst_table") }, h("table", {}, h("thead", {}, h("tr", {}, columns.map((key) => h("th", { scope: "col" }, t(key))))), parts.body)))),
      h("div", { class: "stack" },
        h("section", { class: "card first" }, h("div", { class: "bar" }, h("h2", {}, t("alerts"), " ", parts.alertCount), csvLink("alerts?format=csv")), parts.alerts, parts.alertsNone),
        h("section", { class: "card" }, h("div", { class: "bar" }, h("h2", {}, t("feed")), parts.pause, csvLink("events?format=csv")), parts.feed, parts.feedNone))),
  ];
  parts.alerts.setAttribute("aria-label", t("alerts"));
  parts.feed.setAttribute("aria-label", t("feed"));
  return parts;
}

/** The map takes the tiles' place on demand; one that does not load leaves them. */
function addMap(parts, draw) {
  const button = h("button", { class: "noprint", "aria-pressed": "false" }, t("map"));
  parts.filter.before(button);
  button.addEventListener("click", async () => {
    parts.map = parts.map || await loadMap().catch(() => null);
    if (!parts.map) return;
    const shown = parts.map.isConnected;
    button.setAttribute("aria-pressed", String(!shown));
    parts.tiles.hidden = !shown;
    if (shown) parts.map.remove();
    else parts.tiles.before(parts.map);
    draw();
  });
}

function drawUnits(parts, own) {
  const units = [...own.state.units].sort(own.order === "worst" ? worstFirst : (a, b) => a.name.localeCompare(b.name, "vi"));
  const shown = own.filter ? units.filter((unit) => fold(`${unit.name} ${unit.code}`).includes(own.filter)) : units;
  updateTiles(parts.tiles, shown);
  if (parts.map && parts.map.isConnected) parts.map.update(own.state.units);
  parts.none.hidden = shown.length > 0;
  const worst = [...shown].sort(worstFirst).slice(0, own.all ? undefined : WORST_ROWS);
  say(parts.all, own.all ? t("show_less") : t("show_all"));
  keyed(parts.body, worst, (unit) => unit.code, makeRow, updateRow);
}

function makeRow(unit) {
  return h("tr", {}, h("th", { scope: "row" }, h("a", { href: "#/xa/" + unit.code }, unit.name)), Array.from({ length: 7 }, () => h("td", {}, h("span"))));
}

function updateRow(row, unit) {
  const f = unit.figures || {};
  const texts = [number(f.overdue), number(f.due_today), number(f.due_soon), number(f.running), number(f.received),
    share(f.month_in_time, f.month_in_time + f.month_late), share(f.month_online, f.month_received)];
  texts.forEach((text, index) => say(row.children[index + 1].firstChild, text));
  row.children[1].firstChild.className = level(f) === 2 ? "bad" : "";
}

function drawAlerts(parts, own) {
  const state = own.state, now = Date.now() + state.skew;
  keyed(parts.alerts, state.alerts, (alert) => alert.id + alert.fired_at, (alert) => makeAlert(state, alert, own.acts), (item, alert) => updateAlert(item, alert, now));
  say(parts.alertCount, state.totals ? `(${number(state.totals.alerts)})` : "");
  parts.alerts.hidden = state.alerts.length === 0;
  parts.alertsNone.hidden = !parts.alerts.hidden;
}

function drawFeed(parts, own) {
  parts.pause.setAttribute("aria-pressed", String(own.paused));
  say(parts.pause, !own.paused ? t("pause") : own.waiting ? t("resume", number(own.waiting)) : t("go_on"));
  if (own.paused) return;
  keyed(parts.feed, own.state.feed, (item) => item.id + item.ingested_at, (item) => feedItem(own.state, item), () => {});
  parts.feed.hidden = own.state.feed.length === 0;
  parts.feedNone.hidden = !parts.feed.hidden;
}
