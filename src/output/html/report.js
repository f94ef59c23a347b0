"use strict";
(() => {
  const root = document.documentElement;
  const by = (id) => document.getElementById(id);
  const table = document.querySelector("table");
  const rows = [...table.tBodies].map((body) => ({
    body,
    search: body.dataset.search,
    posture: body.dataset.posture,
    refused: Number(body.dataset.refused),
    rank: Number(body.dataset.rank),
    findings: Number(body.dataset.findings),
    name: body.dataset.name.toLowerCase(),
    scope: body.dataset.scope,
    region: body.dataset.region,
  }));
  root.classList.add("js");

  const filter = () => {
    const words = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const boxes = [...document.querySelectorAll("[name=posture]:checked")].map((box) => box.value);
    const refused = by("refused").checked;
    const least = Number(by("severity").value);
    let shown = 0;
    for (const row of rows) {
      const matches = (boxes.length === 0 || boxes.includes(row.posture)) && (!refused || row.refused > 0) &&
        row.rank >= least && words.every((word) => row.search.includes(word));
      if (row.body.hidden === matches) row.body.hidden = !matches;
      if (matches) shown += 1;
    }
    by("shown").textContent = `${shown} of ${rows.length} shown`;
  };
  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  };
  const form = document.querySelector(".filters");
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => event.preventDefault());

  const postures = ["open", "unknown", "selected", "closed"];
  const compare = {
    name: (a, b) => a.name.localeCompare(b.name),
    posture: (a, b) => postures.indexOf(a.posture) - postures.indexOf(b.posture),
    refused: (a, b) => b.refused - a.refused,
    rank: (a, b) => b.rank - a.rank || b.findings - a.findings,
    scope: (a, b) => a.scope.localeCompare(b.scope),
    region: (a, b) => a.region.localeCompare(b.region),
  };
  const heads = [...document.querySelectorAll("th[data-sort]")];
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
      const order = compare[head.dataset.sort];
      rows.sort((a, b) => turn * order(a, b) || a.name.localeCompare(b.name));
      const all = document.createDocumentFragment();
      rows.forEach((row) => all.append(row.body));
      table.append(all);
    });
  }

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      getSelection().selectAllChildren(code);
      done = document.execCommand("copy");
    }
    const label = button.getAttribute("aria-label");
    button.removeAttribute("aria-label");
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    button.disabled = true;
    setTimeout(() => {
      button.textContent = "Copy";
      button.setAttribute("aria-label", label);
      button.disabled = false;
    }, 2000);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });

  const openTarget = () => {
    const target = location.hash && by(location.hash.slice(1));
    const details = target && target.querySelector("details");
    if (details) {
      target.hidden = false;
      details.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", openTarget);

  const theme = by("theme");
  const isDark = () => root.dataset.theme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    theme.setAttribute("aria-pressed", String(isDark()));
  });

  by("print").addEventListener("click", () => print());
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));

  filter();
  openTarget();
})();
