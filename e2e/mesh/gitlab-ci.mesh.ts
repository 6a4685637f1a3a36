import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describeIf } from '@smartant/test-servers';
import { GitlabClone, whyNoGitlab } from '../../tools/ci/fixtures/gitlab-clone';

const ROOT = join(__dirname, '..', '..');

/**
 * The jobs that check, by the real npm and the packages that are installed here. What takes minutes is noted alone, since `.ci/run` runs it by
 * itself (lint, types, tests, replicas, the sample), and so is the bill of materials, for which packages have to be in the clone.
 */
const NPM = `case "$*" in
  ci*) exit 0 ;;
  'run lint' | 'run typecheck' | 'run sbom' | test | 'run test:long' | 'run test:e2e' | 'run provision'* | 'run test:replicas' | start*) exit 0 ;;
esac
PATH="$REAL_PATH" exec npm "$@"`;

describeIf(whyNoGitlab(), 'jobs of .gitlab-ci.yml that check', () => {
  let clone: GitlabClone;
  const variables = { REAL_PATH: process.env['PATH'] ?? '' };
  beforeEach(() => {
    clone = new GitlabClone();
    symlinkSync(join(ROOT, 'node_modules'), join(clone.path, 'node_modules'));
    clone.standIn('npm', NPM);
  });
  afterEach(() => clone.remove());

  it('pass on what is here', () => {
    const { status, said } = clone.runJobs(['lint', 'supply chain', 'generated code'], { variables });
    if (status !== 0) throw new Error(said);
    expect(said).toContain('All licences are permissive.');
    expect(said).toContain('Nothing in proto/ breaks users');
    expect(existsSync(join(clone.path, 'tmp', 'provenance.json'))).toBe(true);
  });

  it('fail on a contract whose generated code is not up to date', () => {
    const proto = 'proto/smartant/migration/v1/migration_service.proto';
    clone.edit(proto, (text) => `${text}\nmessage Forgotten { string id = 1; }\n`);
    const { status, said } = clone.runJobs(['generated code'], { variables });
    expect([status !== 0, said]).toEqual([true, expect.stringContaining('Forgotten')]);
  });
});
