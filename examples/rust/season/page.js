for (const b of document.querySelectorAll("th button")) b.onclick = () => {
  const th = b.closest("th"), body = th.closest("table").tBodies[0], i = th.cellIndex;
  const up = th.getAttribute("aria-sort") !== "ascending";
  const value = r => {
    const s = r.cells[i].textContent.trim(), m = /^[\u2212-]?\d[\d\u202f]*(\.\d+)?(?=$|[\u202f ]?[A-Z%])/.exec(s);
    return m ? parseFloat(m[0].replace(/\u202f/g, "").replace("\u2212", "-")) : s;
  };
  const order = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
  const rows = [...body.rows].map(r => [value(r), r]).sort((a, b) => order(a[0], b[0]) * (up ? 1 : -1));
  for (const c of th.parentNode.cells) c.removeAttribute("aria-sort");
  th.setAttribute("aria-sort", up ? "ascending" : "descending");
  body.append(...rows.map(r => r[1]));
};
