/** Charts as SVG text, drawn here by ECharts, so that a page needs no script and no network. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
} from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { colourRules, followTheme, placeholder, type ColourRole } from './palette.ts';

use([
  AriaComponent,
  BarChart,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkAreaComponent,
  MarkLineComponent,
  ScatterChart,
  SVGRenderer,
]);

/** No quotes: ECharts puts it into an attribute as it is. */
const FONT = 'system-ui, -apple-system, Roboto, sans-serif';
const WIDTH = 760;
const HEIGHT = 340;
/** Pixels between the dots of one case, if all cases leave so much room. */
const DOTS_APART = 30;

/** One contender, or one quantity. */
export interface Series {
  readonly name: string;
  readonly colour: ColourRole;
  /** One for each category, or a pair of x and y for each point; null leaves a gap. */
  readonly values: readonly (number | null)[] | readonly (readonly [x: number, y: number | null])[];
  readonly dashed?: boolean;
  readonly filled?: boolean;
  /** Its values are written beside its dots. */
  readonly labelled?: boolean;
}

/** A chart whose axes say what they show. */
export interface ChartPlan {
  /** Bars begin at 0, so they need a linear axis: on a logarithmic one, dots stand for them. */
  readonly kind: 'bars' | 'dots' | 'lines';
  /** Names along the x axis; without them it is a number line. */
  readonly categories?: readonly string[];
  readonly xName: string;
  readonly yName: string;
  readonly logarithmic?: boolean;
  readonly series: readonly Series[];
  /** Stretches of the x axis to shade, and the one word for all of them. */
  readonly marks?: {
    readonly name: string;
    readonly spans: readonly (readonly [from: number, to: number])[];
  };
  readonly formatY?: (value: number) => string;
}

/** The chart as an `<svg>` element whose colours are those of `colourRules`. */
export function drawChart(plan: ChartPlan): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption(optionOf(plan));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return followTheme(svg);
}

/** A drawn chart as a file of its own, which brings its colours for light and dark with it. */
export function standalone(svg: string): string {
  const style = `<style>${colourRules('svg')}</style><rect width="100%" height="100%" fill="var(--surface)" rx="8"/>`;
  return `${svg.replace(/<svg[^>]*>/, (tag) => tag + style)}\n`;
}

function optionOf(plan: ChartPlan): EChartsCoreOption {
  const ink = placeholder('ink');
  const muted = placeholder('muted');
  const grid = placeholder('grid');
  const axis = {
    nameTextStyle: { color: muted, fontFamily: FONT, fontSize: 12 },
    axisLabel: { color: muted, fontFamily: FONT, fontSize: 12 },
    axisLine: { lineStyle: { color: grid } },
    splitLine: { lineStyle: { color: grid } },
  };
  const isCategory = plan.categories !== undefined;
  return {
    animation: false,
    grid: { left: 64, right: 24, top: 64, bottom: 52 },
    textStyle: { fontFamily: FONT },
    legend: { top: 4, left: 8, textStyle: { color: ink, fontFamily: FONT, fontSize: 13 }, itemGap: 30 },
    xAxis: {
      ...axis,
      type: isCategory ? 'category' : 'value',
      ...(isCategory && { data: plan.categories }),
      name: plan.xName,
      nameLocation: 'middle',
      nameGap: 32,
      ...(plan.kind !== 'lines' && { axisLabel: { ...axis.axisLabel, interval: 0, fontSize: 11 } }),
      // Dots of one case stand side by side: lines keep the cases apart.
      splitLine: { show: plan.kind === 'dots', lineStyle: { color: grid } },
    },
    yAxis: {
      ...axis,
      type: plan.logarithmic === true ? 'log' : 'value',
      name: plan.yName,
      nameLocation: 'end',
      nameTextStyle: { ...axis.nameTextStyle, align: 'left', padding: [0, 0, 0, -48] },
      ...(plan.formatY !== undefined && { axisLabel: { ...axis.axisLabel, formatter: plan.formatY } }),
    },
    series: plan.series.map((series, index) => ({
      ...seriesOption(series, index, plan),
      ...(index === 0 && plan.marks !== undefined && markOption(plan.marks)),
    })),
  };
}

function seriesOption(series: Series, index: number, plan: ChartPlan) {
  const color = placeholder(series.colour);
  const common = { name: series.name, data: series.values, itemStyle: { color } };
  const { formatY = String } = plan;
  const label = {
    show: true,
    position: 'top',
    color: placeholder('ink'),
    fontFamily: FONT,
    fontSize: 11,
    formatter: ({ value }: { value: unknown }) => (typeof value === 'number' ? formatY(value) : ''),
  };
  switch (plan.kind) {
    case 'bars':
      return { ...common, type: 'bar', barMaxWidth: 44, barGap: '12%', label };
    case 'dots': {
      const room = (0.8 * WIDTH) / ((plan.categories?.length ?? 1) * plan.series.length);
      const apart = Math.min(DOTS_APART, room);
      return {
        ...common,
        type: 'scatter',
        symbolSize: 12,
        symbolOffset: [(index - (plan.series.length - 1) / 2) * apart, 0],
        ...(series.labelled === true && { label: { ...label, fontWeight: 'bold', color }, z: 3 }),
      };
    }
    case 'lines':
      return {
        ...common,
        type: 'line',
        showSymbol: plan.categories !== undefined,
        symbolSize: 7,
        lineStyle: { color, width: 2, type: series.dashed === true ? 'dashed' : 'solid' },
        ...(series.filled === true && { areaStyle: { color, opacity: 0.12 } }),
      };
  }
}

function markOption({ name, spans }: NonNullable<ChartPlan['marks']>) {
  return {
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: placeholder('orange'), type: 'solid', width: 1, opacity: 0.7 },
      label: { show: true, formatter: name, color: placeholder('orange'), fontSize: 10, rotate: 0 },
      data: spans.map(([from]) => ({ xAxis: from })),
    },
    markArea: {
      silent: true,
      itemStyle: { color: placeholder('orange'), opacity: 0.18 },
      data: spans.map(([from, to]) => [{ xAxis: from }, { xAxis: to }]),
    },
  };
}
