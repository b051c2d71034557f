/** The sum of a metric of a service over all labels that hold these; 0 while nothing was counted. */
export async function metricOf(
  serviceUrl: string,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const text = await (await fetch(`${serviceUrl}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const samples = text.split('\n').filter((line) => isSampleOf(line, name, wanted));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function isSampleOf(line: string, name: string, labels: readonly string[]): boolean {
  return /^[^ {]*/.exec(line)?.[0] === name && labels.every((label) => line.includes(label));
}
