// A figure with a chart in it: drawn by ECharts as SVG, redrawn when its width changes, with a text
// alternative and its figures as a table.
import { BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, ParallelComponent,
  TooltipComponent, VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { el, scrollable, select, table } from "./dom.js";
import { step } from "./keyboard.js";
import { minimizes, significant, wrapped } from "./study.js";
import { chartTheme, cividis, colour, onThemeChange } from "./theme.js";

echarts.use([
  BarChart, CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, AriaComponent,
  GridComponent, LegendComponent, MarkLineComponent, ParallelComponent, TooltipComponent,
  VisualMapComponent, SVGRenderer,
]);

/** Colours from worst to best. */
export const byMerit = (analysis) => (minimizes(analysis) ? cividis().reverse() : cividis());

/** Shapes in a chart, at most: browsers draw more only slowly. */
export const mostShapes = 2000;

const narrow = 560;  // pixels: labels need another arrangement

const base = {
  animation: false,
  textStyle: { fontFamily: "system-ui, 'DejaVu Sans', sans-serif" },
};

/** A value axis with its title in the middle. */
export function axis(name, options = {}) {
  return {
    type: "value", name, nameLocation: "middle", nameTextStyle: { color: colour.ink, lineHeight: 15 },
    axisLine: { show: true, onZero: false }, ...options,
  };
}

/** How the tics of an axis between bounds read: told apart, whatever their scale. */
export function ticText([min, max]) {
  const largest = Math.max(Math.abs(min), Math.abs(max)), width = max - min;
  const beyond = (x) => Math.floor(Math.log10(x));
  if (!(width > 0)) return significant;
  if (largest >= 1e-4 && largest < 1e9) {
    const decimals = Math.min(Math.max(1 - beyond(width), 0), 12);
    return (v) => v.toFixed(decimals);
  }
  const digits = Math.min(Math.max(beyond(largest) - beyond(width) + 1, 0), 15);
  return (v) => (Math.abs(v) < width / 1e6 ? "0" : v.toExponential(digits));
}

/** An axis between bounds that carry no label: they are no round numbers. */
export function boundedAxis(name, bounds, options = {}) {
  return axis(name, {
    min: bounds[0], max: bounds[1], ...options,
    axisLabel: { formatter: ticText(bounds), showMinLabel: false, showMaxLabel: false, ...options.axisLabel },
  });
}

/** An axis that counts from 1 to `last`. */
export const countAxis = (name, last) =>
  boundedAxis(name, [0, last + 1], { minInterval: 1, axisLabel: { formatter: String } });

/** The axis of a parameterAxis(), from 0 to 1 with that one's tics, in lines of `length` characters. */
export function unitAxis(parameter, length = 30) {
  const positions = parameter.tics.map((tic) => tic.at);
  return axis(wrapped(parameter.name + (parameter.log ? " (logarithmic)" : ""), 44), {
    min: 0, max: 1, splitLine: { show: false },
    axisTick: { customValues: positions },
    axisLabel: {
      customValues: positions, hideOverlap: true, lineHeight: 14,
      formatter: (at) => wrapped(
        parameter.tics.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a)).label, length),
    },
  });
}

/** How many characters of a label have room in one of `n` parts of `pixels`. */
export const charactersIn = (pixels, n) => Math.floor(pixels / n / 7);

/**
 * A tip's formatter for ECharts, which takes texts for HTML: `text(point)`, with line ends, becomes
 * an element whose text it is.
 */
export const asText = (text) => (point) => {
  const lines = text(point);
  return lines && el("div", { class: "tip" }, lines);
};

const margins = { top: 16, left: 24, right: 24, bottom: 24 };

/**
 * A figure in `parent`: title, `controls` (elements), chart, note, table. `draw({option, summary,
 * note, rows, height})` shows it: `option(isNarrow, width)` gives what ECharts takes, with `grid`
 * what is beyond the usual margins and `tip(point)` the text of a point's tip; `summary` says in a
 * sentence what is seen, `rows` are the table's. `draw({message})` says why there's no chart, and
 * with `keep` leaves the controls that may change that.
 */
export function figure(parent, title, controls = []) {
  const controlled = el("div", { class: "controls" }, ...controls);
  const place = el("div", { class: "chart", role: "img", tabindex: "0" });
  const message = el("p", { class: "note", hidden: true });
  const pointed = el("p", { class: "note", role: "status" });
  const note = el("p", { class: "note" });
  const rows = el("details", {}, el("summary", {}, "As a table"));
  const tableOf = scrollable(`${title}, as a table`);
  rows.append(tableOf);
  parent.append(el("figure", {},
    el("figcaption", {}, el("h3", {}, title)),
    controlled, message, place, pointed, note, rows));

  let chart = null, shown = null;
  const redraw = () => {
    const isNarrow = place.clientWidth < narrow;
    if (shown.height) place.style.height = `${shown.height(isNarrow)}px`;
    const { tip, ...option } = shown.option(isNarrow, place.clientWidth);
    if (tip) option.tooltip = { trigger: "item", formatter: asText(tip) };
    if (option.xAxis) {
      option.grid = { ...margins, ...option.grid };
      option.xAxis.nameGap = 28;  // below the labels
    }
    option.tooltip = { confine: true, ...option.tooltip };
    chart.resize();
    chart.setOption({ ...base, ...option }, { notMerge: true });
  };
  let drawnWidth = 0;
  new ResizeObserver(() => {
    if (!chart || place.clientWidth === 0 || place.clientWidth === drawnWidth) return;
    drawnWidth = place.clientWidth;
    redraw();
  }).observe(place);
  rows.addEventListener("toggle", () => fillTable());
  const fillTable = () => {
    if (rows.open && shown?.rows) tableOf.replaceChildren(table(shown.rows));
  };
  onThemeChange((printing) => {
    if (!chart) return;
    chart.setTheme(chartTheme());
    if (place.hidden) return;
    place.style.width = printing ? "680px" : "";  // paper is narrower than most windows
    redraw();
  });
  place.addEventListener("keydown", (event) => step(event, chart, pointed));
  place.addEventListener("blur", () => {
    chart?.dispatchAction({ type: "hideTip" });
    chart?.dispatchAction({ type: "downplay" });
    pointed.textContent = "";
  });

  return {
    draw(what) {
      shown = what;
      const empty = Boolean(what.message);
      message.textContent = what.message ?? "";
      message.hidden = !empty;
      place.hidden = empty;
      controlled.hidden = controls.length === 0 || (empty && !what.keep);
      rows.hidden = empty || !what.rows;
      note.textContent = what.note ?? "";
      if (empty) return;
      place.setAttribute("aria-label", `${title}. ${what.summary}`);
      chart ??= echarts.init(place, chartTheme(), { renderer: "svg" });
      drawnWidth = place.clientWidth;
      redraw();
      fillTable();
    },
  };
}

/**
 * A figure with selects of these labels. `prepare(analysis, ...selects)` offers their options and
 * gives the function that says what figure.draw() takes for what is chosen, or a message.
 */
export function chosenFigure(parent, title, labels, prepare) {
  let show = () => {};
  const selects = labels.map((label) => select(label, () => show()));
  const chart = figure(parent, title, selects.map((one) => one.element));
  return (analysis) => {
    const drawn = prepare(analysis, ...selects);
    show = typeof drawn === "function" ? () => chart.draw({ ...drawn(), keep: true }) : () => chart.draw(drawn);
    show();
  };
}
