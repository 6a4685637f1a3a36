import { defineRoute } from '../route-definition';
import { clientSpanInput } from '../schemas/client-span-schemas';

export const reportClientSpan = defineRoute({
  operationId: 'reportClientSpan',
  method: 'POST',
  path: '/v1/client-spans',
  tag: 'Platform',
  summary: 'Tell of the root span of a trace',
  description:
    'For clients that reach no collector, such as browsers: a request that carried `traceparent` gets the span that it named as its parent. Tell of each once, after its answer.',
  permission: 'identity:read',
  admission: 'report',
  body: clientSpanInput,
  bodyLimitBytes: 2_048,
  status: 204,
  answer: 'nothing',
});

export const clientSpanRoutes = [reportClientSpan];
