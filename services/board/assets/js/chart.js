// The trend as a chart (uPlot, loaded when first wanted), with its text and its table for those who do not see it.
import { h } from "./dom.js";
import { table } from "./parts.js";
import { day, dayOf, number, shortDay, t } from "./text.js";

let loading = null;
let shown = null; // the plot on the page

// Its colours follow the theme, and paper is light.
const repaint = () => shown && shown.redraw();
for (const condition of ["print", "(prefers-color-scheme: dark)"]) matchMedia(condition).addEventListener("change", repaint);
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });

function library() {
  loading = loading || new Promise((resolve, reject) => {
    document.head.append(h("link", { rel: "stylesheet", href: "/vendor/uplot.css" }),
      h("script", { src: "/vendor/uplot.js", onload: () => resolve(window.uPlot), onerror: reject }));
  });
  return loading;
}

function trendText(rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  const busiest = rows.reduce((a, b) => (b.received > a.received ? b : a), rows[0]);
  return t("trend_text", number(sum("received")), number(sum("in_time")), number(sum("late")), day(dayOf(busiest.day)), number(busiest.received));
}

async function draw(place, rows) {
  const Plot = await library();
  const colour = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, font: '13px "Be Vietnam Pro"' };
  const line = (key, name, dash) => ({ label: t(key), stroke: colour(name), width: 2, dash, points: { show: false } });
  const size = () => ({ width: Math.max(280, place.clientWidth), height: 260 });
  const plot = shown = new Plot({
    ...size(), legend: { show: false }, tzDate: (seconds) => Plot.tzDate(new Date(seconds * 1000), "Asia/Ho_Chi_Minh"),
    cursor: { drag: { x: false, y: false } },
    axes: [{ ...axis, values: (_, ticks) => ticks.map((at) => shortDay(at * 1000)) }, { ...axis, size: 56, values: (_, ticks) => ticks.map(number) }],
    series: [{}, line("received_short", "--received"), line("in_time", "--in-time", [8, 5]), line("late", "--late", [2, 3])],
  }, [rows.map((row) => dayOf(row.day) / 1000), ...["received", "in_time", "late"].map((key) => rows.map((row) => row[key]))], place);
  new ResizeObserver(() => plot.setSize(size())).observe(place);
}

export function trend(rows) {
  const place = h("div", { class: "chart", "aria-hidden": "true" });
  const key = h("ul", { class: "key", "aria-hidden": "true" }, [["received", "received_short"], ["in-time", "in_time"], ["late", "late"]].map(([name, word]) => h("li", { class: name }, t(word))));
  const figures = table(t("trend"), [[t("day")], [t("received_short")], [t("in_time")], [t("late")]],
    rows.map((row) => [day(dayOf(row.day)), number(row.received), number(row.in_time), number(row.late)]));
  figures.hidden = true;
  const toggle = h("button", { class: "noprint", "aria-pressed": "false", onclick: () => {
    figures.hidden = !figures.hidden;
    place.hidden = key.hidden = !figures.hidden;
    toggle.setAttribute("aria-pressed", String(!figures.hidden));
  } }, t("as_table"));
  draw(place, rows).catch(() => toggle.click());
  return h("div", {}, h("p", { class: "note" }, trendText(rows)), toggle, key, place, figures);
}
