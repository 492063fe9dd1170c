"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];

  // Theme: as the system has it, or the one chosen; kept where the browser lets a page from disk keep anything.
  const button = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  let theme = "auto";
  const show = (name) => {
    theme = themes.includes(name) ? name : "auto";
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    button.textContent = `Theme: ${theme}`;
  };
  const kept = () => { try { return localStorage.getItem("aws-contract-theme"); } catch { return null; } };
  const keep = (name) => { try { localStorage.setItem("aws-contract-theme", name); } catch { /* Not kept. */ } };
  show(kept());
  button.hidden = false;
  button.addEventListener("click", () => {
    show(themes[(themes.indexOf(theme) + 1) % themes.length]);
    keep(theme);
  });

  // Copy: the clipboard where it is offered (a page from disk may be refused), else by selection.
  const written = async (text, place) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(place);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return document.execCommand("copy");
    }
  };
  const status = document.getElementById("shown");
  for (const each of all("button.copy")) {
    each.hidden = false;
    each.addEventListener("click", async () => {
      const code = each.closest("figure").querySelector("code");
      const done = await written(code.textContent, code);
      const first = each.firstChild;
      first.textContent = done ? "Copied" : "Selected";
      if (status) status.textContent = done ? "Copied." : "Selected; copy it with the keyboard.";
      setTimeout(() => { first.textContent = "Copy"; }, 2000);
    });
  }

  // Findings: by severity and by text.
  const form = document.getElementById("filter");
  if (form) {
    const found = all(".finding");
    const texts = new Map();
    const wanted = document.getElementById("wanted");
    const filter = () => {
      const levels = new Set(all(".level", form).filter((box) => box.checked).map((box) => box.value));
      const text = wanted.value.trim().toLowerCase();
      let count = 0;
      for (const each of found) {
        if (text && !texts.has(each)) texts.set(each, each.textContent.toLowerCase());
        each.hidden = !levels.has(each.dataset.level) || (text !== "" && !texts.get(each).includes(text));
        if (!each.hidden) count += 1;
      }
      status.textContent = `${count} of ${found.length} shown.`;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("open-all").addEventListener("click", () => found.forEach((each) => { each.open = !each.hidden; }));
    document.getElementById("close-all").addEventListener("click", () => found.forEach((each) => { each.open = false; }));
  }

  // A link to something that is folded away opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let place = target; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
    target.scrollIntoView();
    const summary = target.querySelector("summary");
    if (summary) summary.focus({ preventScroll: true });
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // On paper nothing can be opened, so that everything is.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    folded.forEach((each) => { each.open = true; });
  });
  addEventListener("afterprint", () => { folded.forEach((each) => { each.open = false; }); });
})();
