// Signing in.
import { post } from "./api.js";
import { h } from "./dom.js";
import { t } from "./text.js";

export function login(main, done) {
  const name = h("input", { name: "name", autocomplete: "username", autocapitalize: "none", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const button = h("button", { class: "primary" }, t("sign_in"));
  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await post("login", { name: name.value, password: password.value });
      await done();
    } catch (failure) {
      error.textContent = failure.message;
      error.hidden = false;
      password.value = "";
      password.focus();
    }
    button.disabled = false;
  }
  main.replaceChildren(h("form", { class: "login card", onsubmit: submit },
    h("h2", {}, t("title")), h("label", {}, t("name"), name), h("label", {}, t("password"), password), error, button));
  name.focus();
  return {};
}
