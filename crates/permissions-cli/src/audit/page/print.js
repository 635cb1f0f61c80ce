// Printable area, in millimetres, of a landscape page that fits on Letter and A4 paper: the width of Letter and the
// height of A4, less the margins. In landscape, Letter is narrower than A4, and A4 is lower than Letter.
const PAGE_WIDTH = 257, PAGE_HEIGHT = 185, PRINT_COLUMN = 6, PRINT_CHARACTER = 1.5, PRINT_ROW = 4.6, PRINT_LINE = 2.6;
/** Longer lists would fill many pages, and the tables mark every difference anyway. */
const LISTED_DIFFERENCES = 120;

/** Draws all checkpoints and projects for paper. Filters do not apply, so that no page looks complete when it is not. */
function drawPrint() {
  const view = { rows: [...audit.checkpoints], columns: [...audit.projects], ...totals(audit.checkpoints, audit.projects) };
  sortRows(view);
  sortColumns(view);
  const longest = Math.max(12, ...view.columns.map((project) => Math.max(project.id.length * 1.42, shorten(project.label ?? "", 48).length * 1.3)));
  const head = Math.min(longest + 3, 95);
  byId("print").style.setProperty("--print-head", `${head}mm`);
  const list = audit.compared ? (view.extra + view.missing) * PRINT_ROW : 0;
  const tables = bands(view).flatMap((band) => pages(band, PAGE_HEIGHT - head - 7).map((rows) => printTable({ ...band, rows })));
  // The table of a short audit is printed on the same page as the summary.
  const short = tables.length === 1 && view.rows.length * PRINT_ROW + list < PAGE_HEIGHT - head - 45;
  byId("print").replaceChildren(...printHeader(view), ...tables);
  byId("print").classList.toggle("short", short);
}

/** Splits the rows into pages. Browsers do not repeat a table header that is taller than a quarter of the page. */
function pages({ rows, first }, height) {
  const result = [[]];
  let used = 0;
  for (const row of rows) {
    const lines = Math.ceil((row.id.length * PRINT_CHARACTER) / (first - 2)) + Number(Boolean(row.label || row.unmanaged));
    const needed = PRINT_ROW + (lines - 1) * PRINT_LINE;
    if (used + needed > height && used > 0) { result.push([]); used = 0; }
    result.at(-1).push(row);
    used += needed;
  }
  return result;
}

function printHeader(view) {
  const facts = [count(view.rows.length, "checkpoint"), count(view.columns.length, "project"), count(view.permissions, "permission")];
  if (audit.compared) facts.push(`${view.extra} extra`, `${view.missing} missing`);
  if (view.unread > 0) facts.push(`${view.unread} not read`);
  const nodes = [el("h1", {}, audit.title), el("p", {}, byId("meta").textContent), el("p", {}, facts.join(", ")), el("ul", { className: "legend" }, ...legendItems())];
  const differences = view.extra + view.missing;
  if (audit.compared) nodes.push(el("h2", {}, differences === 0 ? "No differences" : `Differences: ${differences}`));
  if (differences > 0 && differences <= LISTED_DIFFERENCES) nodes.push(printDifferences(view));
  return nodes;
}

/** Lists the differences of each checkpoint. */
function printDifferences({ rows, columns }) {
  const line = (row, state) => {
    const found = columns.filter((column) => row.states[column.index] === state);
    if (found.length === 0) return null;
    const names = found.flatMap((column, at) => [at > 0 ? ", " : "", column.label ? `${column.label} ` : "", el("span", { className: "id" }, column.id), archivedNote(column)]);
    return el("div", {}, `${SIGNS[state]} ${STATES[state]}: `, ...names);
  };
  const differing = rows.filter((row) => row.states.some((state) => state >= EXTRA));
  const items = differing.map((row) => el("li", {}, el("span", { className: "id" }, row.id), line(row, EXTRA), line(row, MISSING)));
  return el("ul", { className: "differences" }, ...items);
}

/** Splits the projects into bands of equal width that fit the page next to the checkpoint ids. */
function bands({ rows, columns, rowTotals }) {
  const longest = rows.reduce((most, row) => Math.max(most, row.id.length), 10);
  const first = Math.min(longest * PRINT_CHARACTER + 4, 105), sum = 13;
  const most = Math.floor((PAGE_WIDTH - first - sum) / PRINT_COLUMN);
  const number = Math.max(1, Math.ceil(columns.length / most));
  const size = Math.ceil(columns.length / number);
  return Array.from({ length: number }, (_, at) => ({
    rows, rowTotals, first, sum, start: at * size, total: columns.length, columns: columns.slice(at * size, (at + 1) * size),
  }));
}

/** Creates the table of one band on one page. */
function printTable({ rows, columns, rowTotals, first, sum, start, total }) {
  const width = Math.max(columns.length, Math.ceil(60 / PRINT_COLUMN));
  const widths = [first, sum, ...columns.map(() => PRINT_COLUMN), ...(width > columns.length ? [(width - columns.length) * PRINT_COLUMN] : [])];
  const column = (millimetres) => { const element = el("col"); element.style.width = `${millimetres}mm`; return element; };
  const range = total === 0 ? "No projects" : `Projects ${start + 1} to ${start + columns.length} of ${total}`;
  const source = [audit.title, audit.organization, time(audit.created_at)].filter(Boolean).join(", ");
  const head = el("thead", {},
    el("tr", {}, el("th", { className: "band", colspan: widths.length }, `${range} · ${source}`)),
    el("tr", { className: "names" }, el("th", { className: "first" }, "Checkpoint"), el("th", {}, "Projects"), ...columns.map((project) => el("th", {}, turned(project)))));
  const body = el("tbody", {}, ...rows.map((row) => printRow(row, columns, rowTotals, widths.length)));
  const table = el("table", {}, el("colgroup", {}, ...widths.map(column)), head, body);
  table.style.width = `${widths.reduce((all, one) => all + one, 0)}mm`;
  return table;
}

function turned(project) {
  const label = project.label ? el("span", {}, shorten(project.label, 48)) : null;
  return el("div", { className: "turned" }, label, el("span", { className: "id" }, project.id, archivedNote(project)));
}

function printRow(row, columns, rowTotals, width) {
  const note = [row.label, row.unmanaged && "not in the manifest"].filter(Boolean).join(", ");
  const first = el("th", { className: "first" }, el("span", { className: "id" }, row.id), note ? el("small", {}, note) : null);
  if (row.error !== undefined) return el("tr", {}, first, el("td", { className: "note", colspan: width - 1 }, `not read: ${row.error.summary}`));
  const cells = columns.map((column) => {
    const state = row.states[column.index];
    return state === NONE ? el("td") : el("td", { className: STATES[state] }, SIGNS[state]);
  });
  return el("tr", {}, first, el("td", {}, String(rowTotals.get(row).access)), ...cells);
}
