/** Shows a popover next to an element. Closing it returns the focus to that element. */
function showDetails(anchor, title, entries) {
  const details = byId("details");
  const close = el("button", { type: "button", className: "close", "aria-label": "Close", onclick: () => details.hidePopover() }, "✕");
  const list = el("dl", {}, ...entries.flatMap(([term, ...value]) => [el("dt", {}, term), el("dd", {}, ...value)]));
  details.replaceChildren(el("h2", { id: "details-title" }, ...title), close, list);
  if (details.matches(":popover-open")) details.hidePopover();
  details.showPopover();
  place(details, anchor);
  close.focus({ preventScroll: true });
  details.ontoggle = ({ newState }) => {
    if (newState === "closed" && (document.activeElement === document.body || details.contains(document.activeElement))) anchor.focus({ preventScroll: true });
  };
}

/** Places the popover below or above its anchor. On phones the style sheet places it. */
function place(details, anchor) {
  if (matchMedia("(max-width: 640px)").matches) {
    details.style.removeProperty("left");
    details.style.removeProperty("top");
    return;
  }
  const at = anchor.getBoundingClientRect(), size = details.getBoundingClientRect();
  const below = at.bottom + 6 + size.height <= innerHeight;
  details.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  details.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - size.height - 6)}px`;
}

const idWithCopy = (id, what) => [
  el("span", { className: "id" }, id),
  el("button", { type: "button", className: "copy", "aria-label": `Copy the ${what} id`, "data-copy": id }, "Copy"),
];

/** Shows the permission of one cell. */
function showCell(anchor, checkpoint, project) {
  const state = checkpoint.states[project.index];
  const permission = permissionOf(checkpoint, project);
  const named = (item, what) => [...(item.label ? [item.label, el("br")] : []), ...idWithCopy(item.id, what)];
  const entries = [["Checkpoint", ...named(checkpoint, "checkpoint")], ["Project", ...named(project, "project")]];
  if (project.archived) entries.push(["Status", "archived project"]);
  if (permission) entries.push(["Permission", ...idWithCopy(permission.id, "permission")], ["Created", time(permission.createdAt)]);
  showDetails(anchor, cellTitle(state), entries);
}

function cellTitle(state) {
  if (state === NONE) return ["No access"];
  return [el("i", { className: `sign ${STATES[state]}`, "aria-hidden": "true" }, SIGNS[state]), stateInWords(state)];
}

/** Shows why a checkpoint could not be read. */
function showError(anchor, checkpoint) {
  showDetails(anchor, ["Not read"], [["Checkpoint", ...idWithCopy(checkpoint.id, "checkpoint")], ["Reason", checkpoint.error.details]]);
}
