// One commune: its figures now, its last 30 days, what is open and where it comes from.
import { get } from "./api.js";
import { trend } from "./chart.js";
import { h, svg } from "./dom.js";
import { csvLink, numberRows, table, updateNumbers } from "./parts.js";
import { channelText, day, dayOf, dayTime, number, share, statusText, t, typeText } from "./text.js";

const REFRESH_MS = 15000;

export function commune(main, app, code) {
  const numbers = h("dl", { class: "numbers dims" }), heading = h("h1", {}, code), tables = h("div", { class: "dims" });
  const printedAt = h("p", { class: "note printonly" }); // paper has no clock
  const error = h("p", { class: "error", role: "alert", hidden: true });
  main.replaceChildren(h("div", { class: "bar" }, heading, h("button", { class: "noprint", onclick: () => print() }, t("print")), h("a", { href: "#/", class: "noprint" }, t("back"))),
    error, printedAt, numbers, tables);
  let drawn = "", timer = 0, closed = false;
  async function load() {
    try {
      const data = await get("communes/" + encodeURIComponent(code));
      if (closed) return;
      error.hidden = true;
      heading.textContent = `${typeText(data.kind)} ${data.name}`;
      printedAt.textContent = t("figures_at", dayTime(data.at));
      const { at, ...content } = data, text = JSON.stringify(content);
      if (text !== drawn) tables.replaceChildren(...sections(data));
      drawn = text;
    } catch (failure) {
      error.textContent = failure.status === 404 || failure.status === 403 ? failure.message : t("failed");
      error.hidden = false;
      if (failure.status === 404) return;
    }
    if (!closed) timer = setTimeout(load, REFRESH_MS);
  }
  load();
  return {
    update(state) {
      const unit = state.units.find((one) => one.code === code);
      if (unit && unit.figures) updateNumbers(numbers, numberRows(unit.figures));
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function card(key, path, ...content) {
  return h("section", { class: "card" }, h("div", { class: "bar" }, h("h2", {}, t(key)), path && csvLink(path)), ...content);
}

function sections(data) {
  const path = (name) => `communes/${data.code}/${name}`, figures = data.figures;
  return [
    card("trend", path("trend"), trend(data.trend)),
    data.dossiers && card("dossiers", path("dossiers"), dossierTable(data.dossiers)),
    h("div", { class: "split" },
      card("late_or_data", null, h("p", {}, t("late_text", number(figures.month_late), number(figures.month_late_data)))),
      card("by_due", path("open"), dueTable(data.open, data.at)),
      card("by_procedure", path("procedures"), table(t("by_procedure"),
        [[t("procedure")], [t("overdue")], [t("running")], [t("received_short")], [t("in_time")], [t("late")]],
        data.procedures.slice(0, 25).map((row) => [row.procedure || "–", number(row.overdue), number(row.running), number(row.received), number(row.in_time), number(row.late)]))),
      card("by_channel", path("channels"), table(t("by_channel"), [[t("channel")], [t("received_short")], ["%"], [t("in_time")], [t("late")]],
        data.channels.map((row) => [channelText(row.channel), number(row.received), share(row.received, figures.month_received), number(row.in_time), number(row.late)])))),
  ].filter(Boolean);
}

function dueTable(rows, now) {
  const most = Math.max(1, ...rows.map((row) => row.running + row.paused));
  const bar = (row) => svg("svg", { class: "meter", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { width: (100 * row.running) / most, height: 10, class: row.due && dayOf(row.due) + 86400000 <= now ? "over" : "" }));
  return rows.length === 0 ? h("p", { class: "empty" }, "–") : table(t("by_due"), [[t("due")], [t("running")], [t("paused")], [h("span", { class: "sr" }, t("as_chart"))]],
    rows.slice(0, 40).map((row) => [row.due ? day(dayOf(row.due)) : t("no_due"), number(row.running), number(row.paused), bar(row)]));
}

function dossierTable(rows) {
  return table(t("dossiers"), [[t("code")], [t("due"), "left"], [t("status"), "left"], [t("procedure"), "left"]],
    rows.slice(0, 100).map((row) => [h("a", { href: "#/ho-so/" + encodeURIComponent(row.code) }, row.code),
      row.due_at ? h("span", { class: row.overdue ? "bad" : "" }, dayTime(row.due_at)) : t("no_due"), statusText(row.status), row.procedure || "–"]));
}
