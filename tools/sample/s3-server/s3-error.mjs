import { element, document } from './xml.mjs';

const statusOf = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  NotModified: 304,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  XAmzContentSHA256Mismatch: 400,
};

/** An error with one of Amazon's codes, answered as S3's XML. */
export class S3Error extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
    this.status = statusOf[code] ?? 500;
  }

  toXml(resource, requestId) {
    return document(
      element('Error', [
        element('Code', this.code),
        element('Message', this.message),
        element('Resource', resource),
        element('RequestId', requestId),
      ]),
    );
  }
}
