const phone = matchMedia("(max-width: 640px)");

/** Draws everything that depends on the filters. */
function update() {
  const view = computeView();
  drawTiles(view);
  drawControls();
  drawStatus(view);
  drawNothing(view);
  byId("frame").hidden = phone.matches || view.rows.length === 0;
  byId("cards").hidden = !phone.matches || view.rows.length === 0;
  byId("prefix").hidden = !phone.matches || audit.prefix === "" || !view.rows.some(({ id }) => id.length > CARD_ID);
  byId("prefix").replaceChildren("All ids start with ", el("span", { className: "id" }, audit.prefix));
  if (phone.matches) drawCards(view);
  else drawMatrix(view);
  page.view = view;
}

function resetFilters() {
  setFilters({ ...DEFAULTS });
}

function listen() {
  for (const id of ["checkpoint", "project"]) byId(id).addEventListener("input", () => setFilters({ [id]: byId(id).value }, { step: false }));
  for (const id of ["show", "sort", "columns"]) byId(id).addEventListener("change", () => setFilters({ [id]: byId(id).value }));
  byId("bar").addEventListener("submit", (event) => event.preventDefault());
  byId("reset").addEventListener("click", resetFilters);
  byId("csv").addEventListener("click", () => downloadCsv(audit.checkpoints, audit.projects));
  byId("csv-view").addEventListener("click", () => downloadCsv(page.view.rows, page.view.columns));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button.dataset.copy);
  });
  document.addEventListener("keydown", onKey);
  for (const name of ["popstate", "hashchange"]) {
    addEventListener(name, () => { readFilters(); update(); });
  }
  phone.addEventListener("change", update);
  addEventListener("resize", () => { if (!phone.matches) drawMatrix(page.view); });
  addEventListener("beforeprint", drawPrint);
  addEventListener("afterprint", () => byId("print").replaceChildren());
  listenToMatrix();
}

/** Handles the keys that work everywhere on the page except in form fields. */
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, [popover]")) return;
  if (event.key === "/") {
    event.preventDefault();
    byId("checkpoint").select();
    byId("checkpoint").focus();
  }
  if (event.key.toLowerCase() === "n" && !phone.matches && page.view.rows.length > 0) moveToDifference(event.shiftKey ? -1 : 1);
}

const page = { view: null };
audit.totals = totals(audit.checkpoints, audit.projects);
readFilters();
drawHeader();
listen();
update();
