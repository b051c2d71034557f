import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { LightMyRequestResponse } from 'fastify';
import { contract, expectContract, OPENAPI, useServer } from './fixture.ts';
import { problem } from './problem.ts';

type Parameter = { $ref?: string; in?: string };
type Operation = {
  parameters?: Parameter[];
  requestBody?: { content: { 'application/json': { example?: object } } };
};

/** Those of the contract that take something of a kind. */
function operationsWith(
  has: (operation: Operation) => boolean,
): { method: string; path: string; operation: Operation }[] {
  const all = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method,
      path,
      operation: operation as Operation,
    })),
  );
  return all.filter(({ operation }) => has(operation));
}

function hasQuery({ parameters = [] }: Operation): boolean {
  return parameters.some(
    (parameter) => parameter.in === 'query' || parameter.$ref?.includes('/Filter') === true,
  );
}

describe('each operation of the contract', () => {
  const server = useServer();
  const unknown = { field: 'colour', message: 'is not a field of this request' };

  /** To something that is there. */
  const send = async (method: string, path: string, body: object): Promise<LightMyRequestResponse> => {
    const template = { name: randomUUID(), channel: 'sms', body: 'x' };
    const { id } = (await server.post('/api/v1/templates', template)).json();
    return server.app.inject({
      method: method.toUpperCase() as 'POST',
      url: path.replace('{channel}', 'sms').replace('{provider}', 'primary').replace('{id}', id),
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    });
  };

  it('names problems that there are', () => {
    const names = [...OPENAPI.matchAll(/x-problem: ([\w-]+)/g)].map(([, name]) => name);
    expect(names).to.include('invalid-channel');
    for (const name of names) expect(problem(name as 'invalid-channel').problem.status, name).to.equal(400);
  });

  for (const { method, path, operation } of operationsWith(({ requestBody }) => requestBody !== undefined)) {
    it(`refuses a field that it does not have: ${method} ${path}`, async () => {
      const answer = await send(method, path, { colour: 'red' });
      expect(answer.statusCode).to.equal(400);
      expectContract(path, method, '400', answer.json());
      expect(answer.json().errors).to.deep.include(unknown);
    });

    const { example } = operation.requestBody?.content['application/json'] ?? {};
    if (example !== undefined)
      it(`takes the example that it shows: ${method} ${path}`, async () => {
        // There may be no such lane.
        expect((await send(method, path, example)).statusCode).to.be.oneOf([200, 201, 202, 404]);
      });
  }

  for (const { method, path } of operationsWith(hasQuery))
    it(`refuses a parameter that it does not have: ${method} ${path}`, async () => {
      const answer = await server.app.inject(`${path}?colour=red`);
      expect(answer.statusCode).to.equal(400);
      expectContract(path, method, '400', answer.json());
      expect(answer.json().errors).to.deep.equal([unknown]);
    });
});
