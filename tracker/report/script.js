"use strict";
(() => {
  // A frame that has nothing to scroll needs no stop of the Tab key.
  const frames = document.querySelectorAll(".scroll, .chart");
  const fit = () => frames.forEach((frame) => {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  document.querySelectorAll("details").forEach((one) => one.addEventListener("toggle", fit));
  addEventListener("resize", fit);
  fit();

  const table = document.querySelector(".sortable table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const status = document.getElementById("count");
  const filter = document.getElementById("filter");
  let sorted = "";
  const tell = () => {
    const shown = rows.filter((row) => !row.hidden).length;
    const count = shown < rows.length ? shown + " of " + rows.length + " rows" : "";
    status.textContent = [count, sorted].filter(Boolean).join(", ");
  };
  heads.forEach((head, column) => {
    const name = head.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      const order = down ? "descending" : "ascending";
      const number = head.classList.contains("number");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const key = (row) => row.cells[column].textContent;
      rows.sort((a, b) => {
        const x = key(a), y = key(b);
        // Empty cells stay at the end either way.
        if (x === "" || y === "") return (x === "") - (y === "");
        const less = number ? parseFloat(x) - parseFloat(y) : x.localeCompare(y, "en");
        return down ? -less : less;
      });
      body.append(...rows);
      sorted = "sorted by " + name + ", " + order;
      tell();
    });
  });
  heads[0].setAttribute("aria-sort", "ascending");
  filter.closest("p").hidden = false;
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
    tell();
  });
})();
