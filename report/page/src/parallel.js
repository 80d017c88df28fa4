// Every trial as a line through all parameters, coloured by its score.
import { byMerit, charactersIn, chosenFigure, mostShapes, ticText } from "./chart.js";
import {
  bestFirst, comparable, comparedText, counted, extent, minimizes, paddedRange, parameterAxis, parametersByImportance, scoreText,
  someOf, thinned, valueText, whyNoneCompared, wrapped,
} from "./study.js";
import { colour } from "./theme.js";

export const id = "parallel", title = "Parallel coordinates";

const mostAxes = 20;
const notSearched = -0.14;  // where that is on an axis from 0 to 1

/** The parameters that have axes: all, or the most important in the space's order. */
function shownParameters(analysis) {
  const shown = new Set(parametersByImportance(analysis).slice(0, mostAxes).map((p) => p.name));
  return analysis.space.filter((p) => shown.has(p.name));
}

const shares = [
  { value: 1, label: "all trials" }, { value: 0.5, label: "the best half" },
  { value: 0.25, label: "the best quarter" }, { value: 0.1, label: "the best tenth" }];

// Lines pass behind labels: behind a tic's they are interrupted.
const legible = () => ({ color: colour.ink, textBorderColor: colour.paper, textBorderWidth: 3 });
const onPaper = () => ({ color: colour.ink, backgroundColor: colour.paper, padding: [0, 2] });
// In a narrow window axes lie one above the other: their names stand over their right ends.
const above = (align = "right") => ({ align, verticalAlign: "bottom", padding: [0, 0, 6, 0], ...legible() });

export function create(parent) {
  return chosenFigure(parent, "Parameters of the trials", ["Show"], (analysis, share) => {
    const ranked = comparable(analysis).sort(bestFirst(analysis, (t) => t.compared_score));
    if (ranked.length === 0) return { message: whyNoneCompared(analysis) };
    const winner = ranked.find((t) => t.trial === analysis.best?.trial), best = winner ?? ranked[0];
    const bestText = `trial ${best.trial}, the best ` +
      (winner && analysis.comparable.early ? "after full training" : winner ? "trial" : "by that score");
    share.offer(shares);
    // What wasn't searched in some trial has a place of its own below the axis: else a line would seem to have a value there.
    const axes = shownParameters(analysis).map(parameterAxis).map((one) =>
      (ranked.every((t) => !Number.isNaN(one.unit(t.parameters[one.name]))) ? { ...one, foot: 0 }
        : { ...one, foot: notSearched - 0.04, tics: [{ at: notSearched, label: "–" }, ...one.tics] }));
    const [lowest, highest] = extent(ranked.map((t) => t.compared_score)), [low, high] = paddedRange([lowest, highest]);
    const scoreTic = ticText([low, high]);
    const tics = ({ tics: all }, length) => ({
      axisTick: { customValues: all.map((tic) => tic.at) },
      axisLabel: {
        customValues: all.map((tic) => tic.at), fontSize: 11, lineHeight: 12, ...onPaper(),
        formatter: (at) => wrapped(all.find((tic) => Math.abs(tic.at - at) < 1e-6)?.label ?? "", length, 2),
      },
    });
    const line = (t) => {
      const positions = axes.map((a) => a.unit(t.parameters[a.name]));
      return {
        name: `trial ${t.trial}`,
        value: [...positions.map((at) => (Number.isNaN(at) ? notSearched : at)), t.compared_score],
      };
    };
    return () => {
      const chosen = ranked.slice(0, Math.max(1, Math.ceil(Number(share.value()) * ranked.length)));
      const shown = thinned(chosen, mostShapes);
      return {
        height: (narrow) => (narrow ? 120 + 60 * (axes.length + 1) : 460),
        summary: `${counted(shown.length, "trial")}, one line each; the brighter, the better the score. The strongest ` +
          `line is ${bestText}.`,
        note: `Colours and last axis: ${comparedText(analysis)}. Strongest line: ${bestText}. ` +
          "Drag along an axis to pick trials." +
          (axes.length < analysis.space.length
            ? ` The ${axes.length} most important of ${analysis.space.length} parameters have axes.` : "") +
          (axes.some((one) => one.foot < 0) ? " At a dash: not searched in that trial." : "") +
          someOf(shown.length, chosen.length, "trial"),
        rows: [["Trial", "Score", ...axes.map((a) => a.name)],
          ...shown.map((t) => [String(t.trial), scoreText(t.compared_score),
            ...axes.map((a) => valueText(t.parameters[a.name]))])],
        option: (narrow, width) => {
          // In a narrow window an axis' labels stand side by side, else the axes do.
          const labels = Math.max(3, ...axes.map((one) => (one.categorical ? one.tics.length : 0)));
          const length = Math.max(charactersIn(width - 90, narrow ? labels : axes.length), 6);
          const axisLine = { lineStyle: { color: colour.grey } };
          const left = narrow ? 24 : 60;
          const right = narrow ? 24 : Math.max(50, ...[low, high].map((v) => 12 + 7 * scoreTic(v).length));
          const names = axes.map((one) => (narrow ? one.name : wrapped(one.name, Math.min(length, 16))));
          const lines = Math.max(...names.map((name) => name.split("\n").length));
          // What letters are wider than most gets an ellipsis: in the middle over an axis it has the first one's margin
          // on either side, and no more than the way to the next.
          const room = narrow ? width - left - right : Math.min(2 * left, (width - left - right) / axes.length) - 4;
          const named = {
            nameTruncate: { maxWidth: room, ellipsis: "…" },
            ...(narrow ? { nameGap: 4, nameTextStyle: above() } : { nameGap: 10, nameTextStyle: { color: colour.ink, lineHeight: 13 } }),
          };
          return {
            tip: ({ name, value }) => `${name}: ${scoreText(value.at(-1))}`,
            visualMap: {
              min: lowest, max: highest > lowest ? highest : high, dimension: axes.length, seriesIndex: 0,
              inRange: { color: byMerit(analysis) },
              orient: "horizontal", left: "center", bottom: 0, itemHeight: 160,
              text: [`${scoreText(highest)} score`, scoreText(lowest)],
            },
            parallel: {
              layout: narrow ? "vertical" : "horizontal",
              top: narrow ? 30 : 24 + 13 * lines, bottom: narrow ? 80 : 70, left, right,
            },
            parallelAxis: [
              ...axes.map((one, dim) => ({
                dim, name: names[dim], min: one.foot, max: 1, nameLocation: "end", z: 5, axisLine, ...named, ...tics(one, length),
              })),
              // Away from where the best line ends.
              { dim: axes.length, name: "score", min: low, max: high, z: 5, axisLine, ...named,
                ...(narrow && !minimizes(analysis) ? { nameLocation: "start", nameTextStyle: above("left") } : {}),
                axisLabel: {
                  formatter: scoreTic, showMinLabel: false, showMaxLabel: false, fontSize: 11, ...onPaper(),
                } },
            ],
            series: [
              { type: "parallel", lineStyle: { width: 2, opacity: 0.75 }, emphasis: { lineStyle: { width: 4 } },
                data: [...shown].reverse().map(line) },
              // Bright lines are weak on a white ground: the best has the ground's contrary.
              { type: "parallel", z: 4, lineStyle: { width: 4.5, opacity: 1, color: colour.ink }, silent: true,
                data: [line(best)] },
            ],
          };
        },
      };
    };
  });
}
