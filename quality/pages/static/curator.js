// J and K move between the marked places of a page. Everything works without it.
"use strict";
(() => {
  const stops = () => [...document.querySelectorAll("[data-stop]")].filter((one) => one.offsetParent !== null);
  const inner = (stop) => stop.matches("a, button, input, textarea, select") ? stop
    : stop.querySelector("input:checked, a, input:not([type=hidden]), textarea, select") ?? stop;
  const move = (by) => {
    const all = stops();
    if (!all.length) return;
    const here = all.findIndex((one) => one.contains(document.activeElement));
    const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + by))];
    inner(next).focus();
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("click", (event) => {
    const mover = event.target.closest("[data-move]");
    if (mover) move(Number(mover.dataset.move));
    const all = event.target.closest("[data-check-all]");
    if (all) for (const one of document.querySelectorAll(all.dataset.checkAll)) one.click();
    const fill = event.target.closest("[data-fill]");
    if (fill) fillIn(JSON.parse(fill.dataset.fill));
  });
  // Fill an answer's fields with one of the answers that are shown.
  const fillIn = (answer) => {
    for (const one of document.querySelectorAll("[name^='answer.']")) {
      const said = answer[one.name.slice(7)] ?? [];
      if (/^(radio|checkbox)$/.test(one.type)) one.checked = said.includes(one.value); else one.value = said[0] ?? "";
    }
  };
  // The digits choose in one list of options at a time: the one in focus, and after a choice the next one.
  const aim = (list) => {
    for (const one of document.querySelectorAll("fieldset input[data-key^=Digit]")) {
      delete one.dataset.key;
      one.labels[0]?.querySelector("kbd")?.remove();
    }
    let number = 0;
    for (const one of list.querySelectorAll("input[type=radio], input[type=checkbox]")) if (++number < 10 && !one.name.startsWith("passed.")) one.dataset.key = `Digit${number}`;
    window.piecework?.hints();
  };
  const choices = () => [...document.querySelectorAll("fieldset.answer:has(input[name^='answer.']), fieldset[data-digits]")].filter((one) => one.offsetParent !== null);
  document.addEventListener("focusin", (event) => {
    const list = event.target.closest("fieldset");
    if (list && choices().includes(list)) aim(list);
  });
  document.addEventListener("change", (event) => {
    const list = event.target.type === "radio" && event.target.closest("fieldset");
    const next = list && choices().includes(list) && choices()[choices().indexOf(list) + 1];
    if (!next) return;
    aim(next);
    next.scrollIntoView({ block: "nearest" });
  });
  const ready = () => {
    for (const one of document.querySelectorAll(".moves:not(p)")) one.hidden = false;
    const none = !stops().length;
    for (const one of document.querySelectorAll("p.moves")) one.hidden = none && !one.querySelector("[data-check-all]");
    const scales = choices().filter((one) => one.matches("[data-digits]"));
    if (scales.length) aim(scales.find((one) => !one.querySelector(":checked")) ?? scales[0]);
    window.piecework?.hints();
  };
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:after:swap", ready);
})();
