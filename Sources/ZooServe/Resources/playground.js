"use strict";
(() => {
  document.documentElement.classList.add("js");
  const { find, all, make, draw, ask } = zoo;

  const form = find(".controls-panel"), fields = form.elements, said = find(".said"), link = find(".link");
  // Colours and shapes that the colour-blind tell apart (Okabe and Ito), in the order of the entries.
  const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#a0522d"];
  const chosen = () => all("input:checked", find(".choices")).map(box => box.value);

  // MARK: Drawing

  const canvas = find("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true }), cells = 28;
  let isDrawing = false, isDrawn = false, last = null;
  const cursor = { x: 112, y: 112, isDown: false };
  const wipe = () => { pen.fillStyle = "#000"; pen.fillRect(0, 0, canvas.width, canvas.height); };
  const stroke = (from, to) => {
    Object.assign(pen, { strokeStyle: "#fff", lineWidth: 18, lineCap: "round", lineJoin: "round" });
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    pen.stroke();
    look();
  };
  const place = event => {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) * canvas.width / box.width, y: (event.clientY - box.top) * canvas.height / box.height };
  };
  canvas.addEventListener("pointerdown", event => { isDrawing = true; last = place(event); canvas.setPointerCapture(event.pointerId); stroke(last, last); });
  canvas.addEventListener("pointermove", event => { if (isDrawing) { const next = place(event); stroke(last, next); last = next; } });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { isDrawing = false; });
  canvas.addEventListener("keydown", event => {
    const steps = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
    if (event.key === " ") cursor.isDown = !cursor.isDown;
    else if (!steps) return;
    event.preventDefault();
    const from = { x: cursor.x, y: cursor.y };
    if (steps) {
      cursor.x = Math.min(canvas.width, Math.max(0, cursor.x + steps[0]));
      cursor.y = Math.min(canvas.height, Math.max(0, cursor.y + steps[1]));
    }
    find(".pen").textContent = `Pen ${cursor.isDown ? "down" : "up"} at column ${Math.round(cursor.x / 8)}, row ${Math.round(cursor.y / 8)}`;
    if (cursor.isDown) stroke(from, cursor);
  });
  // Grey levels of cells×cells as base64: the drawing is fitted into 20×20 with its centre of mass in the middle, as the digits of MNIST were
  // (https://yann.lecun.org/exdb/mnist).
  const drawing = () => {
    const { width, height } = canvas, pixels = pen.getImageData(0, 0, width, height).data;
    let [left, top, right, bottom] = [width, height, -1, -1], mass = 0, x = 0, y = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const level = pixels[4 * (row * width + column)];
        if (level === 0) continue;
        [left, right, top, bottom] = [Math.min(left, column), Math.max(right, column), Math.min(top, row), Math.max(bottom, row)];
        mass += level;
        x += level * (column + 0.5);
        y += level * (row + 0.5);
      }
    }
    const small = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    small.canvas.width = small.canvas.height = cells;
    small.fillRect(0, 0, cells, cells);
    if (mass > 0) {
      const scale = 20 / (Math.max(right - left, bottom - top) + 1);
      small.imageSmoothingQuality = "high";
      small.drawImage(canvas, cells / 2 - scale * x / mass, cells / 2 - scale * y / mass, scale * width, scale * height);
    }
    const levels = small.getImageData(0, 0, cells, cells).data;
    return btoa(String.fromCharCode(...levels.filter((_, index) => index % 4 === 0)));
  };
  find(".draw").addEventListener("click", event => {
    isDrawn = !isDrawn;
    event.target.setAttribute("aria-pressed", isDrawn);
    find(".drawing").hidden = !isDrawn;
    if (isDrawn) canvas.focus();
    look();
  });
  find(".wipe").addEventListener("click", () => { wipe(); look(); });
  wipe();

  // MARK: Cards

  const quadrilaterals = corners => corners.flatMap((list, index) => {
    const points = [];
    for (let place = 0; place + 1 < list.length; place += 2) points.push(`${list[place]},${list[place + 1]}`);
    const isLast = index === corners.length - 1;
    const outline = draw("polygon", { points: points.join(" "), class: isLast ? "" : "early" });
    return isLast ? [outline, draw("circle", { cx: list[0], cy: list[1], r: 0.06 })] : [outline];
  });
  const degrees = angle => `${angle.toFixed(1).replace("-", "−")}°`;
  const card = (entry, answer) => {
    const box = make("article", { class: "card", "data-entry": entry.entry }, make("h3", {}, entry.entry));
    if (entry.problem) { box.append(make("p", { class: "note" }, entry.problem)); return box; }
    const reach = Math.min(1.8, Math.max(1.05, ...entry.corners.flat().map(Math.abs).filter(Number.isFinite)) + 0.05);
    const svg = draw("svg", { viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`, role: "img", "aria-label": "the image, and where it is sampled" });
    const image = draw("image", { x: -1, y: -1, width: 2, height: 2, preserveAspectRatio: "none" });
    image.setAttribute("href", "data:image/png;base64," + answer.input);
    svg.append(image, ...quadrilaterals(entry.corners));
    const pair = make("div", { class: "pair" }, make("figure", {}, svg, make("figcaption", {}, "input")));
    if (entry.aligned) {
      pair.append(make("figure", {}, make("img", { src: "data:image/png;base64," + entry.aligned, alt: "what is classified" }), make("figcaption", {}, "what is classified")));
    }
    const confidence = (100 * Number(entry.confidence)).toFixed(0);
    box.append(pair, make("p", { class: "read" }, entry.prediction, " ", make("small", {}, `${confidence} %`)),
      make("meter", { min: 0, max: 1, value: Number(entry.confidence) || 0, "aria-label": "confidence" }));
    if (entry.corners.length && !entry.aligned) box.append(make("p", { class: "legend" }, "It transforms feature maps, not the image."));
    if (entry.angle != null) box.append(make("p", { class: "legend angle", "data-angle": entry.angle }, `θ says ${degrees(entry.angle)}`));
    return box;
  };

  // MARK: Trace

  let points = [];
  // How much of the applied angle the predicted ones follow: the b that leaves the differences, predicted − b·applied, the least scattered
  // around the circle. Of angles that turn all the way round, this alone tells on which turn a prediction lies.
  const followed = mine => {
    let best = { share: 0, length: -1 };
    for (let step = -50; step <= 150; step += 5) {
      const share = step / 100, sums = new Map();
      for (const point of mine) {
        const phase = (point.predicted - share * point.applied) * Math.PI / 180, [sine, cosine] = sums.get(point.label) ?? [0, 0];
        sums.set(point.label, [sine + Math.sin(phase), cosine + Math.cos(phase)]);
      }
      const length = [...sums.values()].reduce((sum, pair) => sum + Math.hypot(...pair), 0);
      if (length > best.length) best = { share, length, sums };
    }
    return best;
  };
  // The slope of the Deming line, each class's angles continued over ±180° around their mean.
  const slope = name => {
    const mine = points.filter(point => point.entry === name).slice(-1000);
    if (mine.length < 2) return null;
    const { share, sums } = followed(mine);
    const predicted = mine.map(point => {
      const centre = Math.atan2(...sums.get(point.label)) * 180 / Math.PI;
      return point.predicted - 360 * Math.round((point.predicted - share * point.applied - centre) / 360);
    });
    const mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
    const applied = mine.map(point => point.applied), x = mean(applied), y = mean(predicted);
    let xx = 0, yy = 0, xy = 0;
    applied.forEach((value, index) => {
      xx += (value - x) ** 2;
      yy += (predicted[index] - y) ** 2;
      xy += (value - x) * (predicted[index] - y);
    });
    return xx > 0 && xy !== 0 ? (yy - xx + Math.hypot(yy - xx, 2 * xy)) / (2 * xy) : null;
  };
  const trace = find(".trace svg");
  const showTrace = () => {
    const at = (x, y) => [190 + x * 190 / 180, 190 - y * 190 / 180];
    const [left, bottom] = at(-180, -180), [right, top] = at(180, 180);
    const list = [
      draw("line", { class: "axis", x1: left, y1: 190, x2: right, y2: 190 }), draw("line", { class: "axis", x1: 190, y1: bottom, x2: 190, y2: top }),
      draw("line", { class: "diagonal", x1: left, y1: bottom, x2: right, y2: top }),
    ];
    const label = (x, y, text) => { const element = draw("text", { x, y }); element.textContent = text; list.push(element); };
    label(right - 90, 205, "applied angle");
    label(196, top + 2, "predicted angle");
    const names = chosen();
    for (const point of points) {
      const index = names.indexOf(point.entry);
      if (index < 0) continue;
      const [cx, cy] = at(point.applied, point.predicted);
      list.push(draw("circle", { cx, cy, r: 3, fill: colours[index % colours.length] }));
    }
    trace.replaceChildren(...list);
    find(".keys").replaceChildren(...names.map((name, index) => {
      const key = draw("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" });
      key.append(draw("circle", { cx: 5, cy: 5, r: 4, fill: colours[index % colours.length] }));
      const found = slope(name);
      const row = make("li", { "data-entry": name }, key, found === null ? name : `${name}: slope ${found.toFixed(2).replace("-0.00", "0.00").replace("-", "−")}`);
      if (found !== null) row.dataset.slope = found;
      return row;
    }));
  };
  find(".forget").addEventListener("click", () => { points = []; showTrace(); });

  // MARK: Looking

  const pose = () => ({
    rotation: Number(fields.rotation.value), scale: 2 ** Number(fields.scale.value), shear: Number(fields.shear.value),
    x: Number(fields.x.value), y: Number(fields.y.value),
  });
  const showPose = () => {
    const now = pose();
    const texts = { rotation: `${now.rotation}°`, scale: `×${now.scale.toFixed(2)}`, shear: now.shear.toFixed(2), x: `${now.x} px`, y: `${now.y} px` };
    for (const [name, text] of Object.entries(texts)) fields[name].parentElement.querySelector("output").textContent = text;
  };
  // One look at a time; of those asked for meanwhile only the last is made.
  let isLooking = false, isWanted = false;
  const look = async () => {
    showPose();
    if (isLooking) { isWanted = true; return; }
    isLooking = true;
    do {
      isWanted = false;
      const names = chosen(), now = pose();
      if (names.length === 0) { find(".cards").replaceChildren(); said.textContent = "Choose an entry."; continue; }
      const query = new URLSearchParams({ ...now, entry: names.join(","), dataset: fields.dataset.value, image: fields.image.value || "0" });
      if (isDrawn) query.set("drawing", drawing());
      const start = performance.now();
      try {
        const answer = await ask("look?" + query);
        document.body.dataset.milliseconds = (performance.now() - start).toFixed(1);
        fields.image.max = answer.images - 1;
        find(".cards").replaceChildren(...answer.entries.map(entry => card(entry, answer)));
        for (const entry of answer.entries) {
          if (entry.angle != null) points.push({ entry: entry.entry, label: answer.label, applied: now.rotation, predicted: entry.angle });
        }
        points = points.slice(-4000);
        const reads = answer.entries.filter(entry => !entry.problem).map(entry => `${entry.entry}: ${entry.prediction}`).join(", ");
        said.textContent = (answer.label ? `Class ${answer.label}. ` : "") + `Read as ${reads}.`;
        link.textContent = `${document.body.dataset.milliseconds} ms`;
        showTrace();
      } catch (error) { said.textContent = error.message; }
    } while (isWanted);
    isLooking = false;
    // Tests read these.
    document.body.dataset.looks = Number(document.body.dataset.looks ?? 0) + 1;
  };

  for (const name of ["rotation", "scale", "shear", "x", "y", "image"]) fields[name].addEventListener("input", look);
  find(".next").addEventListener("click", () => {
    fields.image.value = Math.floor(Math.random() * (Number(fields.image.max) + 1));
    points = [];
    look();
  });
  find(".upright").addEventListener("click", () => {
    for (const name of ["rotation", "scale", "shear", "x", "y"]) fields[name].value = 0;
    look();
  });
  form.addEventListener("submit", event => event.preventDefault());

  const offer = async () => {
    const able = await ask("lookable?" + new URLSearchParams({ dataset: fields.dataset.value }));
    const first = ["stn-c0", "stn-c1", "stn-sl1", "cnn"].filter(name => able.includes(name));
    const wanted = new Set(first.length ? first : able.slice(0, 4));
    find(".choices").replaceChildren(...able.map(name => {
      const box = make("input", { type: "checkbox", value: name });
      box.checked = wanted.has(name);
      box.addEventListener("change", look);
      return make("label", {}, box, " ", name);
    }));
    points = [];
    look();
  };
  fields.dataset.addEventListener("change", offer);
  ask("datasets").then(sets => {
    fields.dataset.append(...sets.map(name => make("option", {}, name)));
    return offer();
  }).catch(error => { said.textContent = error.message; });
})();
