// Invented audits in the JSON format of src/audit/html.rs.
"use strict";

const NAMES = ["Forecast service", "Maps", "Support triage", "Summaries EU", "Radar", "Billing", "Mobile app", "Data science", "QA", "Search", "Voice", "Partner portal", "Sandbox", "Onboarding", "Fraud", "Research"];
const MODELS = ["forecast", "forecast-eu", "maps", "support", "summaries", "radar", "voice", "fraud", "billing", "search"];
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
const CREATED_AT = Date.UTC(2026, 10, 29, 9, 47) / 1000;

/** Returns a generator of equal pseudo-random sequences in every run. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return Math.floor((state / 4294967296) * below);
  };
}

const letters = (random, length) => Array.from({ length }, () => ALPHABET[random(ALPHABET.length)]).join("");

/** Returns an audit with the given numbers of checkpoints and projects. */
function makeAudit({ checkpoints, projects, compared = false, labels = true, unread = 0, density = 40, seed = 7 }) {
  const random = generator(seed);
  const listed = Array.from({ length: projects }, (_, index) => ({
    id: `proj_${letters(random, 24)}`,
    ...(labels && index < NAMES.length ? { label: NAMES[index] } : {}),
  }));
  const rows = Array.from({ length: checkpoints }, (_, index) => ({
    id: `ft:gpt-4o-mini-2024-07-18:acme:${MODELS[index % MODELS.length]}:${letters(random, 8)}`,
  }));
  rows.forEach((row, index) => {
    if (index >= checkpoints - unread) {
      row.error = {
        summary: "403, the key may not list this checkpoint",
        details: `failed to list the permissions of ${row.id}: 403 Forbidden: You have insufficient permissions for this operation (request id req_7f3a)`,
      };
      return;
    }
    Object.assign(row, { access: [], extra: [], missing: [] });
    if (compared) row.managed = index % 9 !== 8;
    for (let project = 0; project < projects; project += 1) {
      const permission = () => [project, `cp_${letters(random, 24)}`, CREATED_AT - random(9000) * 3600];
      const draw = random(100);
      if (draw < density) row.access.push(permission());
      else if (compared && row.managed && draw < density + 3) row.extra.push(permission());
      else if (compared && row.managed && draw > 97) row.missing.push(project);
    }
  });
  return {
    title: "Who may use which checkpoint",
    organization: "org-acme",
    base_url: "https://api.openai.com/v1",
    ...(compared ? { manifest: "permissions.toml" } : {}),
    tool: "permissions 0.2.0",
    created_at: CREATED_AT,
    compared,
    projects: listed,
    checkpoints: rows,
  };
}

/** An audit whose counts are known: three checkpoints, one of them unread, and four projects. */
function smallAudit() {
  return {
    title: "Who may use which checkpoint",
    organization: "org-acme",
    base_url: "https://api.openai.com/v1",
    manifest: "permissions.toml",
    tool: "permissions 0.2.0",
    created_at: CREATED_AT,
    compared: true,
    projects: [
      { id: "proj_forecast", label: "the service" },
      { id: "proj_maps" },
      { id: "proj_radar", label: "retired team", archived: true },
      { id: "proj_voice" },
    ],
    checkpoints: [
      { id: "ft:gpt-4o:acme:forecast:B7R9VjQd", label: "production", managed: true, access: [[0, "cp_1", CREATED_AT - 86400], [1, "cp_2", CREATED_AT]], extra: [[2, "cp_3", CREATED_AT]], missing: [3] },
      { id: "ft:gpt-4o:acme:maps:9dQe77Lm", managed: false, access: [[1, "cp_4", CREATED_AT]], extra: [], missing: [] },
      { id: "ft:gpt-4o:acme:retired:acehCa45", managed: true, error: { summary: "403, the key may not list this checkpoint", details: "failed to list: 403 Forbidden (request id req_1)" } },
      { id: "ft:gpt-4o:acme:voice:eeG9AGFA", managed: true, access: [], extra: [], missing: [0] },
    ],
  };
}

module.exports = { CREATED_AT, makeAudit, smallAudit };
