import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** A file of the page, by its path. */
export type DocsFile = { headers: Record<string, string>; open: () => Readable | string };

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Fanfare: the REST API</title>
    <link rel="icon" href="docs/favicon-32x32.png" />
    <link rel="stylesheet" href="docs/swagger-ui.css" />
  </head>
  <body>
    <main id="api"></main>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/show.js"></script>
  </body>
</html>
`;

const SHOW = `SwaggerUIBundle({
  url: 'openapi.yaml',
  dom_id: '#api',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Or it would send the contract to a validator elsewhere.
  validatorUrl: null,
});
`;

/** The page asks this server alone; its icons are data. Nobody frames it, as requests can be sent from it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SWAGGER_UI = import.meta.resolve('swagger-ui-dist/package.json');
/** They change with a release of ours at most; a browser need not ask again while somebody reads. */
const ASSET_AGE = 'max-age=3600';

/** At `/docs`: schemas/openapi.yaml, shown by Swagger UI. */
export const DOCS_PAGE: Record<string, DocsFile> = {
  '/docs': {
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY },
    open: () => PAGE,
  },
  '/docs/show.js': { headers: { 'content-type': 'text/javascript; charset=utf-8' }, open: () => SHOW },
  ...asset('swagger-ui-bundle.js', 'text/javascript; charset=utf-8'),
  ...asset('swagger-ui.css', 'text/css; charset=utf-8'),
  ...asset('favicon-32x32.png', 'image/png'),
};

function asset(name: string, type: string): Record<string, DocsFile> {
  const file = new URL(name, SWAGGER_UI);
  const headers = { 'content-type': type, 'cache-control': ASSET_AGE };
  return { [`/docs/${name}`]: { headers, open: () => createReadStream(file) } };
}
