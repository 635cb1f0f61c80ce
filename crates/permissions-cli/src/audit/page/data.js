// Reads the audit that html.rs embeds as JSON. The types in html.rs describe the format.
const NONE = 0, ACCESS = 1, EXTRA = 2, MISSING = 3;
/** Classes of the states, in the order in which sorting by a project lists them; "none" comes last. */
const STATES = ["none", "access", "extra", "missing"];
const SIGNS = ["", "●", "▲", "○"];

const audit = readAudit(JSON.parse(byId("data").textContent));

function readAudit(data) {
  const projects = data.projects.map((project, index) => ({ ...project, index, search: searchText(project) }));
  const checkpoints = data.checkpoints.map((checkpoint, index) => readCheckpoint(checkpoint, index, projects.length));
  return {
    ...data,
    projects,
    checkpoints,
    prefix: commonPrefix(checkpoints.map(({ id }) => id)),
    projectPrefix: commonPrefix(projects.map(({ id }) => id)),
  };
}

/** Indexes the permissions of a checkpoint by project. */
function readCheckpoint({ id, label, managed, error, access = [], extra = [], missing = [] }, index, projects) {
  const states = new Uint8Array(projects);
  const permissions = new Array(projects);
  for (const permission of access) { states[permission[0]] = ACCESS; permissions[permission[0]] = permission; }
  for (const permission of extra) { states[permission[0]] = EXTRA; permissions[permission[0]] = permission; }
  for (const project of missing) states[project] = MISSING;
  return { id, label, index, unmanaged: managed === false, error: error ?? undefined, states, permissions, search: searchText({ id, label }) };
}

function searchText({ id, label }) {
  return `${id} ${label ?? ""}`.toLowerCase();
}

/** Returns the permission of a project to a checkpoint as an object, or undefined. */
function permissionOf(checkpoint, project) {
  const permission = checkpoint.permissions[project.index];
  return permission && { id: permission[1], createdAt: permission[2] };
}

/** Describes the state of a cell in words. */
function stateInWords(state) {
  if (state === EXTRA) return "extra: has access, not in the manifest";
  if (state === MISSING) return "missing: in the manifest, no access";
  return STATES[state];
}

const nameOf = ({ id, label }) => label || id;
const archivedNote = ({ archived }) => (archived ? " (archived)" : "");
