// Runs in the page before anything of the page's own, and writes down what is seen there.
(() => {
  const ADDRESS = /\b10\.(\d+)\.(\d+)\.(\d+)\b/;
  const FIRST = 1 << 23; // addresses from here on come from changes
  let tellUsable;
  const probe = {
    paint: 0,
    largest: 0,
    shift: 0,
    longTasks: [], // [start, duration], milliseconds since navigation
    shown: 0, // a frame with the rows of all VMs was drawn
    usable: 0, // and the main thread had nothing more to do
    whenUsable: new Promise((resolve) => {
      tellUsable = resolve;
    }),
    seen: [], // [number of the change, milliseconds since 1970 when its frame was drawn]
    frames: [],
    inputs: [], // how long keys took up to their frame, milliseconds
  };
  globalThis.probe = probe;

  const observe = (type, take, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      type,
      buffered: true,
      ...more,
    });
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint") probe.paint = entry.startTime;
  });
  observe("largest-contentful-paint", (entry) => {
    probe.largest = entry.startTime;
  });
  observe("layout-shift", (entry) => {
    if (!entry.hadRecentInput) probe.shift += entry.value;
  });
  observe("longtask", (entry) => probe.longTasks.push([entry.startTime, entry.duration]));
  observe("event", (entry) => entry.name === "keydown" && probe.inputs.push(entry.duration), {
    durationThreshold: 16,
  });

  /** Calls back in the first task after the next frame was drawn. */
  const afterFrame = (call) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => call();
      port2.postMessage(null);
    });
  };

  let waiting = new Map();
  const note = (text) => {
    const found = ADDRESS.exec(text ?? "");
    if (found === null) return;
    const number = (Number(found[1]) << 16) + (Number(found[2]) << 8) + Number(found[3]) - FIRST;
    if (number < 0 || waiting.has(number)) return;
    waiting.set(number, null);
    if (waiting.size > 1) return;
    afterFrame(() => {
      const now = Date.now();
      for (const each of waiting.keys()) probe.seen.push([each, now]);
      waiting = new Map();
    });
  };

  let expected = "";
  const look = () => {
    if (probe.shown !== 0 || expected === "") return;
    const rows = document.querySelectorAll("table[role=grid] tbody tr[data-index]").length;
    const says = [...document.querySelectorAll("[role=status]")].some((each) =>
      each.textContent.startsWith(expected),
    );
    if (rows === 0 || !says) return;
    probe.shown = -1;
    afterFrame(() => {
      probe.shown = performance.now();
      requestIdleCallback(() => {
        probe.usable = performance.now();
        tellUsable();
      });
    });
  };
  const watch = () =>
    new MutationObserver((changes) => {
      look();
      for (const { type, target, addedNodes } of changes) {
        if (type === "characterData") note(target.data);
        for (const node of addedNodes) if (node.nodeType === 3) note(node.data);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  watch();

  probe.expect = (text) => {
    expected = text;
  };
  /** Which VMs are on the screen now. */
  probe.listShown = () =>
    [...document.querySelectorAll("table[role=grid] tbody tr[data-index]")]
      .filter((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        const head = document.querySelector("table[role=grid] thead").getBoundingClientRect();
        return top >= head.bottom && bottom <= innerHeight;
      })
      .map((row) => row.querySelector("a").textContent);
  /** Milliseconds between frames until the promise's end. */
  probe.countFrames = (milliseconds) =>
    new Promise((resolve) => {
      const [frames, end] = [[], performance.now() + milliseconds];
      let last = 0;
      const step = (time) => {
        if (last > 0) frames.push(time - last);
        last = time;
        if (performance.now() < end) requestAnimationFrame(step);
        else resolve(frames);
      };
      requestAnimationFrame(step);
    });
})();
