"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const scroll = byId("scroll"), head = document.querySelector("thead"), body = document.querySelector("tbody");
  const ROW = 28, COLUMN = 32, SPARE = 10;
  const SIGNS = { live: "●", unexpected: "+", missing: "−" };
  const WORDS = { live: "access", unexpected: "access that is not wanted", missing: "no access, though it is wanted" };
  for (const row of data.rows) {
    row.found = new Map(row.cells.map(([place, state, since]) => [place, { state, since }]));
    row.access = row.cells.filter(([, state]) => state !== "missing").length;
    row.differs = row.cells.some(([, state]) => state !== "live");
  }
  document.body.classList.toggle("against", data.compared);
  // As wide and as tall as the longest names, so that nothing moves while it is scrolled.
  const longest = (names) => names.reduce((most, name) => Math.max(most, name.length), 0);
  byId("matrix").style.setProperty("--wide", `${longest(data.rows.map((row) => row.checkpoint)) * 0.6}em`);
  byId("matrix").style.setProperty("--tall", `min(18rem, ${longest(data.projects) * 0.6}em)`);
  let rows = [], columns = [], sorted = null, drawn = [0, 0];

  const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== "") made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  function choose() {
    const wanted = byId("checkpoint").value.trim().toLowerCase();
    const project = byId("project").value.trim().toLowerCase();
    const show = byId("show").value, sort = byId("sort").value;
    columns = data.projects.map((name, place) => ({ name, place })).filter(({ name }) => name.toLowerCase().includes(project));
    rows = data.rows.filter((row) => row.checkpoint.toLowerCase().includes(wanted)
      && (project === "" || columns.some(({ place }) => row.found.has(place)))
      && (show !== "access" || row.access > 0)
      && (show !== "differences" || row.differs)
      && (show !== "unread" || row.error !== undefined));
    const byName = (a, b) => (a.checkpoint < b.checkpoint ? -1 : a.checkpoint > b.checkpoint ? 1 : 0);
    if (sort === "name") rows.sort(byName);
    if (sort === "most") rows.sort((a, b) => b.access - a.access || byName(a, b));
    if (sort === "fewest") rows.sort((a, b) => a.access - b.access || byName(a, b));
    if (sorted !== null) rows.sort((a, b) => Number(b.found.has(sorted)) - Number(a.found.has(sorted)));
    draw(true);
    const permissions = rows.reduce((sum, row) => sum + row.access, 0);
    byId("summary").textContent = `${count(permissions, "permission")} to ${count(rows.length, "checkpoint")}`
      + ` for ${count(columns.length, "project")}, as of ${data.made}`;
    byId("matrix").setAttribute("aria-rowcount", String(rows.length + 1));
    byId("matrix").setAttribute("aria-colcount", String(columns.length + 2));
    byId("nothing").hidden = rows.length > 0;
    scroll.hidden = rows.length === 0;
  }

  /** Of what is `step` pixels each, the part that is seen from `offset` on, with some to spare on both sides. */
  function span(offset, size, step, total) {
    const first = Math.max(0, Math.min(total, Math.floor(offset / step) - SPARE));
    return [first, Math.min(total, first + Math.ceil(size / step) + 2 * SPARE)];
  }

  function draw(anew, everything = false) {
    const [top, bottom] = everything ? [0, rows.length] : span(scroll.scrollTop, innerHeight, ROW, rows.length);
    const [left, right] = everything ? [0, columns.length] : span(scroll.scrollLeft, innerWidth, COLUMN, columns.length);
    if (!anew && Math.abs(top - drawn[0]) < SPARE / 2 && Math.abs(left - drawn[1]) < SPARE / 2) return;
    drawn = [top, left];
    const focused = document.activeElement.dataset.place;
    const shown = columns.slice(left, right), before = left, after = columns.length - right;
    head.replaceChildren(drawHead(shown, left, before, after));
    const lines = rows.slice(top, bottom).map((row, at) => drawRow(row, top + at, shown, before, after));
    body.replaceChildren(gap(top, shown), ...lines, gap(rows.length - bottom, shown));
    if (focused !== undefined) head.querySelector(`[data-place="${focused}"]`)?.focus({ preventScroll: true });
  }

  function drawHead(shown, left, before, after) {
    const line = element("tr", "");
    line.append(element("th", "Checkpoint", { scope: "col" }), element("th", "Projects", { scope: "col" }), beside("th", before));
    shown.forEach(({ name, place }, at) => {
      const cell = element("th", "", { scope: "col", class: "project", "aria-colindex": String(left + at + 3) });
      if (sorted === place) cell.setAttribute("aria-sort", "descending");
      const title = `Those ${name} has access to first`;
      const button = element("button", name, { type: "button", title, "data-place": String(place) });
      button.addEventListener("click", () => { sorted = sorted === place ? null : place; choose(); });
      cell.append(button);
      line.append(cell);
    });
    line.append(beside("th", after));
    return line;
  }

  /** What stands for columns that are out of sight. */
  function beside(name, number) {
    const cell = element(name, "", { class: "beside", "aria-hidden": "true" });
    cell.style.minWidth = `${number * COLUMN}px`;
    return cell;
  }

  /** What stands for rows that are out of sight. */
  function gap(number, shown) {
    const line = element("tr", "", { class: "gap", "aria-hidden": "true" });
    const cell = element("td", "", { colspan: String(shown.length + 4) });
    cell.style.height = `${number * ROW}px`;
    line.append(cell);
    return line;
  }

  function drawRow(row, at, shown, before, after) {
    const line = element("tr", "", { "data-row": "", "aria-rowindex": String(at + 2) });
    line.append(element("th", row.checkpoint, { scope: "row" }));
    if (row.error !== undefined) {
      line.append(element("td", row.error, { class: "error", colspan: String(shown.length + 3) }));
      return line;
    }
    line.append(element("td", String(row.access), { class: "count" }), beside("td", before));
    for (const { name, place } of shown) {
      const found = row.found.get(place);
      if (found === undefined) {
        line.append(element("td", "", { class: "project" }));
        continue;
      }
      const since = found.since === null ? "" : ` since ${day(found.since)}`;
      const told = `${name}: ${WORDS[found.state]}${since}`;
      const cell = element("td", "", { class: `project ${found.state}`, title: told });
      cell.append(element("span", SIGNS[found.state], { role: "img", "aria-label": told }));
      line.append(cell);
    }
    line.append(beside("td", after));
    return line;
  }

  function day(seconds) {
    const date = new Date(seconds * 1000);
    return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().slice(0, 10);
  }

  function reset() {
    byId("controls").reset();
    sorted = null;
    choose();
  }

  for (const id of ["checkpoint", "project"]) byId(id).addEventListener("input", choose);
  for (const id of ["show", "sort"]) byId(id).addEventListener("change", () => { sorted = null; choose(); });
  byId("clear").addEventListener("click", reset);
  byId("again").addEventListener("click", reset);
  scroll.addEventListener("scroll", () => draw(false), { passive: true });
  addEventListener("resize", () => draw(true));
  addEventListener("beforeprint", () => draw(true, true));
  addEventListener("afterprint", () => draw(true));
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(input|select)$/i.test(event.target.tagName)) {
      event.preventDefault();
      byId("checkpoint").focus();
    }
  });
  choose();
})();
