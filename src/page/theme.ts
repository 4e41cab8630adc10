/** Runs before the first paint, so that a chosen theme never flashes the other one. */
{
  let chosen: string | null = null;
  try {
    chosen = localStorage.getItem('theme');
  } catch {
    // A browser that keeps nothing for this site follows the system.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
}
