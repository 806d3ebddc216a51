// The wall: read from across the room, never touched, never reloaded. Three slides take turns.
import { h } from "./dom.js";
import { worstFirst } from "./state.js";
import { numberRows, table, updateNumbers, updatePipeline, updateTiles } from "./parts.js";
import { number, t } from "./text.js";

const TURN_MS = 20000, WORST = 10;

export function wall(main) {
  document.body.className = "wall";
  const own = { at: 0, moving: true };
  const strip = h("div", { class: "strip" }), numbers = h("dl", { class: "numbers dims" }), tiles = h("ul", { class: "tiles dims" }), worst = h("div", { class: "dims" });
  const slides = [numbers, tiles, worst];
  const button = h("button", { onclick: () => { own.moving = !own.moving; draw(); } }, t("pause_wall"));
  const next = h("button", { onclick: () => turn(), "aria-label": ">" }, "▶");
  const slide = h("div", { class: "wall-slide" }, h("div", { class: "bar" }, strip, h("span", { class: "push" }), button, next), h("div"));
  main.replaceChildren(slide);
  function draw() {
    button.textContent = own.moving ? t("pause_wall") : t("go_wall");
    slide.lastChild.replaceChildren(slides[own.at]);
  }
  function turn() {
    own.at = (own.at + 1) % slides.length;
    draw();
  }
  const timer = setInterval(() => own.moving && turn(), TURN_MS);
  draw();
  return {
    update(state) {
      if (state.totals) updateNumbers(numbers, numberRows(state.totals).slice(0, 9));
      updateTiles(tiles, [...state.units].sort(worstFirst));
      const rows = [...state.units].sort(worstFirst).slice(0, WORST).map((unit) => {
        const f = unit.figures || {};
        return [unit.name, h("span", { class: f.overdue ? "bad" : "" }, number(f.overdue)), number(f.due_today), number(f.due_soon), number(f.running), number(f.received)];
      });
      worst.replaceChildren(h("h2", {}, t("worst_table")), table(t("worst_table"), ["unit", "overdue", "due_today", "due_soon", "open", "received_short"].map((key) => [t(key)]), rows));
    },
    tick(state) {
      updatePipeline(strip, state, Date.now() + state.skew);
    },
    close() {
      clearInterval(timer);
    },
  };
}
