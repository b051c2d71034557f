/** What a service says of itself: the sum over all labels of a metric, 0 where it has not been counted yet. */
export async function readMetric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^${name}(?:{[^}]*})? (\\S+)$`, 'gm'));
  return Array.from(lines, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
}
