const CSV_HEADER = ["checkpoint", "checkpoint_label", "project_id", "project_name", "state", "permission_id", "created_at", "error"];

/** Quotes a field. A leading apostrophe stops spreadsheets from running ids or errors as formulas. */
function csvField(value) {
  const text = String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Returns rows and columns as CSV: a line per permission or missing permission, and one per checkpoint without any. */
function toCsv(rows, columns) {
  const lines = [CSV_HEADER];
  for (const row of rows) {
    const found = columns.filter((column) => row.states[column.index] !== NONE);
    for (const column of found) {
      const permission = permissionOf(row, column);
      lines.push([row.id, row.label, column.id, column.label, STATES[row.states[column.index]], permission?.id, permission && isoTime(permission.createdAt), ""]);
    }
    if (row.error !== undefined) lines.push([row.id, row.label, "", "", "not read", "", "", row.error.details]);
    else if (found.length === 0) lines.push([row.id, row.label, "", "", "none", "", "", ""]);
  }
  return lines.map((line) => line.map(csvField).join(",")).join("\r\n") + "\r\n";
}

function downloadCsv(rows, columns) {
  const name = ["checkpoint-access", audit.organization, day(audit.created_at)].filter(Boolean).join("-").replace(/[^\w.-]+/g, "_");
  const csv = toCsv(rows, columns);
  // Excel recognizes UTF-8 only with a byte order mark. Other programs may read the mark as part of the name of the
  // first column.
  const mark = /[^\x00-\x7f]/.test(csv) ? "\ufeff" : "";
  const url = URL.createObjectURL(new Blob([mark, csv], { type: "text/csv;charset=utf-8" }));
  el("a", { href: url, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
