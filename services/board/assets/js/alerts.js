// One alert of the list: what is late, who has taken it on, and the two things that a person can do about it.
import { post } from "./api.js";
import { h, say } from "./dom.js";
import { unitName } from "./parts.js";
import { dayTime, isoDay, number, ruleText, shortDay, t } from "./text.js";

const DAY_MS = 86400000;

export function makeAlert(state, alert, acts) {
  const now = Date.now() + state.skew, over = Math.floor((now - alert.due_at) / DAY_MS);
  const item = h("li", {}, h("b", {}, unitName(state, alert.unit)), ` – ${ruleText(alert.rule)}: `,
    over > 0 ? t("late_by", shortDay(alert.due_at), number(over)) : t("late_today", dayTime(alert.due_at)),
    h("span", { class: "meta" }, [dayTime(alert.fired_at), alert.procedure].filter(Boolean).join(" · "),
      alert.dossier && [" · ", h("a", { href: "#/ho-so/" + encodeURIComponent(alert.dossier) }, alert.dossier)]));
  item.clock = h("span", { class: "meta" });
  item.append(item.clock);
  item.taken = h("span", { class: "meta" });
  item.append(item.taken);
  if (acts) addActs(item, state, alert);
  return item;
}

// Both clocks, and which one speaks.
function clockText(alert) {
  const times = [alert.last_event_at, alert.last_ingested_at].map((at) => (at === null ? t("unknown") : dayTime(at)));
  return `${t("clock_" + alert.clock)} ${t("last_word", ...times)}`;
}

export function updateAlert(item, alert, now) {
  say(item.clock, clockText(alert));
  const snoozed = alert.snoozed_until > now && t("snoozed", shortDay(alert.snoozed_until));
  say(item.taken, [alert.acknowledged_by && t("acknowledged", alert.acknowledged_by), snoozed].filter(Boolean).join(" · "));
  item.taken.hidden = item.taken.textContent === "";
  if (item.acknowledge) item.acknowledge.hidden = Boolean(alert.acknowledged_by);
}

function addActs(item, state, alert) {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const act = async (name, body) => {
    try {
      await post(`alerts/${alert.id}/${name}`, body);
      error.hidden = true;
      form.hidden = true;
    } catch (failure) {
      say(error, failure.message);
      error.hidden = false;
    }
  };
  const until = h("input", { type: "date", required: true });
  const form = h("form", { class: "bar", hidden: true, onsubmit: (event) => { event.preventDefault(); act("snooze", { until: until.value }); } },
    h("label", {}, t("snooze_until"), " ", until), h("button", {}, t("snooze")));
  const whose = `${ruleText(alert.rule)}, ${alert.dossier || alert.procedure || ""} ${dayTime(alert.due_at)}`;
  item.acknowledge = h("button", { onclick: () => act("acknowledge"), "aria-label": `${t("acknowledge")}: ${whose}` }, t("acknowledge"));
  const ask = () => {
    form.hidden = !form.hidden;
    if (form.hidden) return;
    until.min = until.value = isoDay(Date.now() + state.skew + DAY_MS); // tomorrow, as of now
    until.focus();
  };
  const open = h("button", { "aria-label": `${t("snooze")}: ${whose}`, onclick: ask }, t("snooze") + "…");
  item.append(h("div", { class: "acts noprint" }, item.acknowledge, open), form, error);
}
