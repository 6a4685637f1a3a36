import type { INestApplication } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Request, RequestHandler } from 'express';
import { openApiDocument } from '../openapi-document';

/** Swagger UI at /docs, from files of its package (nothing is loaded from elsewhere), and the document at /openapi.json. */
export function serveDocs(app: INestApplication, version: string): void {
  const document = openApiDocument(version) as unknown as OpenAPIObject;
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'SmartAnt API',
    swaggerOptions: { persistAuthorization: false, displayOperationId: true },
  });
}

const WELCOME = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>SmartAnt</title>
<h1>SmartAnt</h1><p>The API is described at <a href="/docs">/docs</a> (<a href="/openapi.json">OpenAPI 3.1</a>).</p></html>
`;

/** People who open the address in a browser get a page; programs get JSON from the route itself. */
export const welcomePage: RequestHandler = (request: Request, response, next) => {
  if (request.method !== 'GET' || request.path !== '/' || request.accepts(['json', 'html']) !== 'html') return next();
  response.type('html').send(WELCOME);
};
