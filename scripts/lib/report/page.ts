/** One self-contained HTML page of charts and tables: no script, no network, light and dark. */
import { colourRules } from './palette.ts';
import type { TextTable } from './tables.ts';

/** A table; a folded one shows its title until it is opened. */
export interface NamedTable {
  readonly title: string;
  readonly table: TextTable;
  readonly folded?: boolean;
}

/** A part of the page under a heading. */
export interface Section {
  readonly title: string;
  /** What to see here, in a sentence or two. */
  readonly intro: string;
  /** Drawn charts. */
  readonly charts?: readonly { readonly title: string; readonly svg: string }[];
  readonly tables?: readonly NamedTable[];
}

export interface Page {
  readonly title: string;
  readonly subtitle: string;
  /** The figures that matter most, shown large, each with its unit; a bad one stands out. */
  readonly highlights: readonly { readonly label: string; readonly value: string; readonly bad?: boolean }[];
  readonly sections: readonly Section[];
  readonly footer: string;
}

const STYLE = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1040px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:28px;margin:0 0 4px}h2{font-size:20px;margin:44px 0 4px}h3{font-size:15px;margin:0 0 8px}
p{margin:0 0 16px;color:var(--muted)}
.highlights{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0 8px}
.highlights div,figure,.table{background:var(--surface);border:1px solid var(--grid);border-radius:10px}
.highlights div{padding:12px 16px}
.highlights span{display:block;color:var(--muted);font-size:13px}
.highlights b{font-size:22px}
.bad{color:var(--red)}.good{color:var(--green)}.open{color:var(--muted)}
figure{margin:0 0 16px;padding:16px}
figure{overflow-x:auto}figure svg{width:100%;min-width:560px;height:auto;display:block}
.table{overflow-x:auto;margin:0 0 16px;padding:8px 16px 12px}
.table h3{padding-top:8px}
table{border-collapse:collapse;font-size:14px;width:100%}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap;font-variant-numeric:tabular-nums}
th{color:var(--muted);font-weight:500}
th:first-child,td:first-child{text-align:left;padding-left:0;white-space:normal}
tr:last-child td{border-bottom:0}
@media (max-width:640px){
main{padding:24px 12px 48px}thead{display:none}
tr{display:block;padding:8px 0;border-bottom:1px solid var(--grid)}
td,td:first-child{display:flex;gap:16px;justify-content:space-between;padding:2px 0;border:0;text-align:right;white-space:normal}
td:first-child{font-weight:600;text-align:left}td:empty{display:none}
td:not(:first-child)::before{content:attr(data-name);color:var(--muted);text-align:left}
}
summary{cursor:pointer;color:var(--blue);margin:0 0 12px}
footer{color:var(--muted);font-size:13px;margin-top:40px}
`;

/** The page as text. Everything but the charts is escaped. */
export function renderPage(page: Page): string {
  const highlights = page.highlights.map(
    ({ label, value, bad }) =>
      `<div><span>${escape(label)}</span><b${bad === true ? ' class="bad"' : ''}>${escape(value)}</b></div>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escape(page.title)}</title>
<style>${colourRules(':root')}${STYLE}</style></head>
<body><main><h1>${escape(page.title)}</h1><p>${escape(page.subtitle)}</p>
<div class="highlights">${highlights.join('')}</div>
${page.sections.map(renderSection).join('\n')}
<footer>${escape(page.footer)}</footer></main></body></html>
`;
}

function renderSection({ title, intro, charts = [], tables = [] }: Section): string {
  const figures = charts.map((chart) => `<figure><h3>${escape(chart.title)}</h3>${chart.svg}</figure>`);
  const all = tables.map(renderNamedTable);
  return `<section><h2>${escape(title)}</h2><p>${escape(intro)}</p>${figures.join('')}${all.join('')}</section>`;
}

function renderNamedTable({ title, table, folded }: NamedTable): string {
  const html = renderHtmlTable(table);
  if (folded === true)
    return `<details><summary>${escape(title)}</summary><div class="table">${html}</div></details>`;
  return `<div class="table">${title === '' ? '' : `<h3>${escape(title)}</h3>`}${html}</div>`;
}

/** Each cell names its column, for narrow screens, where a row becomes a block of lines. */
function renderHtmlTable({ header, rows }: TextTable): string {
  const cell = (text: string, column: number) =>
    `<td data-name="${escape(header[column] ?? '')}"${verdictClass(text)}>${escape(text)}</td>`;
  const head = header.map((name) => `<th>${escape(name)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

/** Words that say how something went are coloured, beside saying it. */
function verdictClass(cell: string): string {
  if (cell === 'MISSED' || cell === 'FAILED') return ' class="bad"';
  if (cell === 'not run') return ' class="open"';
  return cell === 'met' || cell === 'held' ? ' class="good"' : '';
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
