// The score of every trial in order, and the best so far.
import { axis, colour, figure, scoreAxis } from "./chart.js";
import { fixed, paddedRange, scoreTitle, stateText, successful } from "./study.js";

export const title = "Optimization history";

const outcomeText = (trial) => (trial.state === "failed" ? `trial ${trial.trial} failed`
  : `trial ${trial.trial} stopped early, after ${trial.epochs} epochs on ${trial.folds} folds: ${fixed(trial.score)}`);

export function create(parent) {
  const chart = figure(parent, "Score by trial");
  return (analysis) => {
    const trials = successful(analysis);
    if (trials.length === 0) return chart.draw({ message: "No trial has been trained fully yet." });
    let best = -Infinity;
    const running = trials.map((t) => [t.trial, (best = Math.max(best, t.score))]);
    const [low, high] = paddedRange(trials.map((t) => t.score));
    // At the foot, as they have no score after full training.
    const without = [["failed", "path://M0,0L10,10M10,0L0,10"], ["pruned", "triangle"]]
      .map(([state, symbol]) => ({ state, symbol, trials: analysis.trials.filter((t) => t.state === state) }))
      .filter((kind) => kind.trials.length > 0);
    const top = analysis.summary.best_trial;
    chart.draw({
      summary: `${trials.length} of ${analysis.trials.length} trials were trained fully; the best, trial ` +
        `${top}, has ${fixed(analysis.summary.best_score)}.`,
      rows: [["Trial", "Score", "Best so far"],
        ...trials.map((t, i) => [String(t.trial), fixed(t.score), fixed(running[i][1])])],
      option: () => ({
        tooltip: { trigger: "item", valueFormatter: fixed },
        legend: { top: 0 },
        grid: { top: 40, left: 24, right: 24, bottom: 24 },
        xAxis: axis("Trial", { min: 0, max: Math.max(...analysis.trials.map((t) => t.trial)) + 1, minInterval: 1, axisLabel: { showMaxLabel: false } }),
        yAxis: scoreAxis(scoreTitle(analysis), [low, high]),
        series: [
          { name: "trial", type: "scatter", symbolSize: 9,
            data: trials.map((t) => [t.trial, t.score]),
            tooltip: { formatter: ({ value }) => `trial ${value[0]}: ${fixed(value[1])}` } },
          { name: "best so far", type: "line", step: "end", symbol: "none", silent: true,
            lineStyle: { width: 3 }, itemStyle: { color: colour.vermillion }, data: running },
          ...without.map((kind) => ({ name: stateText(kind.state), type: "scatter", symbol: kind.symbol,
            itemStyle: { color: "none", borderColor: colour.ink, borderWidth: 2 },
            data: kind.trials.map((t) => [t.trial, low]),
            tooltip: { formatter: ({ dataIndex }) => outcomeText(kind.trials[dataIndex]) } })),
        ],
      }),
    });
  };
}
