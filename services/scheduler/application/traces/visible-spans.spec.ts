import { sampleSpan } from '../../adapters/http/fixtures/sample-values';
import { visibleSpans } from './visible-spans';

const span = (spanId: string, parentSpanId: string | null, workspace?: string) =>
  sampleSpan({ spanId, parentSpanId, attributes: workspace === undefined ? {} : { 'smartant.workspace': workspace } });

it('shows what a workspace owns, what is below it and what leads to it, and nothing of another in the same trace', () => {
  const spans = [
    span('root', null),
    span('request', 'root', 'ws_a'),
    span('sql', 'request'),
    span('theirs', 'root', 'ws_b'),
    span('their sql', 'theirs'),
    span('nested', 'theirs', 'ws_a'),
    span('nobody', 'root'),
    span('loop', 'loop'),
  ];
  expect(visibleSpans(spans, 'ws_a').map(({ spanId }) => spanId)).toEqual(['root', 'request', 'sql', 'nested']);
  expect(visibleSpans(spans, 'ws_c')).toEqual([]);
});
