/** The pages: self-contained, escaped, and in colours that follow the reader's theme. */
import { describe, expect, it } from 'vitest';
import { drawChart, standalone } from '../../../../../scripts/lib/report/chart.ts';
import { renderPage } from '../../../../../scripts/lib/report/page.ts';
import {
  markdownTable,
  readable,
  renderTable,
  replaceMarked,
} from '../../../../../scripts/lib/report/tables.ts';

const chart = drawChart({
  kind: 'bars',
  categories: ['100', '1,000'],
  xName: 'live',
  yName: 'lists a second',
  series: [{ name: 'rollcall', colour: 'blue', values: [1400, null] }],
});

describe('a chart', () => {
  it('is drawn in the roles of the palette, with no fixed colour left', () => {
    expect(chart).toContain('var(--blue)');
    expect(chart).toContain('var(--ink)');
    expect(chart).not.toMatch(/#0000[ab]/i);
  });

  it('is well-formed: no attribute is followed by anything but a blank or the end of its tag', () => {
    expect(chart).not.toMatch(/="[^"<>]*"[^\s/>?]/);
  });

  it('brings its colours with it as a file of its own', () => {
    expect(standalone(chart)).toContain('@media (prefers-color-scheme:dark){svg{');
  });
});

describe('a chart on a logarithmic axis', () => {
  const dots = drawChart({
    kind: 'dots',
    categories: ['100', '1,000'],
    xName: 'live',
    yName: 'lists a second (logarithmic)',
    logarithmic: true,
    series: [
      { name: 'floor', colour: 'grey', values: [1510, 1490] },
      { name: 'rollcall', colour: 'blue', values: [1500, 1480], labelled: true },
    ],
  });

  it('has the value of the labelled series in every group, however close the others are', () => {
    const values = [...dots.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(values).toEqual(expect.arrayContaining(['1500', '1480']));
    expect(values).not.toContain('1510');
  });
});

describe('a page', () => {
  const page = renderPage({
    title: 'a <b> & "c"',
    subtitle: '',
    highlights: [{ label: 'promises', value: 'broken', bad: true }],
    sections: [
      {
        title: 'one',
        intro: '',
        charts: [{ title: 'chart', svg: chart }],
        tables: [
          {
            title: 'all',
            folded: true,
            table: { header: ['x'], rows: [['<script>'], ['MISSED'], ['not run']] },
          },
        ],
      },
    ],
    footer: '',
  });

  it('escapes what it is given', () => {
    expect(page).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    expect(page).not.toContain('<script>');
  });

  it('loads nothing: no script, no link, no address but the namespaces of SVG', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe)\b|@import|url\(/i);
    const addresses = page.match(/https?:\/\/[^"'\s<]+/g) ?? [];
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  });

  it('marks what is bad in words and in colour', () => {
    expect(page).toContain('<td data-name="x" class="bad">MISSED</td>');
    expect(page).toContain('<td data-name="x" class="open">not run</td>');
    expect(page).toContain('<b class="bad">broken</b>');
  });
});

describe('a text table', () => {
  it('lines its columns up', () => {
    const table = renderTable({
      header: ['case', 'ms'],
      rows: [
        ['a', '1.5'],
        ['longer', '20'],
      ],
    });
    expect(table.split('\n')).toEqual(['case     ms', '──────  ───', 'a       1.5', 'longer   20']);
  });
});

describe('readable', () => {
  it('shows three digits, or all of a whole part', () => {
    expect([0, 0.01234, 1.234, 12.34, 123.4, 12_345].map(readable)).toEqual([
      '0',
      '0.012',
      '1.23',
      '12.3',
      '123',
      '12,345',
    ]);
    expect(readable(Number.NaN)).toBe('–');
  });
});

describe('Markdown', () => {
  it('has tables with padded columns', () => {
    const table = markdownTable({ header: ['', 'ms'], rows: [['first', '1.5']] });
    expect(table).toBe('|       | ms  |\n| ----- | --- |\n| first | 1.5 |');
  });

  it('goes between its markers, and only there', () => {
    const text = 'before\n<!-- run -->\nold\n<!-- /run -->\nafter';
    expect(replaceMarked(text, 'run', 'new')).toBe('before\n<!-- run -->\n\nnew\n\n<!-- /run -->\nafter');
    expect(() => replaceMarked('nothing', 'run', 'new')).toThrow('<!-- run -->');
  });
});
