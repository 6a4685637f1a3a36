import { spawnSync } from 'node:child_process';
import { describeIf } from '@smartant/test-servers';
import { LocalSession } from '../files/fixtures/local-session';
import { assertFree } from './apply-layout';

/** A disk of this machine that something is mounted from. */
const listed = spawnSync('lsblk', ['--noheadings', '--list', '--paths', '--output', 'NAME,MOUNTPOINT'], { encoding: 'utf8' });
const [, used, point] = /^(\/dev\/\S+)\s+(\/\S*)$/m.exec(listed.stdout ?? '') ?? [];

describeIf(used === undefined ? 'no disk of this machine is mounted here' : null, 'a disk', () => {
  it('that a system runs from is not laid out, confirmed or not', async () => {
    const session = new LocalSession();
    const { signal } = new AbortController();
    await expect(assertFree(session, used!, signal)).rejects.toMatchObject({
      code: 'HOST_TARGET_NOT_RESCUE',
      message: expect.stringContaining(point!) as string,
    });
    session.close();
  });
});
