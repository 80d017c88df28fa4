// Two parameters against the score: a smooth surface through the trials as filled contours.
import { contours } from "d3-contour";
import { cividis, colour, figure, unitAxis } from "./chart.js";
import { select } from "./dom.js";
import { comparable, fixed, parameterAxis, parametersByImportance, valueText } from "./study.js";

const cells = 48;        // of the grid, along each axis
const bandwidth = 0.12;  // of the kernel, in axes from 0 to 1
const reach = 0.05;      // least sum of weights for a cell to be shown: else no trial is near
const levels = 9;

/** Nadaraya-Watson: at each cell the mean score of the trials near it, NaN where none is. */
export function smooth(points) {
  const values = new Float64Array(cells * cells);
  for (let row = 0; row < cells; ++row)
    for (let column = 0; column < cells; ++column) {
      const x = (column + 0.5) / cells, y = (row + 0.5) / cells;
      let sum = 0, weights = 0;
      for (const point of points) {
        const d2 = (point.x - x) ** 2 + (point.y - y) ** 2;
        const weight = Math.exp(-d2 / (2 * bandwidth ** 2));
        sum += weight * point.compared;
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

/** Bands of the surface as polygons with holes in axes from 0 to 1, the lowest first. */
function bands(values, low, high) {
  const shown = Float64Array.from(values, (v) => (Number.isNaN(v) ? -Infinity : v));
  const thresholds = Array.from({ length: levels }, (_, i) => low + ((high - low) * i) / levels);
  thresholds[0] = low - 1;  // everything that is near a trial
  return contours().size([cells, cells]).smooth(false).thresholds(thresholds)(shown)
    .map((band, i) => ({ rings: band.coordinates.flat(), colour: mix(i / (levels - 1)) }));
}

function mix(fraction) {
  const at = fraction * (cividis.length - 1), i = Math.min(Math.floor(at), cividis.length - 2);
  const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  const a = channels(cividis[i]), b = channels(cividis[i + 1]);
  return `rgb(${a.map((v, k) => Math.round(v + (b[k] - v) * (at - i))).join(",")})`;
}

export function create(parent) {
  let redraw = () => {};
  const across = select("Across", () => redraw()), up = select("Up", () => redraw());
  const chart = figure(parent, "Two parameters against the score", [across.element, up.element]);
  return (analysis) => {
    const parameters = parametersByImportance(analysis).map((p) => ({ value: p.name }));
    across.offer(parameters);
    up.offer(parameters, parameters[Math.min(1, parameters.length - 1)]?.value);
    redraw = () => {
      const x = parameterAxis(analysis.space.find((p) => p.name === across.value()));
      const y = parameterAxis(analysis.space.find((p) => p.name === up.value()));
      const points = comparable(analysis)
        .map((t) => ({ trial: t, x: x.unit(t.parameters[x.name]), y: y.unit(t.parameters[y.name]), score: t.compared }))
        .filter((p) => !Number.isNaN(p.x) && !Number.isNaN(p.y));
      if (points.length < 3) return chart.draw({ message: "Takes three comparable trials." });
      const scores = points.map((p) => p.score);
      const low = Math.min(...scores), high = Math.max(...scores);
      const forest = forestSurface(analysis, x, y);
      const areas = high > low ? bands(forest ?? smooth(points), low, high) : [];
      chart.draw({
        height: () => 460,
        summary: `Scores by ${x.name} and ${y.name}, smoothed over ${points.length} trials; brighter is better.`,
        note: (forest
          ? "The surface is the random forest's mean over all other parameters. "
          : "The surface is the mean score of near trials (Gaussian kernel, 0.12 of each axis wide); white: no trial is near. ") +
          "Points are trials, the diamond the best.",
        rows: [["Trial", x.name, y.name, "Score"],
          ...points.map(({ trial }) => [String(trial.trial), valueText(trial.parameters[x.name]),
            valueText(trial.parameters[y.name]), fixed(trial.compared)])],
        option: () => ({
          tooltip: {
            trigger: "item",
            formatter: ({ dataIndex }) => {
              const { trial } = points[dataIndex];
              return `trial ${trial.trial}: ${fixed(trial.compared)}<br>${x.name} ${valueText(trial.parameters[x.name])}` +
                `<br>${y.name} ${valueText(trial.parameters[y.name])}`;
            },
          },
          grid: { top: 16, left: 24, right: 24, bottom: 76 },
          visualMap: {
            min: low, max: high > low ? high : low + 1e-6, seriesIndex: 1, dimension: 2, calculable: false,
            inRange: { color: cividis }, orient: "horizontal", left: "center", bottom: 0, itemHeight: 160,
            text: [`${fixed(high, 3)} score`, fixed(low, 3)],
          },
          xAxis: unitAxis(x), yAxis: unitAxis(y),
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
                symbol: p.trial.trial === analysis.best?.trial ? "diamond" : "circle",
                symbolSize: p.trial.trial === analysis.best?.trial ? 18 : 10,
              })),
              itemStyle: { borderColor: "#fff", borderWidth: 1.5, shadowColor: colour.ink, shadowBlur: 1 },
            },
          ],
        }),
      });
    };
    redraw();
  };
}
