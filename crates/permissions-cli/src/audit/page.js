"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const scroll = byId("scroll"), head = document.querySelector("thead"), body = document.querySelector("tbody");
  const ROW = 28, SPARE = 20;
  const SIGNS = { live: "●", unexpected: "+", missing: "−" };
  const WORDS = { live: "access", unexpected: "access that is not wanted", missing: "no access, though it is wanted" };
  for (const row of data.rows) {
    row.found = new Map(row.cells.map(([place, state, since]) => [place, { state, since }]));
    row.access = row.cells.filter(([, state]) => state !== "missing").length;
    row.differs = row.cells.some(([, state]) => state !== "live");
  }
  document.body.classList.toggle("against", data.compared);
  let rows = [], columns = [], sorted = null, drawn = [0, -1];

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
    drawHead();
    draw(true);
    const permissions = rows.reduce((sum, row) => sum + row.access, 0);
    byId("summary").textContent = `${count(permissions, "permission")} to ${count(rows.length, "checkpoint")}`
      + ` for ${count(columns.length, "project")}, as of ${data.made}`;
    byId("nothing").hidden = rows.length > 0;
    scroll.hidden = rows.length === 0;
  }

  function drawHead() {
    const line = element("tr", "");
    line.append(element("th", "Checkpoint", { scope: "col" }), element("th", "Projects", { scope: "col" }));
    for (const { name, place } of columns) {
      const cell = element("th", "", { scope: "col" });
      if (sorted === place) cell.setAttribute("aria-sort", "descending");
      const button = element("button", name, { type: "button", title: `Those ${name} has access to first` });
      button.addEventListener("click", () => { sorted = sorted === place ? null : place; choose(); });
      cell.append(button);
      line.append(cell);
    }
    head.replaceChildren(line);
  }

  function draw(anew, everything = false) {
    const first = everything ? 0 : Math.max(0, Math.floor(scroll.scrollTop / ROW) - SPARE);
    const last = everything ? rows.length : Math.min(rows.length, first + Math.ceil(scroll.clientHeight / ROW) + 2 * SPARE);
    if (!anew && Math.abs(first - drawn[0]) < SPARE / 2 && last <= drawn[1] + SPARE / 2) return;
    drawn = [first, last];
    const lines = rows.slice(first, last).map(drawRow);
    body.replaceChildren(gap(first), ...lines, gap(rows.length - last));
    byId("matrix").setAttribute("aria-rowcount", String(rows.length + 1));
  }

  function gap(height) {
    const line = element("tr", "", { class: "gap", "aria-hidden": "true" });
    const cell = element("td", "", { colspan: String(columns.length + 2) });
    cell.style.height = `${height * ROW}px`;
    line.append(cell);
    return line;
  }

  function drawRow(row) {
    const line = element("tr", "", { "data-row": "" });
    line.append(element("th", row.checkpoint, { scope: "row" }));
    if (row.error !== undefined) {
      line.append(element("td", row.error, { class: "error", colspan: String(columns.length + 1) }));
      return line;
    }
    line.append(element("td", String(row.access), { class: "count" }));
    for (const { name, place } of columns) {
      const found = row.found.get(place);
      if (found === undefined) {
        line.append(element("td", ""));
        continue;
      }
      const since = found.since === null ? "" : ` since ${day(found.since)}`;
      const told = `${name}: ${WORDS[found.state]}${since}`;
      const cell = element("td", "", { class: found.state, title: told });
      cell.append(element("span", SIGNS[found.state], { role: "img", "aria-label": told }));
      line.append(cell);
    }
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
