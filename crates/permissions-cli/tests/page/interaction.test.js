"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, test } = require("node:test");
const { launch, openPage } = require("./browser.js");
const { makeAudit, smallAudit } = require("./fixtures.js");

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
const readClipboard = (page) => page.evaluate(() => navigator.clipboard.readText());
const fragment = (page) => decodeURIComponent(new URL(page.url()).hash);

test("filters are restored from the url", async () => {
  const first = await openPage(browser, smallAudit());
  await first.page.getByLabel("Checkpoints /").pressSequentially("acme");
  await first.page.getByLabel("Show").selectOption("missing");
  await first.page.getByRole("button", { name: "Sort checkpoints by access of proj_voice" }).click();
  const state = new URL(first.page.url()).hash;
  assert.equal(fragment(first.page), "#checkpoint=acme&show=missing&sort=project:proj_voice");
  const expected = await first.page.locator("#matrix tbody").innerText();
  await first.close();

  const second = await openPage(browser, smallAudit(), { fragment: state });
  assert.equal(await second.page.locator("#matrix tbody").innerText(), expected);
  assert.equal(await second.page.getByLabel("Checkpoints /").inputValue(), "acme");
  await second.page.getByRole("button", { name: "Reset" }).click();
  assert.equal(fragment(second.page), "");
  await second.page.goBack();
  assert.equal(await second.page.locator("#matrix tbody").innerText(), expected);
  await second.close();
});

test("unknown filter values in the url are ignored", async () => {
  const { page, errors, close } = await openPage(browser, smallAudit(), { fragment: "#show=%3Cb%3E&sort=project:nobody&columns=x&extra=1" });
  assert.equal(await page.locator("#matrix tbody tr").count(), 4);
  assert.deepEqual(errors, []);
  await close();
});

test("click on a cell shows its permission", async () => {
  const { page, close } = await openPage(browser, smallAudit(), clipboard);
  await page.locator("td.extra").click();
  const details = page.getByRole("dialog", { name: /extra: has access, not in the manifest/ });
  for (const text of ["ft:gpt-4o:acme:forecast:B7R9VjQd", "production", "proj_radar", "archived project", "cp_3", "29 November 2026 at 10:47 CET (09:47 UTC)"]) {
    assert.ok((await details.innerText()).includes(text), text);
  }
  await details.getByRole("button", { name: "Copy the permission id" }).click();
  assert.equal(await readClipboard(page), "cp_3");
  await details.getByRole("button", { name: "Close" }).click();
  assert.equal(await details.count(), 0);
  await page.locator("td.note").click();
  assert.match(await page.getByRole("dialog", { name: "Not read" }).innerText(), /403 Forbidden \(request id req_1\)/);
  await close();
});

test("click on an id copies the full id", async () => {
  const audit = makeAudit({ checkpoints: 40, projects: 60 });
  const { page, close } = await openPage(browser, audit, clipboard);
  const checkpoint = page.locator("#matrix tbody th .id").first();
  assert.match(await checkpoint.innerText(), /^…:forecast:/);
  assert.match(await checkpoint.getAttribute("title"), new RegExp(audit.checkpoints[0].id));
  await checkpoint.click();
  assert.equal(await readClipboard(page), audit.checkpoints[0].id);
  assert.equal(await page.locator("#toast").innerText(), `Copied ${audit.checkpoints[0].id}`);
  await page.getByRole("button", { name: audit.projects[18].id, exact: true }).click();
  assert.equal(await readClipboard(page), audit.projects[18].id);
  await close();
});

test("keyboard reaches cells, details and differences", async () => {
  const { page, close } = await openPage(browser, smallAudit(), clipboard);
  const focused = () => page.evaluate(() => document.activeElement.closest("[data-column]")?.dataset.column + "," + document.activeElement.closest("[data-row]")?.dataset.row);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "checkpoint");
  await page.locator("#csv").focus();
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "-2,0");
  await page.keyboard.press("Enter");
  assert.equal(await readClipboard(page), "ft:gpt-4o:acme:forecast:B7R9VjQd");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
  assert.equal(await focused(), "1,1");
  assert.equal(await page.locator("td.cross, th.cross").count() > 3, true);
  await page.keyboard.press("Enter");
  assert.match(await page.getByRole("dialog").innerText(), /cp_4/);
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "1,1");
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("n");
  assert.equal(await focused(), "2,0");
  await page.keyboard.press("n");
  await page.keyboard.press("n");
  assert.equal(await focused(), "0,3");
  await page.keyboard.press("Shift+N");
  assert.equal(await focused(), "3,0");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "undefined,undefined");
  await close();
});

test("arrow keys scroll a large matrix", async () => {
  const audit = makeAudit({ checkpoints: 300, projects: 300, labels: false });
  const { page, close } = await openPage(browser, audit);
  await page.locator("#csv").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+End");
  const cell = await page.evaluate(() => ({ ...document.activeElement.dataset }));
  assert.deepEqual(cell, { row: "299", column: "299" });
  const [frame, box] = await Promise.all([page.locator("#frame").boundingBox(), page.locator(":focus").boundingBox()]);
  assert.ok(box.x >= frame.x && box.x + box.width <= frame.x + frame.width + 1);
  assert.ok(box.y >= frame.y && box.y + box.height <= frame.y + frame.height + 1);
  await page.keyboard.press("Home");
  assert.equal(await page.locator(":focus").getAttribute("data-copy"), audit.checkpoints[299].id);
  await close();
});

test("hover highlights row and column", async () => {
  const { page, close } = await openPage(browser, smallAudit());
  const cell = page.locator("td[data-row='1'][data-column='1']");
  await cell.hover();
  assert.deepEqual(await page.locator(".cross").evaluateAll((cells) => [...new Set(cells.map((one) => one.dataset.column))]), ["1"]);
  const background = (locator) => locator.evaluate((element) => getComputedStyle(element).backgroundColor);
  assert.equal(await background(page.locator("td[data-row='1'][data-column='3']")), await background(cell));
  assert.notEqual(await background(page.locator("td[data-row='3'][data-column='3']")), await background(cell));
  assert.match(await cell.getAttribute("title"), /proj_maps: access\ncp_4, created 2026-11-29/);
  await close();
});

async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
  return [file.suggestedFilename(), fs.readFileSync(await file.path(), "utf8")];
}

test("csv contains every cell, or the visible ones", async () => {
  const audit = smallAudit();
  audit.checkpoints[2].error.details = "=HYPERLINK(\"x\"), 403";
  const { page, close } = await openPage(browser, audit);
  const [name, all] = await download(page, "Download CSV");
  assert.equal(name, "checkpoint-access-org-acme-2026-11-29.csv");
  assert.deepEqual(all.trimEnd().split("\r\n"), [
    "checkpoint,checkpoint_label,project_id,project_name,state,permission_id,created_at,error",
    "ft:gpt-4o:acme:forecast:B7R9VjQd,production,proj_forecast,the service,access,cp_1,2026-11-28T09:47:00Z,",
    "ft:gpt-4o:acme:forecast:B7R9VjQd,production,proj_maps,,access,cp_2,2026-11-29T09:47:00Z,",
    "ft:gpt-4o:acme:forecast:B7R9VjQd,production,proj_radar,retired team,extra,cp_3,2026-11-29T09:47:00Z,",
    "ft:gpt-4o:acme:forecast:B7R9VjQd,production,proj_voice,,missing,,,",
    "ft:gpt-4o:acme:maps:9dQe77Lm,,proj_maps,,access,cp_4,2026-11-29T09:47:00Z,",
    "ft:gpt-4o:acme:retired:acehCa45,,,,not read,,,\"'=HYPERLINK(\"\"x\"\"), 403\"",
    "ft:gpt-4o:acme:voice:eeG9AGFA,,proj_forecast,the service,missing,,,",
  ]);
  await page.getByLabel("Projects", { exact: true }).fill("voice");
  const [, view] = await download(page, "CSV of this view");
  assert.deepEqual(view.trimEnd().split("\r\n").slice(1), ["ft:gpt-4o:acme:forecast:B7R9VjQd,production,proj_voice,,missing,,,"]);
  await close();
});

test("page loads nothing and runs no injected markup", async () => {
  const audit = smallAudit();
  audit.projects[1].id = "</script><script>document.title='injected'</script>";
  audit.projects[0].label = "<img src=https://example.com/x onerror=\"document.title='injected'\">";
  audit.checkpoints[2].error.details = "<b>bold</b>";
  const { page, errors, close } = await openPage(browser, audit);
  await page.locator("td.extra").click();
  assert.notEqual(await page.title(), "injected");
  assert.equal(await page.locator("b:text('bold'), img").count(), 0);
  assert.deepEqual(errors, []);
  await close();
});
