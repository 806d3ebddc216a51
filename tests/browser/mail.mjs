// Mails and pages of the alerter in a real Chromium. Reads one JSON object on standard input: {pictures, pages: {name: base64 of the HTML}}.
// Prints one line per check; exit code 1 when one failed.
import { chromium } from "playwright-core";
import { readFileSync, mkdirSync } from "node:fs";

const task = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
let failed = 0;
mkdirSync(task.pictures, { recursive: true });

function check(name, good, detail = "") {
  console.log(`${good ? "ok" : "not ok"} - ${name}${good ? "" : ": " + detail}`);
  failed += good ? 0 : 1;
}

/** Letters of the page that no font draws: they look like a code point that nobody has. */
function undrawn() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const look = (letter) => {
    context.clearRect(0, 0, 60, 60);
    context.font = "32px " + getComputedStyle(document.body).fontFamily;
    context.fillText(letter, 10, 40);
    return context.getImageData(0, 0, 60, 60).data.join();
  };
  const missing = look("\u{10FFFE}");
  return [...new Set(document.body.innerText.normalize("NFC"))].filter((letter) => letter.trim() && look(letter) === missing);
}

for (const [name, encoded] of Object.entries(task.pages)) {
  const html = Buffer.from(encoded, "base64").toString("utf8");
  for (const width of [320, 360, 600]) {
    const page = await browser.newPage({ viewport: { width, height: 740 }, locale: "vi-VN" });
    await page.setContent(html);
    const seen = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      small: [...document.querySelectorAll("body *")].filter((e) => e.children.length === 0 && e.textContent.trim() && parseFloat(getComputedStyle(e).fontSize) < 13).length,
      low: [...document.querySelectorAll("a, button")].filter((e) => e.getBoundingClientRect().height < 44).length,
      marks: document.body.innerText === document.body.innerText.normalize("NFC"),
    }));
    check(`${name} at ${width} px: nothing sticks out`, seen.width <= width, `${seen.width} px`);
    check(`${name} at ${width} px: no text below 13 px, no button below 44 px`, seen.small === 0 && seen.low === 0, JSON.stringify(seen));
    const letters = await page.evaluate(undrawn);
    check(`${name} at ${width} px: every letter is drawn, composed`, letters.length === 0 && seen.marks, letters.join(" "));
    await page.screenshot({ path: `${task.pictures}/${name}-${width}.png`, fullPage: true });
    await page.close();
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
