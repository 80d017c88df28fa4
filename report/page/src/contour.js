// Two parameters against the score: a smooth surface through the trials as filled contours.
import { contours } from "d3-contour";
import { byMerit, charactersIn, chosenFigure, mostShapes, unitAxis } from "./chart.js";
import {
  comparable, comparedText, counted, extent, paddedRange, parameterAxis, parametersByImportance, scoreText, someOf,
  thinned, valueText,
} from "./study.js";
import { colour } from "./theme.js";

const cells = 48;        // of the grid, along each axis
const bandwidth = 0.12;  // of the kernel, in axes from 0 to 1
const reach = 0.05;      // least sum of weights for a cell to be shown: else no trial is near
const levels = 9;

/** Nadaraya-Watson: at each cell the mean score of the trials near it, NaN where none is. */
function smooth(points) {
  const values = new Float64Array(cells * cells);
  for (let row = 0; row < cells; ++row)
    for (let column = 0; column < cells; ++column) {
      const x = (column + 0.5) / cells, y = (row + 0.5) / cells;
      let sum = 0, weights = 0;
      for (const point of points) {
        const d2 = (point.x - x) ** 2 + (point.y - y) ** 2;
        const weight = Math.exp(-d2 / (2 * bandwidth ** 2));
        sum += weight * point.score;
        weights += weight;
      }
      values[row * cells + column] = weights >= reach ? sum / weights : NaN;
    }
  return values;
}

/** The forest's surface on the same grid: at each cell the value nearest to it. */
function resample(given, x, y) {
  const nearest = (values, axis) => Array.from({ length: cells }, (_, i) => {
    const distance = (k) => Math.abs(axis.unit(values[k]) - (i + 0.5) / cells);
    return values.reduce((best, _value, k) => (distance(k) < distance(best) ? k : best), 0);
  });
  const columns = nearest(given.x_values, x), rows = nearest(given.y_values, y);
  return Float64Array.from({ length: cells * cells }, (_, i) =>
    given.score[rows[Math.floor(i / cells)]][columns[i % cells]]);
}

/** The forest's surface of two parameters, where the analysis has it in either order. */
function forestSurface(analysis, x, y) {
  const given = analysis.contours.find((c) => c.x === x.name && c.y === y.name);
  if (given) return resample(given, x, y);
  const turned = analysis.contours.find((c) => c.x === y.name && c.y === x.name);
  if (!turned) return null;
  const score = turned.x_values.map((_, i) => turned.score.map((row) => row[i]));
  return resample({ x_values: turned.y_values, y_values: turned.x_values, score }, x, y);
}

/** Bands of the surface as polygons with holes in the grid's cells, the lowest first, in their middle's colour. */
function bands(values, low, high, colours) {
  const shown = Float64Array.from(values, (v) => (Number.isNaN(v) ? -Infinity : v));
  const thresholds = Array.from({ length: levels }, (_, i) => low + ((high - low) * i) / levels);
  thresholds[0] = -Number.MAX_VALUE;  // everything that is near a trial
  return contours().size([cells, cells]).smooth(false).thresholds(thresholds)(shown)
    .map((band, i) => ({ rings: band.coordinates.flat(), colour: mix(colours, (i + 0.5) / levels) }));
}

function mix(colours, fraction) {
  const at = fraction * (colours.length - 1), i = Math.min(Math.floor(at), colours.length - 2);
  const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const a = channels(colours[i]), b = channels(colours[i + 1]);
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * (at - i))).join(",")})`;
}

/** Whether a parameter's values are words: they have no order, and nothing lies between them. */
const ofWords = ({ kind, choices }) => kind === "choice" && choices.some((value) => typeof value !== "number");

export function create(parent) {
  return chosenFigure(parent, "Two parameters against the score", ["Across", "Up"], (analysis, across, up) => {
    const compared = comparable(analysis);
    if (compared.length < 3) return { message: "Takes three trials with scores to compare." };
    const all = parametersByImportance(analysis);
    const parameters = [...all.filter((p) => !ofWords(p)), ...all.filter(ofWords)].map((p) => ({ value: p.name }));
    across.offer(parameters);
    up.offer(parameters, parameters[Math.min(1, parameters.length - 1)]?.value);
    // One scale for points and surface, whatever parameters are chosen: from the lowest score to the highest.
    const [low, high] = extent(compared.map((t) => t.compared_score)), colours = byMerit(analysis);
    const best = analysis.best?.trial, drawn = thinned(compared, mostShapes, (t) => t.trial === best);
    return () => {
      if (across.value() === up.value()) return { message: "Choose two different parameters." };
      const x = parameterAxis(analysis.space.find((p) => p.name === across.value()));
      const y = parameterAxis(analysis.space.find((p) => p.name === up.value()));
      const points = drawn
        .map((trial) => ({
          trial, x: x.unit(trial.parameters[x.name]), y: y.unit(trial.parameters[y.name]), score: trial.compared_score,
        }))
        .filter((p) => !Number.isNaN(p.x) && !Number.isNaN(p.y));
      if (points.length < 3)
        return { message: "Fewer than three trials that can be compared searched both parameters." };
      const forest = forestSurface(analysis, x, y);
      const words = ofWords(x) || ofWords(y), bare = words && !forest;
      const surface = forest ?? smooth(points), heights = surface.filter((v) => !Number.isNaN(v));
      const areas = high > low && !bare ? bands(surface, low, high, colours) : [];
      return {
        height: () => 480,
        summary: `Scores by ${x.name} and ${y.name}, smoothed over ${counted(compared.length, "trial")}; brighter is better.`,
        note: `Colours: ${comparedText(analysis)}. Points are trials` +
          (points.some((p) => p.trial.trial === best)
            ? `, the diamond the best${analysis.foreign ? "" : " after full training"}` : "") +
          (bare ? "; words have no order, so there is no surface between them." : (forest ? "; the surface is the random forest's mean over all other parameters"
            : "; the surface is the mean score of near trials (Gaussian kernel, 0.12 of each axis wide), " +
              "left out where none is near") +
          `. Both have the same colours; means vary less than trials: from ${scoreText(Math.min(...heights))} to ` +
          `${scoreText(Math.max(...heights))} here.`) + `${someOf(points.length, compared.length, "trial")}`,
        rows: [["Trial", x.name, y.name, "Score"],
          ...points.map(({ trial, score }) => [String(trial.trial), valueText(trial.parameters[x.name]),
            valueText(trial.parameters[y.name]), scoreText(score)])],
        option: (narrow, width) => ({
          tip: ({ dataIndex }) => {
            const { trial, score } = points[dataIndex];
            return `trial ${trial.trial}: ${scoreText(score)}\n${x.name} ${valueText(trial.parameters[x.name])}` +
              `\n${y.name} ${valueText(trial.parameters[y.name])}`;
          },
          grid: { bottom: 110 },
          visualMap: {
            min: low, max: high > low ? high : paddedRange([low])[1], seriesIndex: 1, dimension: 2, calculable: false,
            inRange: { color: colours }, orient: "horizontal", left: "center", bottom: 0, itemHeight: 160,
            text: [`${scoreText(high)} score`, scoreText(low)],
          },
          xAxis: unitAxis(x, charactersIn(width - 100, x.tics.length)), yAxis: unitAxis(y, narrow ? 12 : 20),
          series: [
            {
              type: "custom", silent: true, data: areas.map((_, i) => [0, 0, i]), clip: true,
              renderItem(_, api) {
                const { rings, colour: fill } = areas[api.value(2)];
                const path = rings.map((ring) => ring.map(([column, row]) =>
                  api.coord([column / cells, row / cells]).map((v) => v.toFixed(1)).join(",")));
                return {
                  type: "path", style: { fill },
                  shape: { pathData: path.map((ring) => `M${ring.join("L")}Z`).join("") },
                };
              },
            },
            {
              type: "scatter",
              data: points.map((p) => ({
                value: [p.x, p.y, p.score],
                symbol: p.trial.trial === best ? "diamond" : "circle",
                symbolSize: p.trial.trial === best ? 18 : 10,
              })),
              itemStyle: { borderColor: colour.paper, borderWidth: 1.5, shadowColor: colour.ink, shadowBlur: 1 },
            },
          ],
        }),
      };
    };
  });
}
