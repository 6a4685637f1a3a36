import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { BucketStores } from './bucket-store.mjs';
import { listObjects } from './listing.mjs';
import { abortUpload, completeUpload, copyPart, createUpload, listParts, listUploads, putPart } from './multipart-operations.mjs';
import { getTagging, readObject } from './object-reads.mjs';
import { copyObject, deleteObject, deleteObjects, deleteTagging, iso, putObject, putTagging } from './object-writes.mjs';
import { S3Error } from './s3-error.mjs';
import { authenticate } from './signature.mjs';
import { element, namespaced } from './xml.mjs';

/** Operations on an object, by method and the sub-resource in the query; the first that fits is taken. */
const objectRoutes = [
  ['GET', 'uploadId', listParts],
  ['GET', 'tagging', getTagging],
  ['GET', '', readObject],
  ['HEAD', '', readObject],
  ['PUT', 'tagging', putTagging],
  ['PUT', 'uploadId', (call) => (call.request.headers['x-amz-copy-source'] ? copyPart(call) : putPart(call))],
  ['PUT', '', (call) => (call.request.headers['x-amz-copy-source'] ? copyObject(call) : putObject(call))],
  ['POST', 'uploads', createUpload],
  ['POST', 'uploadId', completeUpload],
  ['DELETE', 'uploadId', abortUpload],
  ['DELETE', 'tagging', deleteTagging],
  ['DELETE', '', deleteObject],
];

const bucketRoutes = [
  ['GET', 'location', () => ({ xml: namespaced('LocationConstraint', '') })],
  ['GET', 'versioning', () => ({ xml: namespaced('VersioningConfiguration', '') })],
  ['GET', 'uploads', listUploads],
  ['GET', '', listObjects],
  ['HEAD', '', () => ({})],
  ['POST', 'delete', deleteObjects],
  ['DELETE', '', ({ buckets, bucketName }) => (buckets.delete(bucketName), { status: 204 })],
];

/** Sub-resources that are not offered: answering them as a plain GET or PUT would be a lie. */
const notOffered = [
  'acl',
  'versionId',
  'versions',
  'retention',
  'legal-hold',
  'attributes',
  'policy',
  'lifecycle',
  'cors',
  'encryption',
  'website',
  'select',
];

function parseTarget(url) {
  const question = url.indexOf('?');
  const rawPath = question < 0 ? url : url.slice(0, question);
  const pairs =
    question < 0
      ? []
      : url
          .slice(question + 1)
          .split('&')
          .filter(Boolean);
  try {
    const query = pairs.map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0
        ? [decodeURIComponent(pair), '']
        : [decodeURIComponent(pair.slice(0, equals)), decodeURIComponent(pair.slice(equals + 1))];
    });
    return { path: decodeURIComponent(rawPath), query };
  } catch {
    throw new S3Error('InvalidArgument', 'The request target is not valid percent-encoded UTF-8.');
  }
}

function listBuckets(buckets) {
  const list = buckets.names().map((name) => element('Bucket', [element('Name', name), element('CreationDate', iso(0))]));
  return { xml: namespaced('ListAllMyBucketsResult', [element('Buckets', list)]) };
}

async function route(request, response, { buckets, credentials }) {
  const { path, query } = parseTarget(request.url);
  const verifyChunk = authenticate(request, path, query, credentials);
  const [, bucketName, key] = /^\/([^/]*)\/?([\s\S]*)$/.exec(path) ?? [];
  if (!bucketName) {
    if (request.method !== 'GET') throw new S3Error('MethodNotAllowed', 'Only GET is allowed here.');
    return listBuckets(buckets);
  }
  const params = new Map(query);
  const refused = notOffered.find((name) => params.has(name));
  if (refused) throw new S3Error('NotImplemented', `The sub-resource ${refused} is not offered by the sample server.`);
  if (!key && request.method === 'PUT' && query.length === 0) return void buckets.create(bucketName) ?? {};
  const bucket = buckets.get(bucketName);
  const routes = key ? objectRoutes : bucketRoutes;
  const found = routes.find(([method, resource]) => method === request.method && (resource === '' || params.has(resource)));
  if (!found) throw new S3Error('MethodNotAllowed', 'The method is not allowed against this resource.');
  return found[2]({ request, response, buckets, bucket, bucketName, key, params, verifyChunk });
}

function answer(response, { status = 200, headers = {}, xml }) {
  const body = xml === undefined ? '' : String(xml);
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...(body ? { 'content-type': 'application/xml' } : {}), ...length });
  response.end(body);
}

function answerError(request, response, error) {
  // An operation that had begun to answer can only be cut off: the client sees a body that is too short.
  if (response.headersSent) return void response.destroy();
  const known = error instanceof S3Error ? error : new S3Error('InternalError', 'We encountered an internal error.');
  if (known !== error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE') console.error(error);
  const bodyless = request.method === 'HEAD' || known.status === 304;
  // A body that was not read to its end would be taken for the next request.
  if (!request.readableEnded) response.setHeader('connection', 'close');
  answer(response, { status: known.status, xml: bodyless ? undefined : known.toXml(request.url, randomUUID()) });
}

/**
 * An S3 server for samples and tests: path-style addressing, one set of credentials, everything under `folder`.
 * It checks signatures and every checksum and honours conditional reads and writes, so that what a client
 * believes was stored is what was stored. Not for production: no versions, no ACLs, no replication, nothing fsynced.
 */
export async function startS3Server({
  folder,
  host = '127.0.0.1',
  port = 0,
  credentials,
  buckets: wanted = [],
  ignoreWriteConditions = false,
}) {
  const buckets = new BucketStores(join(folder, 'buckets'));
  for (const name of wanted) if (!buckets.has(name)) buckets.create(name);
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
    response.setHeader('x-amz-request-id', randomUUID());
    request.ignoresWriteConditions = ignoreWriteConditions;
    route(request, response, { buckets, credentials })
      .then((result) => result && answer(response, result))
      .catch((error) => answerError(request, response, error));
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return {
    url: `http://${host}:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
