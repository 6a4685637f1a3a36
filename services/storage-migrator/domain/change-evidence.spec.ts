import type { ListedObject } from '@smartant/connectors';
import { clockMarginMs, judgeChange } from './change-evidence';

const MD5_A = 'a'.repeat(32);
const MD5_B = 'b'.repeat(32);
const at = (modifiedAtMs: number, etag?: string, size = 5): ListedObject => ({ key: 'k', size, modifiedAtMs, etag, changeId: '' });
const md5 = { etagsAreMd5: true, clockMarginMs: 2_000 };
const opaque = { etagsAreMd5: false, clockMarginMs: 2_000 };

describe('judgeChange', () => {
  it.each([
    ['a size differs, whatever the etags say', at(0, MD5_A, 4), at(9_000, MD5_A, 5), md5, 'copy'],
    ['equal MD5 and the source is clearly older', at(0, MD5_A), at(9_000, MD5_A), md5, 'unchanged'],
    ['equal MD5 but the source was written after the copy', at(9_000, MD5_A), at(0, MD5_A), md5, 'compare'],
    ['equal MD5 within the clocks’ margin', at(7_500, MD5_A), at(9_000, MD5_A), md5, 'compare'],
    ['MD5 differs, although the source looks older', at(0, MD5_A), at(9_000, MD5_B), md5, 'copy'],
    ['etags differ but are not known to be MD5: time decides', at(0, MD5_A), at(9_000, MD5_B), opaque, 'unchanged'],
    ['equal multipart etags', at(0, `${MD5_A}-3`), at(9_000, `${MD5_A}-3`), md5, 'unchanged'],
    ['multipart against single: time decides', at(0, `${MD5_A}-3`), at(9_000, MD5_B), md5, 'unchanged'],
    ['multipart against single and newer: in doubt copy', at(8_000, `${MD5_A}-3`), at(9_000, MD5_B), md5, 'copy'],
    ['a file, older than its copy', at(0), at(9_000, MD5_B), opaque, 'unchanged'],
    ['a file, exactly at the margin', at(7_000), at(9_000, MD5_B), opaque, 'copy'],
  ] as const)('%s', (_name, source, target, plan, verdict) => {
    expect(judgeChange(source, target, plan)).toBe(verdict);
  });

  it('widens the margin by what the clocks differ', () => {
    expect(clockMarginMs(undefined, undefined)).toBe(2_000);
    expect(clockMarginMs(-500, 1_000)).toBe(3_500);
  });
});
