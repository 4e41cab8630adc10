/** The colours of both pages, light and dark, and how a chart that was drawn once follows them. */

/** What a colour is for. A chart is drawn with a placeholder for each, which the style sheet then fills in. */
export type ColourRole = keyof typeof COLOURS;

const COLOURS = {
  page: { light: '#f5f6f8', dark: '#0f131a' },
  surface: { light: '#ffffff', dark: '#181d26' },
  ink: { light: '#1c222d', dark: '#e9ecf2' },
  muted: { light: '#596273', dark: '#a3adbd' },
  grid: { light: '#dfe3ea', dark: '#323a48' },
  blue: { light: '#2563d9', dark: '#74a4ff' },
  grey: { light: '#8790a0', dark: '#8d97a8' },
  orange: { light: '#cf6a17', dark: '#f3a55e' },
  purple: { light: '#9b3fb3', dark: '#d593e6' },
  green: { light: '#1f8a5c', dark: '#5fcc9d' },
  red: { light: '#c73648', dark: '#f58290' },
} as const satisfies Record<string, { readonly light: string; readonly dark: string }>;

const ROLES = Object.keys(COLOURS);

/** A colour that no design would choose, so that it can be found again in a drawn chart. */
export function placeholder(role: ColourRole): string {
  return `#0000${(0xa0 + ROLES.indexOf(role)).toString(16)}`;
}

/** Style rules that define every role, and redefine it where dark is preferred. */
export function colourRules(selector: string): string {
  const rules = (theme: 'light' | 'dark') =>
    Object.entries(COLOURS)
      .map(([role, colour]) => `--${role}:${colour[theme]}`)
      .join(';');
  return `${selector}{${rules('light')}}@media (prefers-color-scheme:dark){${selector}{${rules('dark')}}}`;
}

/** Puts the style sheet's colours in place of the placeholders. */
export function followTheme(svg: string): string {
  return ROLES.reduce(
    (text, role, index) => text.replaceAll(`#0000${(0xa0 + index).toString(16)}`, `var(--${role})`),
    svg,
  );
}
