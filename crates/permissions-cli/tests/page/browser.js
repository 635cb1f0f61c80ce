// Opens audit pages in headless Chromium.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const SOURCE = path.join(__dirname, "../../src/audit/page");

/** Fills the template as src/audit/html.rs does. */
function render(audit) {
  const texts = { title: audit.title, data: JSON.stringify(audit).replaceAll("<", "\\u003c") };
  const read = (name) => texts[name] ?? fs.readFileSync(path.join(SOURCE, name), "utf8");
  return fs.readFileSync(path.join(SOURCE, "page.html"), "utf8").replace(/\/\*\{(.+?)\}\*\//g, (_, name) => read(name));
}

function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  // CI runs as root, where Chromium's sandbox does not start.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** Writes an audit page to a file and opens it. `errors` collects script errors and requests. */
async function openPage(browser, audit, options = {}) {
  const { fragment = "", html = render(audit), ...contextOptions } = options;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "audit-page-"));
  const file = path.join(folder, "audit.html");
  fs.writeFileSync(file, html);
  const context = await browser.newContext({ viewport: { width: 1280, height: 820 }, locale: "en-GB", timezoneId: "Europe/Berlin", ...contextOptions });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) errors.push(`request to ${request.url()}`); });
  await page.goto(pathToFileURL(file).href + fragment);
  return { page, context, errors, folder, close: async () => { await context.close(); fs.rmSync(folder, { recursive: true }); } };
}

module.exports = { launch, openPage, render };
