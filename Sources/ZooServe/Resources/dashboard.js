"use strict";
(() => {
  document.documentElement.classList.add("js");
  const { find, make, draw, ask } = zoo;
  const percent = share => (100 * share).toFixed(2).replace("-", "−");
  // A row of a table; its labels are shown where the window is too narrow for its head.
  const row = (...cells) => make("tr", {}, ...cells.map(([label, text, kind]) => make("td", { "data-label": label, ...(kind ? { class: kind } : {}) }, text)));
  const clock = text => new Date(text).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });

  // MARK: Running

  const curves = new Map();
  const key = job => `${job.entry} ${job.dataset} ${job.seed}`;

  const curve = epochs => {
    const losses = epochs.map(epoch => Number(epoch.trainLoss)).filter(Number.isFinite), most = Math.max(...losses), least = Math.min(...losses);
    const svg = draw("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img" });
    const label = `Training loss by epoch: ${losses.map(loss => loss.toFixed(4)).join(", ")}`;
    svg.setAttribute("aria-label", label);
    const points = losses.map((loss, index) => {
      const x = losses.length > 1 ? 100 * index / (losses.length - 1) : 0;
      return `${x},${most > least ? 38 - 36 * (loss - least) / (most - least) : 20}`;
    });
    svg.append(draw("polyline", { class: "curve", points: points.join(" ") }));
    return svg;
  };

  const showBatches = batches => {
    find(".idle").hidden = batches.length > 0;
    const list = batches.map(batch => {
      const jobs = batch.running.map(job => {
        const text = `${job.entry}, seed ${job.seed}, ${job.probe} on ${job.dataset}${job.note ? ": " + job.note : ""}`;
        const bar = make("progress", { "aria-label": text });
        if (job.total > 0) { bar.max = job.total; bar.value = job.done; }
        const row = make("li", {}, make("span", {}, text), bar);
        const epochs = job.probe === "training" ? curves.get(key(job)) : undefined;
        if (epochs?.length > 1) row.append(curve(epochs));
        return row;
      });
      const done = make("progress", { "aria-label": "jobs" });
      done.max = batch.total;
      done.value = batch.ended;
      const failed = batch.failed ? `, ${batch.failed} failed` : "";
      return make("article", { class: "batch" },
        make("h3", {}, batch.command),
        make("p", {}, `${batch.ended} of ${batch.total} jobs${failed}; process ${batch.process}, since ${clock(batch.started)}`), done,
        make("ul", {}, ...jobs));
    });
    find(".batches").replaceChildren(...list);
  };

  let batches = [];

  // MARK: Results

  const showNewest = results => {
    find(".newest tbody").replaceChildren(...results.map(result => {
      const weight = ([name]) => ["error", "slope", "mean"].findIndex(word => name.includes(word)) >>> 0;
      const figures = Object.entries(result.figures).filter(([name]) => !/seconds|throughput|images|epochs/.test(name))
        .sort((a, b) => weight(a) - weight(b)).slice(0, 3);
      const text = result.status === "measured" ? figures.map(([name, value]) => `${name} ${Number(Number(value).toPrecision(4))}`).join("  ") : result.cause;
      return row(["time", clock(result.date)], ["entry", result.entry], ["data set", result.dataset], ["seed", String(result.seed), "n"],
        ["probe", result.probe], ["result", text ?? ""]);
    }));
  };

  // MARK: Comparison

  const form = find("form.compare");
  ask("entries").then(entries => {
    for (const [name, chosen] of [["first", "stn-c0"], ["second", "stn-c1"]]) {
      form.elements[name].append(...entries.map(entry => make("option", entry.id === chosen ? { selected: "" } : {}, entry.id)));
    }
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const table = find(".difference"), said = find(".compared");
    try {
      const names = `${form.elements.first.value},${form.elements.second.value}`;
      const report = await ask("compare?" + new URLSearchParams({ entry: names }));
      table.hidden = report.comparisons.length === 0;
      said.textContent = report.comparisons.length === 0
        ? report.missing.map(gap => `Of ${gap.entry} nothing is stored; this makes it: ${gap.command}`).join(" ") : `On ${report.dataset}.`;
      table.tBodies[0].replaceChildren(...report.comparisons.map(pair => row(
        ["entries", `${pair.first} and ${pair.second}`], ["errors %", `${percent(pair.firstError)} and ${percent(pair.secondError)}`, "n"],
        ["difference %", percent(pair.difference), "n"], ["interval", `${percent(pair.interval.low)} to ${percent(pair.interval.high)}`, "n"],
        ["p", pair.p.toPrecision(2), "n"])));
    } catch (error) {
      table.hidden = true;
      said.textContent = error.message;
    }
  });

  // MARK: News

  const link = find(".link");
  const events = new EventSource("/api/v1/events");
  events.addEventListener("open", () => { link.textContent = "Live"; link.classList.remove("lost"); });
  events.addEventListener("error", () => { link.textContent = "Connection lost; trying again"; link.classList.add("lost"); });
  events.addEventListener("jobs", event => { batches = JSON.parse(event.data); showBatches(batches); });
  events.addEventListener("curve", event => {
    const run = JSON.parse(event.data);
    curves.set(key(run), run.epochs);
    showBatches(batches);
  });
  events.addEventListener("results", event => showNewest(JSON.parse(event.data)));
})();
