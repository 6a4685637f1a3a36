import { locationOf, secretOf } from './endpoint-fields';

it('leaves out what was left empty, so that the default of the API holds', () => {
  expect(locationOf('s3', { bucket: 'photos', prefix: '', region: undefined })).toEqual({ kind: 's3', bucket: 'photos' });
  expect(locationOf('ssh', { host: 'web-1', port: null, hostKeys: [] })).toEqual({ kind: 'ssh', host: 'web-1' });
});

it('sends no secret where none was typed in, and half of one as it is: the API names what is missing', () => {
  expect(secretOf('s3', { accessKeyId: '', secretAccessKey: '' })).toEqual({ kind: 'none' });
  expect(secretOf('s3', { accessKeyId: 'me' })).toEqual({ kind: 's3', accessKeyId: 'me' });
  expect(secretOf('file', {})).toEqual({ kind: 'none' });
});
