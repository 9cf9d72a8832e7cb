"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const read = element => JSON.parse(element.textContent);

  // MARK: Theme

  const theme = document.querySelector("button.theme");
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const showTheme = () => { theme.textContent = isDark() ? "Light theme" : "Dark theme"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; showTheme(); });
  showTheme();

  // MARK: CSV

  const field = value => /[",\n\r]|^ | $/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : String(value);
  const download = (name, rows) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([rows.map(row => row.map(v => field(v ?? "")).join(",") + "\n").join("")], { type: "text/csv" }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // MARK: Leaderboards

  const number = text => text === "" ? NaN : Number(text);
  for (const table of all("table.leader")) {
    const section = table.closest("section"), body = table.tBodies[0];
    const heads = all("thead th", table);
    const value = (row, column) => row.cells[column].dataset.value ?? "";
    heads.forEach((head, column) => {
      if (!head.dataset.sort) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const ascending = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach(other => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        const rows = [...body.rows], isNumber = head.dataset.sort === "number";
        rows.sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          if (!isNumber) return ascending ? x.localeCompare(y) : y.localeCompare(x);
          const [p, q] = [number(x), number(y)];
          // What is missing comes last either way.
          if (isNaN(p) || isNaN(q)) return isNaN(p) - isNaN(q);
          return ascending ? p - q : q - p;
        });
        body.append(...rows);
      });
    });
    section.querySelector(".filter").addEventListener("input", event => {
      const wanted = event.target.value.trim().toLowerCase();
      for (const row of body.rows) row.hidden = !value(row, 1).toLowerCase().includes(wanted);
    });
    section.querySelector(".above .csv").addEventListener("click", event => {
      const kept = heads.map((head, column) => column).filter(column => !heads[column].classList.contains("interval"));
      download(event.target.dataset.file, [kept.map(c => heads[c].textContent.trim()), ...[...body.rows].map(row => kept.map(c => value(row, c)))]);
    });
    const stored = section.querySelector("script.significance");
    if (!stored) continue;
    const { p, rows, steps, alpha } = read(stored), choice = section.querySelector(".reference");
    const codes = new DataView(Uint8Array.from(atob(p), letter => letter.charCodeAt(0)).buffer);
    const between = (a, b) => {
      if (a === b) return null;
      const [low, high] = a < b ? [a, b] : [b, a];
      return 10 ** (-codes.getUint16(2 * (low * rows - low * (low + 1) / 2 + high - low - 1), true) / steps);
    };
    const compare = () => {
      const reference = Number(choice.value), name = choice.selectedOptions[0].textContent;
      section.querySelector(".reference-name").textContent = name;
      for (const row of body.rows) {
        const found = between(reference, Number(row.dataset.index)), cell = row.querySelector(".versus");
        cell.dataset.value = found ?? "";
        cell.dataset.label = "against " + name;
        cell.textContent = found === null ? "–" : found < alpha ? "differs, p " + shown(found) : "no difference, p " + shown(found);
        row.classList.toggle("same", found !== null && found >= alpha);
        row.classList.toggle("itself", found === null);
      }
    };
    const shown = value => value < 0.0001 ? "< 0.0001" : "= " + value.toPrecision(2);
    choice.addEventListener("change", compare);
    compare();
  }

  // MARK: Confusion

  for (const part of all("[data-confusion]")) {
    const { classes, entries } = read(part.parentElement.querySelector("script.confusions"));
    const choice = part.querySelector("select");
    const draw = () => {
      const counts = entries[choice.selectedIndex];
      const wrong = Math.max(1, ...counts.flatMap((row, i) => row.filter((_, j) => i !== j)));
      const table = document.createElement("table");
      const line = (cells) => { const row = table.insertRow(); row.append(...cells); };
      const cell = (text, scope) => {
        const element = document.createElement(scope ? "th" : "td");
        if (scope) element.scope = scope;
        element.textContent = text;
        return element;
      };
      table.createCaption().textContent = "Rows: the class; columns: what it was read as";
      line([cell(""), ...classes.map(name => cell(name, "col"))]);
      counts.forEach((row, i) => line([cell(classes[i], "row"), ...row.map((count, j) => {
        const element = cell(count || "");
        if (i !== j && count) element.className = "heat-" + Math.min(5, 2 + Math.floor(4 * count / wrong));
        if (i === j) element.className = "heat-1";
        return element;
      })]));
      part.querySelector(".matrix").replaceChildren(table);
    };
    choice.addEventListener("change", draw);
    draw();
  }

  // MARK: Plots

  const palette = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b58900", "#3d9fd9", "#7f7f7f", "#a0522d"];
  const dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]];
  const names = read(document.getElementById("all-entries"));
  const chosen = new Set(names.slice(0, palette.length));
  const axis = {
    labelColor: "currentColor", titleColor: "currentColor", domainColor: "currentColor", tickColor: "currentColor", gridColor: "currentColor",
    gridOpacity: 0.12, domainOpacity: 0.5, tickOpacity: 0.5, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8,
  };
  const config = {
    background: null, font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif", view: { stroke: null }, axis,
    legend: { labelColor: "currentColor", orient: "bottom", labelFontSize: 12, labelLimit: 220 },
    text: { color: "currentColor", fontSize: 12 }, point: { color: palette[0] }, rule: { color: palette[0] }, line: { color: palette[0] },
  };
  const rowsOf = payload => {
    const columns = payload.order.map(name => {
      const found = payload.columns[name];
      return [name, found.numbers ? index => found.numbers[index] : index => found.texts[found.places[index]]];
    });
    const first = payload.columns[payload.order[0]];
    return Array.from({ length: (first.numbers ?? first.places).length }, (_, i) => Object.fromEntries(columns.map(([name, get]) => [name, get(i)])));
  };
  const drawn = (payload, rows) => {
    const there = new Set(rows.map(row => row.entry));
    const wanted = names.filter(name => chosen.has(name) && there.has(name));
    return wanted.length ? wanted : names.filter(name => there.has(name)).slice(0, palette.length);
  };
  const coloured = (view, entries, columns) => {
    const spec = structuredClone(view), order = [...chosen];
    const place = name => chosen.has(name) ? order.indexOf(name) : entries.indexOf(name);
    for (const layer of spec.layer) {
      for (const channel of ["color", "strokeDash"]) {
        const found = layer.encoding[channel];
        if (found?.field === "entry") {
          found.scale = {
            domain: entries,
            range: entries.map(name => channel === "color" ? palette[place(name) % palette.length] : dashes[Math.floor(place(name) / palette.length) % dashes.length]),
          };
          if (found.legend !== null) found.legend = { title: null, symbolOpacity: 1, columns };
        } else if (found?.field === "front") found.scale = { domain: ["yes", "no"], range: [palette[1], palette[0]] };
      }
    }
    spec.config = structuredClone(config);
    return spec;
  };
  const embed = (place, spec, rows) => {
    spec.data = { name: "rows", values: rows };
    return vegaEmbed(place, spec, { actions: false, renderer: "svg" });
  };
  const draw = async figure => {
    const chart = figure.querySelector(".chart"), payload = figure.payload, rows = figure.rows;
    const entries = payload.isChosen ? drawn(payload, rows) : names;
    const columns = chart.clientWidth < 420 ? 2 : 4;
    if (!payload.isSplit) {
      await embed(chart, coloured(payload.view, entries, columns), payload.isChosen ? rows.filter(row => entries.includes(row.entry)) : rows);
      return;
    }
    chart.replaceChildren();
    for (const entry of entries) {
      const panel = document.createElement("div"), title = document.createElement("h5"), place = document.createElement("div");
      panel.className = "panel";
      title.textContent = entry;
      panel.append(title, place);
      chart.append(panel);
      const spec = coloured(payload.view, [entry], columns);
      spec.description = entry + ": " + spec.description;
      await embed(place, spec, rows.filter(row => row.entry === entry));
    }
  };
  const figures = all("figure.plot");
  for (const figure of figures) {
    figure.payload = read(figure.querySelector(".payload"));
    figure.rows = rowsOf(figure.payload);
    figure.querySelector(".csv").addEventListener("click", event => {
      const order = figure.payload.order;
      download(event.target.dataset.file, [order, ...figure.rows.map(row => order.map(name => row[name]))]);
    });
  }
  // One after the other, those in sight first; a promise that is kept once all are drawn.
  let queue = Promise.resolve();
  const pending = new Set(figures.filter(figure => figure.querySelector(".chart")));
  const drawOne = figure => {
    pending.delete(figure);
    queue = queue.then(() => draw(figure));
    return queue;
  };
  const drawAll = () => { for (const figure of [...pending]) drawOne(figure); return queue; };
  window.zooPage = { drawAll };
  if (typeof vegaEmbed === "function") {
    const watch = new IntersectionObserver(seen => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) { watch.unobserve(target); if (pending.has(target)) drawOne(target); }
    }, { rootMargin: "600px" });
    pending.forEach(figure => watch.observe(figure));
    addEventListener("beforeprint", drawAll);
    const idle = window.requestIdleCallback ?? (body => setTimeout(body, 200));
    const next = () => { const [figure] = pending; if (figure) { watch.unobserve(figure); drawOne(figure).then(() => idle(next)); } };
    idle(next);
  }

  // MARK: Which entries are drawn

  const chooser = document.querySelector(".chooser");
  if (chooser) {
    const count = chooser.querySelector(".chosen");
    const show = () => { count.textContent = `${chosen.size} of ${names.length}`; };
    for (const name of names) {
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.checked = chosen.has(name);
      box.value = name;
      label.append(box, " " + name);
      chooser.querySelector(".choices").append(label);
      box.addEventListener("change", () => {
        if (box.checked) chosen.add(name); else chosen.delete(name);
        show();
        for (const figure of figures) if (figure.payload.isChosen && figure.querySelector(".chart") && !pending.has(figure)) drawOne(figure);
      });
    }
    show();
  }

  // A link to an entry opens its card.
  const open = () => { const card = document.getElementById(decodeURIComponent(location.hash.slice(1))); if (card?.tagName === "DETAILS") { card.open = true; card.scrollIntoView(); } };
  addEventListener("hashchange", open);
  open();
})();
