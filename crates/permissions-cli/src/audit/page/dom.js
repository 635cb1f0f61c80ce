const byId = (id) => document.getElementById(id);

/** Creates an element. Keys with a hyphen, `role`, `scope`, `colspan` and `for` become attributes, all others properties. */
function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.includes("-") || ["role", "scope", "colspan"].includes(key)) element.setAttribute(key, String(value));
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Returns a number with its noun, such as "1 project" or "2 projects". */
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** Returns a time in the reader's time zone, followed by UTC if that differs. */
function time(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const format = (options) => new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...options }).format(date);
  const day = { day: "numeric", month: "long", year: "numeric" };
  const local = format({ ...day, timeZoneName: "short" });
  const utc = format({ ...day, timeZone: "UTC", timeZoneName: "short" });
  if (local === utc) return utc;
  const sameDay = date.getDate() === date.getUTCDate();
  return `${local} (${sameDay ? format({ timeZone: "UTC" }) : utc.replace(/ UTC$/, "")} UTC)`;
}

/** Returns a time in UTC, such as "2026-11-29T09:47:00Z". Seconds that no date can represent stay a number. */
function isoTime(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(".000Z", "Z");
}

/** Returns the UTC date of a time, such as "2026-11-29". */
const day = (seconds) => isoTime(seconds).split("T")[0];

let toastTimer;

/** Shows a message for a few seconds. Screen readers announce it. */
function toast(message) {
  clearTimeout(toastTimer);
  byId("toast").textContent = message;
  toastTimer = setTimeout(() => { byId("toast").textContent = ""; }, 4000);
}

/** Copies a text to the clipboard and reports the result. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard API is missing on plain http pages and can be blocked in frames.
    const field = el("textarea", { value: text, className: "hidden-text" });
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (!copied) return toast(`The browser did not allow copying ${text}`);
  }
  return toast(`Copied ${text}`);
}
