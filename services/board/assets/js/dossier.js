// One dossier's life, for the staff of its unit.
import { get } from "./api.js";
import { h, svg } from "./dom.js";
import { channelText, dayTime, duration, kindText, number, statusText, t } from "./text.js";

const PHASE_OF = [null, "waiting", "running", "ended", "running", "paused", "paused", "ended", "paused", "ended", "ended"];

export function dossier(main, app, encoded) {
  const code = decodeURIComponent(encoded);
  main.replaceChildren(h("p", { class: "empty" }, t("dossier", code)));
  get("dossiers/" + encodeURIComponent(code)).then((data) => main.replaceChildren(...content(data).filter(Boolean)), (failure) => {
    main.replaceChildren(h("p", { class: "error", role: "alert" }, failure.status ? failure.message : t("failed")));
  });
  return {};
}

/** Stretches of one phase, from the dated statuses: {phase, from, to}. */
function stretches(data) {
  const found = [];
  for (const event of data.history.filter((one) => one.status > 0)) {
    const phase = PHASE_OF[event.status], last = found[found.length - 1];
    if (last && last.phase === phase) continue;
    if (last) last.to = event.occurred_at;
    found.push({ phase, from: event.occurred_at, to: data.at });
  }
  if (found.length && data.ended_at) found[found.length - 1].to = Math.max(found[found.length - 1].from, data.ended_at);
  return found;
}

function clockBar(data) {
  const all = stretches(data);
  if (!all.length) return null;
  const from = all[0].from, to = Math.max(all[all.length - 1].to, data.due_at || 0, from + 1);
  const x = (at) => (1000 * (at - from)) / (to - from);
  return h("div", { class: "clockbar", role: "img", "aria-label": all.map((one) => `${t("clock_" + one.phase)}: ${dayTime(one.from)} – ${dayTime(one.to)}`).join("; ") },
    svg("svg", { viewBox: "0 0 1000 20", preserveAspectRatio: "none" },
      all.map((one) => svg("rect", { x: x(one.from), width: Math.max(2, x(one.to) - x(one.from)), height: 20, class: one.phase })),
      data.due_at && svg("line", { x1: x(data.due_at), x2: x(data.due_at), y1: 0, y2: 20, class: "due" })));
}

/** Who held it when, as the transfers tell; nothing to tell of a dossier that stayed where it was. */
function holders(data) {
  const when = (at) => at === null ? t("unknown") : dayTime(at);
  return data.held.length > 1 && h("section", { class: "card" }, h("h2", {}, t("holders")), h("ol", { class: "timeline" }, data.held.map((one, at) =>
    h("li", {}, h("b", {}, one.agency), ` ${t("from", when(one.from))} `,
      at === data.held.length - 1 && one.to === null ? t("held_still") : t("until", when(one.to))))));
}

function content(data) {
  const facts = [["unit", data.unit_name], ["procedure", data.procedure], ["channel", data.channel && channelText(data.channel)], ["status", statusText(data.status)],
    ["accepted", data.accepted_at && dayTime(data.accepted_at)], ["original_due", data.original_due_at && dayTime(data.original_due_at)], ["due", data.due_at && dayTime(data.due_at)],
    ["promised", data.promised_at && dayTime(data.promised_at)], ["rounds", data.supplement_rounds ? number(data.supplement_rounds) : null],
    ["deciding", data.deciding_agency], ["receiving", data.receiving_agency]].filter(([, value]) => value);
  return [
    h("div", { class: "bar" }, h("h1", {}, t("dossier", data.code)), h("a", { href: "#/xa/" + data.unit }, data.unit_name || data.unit)),
    h("section", { class: "card" }, h("p", {}, h("b", {}, t("clock_" + data.phase))), clockBar(data),
      data.portal_disagrees && h("p", { class: "note" }, t("disagrees", statusText(data.portal_status))),
      h("dl", { class: "facts" }, facts.flatMap(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)]))),
    holders(data),
    h("section", { class: "card" }, h("h2", {}, t("history")), h("ol", { class: "timeline" }, data.history.map((event) => {
      const late = (event.ingested_at - event.occurred_at) / 1000;
      return h("li", {}, h("b", {}, dayTime(event.occurred_at)), ` ${event.status ? statusText(event.status) : kindText(event.kind)} `,
        late > 3600 && h("span", { class: "late-data" }, t("told_late", duration(late))),
        h("span", { class: "note" }, ` ${event.status ? kindText(event.kind) + " · " : ""}${event.source} · ${t("told", dayTime(event.ingested_at))}`));
    }))),
  ];
}
