"use strict";

// AUDIT_PAGE is a page that the command wrote; see main.rs.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const { after, before, test } = require("node:test");
const { launch, openPage } = require("./browser.js");

let browser, opened;
before(async () => {
  browser = await launch();
  opened = await openPage(browser, null, { html: fs.readFileSync(process.env.AUDIT_PAGE, "utf8") });
});
after(() => browser.close());

const texts = (selector) => opened.page.locator(selector).allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, " ").trim()));

test("command writes checkpoints, states and errors", async () => {
  assert.deepEqual((await texts("#tiles li")), ["4 checkpoints", "3 projects", "3 permissions", "1 extra", "1 missing", "1 not read"]);
  assert.deepEqual(await opened.page.locator("#matrix tbody th .id").evaluateAll((ids) => ids.map((id) => id.dataset.copy.split(":")[3])), ["forecast", "maps", "voice", "retired"]);
  assert.deepEqual((await texts("#matrix tbody tr:first-child td")).slice(0, 4), ["2", "●", "▲", "○"]);
  assert.match((await texts("td.note"))[0], /^not read: 403, /);
  assert.deepEqual(opened.errors, []);
});

test("command writes names of projects and labels of the manifest", async () => {
  assert.deepEqual(await texts("#matrix .names .name"), ["the service", "Maps team", "Radar team"]);
  const archived = opened.page.getByRole("columnheader").getByRole("button", { name: /Radar team.*archived/ });
  assert.equal(await archived.count(), 1);
  assert.deepEqual(await texts("#matrix tbody .label"), ["production"]);
  assert.deepEqual(await texts("#matrix tbody .tag"), ["not in manifest", "not in manifest"]);
});

test("search finds projects by name and by id", async () => {
  for (const search of ["maps TEAM", "proj_maps"]) {
    await opened.page.locator("#project").fill(search);
    assert.deepEqual(await texts("#matrix .names .name"), ["Maps team"], search);
  }
  await opened.page.locator("#project").fill("");
});

test("command writes source and version", async () => {
  assert.match((await texts("#meta"))[0], /^org-acme · http:\/\/127\.0\.0\.1:\d+\/v1 · compared with permissions\.toml · \d+ \w+ 20\d\d at .* UTC\) · permissions \d+\.\d+\.\d+$/);
  assert.match(await opened.page.title(), /org-acme/);
});

test("command writes permission ids and times", async () => {
  await opened.page.locator("td.extra").click();
  assert.match(await opened.page.getByRole("dialog").innerText(), /cp_\w{24}[\s\S]*20\d\d/);
});
