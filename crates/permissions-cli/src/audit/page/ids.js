/** Returns the longest common prefix of ids that ends at a separator, or "" if it would leave an id empty. */
function commonPrefix(ids) {
  if (ids.length < 2) return "";
  let prefix = ids[0];
  for (const id of ids) {
    while (!id.startsWith(prefix)) prefix = prefix.slice(0, -1);
  }
  const end = Math.max(prefix.lastIndexOf(":"), prefix.lastIndexOf("_")) + 1;
  prefix = prefix.slice(0, end);
  return ids.some((id) => id.length === prefix.length) ? "" : prefix;
}

/** Shortens a text in the middle. More of its end remains, because ids differ there. */
function shorten(text, most) {
  if (text.length <= most) return text;
  const tail = Math.ceil((most - 1) * 0.55);
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}

/**
 * Returns an id as nodes of at most `most` characters, with the common prefix dimmed. The prefix
 * shrinks to "…" first, because the header of the matrix shows it in full.
 */
function idNodes(id, prefix, most) {
  const start = !id.startsWith(prefix) ? "" : id.length > most && prefix.length > 6 ? `…${prefix.slice(-1)}` : prefix;
  const rest = id.startsWith(prefix) ? id.slice(prefix.length) : id;
  const end = shorten(rest, Math.max(8, most - start.length));
  const visible = [start === "" ? null : el("span", { className: "dim" }, start), end];
  if (start + end === id) return visible.filter(Boolean);
  // Screen readers read the full id.
  return [el("span", { "aria-hidden": "true" }, ...visible), el("span", { className: "hidden-text" }, id)];
}

/** Creates a button that shows an id and copies the full id when it is clicked. */
function idButton(id, label, nodes) {
  return el("button", {
    type: "button",
    className: "id row-id",
    title: `${label ? `${label}\n` : ""}${id}\nClick to copy`,
    "data-copy": id,
  }, ...nodes);
}
