/** Fills the parts that do not depend on filters: title, facts about the audit, options and legend. */
function drawHeader() {
  byId("title").textContent = audit.title;
  const manifest = audit.manifest ? `compared with ${audit.manifest}` : "not compared with a manifest";
  const facts = [audit.organization, audit.base_url.replace(/^https:\/\//, ""), manifest, time(audit.created_at), audit.tool];
  byId("meta").textContent = facts.filter(Boolean).join(" · ");
  byId("legend").replaceChildren(...legendItems());
}

function legendItems() {
  const item = (state, text) => el("li", {}, el("i", { className: `sign ${STATES[state]}`, "aria-hidden": "true" }, SIGNS[state]), text);
  const items = [item(ACCESS, "access")];
  if (audit.compared) items.push(item(EXTRA, stateInWords(EXTRA)), item(MISSING, stateInWords(MISSING)));
  return items;
}

/** Draws the counts. Those of differences and unread checkpoints are buttons that filter. */
function drawTiles(view) {
  const all = audit.totals;
  const tiles = [
    tile("", view.rows.length, audit.checkpoints.length, "checkpoint"),
    tile("", view.columns.length, audit.projects.length, "project"),
    tile("", view.permissions, all.permissions, "permission"),
  ];
  if (audit.compared) {
    if (all.extra + all.missing === 0) tiles.push(el("div", { className: "tile in-sync" }, el("b", {}, "✓"), el("span", {}, "no differences")));
    if (all.extra > 0) tiles.push(filterTile("extra", view.extra, all.extra, "extra"));
    if (all.missing > 0) tiles.push(filterTile("missing", view.missing, all.missing, "missing"));
  }
  if (all.unread > 0) tiles.push(filterTile("unread", view.unread, all.unread, "not read"));
  const focused = document.activeElement?.dataset?.show;
  byId("tiles").replaceChildren(...tiles.map((child) => el("li", {}, child)));
  if (focused) byId("tiles").querySelector(`[data-show="${focused}"]`)?.focus();
}

function numbers(shown, all) {
  const text = (number) => number.toLocaleString("en");
  return el("b", {}, text(shown), shown === all ? null : el("small", {}, ` of ${text(all)}`));
}

function tile(className, shown, all, noun) {
  return el("div", { className: `tile ${className}` }, numbers(shown, all), " ", el("span", {}, all === 1 ? noun : `${noun}s`));
}

function filterTile(show, shown, all, text) {
  const pressed = filters.show === show;
  const title = pressed ? "Show everything" : `Show only ${text === "not read" ? "checkpoints that were not read" : `what is ${text}`}`;
  const onclick = () => setFilters({ show: pressed ? "all" : show });
  return el("button", { type: "button", className: `tile ${show}`, title, onclick, "aria-pressed": pressed, "data-show": show }, numbers(shown, all), " ", el("span", {}, text));
}

/** Sets the form controls to the filters. */
function drawControls() {
  const fill = (select, options, value) => select.replaceChildren(...options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
  fill(byId("show"), showOptions(), filters.show);
  fill(byId("sort"), sortOptions(), filters.sort);
  fill(byId("columns"), columnOptions(), filters.columns);
  for (const id of ["checkpoint", "project"]) {
    if (byId(id).value !== filters[id]) byId(id).value = filters[id];
  }
  byId("csv-view").hidden = !isFiltered();
  byId("reset").hidden = !isFiltered() && filters.sort === DEFAULTS.sort && filters.columns === DEFAULTS.columns;
}

/** Describes the visible part. Screen readers announce it after each change of a filter. */
function drawStatus(view) {
  const parts = [[count(view.rows.length, "checkpoint"), count(view.columns.length, "project"), count(view.permissions, "permission")].join(", ")];
  if (audit.compared) parts.push(`${view.extra} extra, ${view.missing} missing`);
  if (view.unread < audit.totals.unread) {
    const hidden = audit.totals.unread - view.unread;
    parts.push(`${count(hidden, "checkpoint")} not read ${hidden === 1 ? "is" : "are"} not shown`);
  }
  byId("status").textContent = isFiltered() ? `Shown: ${parts.join("; ")}.` : "";
}

/** Explains an empty result in words. */
function drawNothing(view) {
  const [title, text] = emptyResult(view) ?? [];
  byId("nothing").hidden = title === undefined;
  if (title === undefined) return;
  const reset = isFiltered() ? [el("button", { type: "button", onclick: resetFilters }, "Show everything")] : [];
  byId("nothing").replaceChildren(el("h2", {}, title), el("p", {}, text), ...reset);
}

function emptyResult(view) {
  if (view.rows.length === 0 && isFiltered()) {
    const terms = [filters.checkpoint.trim(), filters.project.trim()].filter(Boolean).map((term) => `“${term}”`);
    if (terms.length === 0 && filters.show === "differences") return ["No differences", `The permissions are those of ${audit.manifest ?? "the manifest"}.`];
    if (terms.length === 0) return ["Nothing to show", `No checkpoint belongs to “${byId("show").selectedOptions[0].text}”.`];
    return ["Nothing matches", `No checkpoint and project match ${terms.join(" and ")}${filters.show === "all" ? "" : ` within “${byId("show").selectedOptions[0].text}”`}.`];
  }
  if (view.rows.length === 0) return ["No checkpoints", "The audit was run for an empty list of checkpoints."];
  if (isFiltered() || audit.projects.length > 0) return undefined;
  if (audit.totals.unread === audit.checkpoints.length) return ["No checkpoint could be read", "Click a row to see the reason."];
  return ["No permissions", `No project may use ${audit.checkpoints.length === 1 ? "this checkpoint" : "any of these checkpoints"}.`];
}
