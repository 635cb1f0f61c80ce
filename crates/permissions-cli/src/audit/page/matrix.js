// The matrix draws only the rows and columns in sight, so that 500 × 500 cells stay fast. Small
// matrices are drawn completely, so that the browser's search finds everything.
const ROW = 32, SUM = 84, SORTS = 26, MARGIN = 8, DRAW_ALL = 8000, WIDE_COLUMN = 40, NARROW_COLUMN = 32;
/** Positions of the rows above the first checkpoint and of the columns left of the first project. */
const NAMES = -2, SORT_ROW = -1, FIRST = -2, TOTAL = -1;

const matrix = { view: null, layout: null, window: null, active: { row: 0, column: FIRST }, cross: null };

/** Lays the matrix out for a new view and draws it. */
function drawMatrix(view) {
  const { active } = matrix;
  matrix.view = view;
  matrix.layout = layOut(view);
  matrix.window = null;
  active.row = Math.min(active.row, view.rows.length);
  active.column = Math.min(active.column, view.columns.length - 1);
  byId("matrix").setAttribute("aria-rowcount", String(view.rows.length + 3));
  byId("matrix").setAttribute("aria-colcount", String(view.columns.length + 2));
  drawWindow();
}

/** Computes widths. Ids are shortened only if the window is too narrow for them and the projects. */
function layOut({ rows, columns, unread }) {
  const character = characterWidth(), padding = 32;
  const longest = (texts) => texts.reduce((most, text) => Math.max(most, text.length), 0);
  const besideId = (row) => (row.label ? Math.min(row.label.length * 7.4, 230) + 10 : 0) + (row.unmanaged ? 128 : 0);
  const beside = rows.reduce((most, row) => Math.max(most, besideId(row)), 0);
  const full = longest(rows.map((row) => row.id));
  const tail = Math.max(longest(rows.map((row) => row.id.slice(audit.prefix.length))) + 2, 12);
  const extras = padding + beside;
  const available = byId("frame").parentElement.clientWidth - 2 * parseFloat(getComputedStyle(byId("frame").parentElement).paddingLeft) - SUM - 4;
  const ideal = full * character + extras <= available - columns.length * WIDE_COLUMN ? full : tail;
  const room = Math.max(available - Math.min(columns.length, 10.2) * WIDE_COLUMN, 200);
  const first = Math.max(150, Math.min(Math.ceil(ideal * character + extras), Math.floor(room), 620));
  // Slightly narrower columns are better than a scroll bar for the last few projects.
  const fitting = Math.floor((available - first) / Math.max(columns.length, 1));
  const column = fitting >= NARROW_COLUMN ? Math.min(fitting, WIDE_COLUMN) : WIDE_COLUMN;
  const forId = first - padding - Math.min(beside, Math.max(0, first - padding - ideal * character));
  const names = longest(columns.map((column) => shorten(column.label ?? "", 22))) * 7.2;
  const ids = longest(columns.map((column) => shorten(column.id, 16))) * 6.9;
  return {
    first,
    column,
    characters: Math.max(12, Math.min(ideal, Math.floor(forId / character))),
    head: Math.round(Math.max(64, Math.min(Math.max(names, ids) + 18, 176))),
    filler: unread > 0 ? Math.max(0, 440 - columns.length * column) : 0,
    all: rows.length * columns.length <= DRAW_ALL,
  };
}

/** Measures a character of the ids, because the font and its size depend on the reader's settings. */
function characterWidth() {
  const sample = el("span", { className: "id row-id hidden-text" }, "0".repeat(50));
  sample.style.width = "auto";
  byId("screen").append(sample);
  const width = sample.getBoundingClientRect().width / 50;
  sample.remove();
  return width;
}

/** Returns the half-open range of items in sight, with a margin on both sides. */
function range(offset, size, step, total) {
  const first = Math.max(0, Math.min(total, Math.floor(offset / step) - MARGIN));
  return [first, Math.min(total, first + Math.ceil(size / step) + 2 * MARGIN)];
}

/** Draws the part in sight, unless it is drawn already. */
function drawWindow() {
  const { view: { rows, columns }, layout, window: drawn } = matrix;
  const frame = byId("frame");
  const [top, bottom] = layout.all ? [0, rows.length] : range(frame.scrollTop, innerHeight, ROW, rows.length);
  const [left, right] = layout.all ? [0, columns.length] : range(frame.scrollLeft - layout.first - SUM, innerWidth, layout.column, columns.length);
  if (drawn && Math.abs(top - drawn.top) < MARGIN - 1 && Math.abs(left - drawn.left) < MARGIN - 1) return;
  matrix.window = { top, bottom, left, right, after: (columns.length - right) * layout.column + layout.filler };
  const hadFocus = frame.contains(document.activeElement);
  const { after } = matrix.window, shown = right - left;
  const widths = [layout.first, SUM, ...(left > 0 ? [left * layout.column] : []), ...new Array(shown).fill(layout.column), ...(after > 0 ? [after] : [])];
  const table = byId("matrix");
  table.style.width = `${widths.reduce((sum, width) => sum + width, 0)}px`;
  for (const [name, value] of [["--first", layout.first], ["--head", layout.head]]) frame.style.setProperty(name, `${value}px`);
  frame.style.setProperty("--note", `${Math.max(240, Math.min(frame.parentElement.clientWidth - layout.first - 140, 900))}px`);
  const body = el("tbody", {}, gap(top, widths.length), ...rows.slice(top, bottom).map((row, at) => bodyRow(row, top + at)), gap(rows.length - bottom, widths.length));
  table.replaceChildren(
    el("colgroup", {}, ...widths.map((width) => { const column = el("col"); column.style.width = `${width}px`; return column; })),
    el("thead", {}, namesRow(), sortRow()),
    body,
    el("tfoot", {}, totalsRow()),
  );
  markActive();
  markCross(matrix.cross);
  if (hadFocus) focusTarget()?.focus({ preventScroll: true });
}

/** Creates a row that takes the space of rows out of sight. */
function gap(rows, columns) {
  if (rows === 0) return null;
  const cell = el("td", { colspan: columns });
  cell.style.height = `${rows * ROW}px`;
  return el("tr", { className: "gap", "aria-hidden": "true" }, cell);
}

/** Creates a row from its first two cells and a function that creates a project's cell. */
function matrixRow(at, properties, first, sum, cellOf, spacer = "td") {
  const { left, right, after } = matrix.window;
  const space = () => el(spacer, { className: "space", "aria-hidden": "true" });
  const cells = matrix.view.columns.slice(left, right).map((column, index) => tag(cellOf(column), at, left + index));
  const row = el("tr", { ...properties, "aria-rowindex": at + 3 }, tag(first, at, FIRST), tag(sum, at, TOTAL));
  row.append(...(left > 0 ? [space()] : []), ...cells, ...(after > 0 ? [space()] : []));
  return row;
}

/** Adds a cell's position, which keyboard.js reads. */
function tag(cell, row, column) {
  cell.dataset.row = row;
  cell.dataset.column = column;
  cell.setAttribute("aria-colindex", String(column + 3));
  (cell.querySelector("button") ?? cell).tabIndex = -1;
  return cell;
}

function namesRow() {
  const prefix = audit.prefix && el("span", { className: "id", title: audit.prefix }, audit.prefix);
  return matrixRow(NAMES, { className: "names" },
    el("th", { scope: "col", className: "first" }, "Checkpoint", prefix || null),
    el("th", { scope: "col", className: "sum" }, "Projects"),
    (column) => el("th", { scope: "col" }, projectName(column)), "th");
}

function projectName(project) {
  const button = idButton(project.id, `${project.label ?? ""}${archivedNote(project)}`.trim(), [
    ...(project.label ? [el("span", { className: "name" }, project.label), " "] : []),
    el("span", { className: "id" }, ...idNodes(project.id, audit.projectPrefix, 16)),
    ...(project.archived ? [el("span", { className: "hidden-text" }, archivedNote(project))] : []),
  ]);
  button.className = `project-name${project.archived ? " archived" : ""}`;
  return button;
}

function sortRow() {
  const header = (className, label, orders) => {
    const [first, second] = orders;
    const at = filters.sort === first ? first : filters.sort === second ? second : null;
    const next = at === null ? first : at === first ? second : "listed";
    const direction = at === null ? undefined : at.startsWith("-") ? "descending" : "ascending";
    const sign = direction === undefined ? "↕" : direction === "ascending" ? "↑" : "↓";
    const button = el("button", { type: "button", className: "sort", title: label, "aria-label": label, onclick: () => setFilters({ sort: next }) }, sign);
    return el("th", { className, "aria-sort": direction }, button);
  };
  return matrixRow(SORT_ROW, { className: "sorts" },
    header("first", "Sort checkpoints by id", ["id", "-id"]),
    header("sum", "Sort checkpoints by number of projects", ["-total", "total"]),
    (column) => header("", `Sort checkpoints by access of ${nameOf(column)}`, [`project:${column.id}`, `-project:${column.id}`]), "th");
}

function bodyRow(row, at) {
  const { view, layout, window: { left, right, after } } = matrix;
  const content = [idButton(row.id, row.label, idNodes(row.id, audit.prefix, layout.characters))];
  if (row.label) content.push(el("span", { className: "label", title: row.label }, row.label));
  if (row.unmanaged) content.push(el("span", { className: "tag" }, "not in manifest"));
  const first = el("th", { scope: "row" }, el("span", { className: "row" }, ...content));
  const className = at % 5 === 4 ? "fifth" : "";
  if (row.error !== undefined) {
    const note = el("td", { className: "note", title: row.error.details, colspan: 1 + (left > 0) + (right - left) + (after > 0) }, el("span", {}, `not read: ${row.error.summary}`));
    return el("tr", { className, "aria-rowindex": at + 3 }, tag(first, at, FIRST), tag(note, at, TOTAL));
  }
  const sum = el("td", { className: "sum" }, view.rowTotals.get(row).access.toLocaleString("en"));
  return matrixRow(at, { className }, first, sum, (column) => {
    const state = row.states[column.index];
    return el("td", { className: state === NONE ? "" : STATES[state], "aria-label": stateInWords(state) }, SIGNS[state]);
  });
}

function totalsRow() {
  const [most, fewest] = ["-total", "total"];
  const next = filters.columns === most ? fewest : filters.columns === fewest ? "listed" : most;
  const sign = filters.columns === most ? " ←" : filters.columns === fewest ? " →" : " ↔";
  const button = el("button", { type: "button", className: "sort", title: "Sort projects by number of checkpoints", onclick: () => setFilters({ columns: next }) }, "Checkpoints per project", el("span", { "aria-hidden": "true" }, sign));
  const { view } = matrix;
  return matrixRow(view.rows.length, {},
    el("th", { scope: "row", className: "first" }, button),
    el("td", { className: "sum" }, view.permissions.toLocaleString("en")),
    (column) => el("td", {}, String(view.columnTotals.get(column).access)));
}
