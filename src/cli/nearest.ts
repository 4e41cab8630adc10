/** The name that somebody probably meant. */

/** The nearest of `names`, whatever its case; undefined where none is near: at most a third of it differs. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const wanted = name.toUpperCase();
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    const distance = editDistance(wanted, candidate.toUpperCase());
    if (best === undefined || distance < best.distance) best = { name: candidate, distance };
  }
  const farthest = Math.max(2, Math.floor(name.length / 3));
  return best !== undefined && best.distance <= farthest ? best.name : undefined;
}

/** Characters to insert, delete or replace to make one text the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, character] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [at, other] of Array.from(to).entries()) {
      const [replaced = 0, deleted = 0, inserted = 0] = [row[at], row[at + 1], next[at]];
      next.push(Math.min(replaced + (character === other ? 0 : 1), deleted + 1, inserted + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
