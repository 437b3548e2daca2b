"use strict";
// Tables sort by a click, or by Enter and Space, on the head of a column; what is folded is printed.
(() => {
  const NUMBER = /^([<>]?)([+\-−]?[\d,]*\.?\d+(?:e[+\-]?\d+)?)(?:\/(\d+))?(?![\w(])/i;

  const text = (cell) => (cell.querySelector(".name") ?? cell).textContent.trim();

  // Numbers by value (of a range its start, of 9/10 the quotient), an empty cell as null.
  const number = (shown) => {
    const found = NUMBER.exec(shown);
    if (!found) return null;
    const value = Number(found[2].replaceAll(",", "").replace("−", "-"));
    const nudge = found[1] === "<" ? -1e-9 : found[1] === ">" ? 1e-9 : 0;
    return (found[3] ? value / Number(found[3]) : value) + nudge;
  };

  const sort = (table, head) => {
    const place = [...head.parentElement.children].indexOf(head);
    const descending = head.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => {
      const shown = text(row.cells[place]);
      return { row, shown, value: number(shown) };
    });
    const filled = rows.filter((each) => each.shown !== "");
    const empty = rows.filter((each) => each.shown === "");
    const numeric = filled.every((each) => each.value !== null);
    const order = (one, other) =>
      numeric ? one.value - other.value : one.shown.localeCompare(other.shown, "en", { numeric: true });
    filled.sort((one, other) => (descending ? order(other, one) : order(one, other)));
    body.append(...filled.map((each) => each.row), ...empty.map((each) => each.row));
    for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  };

  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });

  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sort(table, head));
    }
  }
})();
