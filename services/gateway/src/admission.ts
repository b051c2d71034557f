import type { IncomingHttpHeaders } from 'node:http';
import {
  authenticate,
  type AuthenticateDeps,
  type Caller,
  isRefusal,
  type Refusal,
  scopeRefusal,
} from '@fanfare/domain';

export type AdmissionDeps = AuthenticateDeps & {
  /** Whose a ticket is; null for one that is wrong or over. Rejects when nobody can say. */
  readTicket: (text: string) => Promise<Caller | null>;
  /** Origins of web pages that may listen, besides those of the address itself. */
  allowedOrigins: readonly string[];
};

/** Who may open a socket, or what HTTP answers instead. */
export type Admission = { caller: Caller } | { refusal: Denial };
export type Denial = { status: number; detail: string; headers?: Record<string, string> };

const KEY_PARAMETERS = ['api_key', 'apikey', 'key', 'token', 'access_token', 'authorization'];

/** Decides about a request to open a socket. Never rejects. */
export async function admit(
  deps: AdmissionDeps,
  { query, headers }: { query: URLSearchParams; headers: IncomingHttpHeaders },
): Promise<Admission> {
  const named = KEY_PARAMETERS.find((name) => query.has(name));
  if (named !== undefined) return { refusal: keyInAddress(named) };
  if (!isAllowedOrigin(deps, headers)) return { refusal: WRONG_ORIGIN };
  const caller = await callerOf(deps, query.get('ticket'), headers);
  if (isRefusal(caller)) return { refusal: caller };
  const refusal = scopeRefusal(caller, 'read');
  return refusal === null ? { caller } : { refusal };
}

async function callerOf(
  deps: AdmissionDeps,
  ticket: string | null,
  headers: IncomingHttpHeaders,
): Promise<Caller | Refusal> {
  if (ticket === null || deps.verifyKey === null) return authenticate(deps, headers);
  try {
    return (await deps.readTicket(ticket)) ?? WRONG_TICKET;
  } catch {
    return UNKNOWN_TICKET;
  }
}

/** Only browsers say where a page is from; a page of somebody else's must not listen with its reader's rights. */
function isAllowedOrigin({ allowedOrigins }: AdmissionDeps, { origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined || allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** Addresses end up in logs. */
function keyInAddress(name: string): Denial {
  const detail = `${name} does not belong into the address: send \`Authorization: Bearer <key>\`, or ?ticket= with one from POST /api/v1/ws/tickets`;
  return { status: 400, detail };
}

const WRONG_ORIGIN: Denial = {
  status: 403,
  detail: 'pages of this origin may not listen; ALLOWED_ORIGINS names those that may',
};
const WRONG_TICKET: Refusal = {
  status: 401,
  detail: 'the ticket is not known, or its minute is over; POST /api/v1/ws/tickets gives another',
  headers: { 'www-authenticate': 'Bearer realm="fanfare"' },
};
const UNKNOWN_TICKET: Refusal = {
  status: 503,
  detail: 'the ticket cannot be checked at the moment',
  headers: { 'retry-after': '1' },
};
