/**
 * The rows and columns that the filters leave, in order, with their totals. All counts on the page
 * are sums over exactly these cells.
 */
function computeView() {
  const rowMatches = matcher(filters.checkpoint), columnMatches = matcher(filters.project);
  let columns = audit.projects.filter(columnMatches);
  let rows = audit.checkpoints.filter(rowMatches).filter((row) => rowIsShown(row, columns));
  const hidesColumns = filters.checkpoint.trim() !== "" || !["all", "empty"].includes(filters.show);
  if (hidesColumns) columns = columns.filter((column) => rows.some((row) => isShown(row.states[column.index])));
  const view = { rows, columns, ...totals(rows, columns) };
  sortRows(view);
  sortColumns(view);
  return view;
}

/** Returns a predicate: all words of a search occur in the id or label. */
function matcher(search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (item) => words.every((word) => item.search.includes(word));
}

/** Whether a cell of this state belongs to the chosen "Show". */
function isShown(state) {
  if (filters.show === "extra") return state === EXTRA;
  if (filters.show === "missing") return state === MISSING;
  if (filters.show === "differences") return state === EXTRA || state === MISSING;
  return state !== NONE;
}

function rowIsShown(row, columns) {
  if (filters.show === "unread") return row.error !== undefined;
  if (filters.show === "unmanaged") return row.unmanaged;
  if (filters.show === "empty") return row.error === undefined && !row.states.some((state) => state === ACCESS || state === EXTRA);
  if (filters.show === "all" && filters.project.trim() === "") return true;
  return columns.some((column) => isShown(row.states[column.index]));
}

/** Counts the cells of the given rows and columns. Unread checkpoints have no cells. */
function totals(rows, columns) {
  const byState = [0, 0, 0, 0];
  const rowTotals = new Map(), columnTotals = new Map(columns.map((column) => [column, { access: 0, differences: 0 }]));
  for (const row of rows) {
    const total = { access: 0, differences: 0 };
    for (const column of columns) {
      const state = row.states[column.index];
      if (state === NONE) continue;
      byState[state] += 1;
      const here = columnTotals.get(column);
      if (state !== MISSING) { total.access += 1; here.access += 1; }
      if (state !== ACCESS) { total.differences += 1; here.differences += 1; }
    }
    rowTotals.set(row, total);
  }
  return {
    rowTotals,
    columnTotals,
    permissions: byState[ACCESS] + byState[EXTRA],
    extra: byState[EXTRA],
    missing: byState[MISSING],
    unread: rows.filter((row) => row.error !== undefined).length,
  };
}

const compareIds = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Sorts the rows. Unread checkpoints come last in every order that depends on permissions. */
function sortRows({ rows, rowTotals }) {
  const key = filters.sort.replace(/^-/, ""), sign = filters.sort.startsWith("-") ? -1 : 1;
  const [direction, project] = projectSort(filters.sort);
  const unreadLast = (a, b) => Number(a.error !== undefined) - Number(b.error !== undefined);
  if (key === "id") rows.sort((a, b) => sign * compareIds(a, b));
  if (key === "total") rows.sort((a, b) => unreadLast(a, b) || sign * (rowTotals.get(a).access - rowTotals.get(b).access) || a.index - b.index);
  if (key === "differences") rows.sort((a, b) => unreadLast(a, b) || sign * (rowTotals.get(a).differences - rowTotals.get(b).differences) || a.index - b.index);
  if (project) {
    const rank = (row) => (row.states[project.index] + 3) % 4;
    rows.sort((a, b) => unreadLast(a, b) || direction * (rank(a) - rank(b)) || a.index - b.index);
  }
}

function sortColumns({ columns, columnTotals }) {
  const key = filters.columns.replace(/^-/, ""), sign = filters.columns.startsWith("-") ? -1 : 1;
  if (key === "name") columns.sort((a, b) => nameOf(a).localeCompare(nameOf(b), "en") || compareIds(a, b));
  if (key === "total") columns.sort((a, b) => sign * (columnTotals.get(a).access - columnTotals.get(b).access) || a.index - b.index);
  if (key === "differences") columns.sort((a, b) => sign * (columnTotals.get(a).differences - columnTotals.get(b).differences) || a.index - b.index);
}
