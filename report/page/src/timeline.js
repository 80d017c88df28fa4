// When each trial was begun and ended, and what became of it: as Optuna's plot_timeline has it.
import { asText, axis, boundedAxis, figure } from "./chart.js";
import { counted, extent, fixed, fully, someOf, stateText, thinned, timeUnit } from "./study.js";
import { colour } from "./theme.js";

const mostBars = 400;

/** How a bar looks: filled, hollow, dark and dashed are told apart without colours. */
const looks = () => ({
  complete: { fill: colour.blue, stroke: colour.blue },
  pruned: { fill: colour.paper, stroke: colour.blue },
  failed: { fill: colour.ink, stroke: colour.ink },
  running: { fill: colour.paper, stroke: colour.grey, lineDash: [3, 2] },
});

export function create(parent) {
  const chart = figure(parent, "Timeline of the trials");
  return (analysis) => {
    const timed = analysis.trials.filter((t) => t.began !== null && (t.ended !== null || t.state === "running"));
    if (timed.length === 0) return chart.draw({ message: "When trials began and ended isn't on record." });
    const shown = thinned(timed, mostBars);
    const [, seconds] = extent(timed.flatMap((t) => [t.began, t.ended ?? t.began])), [unit, name] = timeUnit(seconds);
    const end = (t) => Math.max(t.began, t.ended ?? seconds) / unit;  // one that runs does so until now
    const span = Math.max(seconds / unit, 1e-3), numbers = extent(timed.map((t) => t.trial));
    const text = (t) => `trial ${t.trial}, ${t.state === "complete" ? fully(analysis) : stateText(t.state)}: from ` +
      `${fixed(t.began / unit, 1)} to ${fixed(end(t), 1)} ${name}`;
    chart.draw({
      height: (narrow) => Math.min(Math.max(220, 110 + 14 * (numbers[1] - numbers[0] + 1)), narrow ? 480 : 640),
      summary: `${counted(timed.length, "trial")} in ${fixed(seconds / unit, 1)} ${name}.`,
      note: ("A bar from a trial's beginning to its end by the clock: it may have waited meanwhile." +
        someOf(shown.length, timed.length, "trial")).trim(),
      rows: [["Trial", "State", `Began (${name})`, `Ended (${name})`], ...timed.map((t) => [String(t.trial),
        stateText(t.state), fixed(t.began / unit, 1), t.ended === null ? "–" : fixed(t.ended / unit, 1)])],
      option: () => ({
        tip: () => "",
        legend: { top: 0, icon: "rect", itemStyle: { borderWidth: 1.5 } },
        grid: { top: 40 },
        xAxis: axis(`Time since the first trial began (${name})`, { min: 0, max: 1.02 * span,
          axisLabel: { showMaxLabel: false } }),
        yAxis: { ...boundedAxis("Trial", [numbers[0] - 1, numbers[1] + 1], { minInterval: 1,
          axisLabel: { formatter: String } }), inverse: true, splitLine: { show: false } },
        series: Object.entries(looks()).map(([state, look]) => {
          const trials = shown.filter((t) => t.state === state);
          return trials.length && {
            name: state === "complete" ? fully(analysis) : stateText(state), type: "custom", encode: { x: [0, 1], y: 2 },
            itemStyle: { color: look.fill, borderColor: look.stroke },
            data: trials.map((t) => [t.began / unit, end(t), t.trial]),
            tooltip: { formatter: asText(({ dataIndex }) => text(trials[dataIndex])) },
            renderItem(_, api) {
              const [left, middle] = api.coord([api.value(0), api.value(2)]);
              const [right] = api.coord([api.value(1), api.value(2)]);
              const height = Math.min(Math.max(0.7 * api.size([0, 1])[1], 1), 14);
              return {
                type: "rect",
                shape: { x: left, y: middle - height / 2, width: Math.max(right - left, 1.5), height },
                style: { ...look, lineWidth: height > 4 ? 1.5 : 1 },
              };
            },
          };
        }).filter(Boolean),
      }),
    });
  };
}
