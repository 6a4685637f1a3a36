import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { RouteInventory } from './access/route-inventory';
import { openApiDocument } from './openapi-document';
import { pathParameterNames } from './route-definition';
import { ALL_ROUTES } from './routes/all-routes';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a document of any depth
type Json = Record<string, any>;

const document = openApiDocument('0.1.0') as Json;
const operations: [string, string, Json][] = Object.entries(document.paths as Json).flatMap(([path, methods]) =>
  Object.entries(methods as Json).map(([method, operation]): [string, string, Json] => [method.toUpperCase(), path, operation as Json]),
);

const references = (value: unknown): string[] =>
  value === null || typeof value !== 'object'
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (key === '$ref' && typeof inner === 'string' ? [inner] : references(inner)));

it('has one operation for each route', () => {
  expect(operations.map(([method, path]) => `${method} ${path}`).sort()).toEqual(
    ALL_ROUTES.map(({ method, path }) => `${method} ${path}`).sort(),
  );
  const ids = operations.map(([, , operation]) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

it('names every path parameter', () => {
  for (const [, path, operation] of operations) {
    const names = operation.parameters.filter((parameter: Json) => parameter.in === 'path').map((parameter: Json) => parameter.name);
    expect(names).toEqual(pathParameterNames(path));
  }
});

it('asks for a token everywhere but where the route is public', () => {
  for (const [method, path, operation] of operations) {
    const route = ALL_ROUTES.find((candidate) => candidate.method === method && candidate.path === path);
    expect(operation.security).toEqual(route?.permission === 'public' ? [] : undefined);
  }
  expect(document.security).toEqual([{ accessToken: [] }]);
});

it('says of every operation that it may be refused for a while', () => {
  for (const [, , operation] of operations) {
    for (const status of [429, 503]) expect(operation.responses[status].headers).toHaveProperty('Retry-After');
  }
});

it('refers only to schemas that it has', () => {
  const used = new Set(references(document));
  expect(used.size).toBeGreaterThan(30);
  for (const reference of used) expect(document.components.schemas).toHaveProperty(reference.replace('#/components/schemas/', ''));
});

it('never describes a secret in an answer', () => {
  const answers = Object.entries(document.components.schemas as Json).filter(([name]) => !/(Input|Request)$/.test(name));
  expect(answers.length).toBeGreaterThan(20);
  for (const [, schema] of answers) expect(JSON.stringify(schema)).not.toMatch(/secretAccessKey|sessionToken|password/i);
});

it('is what libs/contracts holds for clients (else run: npm run openapi:generate)', () => {
  const committed = JSON.parse(readFileSync(join(__dirname, '../../../../libs/contracts/openapi.json'), 'utf8')) as Json;
  expect(committed).toEqual(JSON.parse(JSON.stringify(openApiDocument(committed.info.version))));
});

it('stops the start of an application with a route that declares no permission', async () => {
  @Controller()
  class Forgetful {
    @Get('/open-door')
    enter(): string {
      return 'in';
    }
  }
  @Module({ imports: [DiscoveryModule], controllers: [Forgetful], providers: [RouteInventory] })
  class Application {}
  const app = await NestFactory.create(Application, { logger: false });
  await expect(app.init()).rejects.toMatchObject({ code: 'ROUTE_UNPROTECTED', message: expect.stringContaining('Forgetful.enter') });
  await app.close();
});
