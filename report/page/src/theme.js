// Colours of the page's charts: light or dark, as the reader's system asks; paper is always light.

const asked = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const isDark = () => asked.matches && !printing;

// Colours that colour-blind readers tell apart (Okabe and Ito 2008); where the ground is dark, brighter ones of the same
// hues.
const colours = {
  blue: ["#0072b2", "#3f97d3"], sky: ["#56b4e9", "#a6dcfa"], green: ["#009e73", "#2bbd92"],
  orange: ["#e69f00", "#e69f00"], vermillion: ["#d55e00", "#f07838"], purple: ["#cc79a7", "#d991b8"],
  yellow: ["#f0e442", "#f0e442"], grey: ["#808080", "#9a9a9a"], ink: ["#1a1a1a", "#e8e8e8"],
  quiet: ["#555555", "#b0b4b8"], rule: ["#e6e6e6", "#363b41"], paper: ["#ffffff", "#16191d"],
};

/** Each as it is now: to be asked whenever a chart is drawn. */
export const colour = Object.defineProperties({}, Object.fromEntries(Object.entries(colours)
  .map(([name, [light, dark]]) => [name, { enumerable: true, get: () => (isDark() ? dark : light) }])));

const palette = () => [colour.blue, colour.orange, colour.green, colour.vermillion, colour.sky, colour.purple,
  colour.ink, colour.grey];

/** The colour of the i-th, from 0, of series side by side. */
export const seriesColour = (i) => palette()[i % palette().length];

/** From low to high: cividis, which dark to bright tells in grey too; its dark end is seen on a dark ground. */
export const cividis = () => (isDark() ? ["#3d5a9e", "#566892", "#777b84", "#958f78", "#cbba69", "#ffea46"]
  : ["#00204d", "#31446b", "#666970", "#958f78", "#cbba69", "#ffea46"]);

/** The colour between low, 0, and high, 1. */
export const levelColour = (fraction) => cividis()[Math.round((cividis().length - 1) * fraction)];

/** What ECharts draws by itself, in these colours. */
export function chartTheme() {
  const text = { color: colour.ink }, line = { lineStyle: { color: colour.grey } };
  const axis = {
    axisLine: line, axisTick: line, axisLabel: { color: colour.quiet }, nameTextStyle: text,
    splitLine: { lineStyle: { color: colour.rule } },
  };
  return {
    color: palette(), backgroundColor: "transparent", textStyle: text, valueAxis: axis, categoryAxis: axis,
    legend: { textStyle: text, itemWidth: 18, itemHeight: 10, inactiveColor: colour.rule }, visualMap: { textStyle: text },
    tooltip: { backgroundColor: colour.paper, borderColor: colour.grey, textStyle: text },
  };
}

/** Calls `redraw(printing)` when colours change, and before and after the page is printed. */
export function onThemeChange(redraw) {
  asked.addEventListener("change", () => redraw(printing));
  for (const [event, now] of [["beforeprint", true], ["afterprint", false]])
    addEventListener(event, () => {
      printing = now;
      redraw(printing);
    });
}
