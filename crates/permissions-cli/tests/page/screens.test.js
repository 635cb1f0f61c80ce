"use strict";

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { launch, openPage } = require("./browser.js");
const { makeAudit, smallAudit } = require("./fixtures.js");

const SCREENSHOTS = process.env.PAGE_SCREENSHOTS ?? path.join(__dirname, "../../../../target/audit-page");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

let browser;
before(async () => {
  browser = await launch();
  fs.mkdirSync(SCREENSHOTS, { recursive: true });
});
after(() => browser.close());

const screenshot = (page, name, options = {}) => page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), ...options });
const drift = (options) => makeAudit({ checkpoints: 40, projects: 60, compared: true, unread: 2, ...options });

/** Returns the project columns that are completely inside the frame. */
async function visibleColumns(page) {
  const frame = await page.locator("#frame").boundingBox();
  const first = await page.locator("thead .names .first").boundingBox();
  const boxes = await page.locator("thead .names [data-column]").evaluateAll((cells) => cells.filter((cell) => Number(cell.dataset.column) >= 0).map((cell) => cell.getBoundingClientRect().toJSON()));
  return boxes.filter((box) => box.left >= first.x + first.width - 1 && box.right <= frame.x + frame.width + 1).length;
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test("small audit fits without scrolling", async () => {
  const { page, errors, close } = await openPage(browser, makeAudit({ checkpoints: 5, projects: 5, compared: true }));
  await screenshot(page, "5x5");
  const [frame, table] = [await page.locator("#frame").boundingBox(), await page.locator("#matrix").boundingBox()];
  assert.ok(Math.abs(frame.width - table.width) <= 2);
  assert.deepEqual(errors, []);
  await close();
});

test("large audit draws only cells in sight", async () => {
  const audit = makeAudit({ checkpoints: 500, projects: 500, compared: true, labels: false, density: 90 });
  const { page, errors, close } = await openPage(browser, audit);
  await screenshot(page, "500x500");
  assert.ok((await page.locator("#matrix td").count()) < 4000);
  assert.equal(await page.locator("#matrix").getAttribute("aria-rowcount"), "503");
  await page.locator("#frame").evaluate((frame) => { frame.scrollTop = frame.scrollHeight; frame.scrollLeft = frame.scrollWidth; });
  await page.getByRole("button", { name: audit.projects[499].id, exact: true }).waitFor();
  await page.getByRole("button", { name: audit.checkpoints[499].id }).waitFor();
  assert.deepEqual(errors, []);
  await close();
});

test("phone shows a list instead of the matrix", async () => {
  const { page, close } = await openPage(browser, smallAudit(), phone);
  await screenshot(page, "phone", { fullPage: true });
  assert.equal(await page.locator("#frame").isVisible(), false);
  assert.equal(await page.locator(".card").count(), 4);
  assert.equal(await overflow(page), 0);
  const card = page.locator(".card").first();
  assert.match((await card.innerText()).replace(/\s+/g, " "), /forecast:B7R9VjQd.*production 3 projects, 2 differences ▲ retired team \(archived\).*○ proj_voice.*the service.*proj_maps/);
  await card.getByRole("button", { name: "retired team" }).tap();
  assert.match(await page.getByRole("dialog").innerText(), /cp_3/);
  await close();
});

test("phone list of many checkpoints grows while scrolling", async () => {
  const audit = makeAudit({ checkpoints: 200, projects: 80, labels: false });
  const { page, close } = await openPage(browser, audit, phone);
  assert.ok((await page.locator(".card").count()) < 100);
  await page.locator(".card").first().getByRole("button", { name: /^Show all/ }).tap();
  assert.equal(await page.locator(".card").first().locator(".chip").count(), audit.checkpoints[0].access.length);
  for (let step = 0; step < 40 && (await page.locator(".card").count()) < 200; step += 1) {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction((before) => document.querySelectorAll(".card").length > before || document.querySelectorAll(".card").length === 200, await page.locator(".card").count() - 1);
  }
  assert.equal(await page.locator(".card").count(), 200);
  await close();
});

test("tablet shows at least ten projects", async () => {
  const { page, close } = await openPage(browser, drift(), { viewport: { width: 820, height: 1180 } });
  await screenshot(page, "40x60-tablet");
  assert.ok((await visibleColumns(page)) >= 10, `${await visibleColumns(page)} columns`);
  assert.equal(await overflow(page), 0);
  await close();
});

test("wide screen frame has the width of the table", async () => {
  const { page, close } = await openPage(browser, drift({ projects: 30 }), { viewport: { width: 2560, height: 1440 } });
  await screenshot(page, "40x30-wide");
  const [frame, table] = [await page.locator("#frame").boundingBox(), await page.locator("#matrix").boundingBox()];
  assert.ok(Math.abs(frame.width - table.width) <= 2 && frame.width < 2000);
  assert.equal(await visibleColumns(page), 30);
  // Full ids are shown, because there is room for them.
  assert.equal(await page.locator("#matrix tbody th .hidden-text").count(), 0);
  await close();
});

test("drift cells have the highest contrast", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, close } = await openPage(browser, drift(), { colorScheme });
    await screenshot(page, `40x60-${colorScheme}`);
    const contrast = await page.evaluate(() => {
      const luminance = (color) => {
        const [red, green, blue] = color.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const ratio = (a, b) => (Math.max(luminance(a), luminance(b)) + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
      const style = (selector) => getComputedStyle(document.querySelector(selector));
      const page = getComputedStyle(document.body).backgroundColor;
      return ["extra", "missing"].map((state) => [ratio(style(`td.${state}`).backgroundColor, page), ratio(style(`td.${state}`).color, style(`td.${state}`).backgroundColor)]);
    });
    for (const [cell, sign] of contrast) assert.ok(cell >= 3 && sign >= 4.5, `${colorScheme}: ${contrast}`);
    await close();
  }
});

test("forced colours keep all states distinguishable", async () => {
  const { page, close } = await openPage(browser, smallAudit(), { forcedColors: "active" });
  await screenshot(page, "forced-colours");
  const background = (selector) => page.locator(selector).first().evaluate((cell) => getComputedStyle(cell).backgroundColor);
  assert.notEqual(await background("td.extra"), await background("td.access"));
  assert.deepEqual(await page.locator("td.access, td.extra, td.missing").allInnerTexts(), ["●", "●", "▲", "○", "●", "○"]);
  await close();
});

test("axe reports no violation", async () => {
  const cases = [[smallAudit(), {}], [smallAudit(), { colorScheme: "dark" }], [smallAudit(), phone], [drift({ checkpoints: 12, projects: 12 }), { colorScheme: "dark", fragment: "#show=differences" }],
    [makeAudit({ checkpoints: 100, projects: 100, compared: true }), { viewport: { width: 900, height: 700 } }], [smallAudit(), { fragment: "#checkpoint=nowhere" }], [smallAudit(), { forcedColors: "active" }]];
  for (const [audit, options] of cases) {
    const { page, close } = await openPage(browser, audit, options);
    const violations = async () => {
      await page.evaluate(axe);
      const result = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
      return result.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    };
    assert.deepEqual(await violations(), []);
    if (options === phone) await page.locator(".chip").first().tap();
    else if (!options.fragment) await page.locator("td.access").first().click();
    assert.deepEqual(await violations(), []);
    await close();
  }
});

test("pdf contains every id of 100", async () => {
  const audit = drift();
  const { page, folder, close } = await openPage(browser, audit, { colorScheme: "dark", fragment: "#checkpoint=nothing" });
  const file = path.join(folder, "print.pdf");
  await page.pdf({ path: file, preferCSSPageSize: true });
  const text = (...options) => execFileSync("pdftotext", [...options, file, "-"], { encoding: "utf8" });
  const whole = text();
  const ids = [...audit.checkpoints, ...audit.projects].map(({ id }) => id);
  assert.deepEqual(ids.filter((id) => !whole.includes(id)), []);

  const pages = whole.split("\f").filter((one) => /Projects \d+ to/.test(one));
  assert.ok(pages.length >= 4, `${pages.length} pages`);
  // The matrix is printed in groups of projects. Every page of a group repeats the ids of its projects.
  for (const one of pages) {
    const [, first, last] = /Projects (\d+) to (\d+) of 60/.exec(one);
    for (const { id } of audit.projects.slice(first - 1, last)) assert.ok(one.includes(id), `${id} on the page of projects ${first} to ${last}`);
  }
  assert.match(execFileSync("pdfinfo", [file], { encoding: "utf8" }), /Page size: +(841\.\d+ x 59\d|792 x 612)/);
  execFileSync("pdftoppm", ["-r", "70", "-png", file, path.join(SCREENSHOTS, "print")]);
  assert.equal(await page.locator("#print > *").count(), 0);
  await close();
});
