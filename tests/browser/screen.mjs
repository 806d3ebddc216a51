// One visitor of hoso-board in a real Chromium, for tests/bench/run-board. Reads {base, name, password} on standard input. First
// line: what the first view of a browser that knows nothing took. Then, until its input ends, a line {at, shown} whenever the
// city's number of dossiers received today has been painted anew (milliseconds since 1970).
import { chromium } from "playwright-core";
import { createInterface } from "node:readline";

const input = createInterface({ input: process.stdin });
const task = JSON.parse((await input[Symbol.asyncIterator]().next()).value);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });

async function signIn() {
  const context = await browser.newContext({ locale: "vi-VN" });
  const page = await context.newPage();
  await page.goto(task.base + "/");
  await page.fill("input[name=name]", task.name);
  await page.fill("input[name=password]", task.password);
  await page.click("button.primary");
  await page.waitForSelector(".numbers dd");
  return context.storageState();
}

/** Bytes on the wire of everything that the page asked for, and milliseconds until its numbers stood there in their own type. */
async function firstView(storageState) {
  const context = await browser.newContext({ locale: "vi-VN", viewport: { width: 1440, height: 900 }, storageState });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  let bytes = 0;
  await wire.send("Network.enable");
  wire.on("Network.dataReceived", (part) => { bytes += part.encodedDataLength; });
  const began = Date.now();
  await page.goto(task.base + "/");
  await page.waitForSelector(".numbers dd");
  await page.evaluate(() => document.fonts.ready.then(() => new Promise(requestAnimationFrame)));
  return { page, ms: Date.now() - began, bytes };
}

const { page, ms, bytes } = await firstView(await signIn());
console.log(JSON.stringify({ first_view_ms: ms, bytes }));
await page.exposeFunction("tell", (at, shown) => console.log(JSON.stringify({ at, shown })));
await page.evaluate(() => {
  let last = null;
  const read = () => [...document.querySelectorAll(".numbers div")].find((div) => div.querySelector("dt").textContent.startsWith("Tiếp nhận"))
    .querySelector("dd").textContent.replace(/\D/g, "");
  new MutationObserver(() => {
    const shown = read();
    if (shown === last) return;
    last = shown;
    // the frame after the next has this one on the screen
    requestAnimationFrame(() => requestAnimationFrame(() => window.tell(Date.now(), Number(shown))));
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
});
input.on("close", () => browser.close());
