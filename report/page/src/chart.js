// A figure with a chart in it: drawn by ECharts as SVG, redrawn when its width changes, with a text
// alternative and its figures as a table.
import { BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, ParallelComponent,
  TooltipComponent, VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { el, table } from "./dom.js";

echarts.use([
  BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, AriaComponent,
  GridComponent, LegendComponent, MarkLineComponent, ParallelComponent, TooltipComponent,
  VisualMapComponent, SVGRenderer,
]);

/** Colours that colour-blind readers tell apart (Okabe and Ito 2008). */
export const colour = {
  blue: "#0072b2", sky: "#56b4e9", green: "#009e73", orange: "#e69f00", vermillion: "#d55e00",
  purple: "#cc79a7", yellow: "#f0e442", grey: "#808080", ink: "#1a1a1a",
};
export const palette = [
  colour.blue, colour.orange, colour.green, colour.vermillion, colour.sky, colour.purple,
  colour.ink, colour.grey,
];
/** From low to high: cividis, which dark to bright tells in grey too. */
export const cividis = ["#00204d", "#31446b", "#666970", "#958f78", "#cbba69", "#ffea46"];

const narrow = 560;  // pixels: labels need another arrangement

const base = {
  animation: false,
  color: palette,
  textStyle: { fontFamily: "system-ui, 'DejaVu Sans', sans-serif" },
};

/** A value axis with its title in the middle. */
export function axis(name, options = {}) {
  return {
    type: "value", name, nameLocation: "middle", nameTextStyle: { color: colour.ink, padding: 6 },
    axisLine: { show: true }, splitLine: { lineStyle: { color: "#e6e6e6" } }, ...options,
  };
}

/** An axis of scores within `range`, whose ends carry no label: they are no round numbers. */
export function scoreAxis(name, [min, max]) {
  return axis(name, {
    min, max, axisLabel: { formatter: (v) => v.toFixed(2), showMinLabel: false, showMaxLabel: false },
  });
}

/** The axis of a parameterAxis(), from 0 to 1 with that one's tics. */
export function unitAxis(parameter, options = {}) {
  const positions = parameter.tics.map((tic) => tic.at);
  return axis(parameter.name + (parameter.log ? " (logarithmic)" : ""), {
    min: 0, max: 1, splitLine: { show: false },
    axisTick: { customValues: positions },
    axisLabel: {
      customValues: positions, hideOverlap: true,
      formatter: (at) =>
        parameter.tics.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a)).label,
    },
    ...options,
  });
}

/**
 * A figure in `parent`: title, `controls` (elements), chart, note, table. `draw({option, summary,
 * note, rows, height})` shows it: `option(isNarrow)` gives what ECharts takes, `summary` says in a
 * sentence what is seen, `rows` are the table's. A message instead of a chart: `draw({message})`.
 */
export function figure(parent, title, controls = []) {
  const controlled = el("div", { class: "controls" }, ...controls);
  const place = el("div", { class: "chart", role: "img", tabindex: "0" });
  const message = el("p", { class: "note", hidden: true });
  const note = el("p", { class: "note" });
  const rows = el("details", {}, el("summary", {}, "As a table"));
  const tableOf = el("div", { class: "scroll" });
  rows.append(tableOf);
  parent.append(el("figure", {},
    el("figcaption", {}, el("h3", {}, title)),
    controlled, message, place, note, rows));

  let chart = null, shown = null, wasNarrow = null;
  const redraw = () => {
    wasNarrow = place.clientWidth < narrow;
    chart.setOption({ ...base, ...shown.option(wasNarrow) }, { notMerge: true });
  };
  new ResizeObserver(() => {
    if (!chart || place.clientWidth === 0) return;
    chart.resize();
    if (wasNarrow !== place.clientWidth < narrow) redraw();
  }).observe(place);
  rows.addEventListener("toggle", () => fillTable());
  const fillTable = () => {
    if (rows.open && shown?.rows) tableOf.replaceChildren(table(shown.rows));
  };
  place.addEventListener("keydown", (event) => step(event, chart));
  place.addEventListener("blur", () => chart?.dispatchAction({ type: "hideTip" }));

  return {
    draw(what) {
      shown = what;
      const empty = Boolean(what.message);
      message.textContent = what.message ?? "";
      message.hidden = !empty;
      place.hidden = rows.hidden = controlled.hidden = empty;
      note.textContent = what.note ?? "";
      if (empty) return;
      if (what.height) place.style.height = `${what.height(place.clientWidth < narrow)}px`;
      chart ??= echarts.init(place, null, { renderer: "svg" });
      place.setAttribute("aria-label", `${title}. ${what.summary}`);
      rows.hidden = !what.rows;
      chart.resize();
      redraw();
      fillTable();
    },
  };
}

// Arrow keys go from point to point (left, right) and from series to series (up, down) and show the
// point's tip.
const position = new WeakMap();
function step(event, chart) {
  const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  const move = moves[event.key];
  if (!move || !chart) return;
  event.preventDefault();
  const all = chart.getOption().series;
  const series = all.filter((one) => one.data?.length > 0 && !one.silent);
  if (series.length === 0) return;
  const last = position.get(chart) ?? { series: 0, point: -1 };
  const at = (last.series + move[0] + series.length) % series.length;
  const n = series[at].data.length;
  const point = move[0] ? Math.min(Math.max(last.point, 0), n - 1) : (last.point + move[1] + n) % n;
  position.set(chart, { series: at, point });
  chart.dispatchAction({ type: "showTip", seriesIndex: all.indexOf(series[at]), dataIndex: point });
}
