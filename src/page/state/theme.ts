/** Light or dark: as the system has it, until the reader chooses. `theme.ts` beside the entry applies it at the start. */

/** Whether the page is dark now. */
export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
}

/** Changes to the other one, for this and later visits; returns whether the page is dark then. */
export function toggleTheme(): boolean {
  const theme = isDark() ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  keep('theme', theme);
  return theme === 'dark';
}

/** Remembers a choice, where the browser keeps anything for this site. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // The choice then holds for this visit.
  }
}

/** A choice of an earlier visit, or null. */
export function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
