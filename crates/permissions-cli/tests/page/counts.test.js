"use strict";

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { launch, openPage } = require("./browser.js");
const { makeAudit, smallAudit } = require("./fixtures.js");

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** Returns the checkpoints of the matrix from top to bottom. */
const rows = (page) => page.locator("#matrix tbody th .id").evaluateAll((buttons) => buttons.map((button) => button.dataset.copy));
const columns = (page) => page.locator("#matrix .names button").evaluateAll((buttons) => buttons.map((button) => button.dataset.copy));
const tiles = (page) => page.locator("#tiles li").allInnerTexts().then((texts) => texts.map((text) => text.replace(/\s+/g, " ")));
const short = (ids) => ids.map((id) => id.split(":")[3]);

test("tiles count the whole audit", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  assert.deepEqual(await tiles(page), ["4 checkpoints", "4 projects", "4 permissions", "1 extra", "2 missing", "1 not read"]);
  await close();
});

test("project filter counts only cells of that project", async () => {
  const audit = makeAudit({ checkpoints: 40, projects: 60 });
  const project = audit.projects[20];
  const expected = audit.checkpoints.filter((row) => row.access.some(([index]) => index === 20)).length;
  const { page, close } = await openPage(browser, audit);
  await page.getByLabel("Projects", { exact: true }).fill(project.id);
  assert.deepEqual(await columns(page), [project.id]);
  assert.equal((await rows(page)).length, expected);
  assert.equal(await page.locator("#status").innerText(), `Shown: ${expected} checkpoints, 1 project, ${expected} permissions.`);
  assert.match((await tiles(page))[2], new RegExp(`^${expected} of \\d+ permissions$`));
  await close();
});

test("checkpoint filter hides projects without a permission", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  await page.getByLabel("Checkpoints /").fill("ACME maps");
  assert.deepEqual([short(await rows(page)), await columns(page)], [["maps"], ["proj_maps"]]);
  assert.equal(await page.locator("#status").innerText(), "Shown: 1 checkpoint, 1 project, 1 permission; 0 extra, 0 missing; 1 checkpoint not read is not shown.");
  await close();
});

test("filters find labels and project names", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  await page.getByLabel("Checkpoints /").fill("production");
  assert.deepEqual(short(await rows(page)), ["forecast"]);
  await page.getByRole("button", { name: "Reset" }).click();
  await page.getByLabel("Projects", { exact: true }).fill("the service");
  assert.deepEqual([short(await rows(page)), await columns(page)], [["forecast", "voice"], ["proj_forecast"]]);
  await close();
});

test("tiles of differences filter rows and columns", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  await page.getByRole("button", { name: "2 missing" }).click();
  assert.deepEqual([short(await rows(page)), await columns(page)], [["forecast", "voice"], ["proj_forecast", "proj_voice"]]);
  assert.deepEqual((await tiles(page)).slice(0, 5), ["2 of 4 checkpoints", "2 of 4 projects", "1 of 4 permissions", "0 of 1 extra", "2 missing"]);
  assert.equal(await page.getByRole("button", { name: "2 missing" }).getAttribute("aria-pressed"), "true");
  await page.getByRole("button", { name: "0 of 1 extra" }).click();
  assert.deepEqual([short(await rows(page)), await columns(page)], [["forecast"], ["proj_radar"]]);
  await page.getByRole("button", { name: "1 extra" }).click();
  assert.equal((await rows(page)).length, 4);
  await close();
});

test("unread checkpoint is one row with short message", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  const note = page.locator("td.note");
  assert.equal(await note.innerText(), "not read: 403, the key may not list this checkpoint");
  assert.match(await note.getAttribute("title"), /request id req_1/);
  const cells = await page.locator("#matrix tbody tr").nth(2).locator("th, td").count();
  assert.equal(cells, 2);
  const left = (locator) => locator.first().boundingBox().then((box) => box.x);
  const before = await left(page.locator("td.extra"));
  await page.getByRole("button", { name: "1 not read" }).click();
  assert.deepEqual(short(await rows(page)), ["retired"]);
  await page.getByRole("button", { name: "1 not read" }).click();
  assert.equal(await left(page.locator("td.extra")), before);
  await close();
});

test("long error message leaves cells in place", async () => {
  const audit = makeAudit({ checkpoints: 6, projects: 8, unread: 1 });
  const { page, close } = await openPage(browser, audit);
  const positions = () => page.locator("#matrix tbody tr:first-child td").evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().x));
  const expected = await positions();
  await close();
  audit.checkpoints[5].error.summary = "x".repeat(400);
  const second = await openPage(browser, audit);
  assert.deepEqual(await second.page.locator("#matrix tbody tr:first-child td").evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().x)), expected);
  await second.close();
});

test("differences are offered only after a comparison", async () => {
  const options = async (audit) => {
    const { page, close } = await openPage(browser, audit, { fragment: "#show=differences" });
    const texts = await page.getByLabel("Show").locator("option").allInnerTexts();
    const shown = (await rows(page)).length;
    await close();
    return [texts.includes("Differences"), shown];
  };
  assert.deepEqual(await options(makeAudit({ checkpoints: 5, projects: 5 })), [false, 5]);
  assert.deepEqual(await options(smallAudit()), [true, 2]);
});

test("sort by project separates all four states", async () => {
  const audit = smallAudit();
  audit.checkpoints = ["none", "missing", "extra", "access", "unread"].map((name) => ({
    id: `ft:gpt-4o:acme:${name}:1`,
    ...(name === "unread" ? { error: { summary: "500", details: "500" } } : {
      access: name === "access" ? [[0, "cp_1", 0]] : [],
      extra: name === "extra" ? [[0, "cp_2", 0]] : [],
      missing: name === "missing" ? [0] : [],
    }),
  }));
  const { page, close } = await openPage(browser, audit);
  const sort = page.getByRole("button", { name: "Sort checkpoints by access of the service" });
  await sort.click();
  assert.deepEqual(short(await rows(page)), ["access", "extra", "missing", "none", "unread"]);
  assert.equal(await page.getByRole("combobox", { name: "Sort checkpoints" }).locator("option:checked").innerText(), "By the service");
  await sort.click();
  assert.deepEqual(short(await rows(page)), ["none", "missing", "extra", "access", "unread"]);
  await sort.click();
  assert.deepEqual(short(await rows(page)), ["none", "missing", "extra", "access", "unread"]);
  assert.equal(await page.getByRole("combobox", { name: "Sort checkpoints" }).inputValue(), "listed");
  await close();
});

test("totals sort checkpoints and projects", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  await page.getByRole("button", { name: "Sort checkpoints by number of projects" }).click();
  assert.deepEqual(short(await rows(page)), ["forecast", "maps", "voice", "retired"]);
  await page.getByRole("button", { name: "Sort checkpoints by number of projects" }).click();
  assert.deepEqual(short(await rows(page)), ["voice", "maps", "forecast", "retired"]);
  await page.getByRole("button", { name: /Checkpoints per project/ }).click();
  assert.deepEqual(await columns(page), ["proj_maps", "proj_forecast", "proj_radar", "proj_voice"]);
  assert.deepEqual(await page.locator("tfoot td:not(.sum)").allInnerTexts().then((texts) => texts.slice(0, 4)), ["2", "1", "1", "0"]);
  await page.getByRole("combobox", { name: "Sort checkpoints" }).selectOption({ label: "Most differences" });
  assert.deepEqual(short(await rows(page)), ["forecast", "voice", "maps", "retired"]);
  await close();
});

test("empty results are explained in words", async () => {
  const explanation = async (audit, fragment) => {
    const { page, close } = await openPage(browser, audit, { fragment });
    const text = await page.locator("#nothing").innerText();
    await close();
    return text.replace(/\s+/g, " ");
  };
  assert.equal(await explanation(smallAudit(), "#checkpoint=nowhere"), "Nothing matches No checkpoint and project match “nowhere”. Show everything");
  const inSync = { ...smallAudit(), checkpoints: [{ id: "ft:a", access: [[0, "cp_1", 0]], extra: [], missing: [] }] };
  assert.equal(await explanation(inSync, "#show=differences"), "No differences The permissions are those of permissions.toml. Show everything");
  const closed = { ...makeAudit({ checkpoints: 2, projects: 0 }) };
  assert.equal(await explanation(closed, ""), "No permissions No project may use any of these checkpoints.");
  const unread = makeAudit({ checkpoints: 2, projects: 0, unread: 2 });
  assert.equal(await explanation(unread, ""), "No checkpoint could be read Click a row to see the reason.");
  assert.equal(await explanation(smallAudit(), "#show=empty"), "");
});

test("header shows source and both times", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  assert.equal(await page.locator("h1").innerText(), "Who may use which checkpoint");
  assert.equal(await page.locator("#meta").innerText(), "org-acme · api.openai.com/v1 · compared with permissions.toml · 29 November 2026 at 10:47 CET (09:47 UTC) · permissions 0.2.0");
  await close();
});
