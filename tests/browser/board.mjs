// hoso-board in a real Chromium. Reads one JSON object on standard input:
//   {base, password, pictures, communeUnit, dossier, xss, control}
// control is a URL of the test's own: GET control/NAME makes the test do something to the servers ("kill", "start", "pg_kill",
// "pg_start", "say") and answers when it is done. Prints one line per check; exit code 1 when one failed.
import { chromium } from "playwright-core";
import axe from "axe-core";
import { readFileSync, mkdirSync } from "node:fs";

const task = JSON.parse(readFileSync(0, "utf8"));
const sizes = { desk: { width: 1440, height: 900 }, wall: { width: 1920, height: 1080 }, phone: { width: 360, height: 740 } };
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
let failed = 0;
mkdirSync(task.pictures, { recursive: true });

function check(name, good, detail = "") {
  console.log(`${good ? "ok" : "not ok"} - ${name}${good ? "" : ": " + detail}`);
  failed += good ? 0 : 1;
}

const control = (verb) => fetch(`${task.control}/${verb}`).then((answer) => answer.text());

/** page.waitForFunction would need the page to allow eval, which its policy does not. */
async function until(page, condition, argument, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; !(await page.evaluate(condition, argument));) {
    if (Date.now() > end) throw new Error(`${seconds} s passed before: ${condition}; the page says: ${(await page.textContent("body")).slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const sessions = {};

/** A page with its own context. Signs in the first time; later the cookie is enough. */
async function open(user, size, path, options = {}) {
  const context = await browser.newContext({ viewport: sizes[size], locale: "vi-VN", reducedMotion: "reduce", storageState: sessions[user], ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && !/Failed to load resource|ERR_|net::/.test(message.text()) && page.complaints.push(message.text()));
  page.on("dialog", (dialog) => { page.complaints.push("dialog: " + dialog.message()); dialog.dismiss(); });
  await page.goto(task.base + "/");
  if (!sessions[user]) {
    await page.fill("input[name=name]", user);
    await page.fill("input[name=password]", task.password);
    await page.click("button.primary");
  }
  await page.waitForSelector(".numbers dd");
  sessions[user] = await context.storageState();
  if (path) await page.evaluate((hash) => { location.hash = hash; }, path);
  return page;
}

const settled = (page, selector) => page.waitForSelector(selector, { timeout: 20000 });
const liveText = (page) => page.textContent(".live");

async function accessible(page, name) {
  // our own policy forbids inline scripts, so the checker comes in through the debugger
  const found = await page.evaluate(axe.source + "; axe.run(document, {resultTypes: ['violations']})");
  check(`${name}: axe-core finds nothing`, found.violations.length === 0,
    found.violations.map((one) => `${one.id} ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`).join("; "));
}

async function review(page, name, full = true) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(`${name}: nothing sticks out to the right`, wide <= 0, `${wide} px`);
  await page.screenshot({ path: `${task.pictures}/${name}.png`, fullPage: full });
  await accessible(page, name);
  check(`${name}: no complaint of the browser`, page.complaints.length === 0, page.complaints.join("; "));
}

async function everyView() {
  for (const size of ["desk", "wall", "phone"]) {
    for (const [name, user, path, selector] of [
      ["overview", "trucban", "#/", ".tiles a.bad"], ["wall", "trucban", "#/tuong", ".wall-slide dd"],
      ["commune", "nghiduong", "#/xa/" + task.communeUnit, ".chart canvas"], ["dossier", "nghiduong", "#/ho-so/" + encodeURIComponent(task.dossier), ".timeline li"]]) {
      const page = await open(user, size, path, { colorScheme: size === "wall" ? "dark" : "light" });
      await settled(page, selector);
      await review(page, `${name}-${size}`, name !== "wall" && size === "desk");
      if (name === "wall") {
        for (const slide of [2, 3]) {
          await page.click(".wall-slide button:nth-of-type(2)");
          await settled(page, slide === 2 ? ".wall-slide .tiles a" : ".wall-slide table");
          await page.screenshot({ path: `${task.pictures}/wall${slide}-${size}.png` });
        }
      }
      await page.context().close();
    }
  }
  const page = await open("trucban", "desk", "#/", { colorScheme: "dark" });
  await settled(page, ".tiles a.bad");
  await page.click("text=English");
  await page.waitForSelector("h2:has-text('Communes')");
  await review(page, "overview-english-dark");
  await page.context().close();
}

/** The commune's page on paper: A4 upright, no controls, nothing cut off. */
async function printed() {
  const page = await open("nghiduong", "desk", "#/xa/" + task.communeUnit, { colorScheme: "dark" });
  await settled(page, ".chart canvas");
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 794 - 2 * 38, height: 1123 }); // A4 at 96 dpi, 1 cm of margin
  const seen = await page.evaluate(() => [...document.querySelectorAll("button, input, select, nav")].filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 60)));
  check("print: no controls", seen.length === 0, seen.join("; "));
  check("print: says when", /Số liệu lúc \d\d:\d\d \d\d\/\d\d\/\d{4}/.test(await page.innerText("main")));
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  check("print: on white, whatever the screen is", paper === "rgb(255, 255, 255)", paper);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check("print: nothing sticks out to the right", wide <= 0, `${wide} px`);
  await page.screenshot({ path: `${task.pictures}/commune-print.png`, fullPage: true });
  await page.pdf({ path: `${task.pictures}/commune-print.pdf`, format: "A4", margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" } });
  check("print: no complaint of the browser", page.complaints.length === 0, page.complaints.join("; "));
  await page.context().close();
}

async function filterAndPause() {
  const page = await open("trucban", "desk", "#/");
  await until(page, () => document.querySelectorAll(".tiles a").length === 114);
  await page.click("button:has-text('Bản đồ')");
  await page.waitForSelector(".map a.bad");
  check("the map takes the tiles' place", !(await page.isVisible(".tiles")));
  await review(page, "map-desk");
  await page.click("button:has-text('Bản đồ')");
  check("and gives it back", (await page.isVisible(".tiles")) && (await page.locator(".map").count()) === 0);
  await page.fill("input[type=search]", "nghi duong");
  check("filter without marks", (await page.$$eval(".tiles .name", (all) => all.map((one) => one.textContent).join())) === "Nghi Dương");
  await page.fill("input[type=search]", "do son");
  const names = await page.$$eval(".tiles .name", (all) => all.map((one) => one.textContent));
  check("đ is found as d", names.includes("Đồ Sơn") && names.includes("Nam Đồ Sơn"), names.join());
  await page.fill("input[type=search]", "");
  const feed = () => page.$$eval(".items[aria-label='Sự kiện mới'] li", (all) => all.length);
  await page.click("button:has-text('Tạm dừng')");
  const before = await feed();
  await control("say");
  await page.waitForSelector("button:has-text('mới')");
  check("paused: the feed stands still and counts", (await feed()) === before);
  await page.click("button:has-text('mới')");
  await until(page, (count) => document.querySelectorAll(".items[aria-label='Sự kiện mới'] li").length > count, before);
  check("one stream for all tabs", (await streamsWithTwoTabs(page)) === 1);
  await page.context().close();
}

/** The list of alerts is not only to be read. */
async function acknowledgeAndSnooze() {
  const page = await open("nghiduong", "phone", "#/");
  const first = page.locator(".items[aria-label='Cảnh báo'] li").first();
  await first.locator("button:has-text('Nhận xử lý')").click();
  await first.locator("text=nghiduong đã nhận").waitFor();
  check("who has acknowledged is shown, and asked no more", !(await first.locator("button:has-text('Nhận xử lý')").isVisible()));
  await first.locator("button:has-text('Hoãn nhắc…')").click();
  await review(page, "alert-snooze-phone", false);
  await first.locator("input[type=date]").fill("2098-01-01");
  await first.locator("form button").click();
  await first.locator(".meta", { hasText: "hoãn nhắc đến" }).waitFor();
  check("the form closes when it is done", !(await first.locator("form").isVisible()));
  await page.context().close();
  const analyst = await open("phantich", "desk", "#/");
  await settled(analyst, ".items[aria-label='Cảnh báo'] li");
  check("who only looks is offered nothing", (await analyst.locator(".acts").count()) === 0);
  await analyst.context().close();
}

async function streamsWithTwoTabs(page) {
  const second = await page.context().newPage();
  await second.goto(task.base + "/");
  await second.waitForSelector(".tiles a");
  // pages closed before are noticed by the next heartbeat
  let streams = 0;
  for (const end = Date.now() + 40000; Date.now() < end && (streams = Number(await control("streams"))) !== 1;) await new Promise((resolve) => setTimeout(resolve, 500));
  return streams;
}

async function keyboardOnly() {
  const page = await browser.newPage({ viewport: sizes.desk, locale: "vi-VN" });
  await page.goto(task.base + "/");
  await page.waitForSelector("input[name=name]");
  await page.keyboard.type("trucban");
  await page.keyboard.press("Tab");
  await page.keyboard.type(task.password);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".tiles a.bad");
  await page.evaluate(() => document.activeElement.blur());
  const seen = [];
  for (let presses = 0; presses < 40 && !seen.includes("search"); presses++) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(() => document.activeElement.type || document.activeElement.tagName));
  }
  check("keyboard reaches the filter", seen.includes("search"), seen.join());
  await page.keyboard.type("nghi duong");
  await until(page, () => document.querySelectorAll(".tiles a").length === 1);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check("focus is seen", outline !== "none", outline);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".chart");
  check("keyboard opens a commune", (await page.evaluate(() => location.hash)).startsWith("#/xa/"));
  await page.close();
}

async function outages() {
  const page = await open("trucban", "wall", "#/tuong");
  await page.waitForSelector(".wall-slide dd");
  await page.evaluate(() => { window.sameDocument = true; });
  check("live at first", (await liveText(page)) === "Trực tiếp", await liveText(page));
  await control("kill");
  await until(page, () => /trễ \d+ giây/.test(document.querySelector(".live").textContent), null, 20);
  check("server killed: it says how old, and greys", await page.evaluate(() => document.body.classList.contains("stale-data")));
  await page.screenshot({ path: `${task.pictures}/wall-stale.png` });
  await control("start");
  await until(page, () => document.querySelector(".live").textContent === "Trực tiếp", null, 30);
  check("server back: live again", true);
  await control("pg_kill");
  await until(page, () => /cơ sở dữ liệu/.test(document.querySelector(".live").textContent), null, 20);
  check("PostgreSQL down: it says so", true);
  await control("pg_start");
  await until(page, () => document.querySelector(".live").textContent === "Trực tiếp", null, 60);
  check("never reloaded", await page.evaluate(() => window.sameDocument === true));
  check("outages: no complaint of the browser", page.complaints.length === 0, page.complaints.join("; "));
  await page.context().close();
}

/** Every text that a source can send carries markup; it must arrive as text. */
async function markup() {
  for (const [user, path, selector] of [["nghiduong", "#/", ".items li"], ["nghiduong", "#/xa/" + task.communeUnit, ".chart canvas"], ["nghiduong", "#/ho-so/" + encodeURIComponent(task.xss), ".timeline li"]]) {
    const page = await open(user, "desk", path);
    await settled(page, selector);
    const shown = (await page.textContent("main")).includes("<img");
    const parsed = await page.evaluate(() => document.querySelectorAll("main img, main script, main b b").length);
    check(`markup stays text in ${path.split("/")[1] || "overview"}`, shown && parsed === 0, `shown ${shown}, parsed ${parsed}`);
    check(`markup runs nothing`, page.complaints.length === 0, page.complaints.join("; "));
    await page.context().close();
  }
}

for (const part of [everyView, printed, filterAndPause, keyboardOnly, acknowledgeAndSnooze, markup, outages]) {
  try {
    await part();
  } catch (error) {
    check(part.name, false, error.stack);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
