"use strict";

const REFRESH_MS = 5000;
const open = new Set();
let drawn = false;

const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function duration(seconds) {
  for (const [length, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= length) return `${number.format(seconds / length)} ${unit}`;
  }
  return `${number.format(seconds)} s`;
}

function shown(kpi, value) {
  if (value === null) return "–";
  if (kpi.kind === "ratio") return percent.format(value);
  if (kpi.kind === "seconds") return duration(value);
  return number.format(value);
}

function sample(kpi, series) {
  return series.denominator === null ? "" : number.format(series.denominator);
}

function band(kpi, series) {
  const place = kpi.bands.findIndex((one) => one.name === series.band);
  if (place < 0) return null;
  const last = kpi.bands.length - 1;
  const look = place === 0 ? "good" : place === last ? "poor" : "fair";
  return element(
    "span",
    {},
    element("span", { class: `band ${look}` }, kpi.bands[place].title),
    element("br"),
    element("span", { class: "quiet" }, bounds(kpi, kpi.bands[place])),
  );
}

function bounds(kpi, one) {
  const ends = [["above", "over"], ["at_least", "from"], ["below", "under"], ["at_most", "up to"]];
  return ends
    .filter(([key]) => one[key] !== undefined)
    .map(([key, word]) => `${word} ${shown(kpi, one[key])}`)
    .join(", ");
}

function objective(kpi) {
  return kpi.objective === null ? "" : `objective ${shown(kpi, kpi.objective)}`;
}

function few(kpi, series) {
  const isFew = series.denominator !== null && series.denominator < kpi.min_samples;
  return isFew ? element("span", { class: "quiet" }, ` few (under ${number.format(kpi.min_samples)})`) : null;
}

/* The series that stand for the KPI over each window: as the first one, but for the window. */
function overWindows(kpi) {
  const first = kpi.values.find((series) => series.first);
  if (!first) return [];
  const rest = (labels) => JSON.stringify({ ...labels, window: "" });
  return kpi.values.filter((series) => !series.first && rest(series.labels) === rest(first.labels));
}

function row(kpi) {
  const firsts = kpi.values.filter((series) => series.first);
  const first = firsts[0] || { value: null, denominator: null, band: null };
  const toggle = element(
    "button",
    { type: "button", "aria-expanded": String(open.has(kpi.id)), "data-kpi": kpi.id },
    kpi.title,
  );
  toggle.addEventListener("click", () => expand(kpi));
  const windows = overWindows(kpi).map((series) =>
    element("li", {}, element("span", { class: "quiet" }, `${series.labels.window} `), shown(kpi, series.value)),
  );
  return element(
    "tr",
    { "data-row": kpi.id },
    element("th", { scope: "row" }, toggle),
    element("td", { class: "number value" }, shown(kpi, first.value)),
    element("td", {}, kpi.window || "now"),
    element("td", {}, band(kpi, first) || element("span", { class: "quiet" }, objective(kpi))),
    element("td", { class: "number" }, sample(kpi, first), few(kpi, first)),
    element("td", {}, element("ul", { class: "windows" }, ...windows)),
  );
}

function family(name, title, kpis) {
  const heading = element("h2", { id: `family-${name}` }, title);
  const columns = [["KPI"], ["Value", "number"], ["Window"], ["Band"], ["Sample size", "number"], ["Other windows"]];
  const head = element("tr", {}, ...columns.map(([text, look]) => element("th", { scope: "col", class: look }, text)));
  const table = element(
    "table",
    { class: "overview", "aria-labelledby": heading.id },
    element("thead", {}, head),
    element("tbody", {}, ...kpis.map(row)),
  );
  return element("section", {}, heading, element("div", { class: "table" }, table));
}

function draw(overview) {
  const sections = Object.entries(overview.families)
    .map(([name, title]) => [name, title, overview.kpis.filter((kpi) => kpi.family === name)])
    .filter(([, , kpis]) => kpis.length);
  const focused = document.activeElement && document.activeElement.dataset.kpi;
  const details = new Map([...document.querySelectorAll(".detail")].map((one) => [one.dataset.detail, one]));
  document.getElementById("families").replaceChildren(...sections.map((section) => family(...section)));
  for (const [id, detail] of details) document.querySelector(`[data-row="${id}"]`)?.after(detail);
  if (focused) document.querySelector(`[data-kpi="${focused}"]`)?.focus();
}

function breakdown(kpi) {
  const chosen = kpi.series.filter(
    (series) =>
      (series.labels.window === undefined || series.labels.window === kpi.window) &&
      (series.labels.stat === undefined || series.labels.stat === "p50"),
  );
  if (!chosen.length) return element("p", {}, "No data.");
  const names = Object.keys(chosen[0].labels).filter((name) => name !== "window" && name !== "stat");
  const counts = ["numerator", "denominator"].filter((name) => chosen.some((series) => series[name] !== null));
  const head = [...names, "value", ...counts].map((name) => element("th", { scope: "col" }, name));
  const rows = chosen.map((series) =>
    element(
      "tr",
      {},
      ...names.map((name) => element("td", {}, series.labels[name])),
      element("td", { class: "number" }, shown(kpi, series.value)),
      ...counts.map((name) => element("td", { class: "number" }, series[name] === null ? "" : number.format(series[name]))),
    ),
  );
  return element(
    "div",
    { class: "table" },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows)),
  );
}

function trend(kpi) {
  const first = kpi.series.find((series) => series.first);
  const found = first && kpi.history.find((one) => JSON.stringify(one.labels) === JSON.stringify(first.labels));
  if (!found || found.points.length < 2) return element("p", { class: "quiet" }, "No history has been recorded yet.");
  const points = found.points.map((point) => [Date.parse(point.at), point.value]);
  const [times, values] = [points.map((p) => p[0]), points.map((p) => p[1])];
  const [from, to, low, high] = [times[0], times[times.length - 1], Math.min(...values), Math.max(...values)];
  const x = (time) => ((time - from) / (to - from || 1)) * 100;
  const y = (value) => 95 - ((value - low) / (high - low || 1)) * 90;
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "polyline");
  const text =
    `From ${new Date(from).toLocaleString()} to ${new Date(to).toLocaleString()}: ` +
    `between ${shown(kpi, low)} and ${shown(kpi, high)}, lately ${shown(kpi, values[values.length - 1])}`;
  line.setAttribute("points", points.map(([time, value]) => `${x(time)},${y(value)}`).join(" "));
  picture.setAttribute("viewBox", "0 0 100 100");
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", text);
  picture.append(line);
  return element("figure", {}, picture, element("figcaption", { class: "quiet" }, text));
}

async function expand(kpi) {
  const closing = open.delete(kpi.id);
  if (!closing) open.add(kpi.id);
  document.querySelector(`[data-kpi="${kpi.id}"]`).setAttribute("aria-expanded", String(!closing));
  document.querySelector(`[data-detail="${kpi.id}"]`)?.remove();
  if (closing) return;
  const cell = element("td", { colspan: 6 }, element("p", { role: "status" }, "Loading…"));
  document.querySelector(`[data-row="${kpi.id}"]`).after(element("tr", { class: "detail", "data-detail": kpi.id }, cell));
  await fill(cell, kpi.id);
}

async function fill(cell, id) {
  try {
    const answer = await fetch(`api/v1/kpis/${encodeURIComponent(id)}`);
    const kpi = await answer.json();
    if (!answer.ok) throw new Error(kpi.error);
    cell.replaceChildren(
      element("p", {}, kpi.definition.definition),
      element("h3", {}, `Breakdown${kpi.window ? `, ${kpi.window}` : ""}`),
      breakdown(kpi),
      element("h3", {}, "Recorded history"),
      trend(kpi),
      element("p", {}, element("a", { href: `api/v1/kpis/${encodeURIComponent(id)}?format=csv`, download: true }, "All series as CSV")),
    );
  } catch (error) {
    cell.replaceChildren(element("p", {}, `Could not be loaded: ${error.message}`));
  }
}

function complain(message, reasons) {
  const box = document.getElementById("problems");
  const list = (reasons || []).map((reason) => element("li", {}, reason));
  box.replaceChildren(element("p", {}, message), ...(list.length ? [element("ul", {}, ...list)] : []));
  box.hidden = false;
}

function fresh(at) {
  const age = Math.max(0, Math.round((Date.now() - Date.parse(at)) / 1000));
  const when = new Date(at).toLocaleString();
  document.getElementById("freshness").textContent =
    age < 120 ? `Complete up to ${when} (${age} s ago)` : `Complete up to ${when} (${duration(age)} ago)`;
}

async function refresh() {
  if (document.hidden && drawn) return;
  try {
    const answer = await fetch("api/v1/kpis");
    const overview = await answer.json();
    document.body.classList.toggle("stale", !answer.ok);
    if (!answer.ok) {
      complain(`No current figures: ${overview.error}`, overview.reasons);
      if (!drawn) document.getElementById("freshness").textContent = "Waiting for figures";
      return;
    }
    draw(overview);
    drawn = true;
    fresh(overview.at);
    if (overview.notes.length) complain("The figures may be incomplete", overview.notes);
    else document.getElementById("problems").hidden = true;
    for (const id of open) {
      const cell = document.querySelector(`[data-detail="${id}"] > td`);
      if (cell) await fill(cell, id);
    }
  } catch (error) {
    document.body.classList.add("stale");
    complain(`The exporter does not answer: ${error.message}`);
  }
}

refresh();
setInterval(refresh, REFRESH_MS);
document.addEventListener("visibilitychange", refresh);
