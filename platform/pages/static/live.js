// Live parts: one event stream of the page's own address while its tab is in view. Without it the page shows the state at load.
"use strict";
(() => {
  if (!("live" in document.body.dataset) || !window.EventSource) return;
  const store = window.piecework.store;
  const on = () => store.get("live") !== "off";
  const place = (name) => document.querySelector(`[data-live-part="${name}"]`);
  const inner = (part) => [...part.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")];
  const held = new Map();
  const AGAIN_MS = 60000;
  let source = null;

  // What a reader is busy with stays: text that is selected, a field that is filled in. It is shown anew once they are done.
  const busy = (part) => {
    const chosen = window.getSelection();
    const writing = document.activeElement;
    return (part.contains(writing) && writing.matches("input, select, textarea")) ||
      (chosen && !chosen.isCollapsed && chosen.anchorNode && part.contains(chosen.anchorNode));
  };
  const show = (name, html) => {
    const part = place(name);
    if (!part) return;
    if (busy(part)) { held.set(name, html); return; }
    held.delete(name);
    const template = document.createElement("template");
    template.innerHTML = html;
    const fresh = template.content.querySelector(`[data-live-part="${name}"]`) ?? template.content;
    const opened = [...part.querySelectorAll("details")].map((one) => one.open);
    const scrolled = [...part.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
    const focused = inner(part).indexOf(document.activeElement);
    part.replaceChildren(...fresh.childNodes);
    [...part.querySelectorAll("details")].forEach((one, at) => { if (at in opened) one.open = opened[at]; });
    [...part.querySelectorAll(".scroll")].forEach((one, at) => { one.scrollLeft = scrolled[at] ?? 0; });
    if (focused >= 0) inner(part)[focused]?.focus({ preventScroll: true });
    window.htmx?.process(part);
    document.dispatchEvent(new CustomEvent("htmx:after:swap"));
  };
  const release = () => { for (const [name, html] of [...held]) show(name, html); };
  document.addEventListener("selectionchange", release);
  document.addEventListener("focusout", () => setTimeout(release));

  const tell = (state) => {
    document.querySelectorAll("[data-live-bar]").forEach((bar) => {
      const said = bar.querySelector("[data-live-said]");
      if (said.textContent !== said.dataset[state]) said.textContent = said.dataset[state];
      bar.dataset.state = state;
    });
    document.querySelectorAll("[data-live-switch]").forEach((one) => { one.hidden = false; one.setAttribute("aria-pressed", String(on())); });
    document.querySelectorAll(".live-hint").forEach((one) => { one.hidden = false; });
  };
  const close = () => { source?.close(); source = null; };
  const open = () => {
    if (source || document.hidden || !on()) return;
    source = new EventSource(window.location.pathname + window.location.search);
    source.addEventListener("open", () => tell("on"));
    source.addEventListener("error", () => {
      if (source?.readyState === EventSource.CLOSED) { close(); setTimeout(open, AGAIN_MS); } // the server is full, say: the page works by "Refresh"
      setTimeout(() => { if (on() && !document.hidden && source?.readyState !== EventSource.OPEN) tell("lost"); }, 5000); // most come back at once
    });
    for (const name of ["menu", "part"]) source.addEventListener(name, (event) => show(name, event.data));
    // Signed out, or too many tabs: another look at this tab tries again.
    for (const name of ["gone", "crowded"]) source.addEventListener(name, () => { close(); tell("lost"); });
  };
  const turn = () => { if (on() && !document.hidden) open(); else close(); tell(on() ? (source ? "on" : "lost") : "off"); };
  document.addEventListener("visibilitychange", turn);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", turn);
  window.addEventListener("online", turn);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-live-switch]")) return;
    store.set("live", on() ? "off" : "on");
    turn();
  });
  if (document.readyState === "complete") turn();
})();
