import { once } from 'node:events';
import { createServer } from 'node:http';
import { onInput } from './child.ts';

/** The limit of idle memory: a process that has an HTTP server and nothing else. */
onInput(async () => {
  await once(createServer().listen(0, '127.0.0.1'), 'listening');
});
