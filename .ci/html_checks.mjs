// The HTML report in a browser: what it shows, that search, filters, sort, links and copying work, from the keyboard and
// in both themes; that it loads nothing, says nothing on the console, and that axe finds nothing to object to.
// Usage: node html_checks.mjs CHROMIUM FOLDER [SCREENSHOTS]; playwright-core and axe-core beside the working directory.
// FOLDER holds contoso.html, infra.html and many.html, of 2,000 registries.
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(path.join(process.cwd(), "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [executablePath, folder, screenshots] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

/** A page of the folder, which is refused everything but itself. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: false, ...options });
  const address = pathToFileURL(path.join(path.resolve(folder), name)).href;
  const said = [];
  await context.route("**", (route) => {
    if (route.request().url().split("#")[0] === address) return route.continue();
    said.push(`request: ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => said.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) said.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return { page, context, said };
}

async function close({ context, said }) {
  assert.deepEqual(said, []);
  await context.close();
}

const shown = (page) => page.locator("tbody:visible").count();
const status = (page) => page.locator("#shown").textContent();

/** axe runs in a world of its own: the page's policy lets no script in. */
async function accessible(page) {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
  await session.send("Runtime.evaluate", { expression: axe, contextId: executionContextId });
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations.map((v) => [v.id, v.help, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160))])))",
    contextId: executionContextId,
    awaitPromise: true,
  });
  assert.equal(exceptionDetails, undefined);
  assert.deepEqual(JSON.parse(result.value), []);
}

// What is to be done is told without scrolling.
{
  const opened = await open("contoso.html");
  const { page } = opened;
  assert.equal(await shown(page), 16);
  const fits = async (locator) => {
    const box = await locator.boundingBox();
    assert.ok(box && box.y + box.height <= 800, "the first screen must hold it");
  };
  const first = page.locator(".first li").first();
  await fits(first);
  assert.match(await first.textContent(), /contosobuild[\s\S]*cannot reach it[\s\S]*acrscan fix fixtures\/contoso --registry contosobuild/);
  await fits(page.locator(".cards li.refused"));
  assert.match(await page.locator(".cards li.refused").textContent(), /8\s*cannot reach/);
  await fits(page.locator("#search"));
  await fits(page.locator("thead"));

  await page.fill("#search", "NIGHTLY-purge contosopay");
  await page.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("1 of"));
  assert.equal(await page.locator("tbody:visible th").first().textContent(), "contosopayments");
  await page.fill("#search", "no such registry");
  await page.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("0 of"));
  await page.fill("#search", "");
  await page.check("[value=closed]");
  await page.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("4 of"));
  await page.check("#refused");
  await page.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("2 of"));
  await page.uncheck("[value=closed]");
  await page.uncheck("#refused");
  await page.selectOption("#severity", { label: "high and worse" });
  await page.waitForFunction(() => document.querySelector("#shown").textContent.startsWith("8 of"));
  await page.selectOption("#severity", "0");

  // By the keyboard alone.
  await page.locator("th[data-sort=name] button").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("th[data-sort=name]").getAttribute("aria-sort"), "ascending");
  assert.equal(await page.locator("tbody th").first().textContent(), "contosoarchive");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("tbody th").first().textContent(), "contosoweb");
  const row = page.locator("tbody", { has: page.locator("th", { hasText: /^contosoedge$/ }) });
  await row.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.ok(await row.locator("svg").isVisible());
  assert.match(await row.locator(".findings").textContent(), /ipv6-firewall-rule/);

  // A name leads to its registry, opened.
  await page.locator(".first a").first().click();
  const target = page.locator("tbody:target");
  await target.locator("svg").waitFor({ state: "visible" });
  assert.equal(await target.locator("th").textContent(), "contosobuild");
  assert.match(await target.locator("svg").getAttribute("aria-label"), /Task nightly-purge: shut, no way in/);
  assert.ok(await target.locator("svg .shut .bar").count() >= 3);

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.locator(".first button.copy").first().click();
  await page.waitForFunction(() => document.querySelector(".first button.copy").textContent === "Copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "acrscan fix fixtures/contoso --registry contosobuild");

  await accessible(page);
  await page.click("#theme");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await accessible(page);
  await close(opened);
}

// Without a script it can be read.
{
  const opened = await open("contoso.html", { javaScriptEnabled: false });
  assert.equal(await shown(opened.page), 16);
  assert.equal(await opened.page.locator(".scripted:visible").count(), 0);
  await opened.page.locator("summary").first().click();
  assert.ok(await opened.page.locator("svg").first().isVisible());
  await close(opened);
}

// Paper shows all; a phone does not scroll sideways; source code has its page as well.
{
  const opened = await open("infra.html", { colorScheme: "dark" });
  await opened.page.locator("summary").first().click();
  await accessible(opened.page);
  await close(opened);
  const phone = await open("contoso.html", { viewport: { width: 390, height: 844 } });
  assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= 390));
  await accessible(phone.page);
  if (screenshots) await phone.page.screenshot({ path: path.join(screenshots, "report-390.png") });
  await close(phone);
  const wide = await open("contoso.html");
  if (screenshots) await wide.page.screenshot({ path: path.join(screenshots, "report-1280.png") });
  const pdf = await wide.page.pdf();
  assert.ok(pdf.length > 100_000, "paper has all registries");
  await close(wide);
}

// Two thousand registries.
{
  const opened = await open("many.html");
  assert.equal(await shown(opened.page), 2000);
  const measure = (expression) => opened.page.evaluate(expression);
  const search = await measure(async () => {
    const input = document.querySelector("#search");
    const start = performance.now();
    input.value = "registry1999";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - start;
  });
  assert.equal(await status(opened.page), "1 of 2000 shown");
  const sort = await measure(async () => {
    const input = document.querySelector("#search");
    input.value = "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const start = performance.now();
    document.querySelector("th[data-sort=name] button").click();
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - start;
  });
  console.log(`2,000 registries: search ${search.toFixed(0)} ms, sort ${sort.toFixed(0)} ms`);
  assert.ok(search < 2000 && sort < 6000, "the table must stay quick");
  await close(opened);
}

await browser.close();
console.log("the HTML report holds");
