import { requireProgram, run } from './program.ts';

export type Answer = {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | undefined>;
  /** The body as JSON; undefined when it is none. */
  json: unknown;
  text: string;
};

export type CurlRequest = {
  method?: string;
  headers?: Record<string, string>;
  /** Goes through standard input, byte for byte; what is not text already is sent as JSON. */
  body?: unknown;
};

/** Where curl says what came back besides the body: a JSON object on a line of its own. */
const REPORT = '%{stderr}\n{"status":%{http_code},"headers":%{header_json}}\n';

const OPTIONS = [
  '--silent',
  '--show-error',
  '--globoff',
  '--path-as-is',
  '--max-time',
  '30',
  '--write-out',
  REPORT,
];

/** A request as an operator types it. JSON's media type is sent with a body unless `headers` say otherwise. */
export async function curl(url: string, { method, headers, body }: CurlRequest = {}): Promise<Answer> {
  const sent = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers };
  const args = [
    ...OPTIONS,
    ...(method === undefined ? [] : ['--request', method]),
    ...(body === undefined ? [] : ['--data-binary', '@-']),
    ...Object.entries(sent).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
  ];
  const input = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const { code, stdout, stderr } = await run('curl', [...args, url], { input: input ?? '' });
  if (code !== 0) throw new Error(`curl ended with ${code} at ${url}: ${stderr}`);
  return { ...reportOf(stderr), json: parse(stdout.toString()), text: stdout.toString() };
}

export function requireCurl(): Promise<void> {
  return requireProgram('curl', ['--version'], 'install it with: apt-get install -y curl');
}

function reportOf(stderr: string): Pick<Answer, 'status' | 'headers'> {
  const report = JSON.parse(stderr.slice(stderr.indexOf('{'))) as {
    status: number;
    headers: Record<string, string[]>;
  };
  const headers = Object.entries(report.headers).map(([name, values]) => [
    name.toLowerCase(),
    values.join(', '),
  ]);
  return { status: report.status, headers: Object.fromEntries(headers) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
