const CARDS_AT_ONCE = 25, CHIPS_AT_ONCE = 24;
/** Length of an id that fits a line of a card. */
const CARD_ID = 40;

let cardsObserver;

/** Draws the list that replaces the matrix on phones. More cards are added as the reader scrolls. */
function drawCards(view) {
  const list = byId("cards");
  cardsObserver?.disconnect();
  list.replaceChildren();
  cardsObserver = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) addCards(view);
  }, { rootMargin: "800px" });
  addCards(view);
}

function addCards(view) {
  const list = byId("cards"), start = list.children.length;
  cardsObserver.disconnect();
  list.append(...view.rows.slice(start, start + CARDS_AT_ONCE).map((row) => el("li", {}, card(row, view))));
  if (list.children.length < view.rows.length) cardsObserver.observe(list.lastElementChild);
}

function card(row, view) {
  const heading = el("h2", {}, idButton(row.id, row.label, idNodes(row.id, audit.prefix, CARD_ID)));
  const label = row.label ? el("p", {}, row.label) : null;
  if (row.error !== undefined) {
    const reason = el("details", {}, el("summary", {}, `Not read: ${row.error.summary}`), row.error.details);
    return el("article", { className: "card unread" }, heading, label, reason);
  }
  const { access, differences } = view.rowTotals.get(row);
  const facts = [access === 0 ? "no project" : count(access, "project"), differences > 0 && count(differences, "difference"), row.unmanaged && "not in manifest"];
  return el("article", { className: "card" }, heading, label, el("p", {}, facts.filter(Boolean).join(", ")), chips(row, view.columns));
}

/** Lists the projects of a checkpoint, differences first. */
function chips(row, columns) {
  const found = columns.filter((column) => row.states[column.index] !== NONE);
  if (found.length === 0) return null;
  const rank = (column) => [0, 3, 1, 2][row.states[column.index]];
  found.sort((a, b) => rank(a) - rank(b));
  const list = el("ul");
  const show = (columns) => list.append(...columns.map((column) => el("li", {}, chip(row, column))));
  show(found.slice(0, CHIPS_AT_ONCE));
  if (found.length > CHIPS_AT_ONCE) {
    const more = el("li");
    const all = () => { more.remove(); show(found.slice(CHIPS_AT_ONCE)); };
    more.append(el("button", { type: "button", className: "chip more", onclick: all }, `Show all ${found.length}`));
    list.append(more);
  }
  return list;
}

function chip(row, project) {
  const state = row.states[project.index];
  const words = state === ACCESS ? null : el("span", { className: "hidden-text" }, `, ${STATES[state]}`);
  const name = project.label ? project.label : el("span", { className: "id" }, shorten(project.id, 28));
  const button = el("button", { type: "button", className: `chip ${STATES[state]}`, title: project.id }, state === ACCESS ? "" : `${SIGNS[state]} `, name, archivedNote(project), words);
  button.addEventListener("click", () => showCell(button, row, project));
  return button;
}
