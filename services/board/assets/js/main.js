// The page: who is signed in, which view is shown, and the stream that keeps it alive.
import { me, post } from "./api.js";
import { h, say, attribute } from "./dom.js";
import { Stream } from "./stream.js";
import { ageSeconds, emptyState } from "./state.js";
import { clock, duration, isEnglish, longDay, switchLanguage, t } from "./text.js";
import { overview } from "./overview.js";
import { commune } from "./commune.js";
import { dossier } from "./dossier.js";
import { login } from "./login.js";
import { wall } from "./wall.js";

const head = document.getElementById("head"), main = document.getElementById("main");
const app = { who: null, state: emptyState(), view: null, version: null, restart: () => {} };
const live = h("span", { class: "live", role: "status" });
const time = h("span", { class: "clock" });

const routes = [
  [/^#\/xa\/([^/]+)$/, commune], [/^#\/ho-so\/(.+)$/, dossier], [/^#\/tuong$/, wall], [/^(#\/?)?$/, overview],
];

function applyTheme() {
  const theme = localStorage.getItem("hoso.theme");
  if (theme) document.documentElement.dataset.theme = theme;
}

function switchTheme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("hoso.theme", dark ? "light" : "dark");
  applyTheme();
  show();
}

function link(path, text) {
  const here = (location.hash || "#/") === path;
  return h("a", { href: path, "aria-current": here ? "page" : null }, text);
}

function drawHead() {
  const who = app.who;
  document.title = `${t("title")} – ${who.city}`;
  document.getElementById("skip").textContent = t("skip");
  head.replaceChildren(...[
    h("h1", {}, who.city),
    who.signed_in && h("nav", { "aria-label": t("title") },
      who.role === "commune" ? [link("#/", t("overview")), link("#/xa/" + who.unit, t("my_unit"))] : link("#/", t("overview")),
      link("#/tuong", t("wall"))),
    h("div", { class: "tools push" }, who.signed_in && live, who.signed_in && time,
      h("button", { onclick: () => { switchLanguage(); show(); }, lang: isEnglish() ? "vi" : "en" }, t("other_language")),
      h("button", { onclick: switchTheme }, t("theme")),
      who.signed_in && !who.sso && h("button", { onclick: signOut }, t("sign_out"))),
  ].filter(Boolean));
}

async function signOut() {
  await post("logout").catch(() => {});
  await start();
}

function show() {
  if (app.view && app.view.close) app.view.close();
  document.body.className = "";
  drawHead();
  if (!app.who.signed_in) {
    app.view = login(main, start);
    return;
  }
  const hash = decodeURI(location.hash);
  const route = routes.find(([pattern]) => pattern.test(hash));
  main.replaceChildren();
  if (route) app.view = route[1](main, app, ...hash.match(route[0]).slice(1));
  else main.replaceChildren(h("p", {}, t("not_found")));
  update([]);
}

function update(fresh) {
  tick();
  if (app.view && app.view.update && app.state.units.length) app.view.update(app.state, fresh);
}

/** Once a second: the clock, and how old the figures are. */
function tick() {
  if (!app.who || !app.who.signed_in) return;
  const age = ageSeconds(app.state), now = Date.now() + app.state.skew;
  const stale = age === null || age > 3;
  const why = app.state.trouble === "postgres" ? ` (${t("postgres")})` : app.state.connected ? "" : ` (${t("reconnecting")})`;
  say(live, age === null ? t("no_data") + why : stale ? t("stale", duration(age)) + why : t("live"));
  live.classList.toggle("stale", stale);
  document.body.classList.toggle("stale-data", stale);
  say(time, `${clock(now)} · ${longDay(now)}`);
  attribute(time, "title", "UTC+7");
  if (app.view && app.view.tick) app.view.tick(app.state);
}

function heard({ kind, state, fresh }) {
  app.state = state;
  if (kind === "signed_out") start();
  else update(fresh);
}

/** One stream for all tabs of the browser; a stream of our own where it has no shared workers. */
function listen() {
  if (app.listening) {
    app.restart();
    return;
  }
  app.listening = true;
  if (window.SharedWorker) {
    const worker = new SharedWorker("/js/worker.js", { type: "module", name: "hoso" });
    worker.port.onmessage = ({ data }) => heard(data);
    app.restart = () => worker.port.postMessage("restart");
    addEventListener("pagehide", () => worker.port.postMessage("bye"));
  } else {
    const stream = new Stream(heard);
    app.restart = () => stream.restart();
  }
}

async function start() {
  try {
    const before = app.who;
    app.who = await me();
    app.state = before && before.name === app.who.name ? app.state : emptyState();
  } catch {
    main.replaceChildren(h("p", { class: "error", role: "alert" }, t("failed")));
    setTimeout(start, 2000);
    return;
  }
  if (app.who.signed_in) listen();
  show();
}

applyTheme();
addEventListener("hashchange", () => { show(); main.focus(); scrollTo(0, 0); });
setInterval(tick, 1000);
start();
