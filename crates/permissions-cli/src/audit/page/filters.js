/** Filters and sort orders with their defaults. The URL fragment contains those that differ. */
const DEFAULTS = { checkpoint: "", project: "", show: "all", sort: "listed", columns: "listed" };

const filters = { ...DEFAULTS };

/** Options of "Show". Comparisons are offered only if the audit has one. */
function showOptions() {
  const compared = [["differences", "Differences"], ["extra", "Extra"], ["missing", "Missing"], ["unmanaged", "Checkpoints not in the manifest"]];
  return [["all", "Everything"], ...(audit.compared ? compared : []), ["empty", "Checkpoints without projects"], ["unread", "Checkpoints not read"]];
}

function sortOptions() {
  const options = [["listed", "As listed"], ["id", "Id, A to Z"], ["-id", "Id, Z to A"], ["-total", "Most projects"], ["total", "Fewest projects"]];
  if (audit.compared) options.push(["-differences", "Most differences"]);
  const [, project] = projectSort(filters.sort);
  if (project) options.push([filters.sort, `By ${nameOf(project)}`]);
  return options;
}

function columnOptions() {
  const options = [["listed", "By id"], ["-total", "Most checkpoints"], ["total", "Fewest checkpoints"]];
  if (audit.projects.some(({ label }) => label)) options.splice(1, 0, ["name", "By name"]);
  if (audit.compared) options.push(["-differences", "Most differences"]);
  return options;
}

/** Splits a sort order such as "-project:proj_a" into its direction and project. */
function projectSort(sort) {
  const match = /^(-?)project:(.*)$/s.exec(sort);
  const project = match && audit.projects.find(({ id }) => id === match[2]);
  return project ? [match[1] === "-" ? -1 : 1, project] : [0, null];
}

/** Reads the filters from the URL. Values that this audit does not offer become the defaults. */
function readFilters() {
  Object.assign(filters, DEFAULTS);
  for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
    if (key in DEFAULTS) filters[key] = value;
  }
  const offered = (options, value) => options.some(([option]) => option === value);
  if (!offered(showOptions(), filters.show)) filters.show = DEFAULTS.show;
  if (!offered(sortOptions(), filters.sort)) filters.sort = DEFAULTS.sort;
  if (!offered(columnOptions(), filters.columns)) filters.columns = DEFAULTS.columns;
}

/** Writes the filters to the URL. `step` adds an entry to the browser's history. */
function writeFilters(step) {
  const changed = Object.entries(filters).filter(([key, value]) => value !== DEFAULTS[key]);
  const hash = new URLSearchParams(changed).toString();
  if (hash === location.hash.slice(1)) return;
  try {
    history[step ? "pushState" : "replaceState"](null, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    // Frames with an opaque origin refuse history entries. Filters still work there.
  }
}

/** Whether a filter hides part of the audit. Sort orders hide nothing. */
function isFiltered() {
  return filters.checkpoint.trim() !== "" || filters.project.trim() !== "" || filters.show !== "all";
}

/** Changes filters, then updates the URL and the page. */
function setFilters(changes, { step = true } = {}) {
  Object.assign(filters, changes);
  writeFilters(step);
  update();
}
