export function listAsked(
  root: string,
  thinOut: (text: string) => string,
): Promise<Map<string, Set<string>>>;
/** A style sheet without the properties of PatternFly's that nothing asks for. */
export function pruneProperties(
  text: string,
  asked: ReadonlyMap<string, ReadonlySet<string>>,
  path: string,
): string;
