// usage: node screenshot.js FOLDER
// Writes the README's screenshots of the audit page to FOLDER: audit-page-light.png and audit-page-dark.png.
"use strict";

const path = require("node:path");
const { launch, openPage } = require("./browser.js");
const { makeAudit } = require("./fixtures.js");

async function main(folder) {
  const audit = makeAudit({ checkpoints: 11, projects: 16, compared: true, unread: 1, seed: 5 });
  const browser = await launch();
  for (const colorScheme of ["light", "dark"]) {
    const { page, errors, close } = await openPage(browser, audit, { colorScheme, viewport: { width: 1280, height: 880 }, deviceScaleFactor: 1.5 });
    await page.screenshot({ path: path.join(folder, `audit-page-${colorScheme}.png`) });
    if (errors.length > 0) throw new Error(errors.join("\n"));
    await close();
  }
  await browser.close();
}

main(process.argv[2] ?? path.join(__dirname, "../../../../docs/images"));
