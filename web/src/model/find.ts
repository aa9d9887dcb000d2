/** Finds objects by a part of their name, the best first. Pure. */

export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Lower is better; null when the text is nowhere. */
function rank({ namespace, name }: Named, words: readonly string[]): number | null {
  const [own, whole] = [name.toLowerCase(), `${namespace}/${name}`.toLowerCase()];
  let sum = 0;
  for (const word of words) {
    if (own === word) continue;
    if (own.startsWith(word)) sum += 1;
    else if (own.includes(word)) sum += 2;
    else if (whole.includes(word)) sum += 3;
    else return null;
  }
  return sum;
}

/**
 * Those whose name (or namespace) has every word of the text, at most `limit`: exact names first,
 * then those that begin so, then the rest, each by name. An empty text finds nothing.
 */
export function findNamed<N extends Named>(
  all: readonly N[],
  text: string,
  limit: number,
): { readonly found: readonly N[]; readonly total: number } {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return { found: [], total: 0 };
  const ranked: { readonly each: N; readonly by: number }[] = [];
  for (const each of all) {
    const by = rank(each, words);
    if (by !== null) ranked.push({ each, by });
  }
  ranked.sort((a, b) => a.by - b.by || compare(a.each, b.each));
  return { found: ranked.slice(0, limit).map(({ each }) => each), total: ranked.length };
}

function compare(one: Named, other: Named): number {
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return one.namespace < other.namespace ? -1 : 1;
}
