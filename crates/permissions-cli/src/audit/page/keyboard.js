// Keyboard and pointer in the matrix: the grid has one tab stop, and the arrow keys move this tab
// stop from cell to cell.

/** Returns the drawn cell at a position. A message of an unread checkpoint covers all its columns. */
function cellAt({ row, column }) {
  const find = (at) => byId("matrix").querySelector(`[data-row="${row}"][data-column="${at}"]`);
  return find(column) ?? (column > TOTAL ? find(TOTAL) : null);
}

/** Returns the element that receives the focus: the cell's button or the cell. */
function focusTarget() {
  const cell = cellAt(matrix.active);
  return cell && (cell.querySelector("button") ?? cell);
}

/** Makes the active cell the only tab stop, and highlights its row. */
function markActive() {
  for (const old of byId("matrix").querySelectorAll("[tabindex='0']")) old.tabIndex = -1;
  const target = focusTarget() ?? byId("matrix").querySelector("tbody [tabindex]");
  if (target) target.tabIndex = 0;
}

/** Highlights a column, or none. */
function markCross(column) {
  matrix.cross = column;
  for (const cell of byId("matrix").querySelectorAll(".cross")) cell.classList.remove("cross");
  if (column === null || column < 0) return;
  for (const cell of byId("matrix").querySelectorAll(`[data-column="${column}"]`)) cell.classList.add("cross");
}

/** Moves the active cell, scrolls it into sight and focuses it. */
function moveTo(row, column) {
  const { view } = matrix;
  matrix.active.row = Math.max(NAMES, Math.min(row, view.rows.length));
  matrix.active.column = Math.max(FIRST, Math.min(column, view.columns.length - 1));
  scrollToActive();
  drawWindow();
  markActive();
  focusTarget()?.focus({ preventScroll: true });
}

/** Scrolls as little as needed. Header, footer and first column cover parts of the frame. */
function scrollToActive() {
  const frame = byId("frame"), { active: { row, column }, view, layout } = matrix;
  if (row >= 0 && row < view.rows.length) {
    const height = frame.clientHeight - layout.head - SORTS - ROW;
    frame.scrollTop = Math.max((row + 1) * ROW - height, Math.min(frame.scrollTop, row * ROW));
  }
  if (column >= 0) {
    const width = frame.clientWidth - layout.first, left = SUM + column * layout.column;
    frame.scrollLeft = Math.max(left + layout.column - width, Math.min(frame.scrollLeft, left));
  } else {
    frame.scrollLeft = 0;
  }
}

/** Moves to the next or previous cell with a difference, in reading order and around the end. */
function moveToDifference(step) {
  const { view: { rows, columns }, active } = matrix;
  const total = rows.length * columns.length;
  const start = Math.max(0, active.row) * columns.length + Math.max(step > 0 ? -1 : 0, active.column);
  for (let distance = 1; distance <= total; distance += 1) {
    const at = (((start + step * distance) % total) + total) % total;
    const row = Math.floor(at / columns.length), column = at % columns.length;
    if (rows[row].states[columns[column].index] >= EXTRA) return moveTo(row, column);
  }
  return toast(audit.compared ? "There are no differences in this view" : "The audit was not compared with a manifest");
}

/** Returns the position after a key press, or undefined for other keys. */
function target(event) {
  const { active: { row, column }, view } = matrix;
  const page = Math.max(1, Math.floor((byId("frame").clientHeight - matrix.layout.head) / ROW) - 2);
  const wide = event.ctrlKey || event.metaKey, last = view.columns.length - 1;
  switch (event.key) {
    case "ArrowDown": return [row + 1, column];
    case "ArrowUp": return [row - 1, column];
    case "ArrowRight": return [row, column + 1];
    case "ArrowLeft": return [row, column - 1];
    case "PageDown": return [Math.min(row + page, view.rows.length - 1), column];
    case "PageUp": return [Math.max(row - page, 0), column];
    case "Home": return [wide ? 0 : row, FIRST];
    case "End": return [wide ? view.rows.length - 1 : row, last];
    default: return undefined;
  }
}

/** Shows the details of the cell that an event occurred in. */
function openCell(cell) {
  const row = matrix.view.rows[cell.dataset.row], column = matrix.view.columns[cell.dataset.column];
  if (row?.error !== undefined && cell.classList.contains("note")) showError(cell, row);
  else if (row && column) showCell(cell, row, column);
}

function listenToMatrix() {
  const frame = byId("frame"), table = byId("matrix");
  const cellOf = (event) => event.target.closest?.("[data-column]");
  frame.addEventListener("scroll", drawWindow, { passive: true });
  table.addEventListener("pointerover", (event) => {
    const cell = cellOf(event);
    markCross(cell ? Number(cell.dataset.column) : null);
    if (cell?.matches("td:not(.note, [title])")) addTitle(cell);
  });
  table.addEventListener("pointerleave", () => markCross(null));
  table.addEventListener("focusin", (event) => {
    const cell = cellOf(event);
    if (!cell) return;
    matrix.active = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    markActive();
    markCross(matrix.active.column);
    cell.parentElement.classList.add("active");
  });
  table.addEventListener("focusout", () => {
    markCross(null);
    table.querySelector("tr.active")?.classList.remove("active");
  });
  table.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell?.tagName === "TD") openCell(cell);
  });
  table.addEventListener("keydown", (event) => {
    const next = target(event);
    if (next) {
      event.preventDefault();
      moveTo(...next);
    } else if ((event.key === "Enter" || event.key === " ") && event.target.tagName === "TD") {
      event.preventDefault();
      openCell(event.target);
    }
  });
}

/** Adds a tooltip when the pointer reaches a cell, because texts for all cells would slow drawing down. */
function addTitle(cell) {
  const row = matrix.view.rows[cell.dataset.row], column = matrix.view.columns[cell.dataset.column];
  if (!row || !column) return;
  const permission = permissionOf(row, column);
  const since = permission ? `\n${permission.id}, created ${day(permission.createdAt)}` : "";
  cell.title = `${row.id}\n${nameOf(column)}: ${stateInWords(row.states[column.index])}${since}`;
}
